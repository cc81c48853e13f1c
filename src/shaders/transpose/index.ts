import { EngineError, shapeText } from '../../base/errors';
import { checkValues, numbers } from '../../base/known_options';
import { type Shape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import swapWgsl from './swap.wgsl';
import wgsl from './transpose.wgsl';

const general = defineKernel({
  name: 'transpose',
  wgsl,
  lib: [globalIndex],
  binds: ['read', 'write'],
  uniforms: { n: 'u32', d1: 'u32', d2: 'u32', d3: 'u32', s0: 'u32', s1: 'u32', s2: 'u32', s3: 'u32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});
const swap = defineKernel({
  name: 'transpose_swap',
  wgsl: swapWgsl,
  binds: ['read', 'write'],
  uniforms: { I: 'u32', J: 'u32' },
  variants: [{ S: 16 }, { S: 8 }],
});

/** Workgroups that WebGPU guarantees along an axis of a grid, and elements that squares of 8 then cover. */
const MOST = 65535;
const LONGEST = 8 * MOST;

export const transposeOp: Op<1, { perm: readonly number[] }> = defineOp<1, { perm: readonly number[] }>({
  name: 'transpose',
  infer([x], { perm }) {
    const sorted = [...perm].sort((a, b) => a - b);
    if (x.length > 4 || perm.length !== x.length || sorted.some((axis, k) => axis !== k)) {
      throw new EngineError(
        'ShapeError',
        `transpose wants each axis of a value with 1 to 4 axes once, got axes ${shapeText(perm)} for ${shapeText(x)}`,
      );
    }
    return perm.map((axis) => x[axis] ?? 1);
  },
  forward([x], y, { perm }) {
    const rank = perm.length;
    const n = size(y.shape);
    if (rank >= 2 && perm.every((axis, k) => axis === (k === rank - 2 ? k + 1 : k === rank - 1 ? k - 1 : k))) {
      const [I = 1, J = 1] = x.shape.slice(-2);
      const batch = n / (I * J);
      if (batch <= MOST && Math.max(I, J) <= LONGEST) {
        const grid = ({ S }: { S: number }) => [Math.ceil(J / S), Math.ceil(I / S), batch] as const;
        return [launch({ kernel: swap, bind: [x, y], uniforms: { I, J }, grid })];
      }
    }
    const strides = x.shape.map((_, k) => size(x.shape.slice(k + 1)));
    const lead = Array<number>(4 - rank);
    const [, d1 = 1, d2 = 1, d3 = 1] = [...lead.fill(1), ...y.shape];
    const [s0 = 0, s1 = 0, s2 = 0, s3 = 0] = [...lead.fill(0), ...perm.map((axis) => strides[axis] ?? 0)];
    const uniforms = { n, d1, d2, d3, s0, s1, s2, s3 };
    return [launch({ kernel: general, bind: [x, y], uniforms, grid: ({ WG }) => flatGrid(n, WG) })];
  },
  backward({ g, dy, attrs: { perm } }) {
    return [transpose(g, dy, inverse(perm))];
  },
});

const inverse = (perm: Shape): readonly number[] => perm.map((_, k) => perm.indexOf(k));

/**
 * Axes in another order: axis k of the result is axis perm[k] of x. Up to four axes.
 * By default the last two are exchanged, so a matrix [M, N] becomes [N, M].
 * @throws EngineError `ShapeError` when perm does not name each axis once.
 */
export function transpose(g: Builder, x: Ref, perm?: readonly number[]): Ref {
  if (perm !== undefined) checkValues('transpose', { perm }, { perm: numbers(0) });
  const r = g.node(x).shape.length;
  const axes = x.shape.map((_, k) => k);
  const swapped = r < 2 ? axes : [...axes.slice(0, -2), r - 1, r - 2];
  return g.apply(transposeOp, [x], { perm: perm ?? swapped });
}
