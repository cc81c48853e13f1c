// The kernels of functions of two operands, each walked along the axes of the result in strides of its own.
import { size } from '../../base/shape';
import { flatGrid } from '../grid';
import elementaryLib from '../lib/elementary.wgsl';
import globalIndex from '../lib/global_index.wgsl';
import type { Launch, Ref } from '../op';
import { operandKernels, operandLaunch } from '../pointwise/inplace';
import { type Axis, walk } from './axes';
import wgsl from './binary.wgsl';
import functionsWgsl from './functions.wgsl';

const sides = { d0: 'u32', d1: 'u32', d2: 'u32', d3: 'u32', d4: 'u32', d5: 'u32' } as const;
const strides = { b0: 'u32', b1: 'u32', b2: 'u32', b3: 'u32', b4: 'u32', b5: 'u32' } as const;

const kernels = operandKernels({
  name: 'binary',
  wgsl,
  lib: [globalIndex, functionsWgsl, elementaryLib],
  uniforms: { n: 'u32', ...sides, a0: 'u32', a1: 'u32', a2: 'u32', a3: 'u32', a4: 'u32', a5: 'u32', ...strides },
  variants: [{ WG: 64 }],
});

/** Numbers in the shader. Those with a capital at the end are derivatives, by the first or the second operand. */
export const binaries = {
  add: 0,
  sub: 1,
  mul: 2,
  div: 3,
  pow: 4,
  max: 5,
  min: 6,
  prelu: 7,
  expand: 8,
  powA: 9,
  powB: 10,
  maxA: 11,
  maxB: 12,
  minA: 13,
  minB: 14,
  preluA: 15,
  preluB: 16,
} as const;

export type BinaryName = keyof typeof binaries;

/** y = f(a, b), broadcast. */
export function applyBinary(fn: BinaryName, a: Ref, b: Ref, y: Ref): Launch {
  return walked(fn, walk(fn, y.shape, [a.shape, b.shape]), a, b, y);
}

/** The launch of a function whose operands are walked by these axes, at most 6. */
export function walked(fn: BinaryName, axes: readonly Axis[], a: Ref, b: Ref, y: Ref): Launch {
  const n = size(y.shape);
  const missing = 6 - axes.length;
  const at = (k: number): { side: number; a: number; b: number } => {
    const { side = 1, steps: [sa = 0, sb = 0] = [] } = axes[k - missing] ?? {};
    return { side, a: sa, b: sb };
  };
  const [p, q, r, s, t, v] = [at(0), at(1), at(2), at(3), at(4), at(5)] as const;
  const sidesOf = { d0: p.side, d1: q.side, d2: r.side, d3: s.side, d4: t.side, d5: v.side };
  const walkA = { a0: p.a, a1: q.a, a2: r.a, a3: s.a, a4: t.a, a5: v.a };
  const walkB = { b0: p.b, b1: q.b, b2: r.b, b3: s.b, b4: t.b, b5: v.b };
  const done = operandLaunch(kernels, [a, b, y], {
    overrides: { FN: binaries[fn], RANK: Math.max(1, axes.length) },
    uniforms: { n, ...sidesOf, ...walkA, ...walkB },
    grid: ({ WG }) => flatGrid(n, WG),
    flops: n,
  });
  // An operand that is as large as y is walked as y is, but where axes change places, which are given it twice.
  return a.id === b.id ? { ...done, inplace: () => null } : done;
}
