import { EngineError, shapeError } from '../../base/errors';
import { rowsCols, type Shape, sameShape } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import treeSum from '../lib/tree_sum.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import wgsl from './normalize_rows.wgsl';
import gradWgsl from './normalize_rows_grad.wgsl';

const kernel = defineKernel({
  name: 'normalize_rows',
  wgsl,
  lib: [globalIndex, treeSum],
  binds: ['read', 'write'],
  uniforms: { P: 'u32', K: 'u32' },
  variants: [{ WG: 64 }, { WG: 8 }],
});

const gradKernel = defineKernel({
  name: 'normalize_rows_grad',
  wgsl: gradWgsl,
  lib: [globalIndex],
  binds: ['read', 'read', 'write'],
  uniforms: { P: 'u32', K: 'u32' },
  variants: [{ WG: 64 }, { WG: 8 }],
});

const sizes = (s: Shape): { P: number; K: number } => {
  const [P, K] = rowsCols('normalize_rows', s);
  return { P, K };
};

export const normalizeRowsOp: Op<1, object> = defineOp<1, object>({
  name: 'normalize_rows',
  infer([x]) {
    sizes(x);
    return x;
  },
  forward([x], y) {
    const { P, K } = sizes(x.shape);
    return [launch({ kernel, bind: [x, y], uniforms: { P, K }, grid: () => flatGrid(P, 1), flops: 3 * P * K })];
  },
  backward: ({ g, x: [x], dy }) => [g.apply(normalizeRowsGradOp, [x, dy], {})],
});

/** Gradient of `normalizeRows` with respect to x; linear in dy. It is not differentiable in x: a GradError. */
export const normalizeRowsGradOp: Op<2, object> = defineOp<2, object>({
  name: 'normalize_rows_grad',
  infer([x, dy]) {
    sizes(x);
    if (!sameShape(x, dy)) throw shapeError('normalize_rows_grad', 'two equal shapes', x, dy);
    return x;
  },
  forward([x, dy], dx) {
    const { P, K } = sizes(x.shape);
    return [
      launch({
        kernel: gradKernel,
        bind: [x, dy, dx],
        uniforms: { P, K },
        grid: () => flatGrid(P, 1),
        flops: 7 * P * K,
      }),
    ];
  },
  // The map from dy to dx is a projection onto the sphere's tangent, divided by the norm: its own transpose.
  backward({ g, x: [x], dy, needs }) {
    if (needs(0)) {
      throw new EngineError(
        'GradError',
        'normalize_rows has no second derivative',
        'Leave the rows that are normalised constant.',
      );
    }
    return [null, g.apply(normalizeRowsGradOp, [x, dy], {})];
  },
});

/**
 * Each row of x [P, K] scaled to length 1 (Euclidean). A row of zeros stays zero and gets no gradient.
 * @throws EngineError `ShapeError` when x is no matrix.
 */
export const normalizeRows = (g: Builder, x: Ref): Ref => g.apply(normalizeRowsOp, [x], {});
