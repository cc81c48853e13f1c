import { EngineError, shapeError } from '../../base/errors';
import { rowsCols } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import treeSum from '../lib/tree_sum.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import wgsl from './orthonormal_rows.wgsl';

const kernel = defineKernel({
  name: 'orthonormal_rows',
  wgsl,
  lib: [treeSum],
  binds: ['read', 'write'],
  uniforms: { P: 'u32', K: 'u32' },
  variants: [{ WG: 64 }, { WG: 256 }, { WG: 8 }],
  gpu: 1,
});

/** Rows that the kernel keeps projections for. */
const MOST = 256;

export const orthonormalRowsOp: Op<1, object> = defineOp<1, object>({
  name: 'orthonormal_rows',
  infer([x]) {
    const [P, K] = rowsCols('orthonormal_rows', x);
    if (P > K || P > MOST) throw shapeError('orthonormal_rows', `[P, K] with P at most K and ${MOST}`, x);
    return x;
  },
  forward([x], y) {
    const [P, K] = rowsCols('orthonormal_rows', x.shape);
    return [launch({ kernel, bind: [x, y], uniforms: { P, K }, grid: () => [1], flops: 4 * P * P * K })];
  },
  backward() {
    throw new EngineError(
      'GradError',
      'orthonormal_rows has no derivative',
      'Make the rows of constants only, not of what is optimised.',
    );
  },
});

/**
 * Rows of length 1 at right angles to one another, such that the first i span what the first i rows of x span (Gram and
 * Schmidt, each row twice). A row that depends on those before it becomes zero. For a few rows, now and then: one
 * workgroup does it all. Has no derivative.
 * @param x [P, K], P at most K and at most 256.
 * @throws EngineError `ShapeError` when x has more rows than columns, or than 256.
 */
export const orthonormalRows = (g: Builder, x: Ref): Ref => g.apply(orthonormalRowsOp, [x], {});
