import { shapeError } from '../../base/errors';
import { checkOptions, flag } from '../../base/known_options';
import { rowsCols, type Shape, sameShape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, type Launch, launch, type Op, type Ref } from '../op';
import wgsl from './gather.wgsl';
import adjointWgsl from './gather_adjoint.wgsl';

const kernel = defineKernel({
  name: 'gather',
  wgsl,
  lib: [globalIndex],
  binds: ['read', 'read', 'write'],
  uniforms: { n: 'u32', M: 'u32', N: 'u32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

const adjointKernel = defineKernel({
  name: 'gather_adjoint',
  wgsl: adjointWgsl,
  lib: [globalIndex],
  binds: ['read', 'read', 'write'],
  uniforms: { n: 'u32', M: 'u32', N: 'u32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

function rows(op: string, x: Shape, idx: Shape): readonly [P: number, N: number, M: number] {
  const [P, N] = rowsCols(op, x);
  const [Q, M] = rowsCols(op, idx);
  if (P !== Q) throw shapeError(op, 'values [P, N] and indices [P, M] with as many rows', x, idx);
  return [P, N, M];
}

function indexed(x: Ref, idx: Ref, y: Ref, N: number, SCATTER: number): Launch {
  const n = size(idx.shape);
  return launch({
    kernel,
    bind: [x, idx, y],
    overrides: { SCATTER },
    uniforms: { n, M: idx.shape[1] ?? 1, N },
    grid: ({ WG }) => flatGrid(n, WG),
  });
}

export interface GatherAttrs {
  /** A promise that each row of the indices is a permutation; it makes the gradient cheap. */
  readonly permutation?: boolean;
}

export const gatherOp: Op<2, GatherAttrs> = defineOp<2, GatherAttrs>({
  name: 'gather',
  infer([x, idx], { permutation }) {
    const [P, N, M] = rows('gather', x, idx);
    if (permutation && N !== M) throw shapeError('gather by a permutation', 'equal shapes', x, idx);
    return [P, M];
  },
  forward: ([x, idx], y) => [indexed(x, idx, y, x.shape[1] ?? 1, 0)],
  backward: ({ g, x: [x, idx], dy, attrs: { permutation } }) => [
    permutation ? scatterPermutation(g, dy, idx) : g.apply(gatherAdjointOp, [dy, idx], { N: x.shape[1] ?? 1 }),
    null,
  ],
});

export const scatterPermutationOp: Op<2, object> = defineOp<2, object>({
  name: 'scatter_permutation',
  infer([dy, idx]) {
    rows('scatter_permutation', dy, idx);
    if (!sameShape(dy, idx)) throw shapeError('scatter_permutation', 'two equal shapes', dy, idx);
    return dy;
  },
  forward: ([dy, idx], y) => [indexed(dy, idx, y, dy.shape[1] ?? 1, 1)],
  backward: ({ g, x: [, idx], dy }) => [gather(g, dy, idx, { permutation: true }), null],
});

export const gatherAdjointOp: Op<2, { N: number }> = defineOp<2, { N: number }>({
  name: 'gather_adjoint',
  infer([dy, idx], { N }) {
    const [P] = rows('gather_adjoint', dy, idx);
    if (!sameShape(dy, idx)) throw shapeError('gather_adjoint', 'two equal shapes', dy, idx);
    return [P, N];
  },
  forward([dy, idx], y, { N }) {
    const n = size(y.shape);
    const M = dy.shape[1] ?? 1;
    return [
      launch({
        kernel: adjointKernel,
        bind: [dy, idx, y],
        uniforms: { n, M, N },
        grid: ({ WG }) => flatGrid(n, WG),
        flops: size(dy.shape),
      }),
    ];
  },
  backward: ({ g, x: [, idx], dy }) => [gather(g, dy, idx), null],
});

/**
 * Picks elements of each row: y[p, i] = x[p, idx[p, i]].
 * @param x [P, N] values.
 * @param idx [P, M] u32 indices below N; larger ones count as N - 1. They have no gradient.
 * @param attrs `permutation: true` promises that each row of idx is a permutation (M = N, as `argsort` gives): the
 *   gradient is then one scatter. Without it the gradient takes N M steps a row.
 * @throws EngineError `ShapeError` when the rows do not match, or a permutation is promised and M is not N.
 */
export function gather(g: Builder, x: Ref, idx: Ref, options: GatherAttrs = {}): Ref {
  checkOptions('gather', options, { permutation: flag });
  return g.apply(gatherOp, [x, idx], options);
}

/**
 * The inverse of a gather by permutations: out[p, idx[p, i]] = dy[p, i].
 * @param dy [P, N] values.
 * @param idx [P, N] u32; each row must be a permutation, else some elements of the result are undefined.
 * @throws EngineError `ShapeError` when the shapes differ.
 */
export const scatterPermutation = (g: Builder, dy: Ref, idx: Ref): Ref => g.apply(scatterPermutationOp, [dy, idx], {});
