import { EngineError, shapeError } from '../../base/errors';
import { rowsCols, type Shape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import stretch from '../lib/stretch.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import wgsl from './quantile.wgsl';
import adjointWgsl from './quantile_adjoint.wgsl';

const kernel = defineKernel({
  name: 'quantile',
  wgsl,
  lib: [globalIndex, stretch],
  binds: ['read', 'write'],
  uniforms: { size: 'u32', M: 'i32', n: 'i32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

const adjointKernel = defineKernel({
  name: 'quantile_adjoint',
  wgsl: adjointWgsl,
  lib: [globalIndex, stretch],
  binds: ['read', 'write'],
  uniforms: { size: 'u32', M: 'i32', n: 'i32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

/** The longest row for which positions are exact. */
const LONGEST = 2 ** 22;

function checked(op: string, x: Shape, n: number): Shape {
  const [P, M] = rowsCols(op, x);
  if (M < 1) throw shapeError(op, 'rows of at least one element', x);
  if (!Number.isInteger(n) || n < 1) throw new EngineError('ShapeError', `${op} wants n of at least 1, got ${n}`);
  if (Math.max(M, n) > LONGEST) {
    throw new EngineError('ShapeError', `${op} wants rows of at most ${LONGEST} elements, got ${M} and ${n}`);
  }
  return [P, n];
}

export const quantileOp: Op<1, { n: number }> = defineOp<1, { n: number }>({
  name: 'quantile',
  infer: ([x], { n }) => checked('quantile', x, n),
  forward([x], y, { n }) {
    const M = x.shape[1] ?? 1;
    if (M === n) return []; // every quantile is an element: a view
    const total = size(y.shape);
    return [
      launch({
        kernel,
        bind: [x, y],
        uniforms: { size: total, M, n },
        grid: ({ WG }) => flatGrid(total, WG),
        flops: 3 * total,
      }),
    ];
  },
  backward: ({ g, x: [x], dy }) => [g.apply(quantileAdjointOp, [dy], { n: x.shape[1] ?? 1 })],
});

/** The transpose of `quantile`: takes gradients of n quantiles [P, n] to those of the rows [P, M]; attrs.n is M. */
export const quantileAdjointOp: Op<1, { n: number }> = defineOp<1, { n: number }>({
  name: 'quantile_adjoint',
  infer: ([dy], { n }) => checked('quantile_adjoint', dy, n),
  forward([dy], dx, { n: M }) {
    const n = dy.shape[1] ?? 1;
    if (M === n) return [];
    const total = size(dx.shape);
    return [
      launch({
        kernel: adjointKernel,
        bind: [dy, dx],
        uniforms: { size: total, M, n },
        grid: ({ WG }) => flatGrid(total, WG),
        flops: 4 * (total + size(dy.shape)),
      }),
    ];
  },
  backward: ({ g, x: [dy], dy: d }) => [g.apply(quantileOp, [d], { n: dy.shape[1] ?? 1 })],
});

/**
 * n evenly spread quantiles of each row: those at (i + 0.5)/n, i = 0 .. n - 1. Element j of a row of M stands at
 * (j + 0.5)/M, so the position is t = (i + 0.5) M / n - 0.5; linear between elements, clamped to the end elements.
 * n = M gives the row itself, exactly. (Definition 5 of Hyndman and Fan, "Sample Quantiles in Statistical Packages",
 * 1996.)
 * @param sorted [P, M], each row ascending (`sort`).
 * @returns [P, n].
 * @throws EngineError `ShapeError` when sorted is no matrix, n is below 1, or a row is longer than 2^22.
 */
export const quantile = (g: Builder, sorted: Ref, n: number): Ref => g.apply(quantileOp, [sorted], { n });
