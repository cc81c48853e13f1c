import { checkValues, number } from '../../base/known_options';
import { size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import toHalfWgsl from './to_half.wgsl';
import toRealWgsl from './to_real.wgsl';

const source = {
  lib: [globalIndex],
  binds: ['read', 'write'],
  uniforms: { n: 'u32', scale: 'f32' },
  variants: [{ WG: 64 }, { WG: 256 }],
} as const;
const kernels = {
  f16: defineKernel({ name: 'to_half', wgsl: toHalfWgsl, ...source }),
  f32: defineKernel({ name: 'to_real', wgsl: toRealWgsl, ...source }),
} as const;

export interface CastAttrs {
  /** What values are multiplied by on the way. */
  readonly scale: number;
  /** What gradients are multiplied by on the way back: `scale`, unless they are to be kept out of f16's depths. */
  readonly back: number;
}

const KINDS = { scale: number, back: number } as const;

function cast(name: string, dtype: 'f16' | 'f32', other: () => Op<1, CastAttrs>): Op<1, CastAttrs> {
  return defineOp<1, CastAttrs>({
    name,
    dtype,
    tiling: { rule: 'pointwise' },
    cast: { to: dtype, scale: ({ scale }) => scale },
    infer: ([x]) => x,
    forward([x], y, { scale }) {
      const n = size(y.shape);
      const grid = ({ WG }: { readonly WG: number }): readonly [number, number] => flatGrid(n, WG);
      return [launch({ kernel: kernels[dtype], bind: [x, y], uniforms: { n, scale }, grid, flops: n })];
    },
    backward: ({ g, dy, attrs: { scale, back } }) => [g.apply(other(), [dy], { scale: back, back: scale })],
  });
}

/** From f32 to f16, rounded to nearest; what is beyond its range becomes the largest number, 65504. */
export const toHalfOp: Op<1, CastAttrs> = cast('to_half', 'f16', () => toRealOp);
/** From f16 to f32, exact. */
export const toRealOp: Op<1, CastAttrs> = cast('to_real', 'f32', () => toHalfOp);

/**
 * `scale` x stored as f16: 11 bits of precision, numbers from 6e-8 (6e-5 at full precision) to 65504. Its gradient is
 * f32 again. `back` is for losses that were scaled up: see `toReal`.
 */
export const toHalf = (g: Builder, x: Ref, scale = 1, back = scale): Ref =>
  g.apply(toHalfOp, [x], checkValues('toHalf', { scale, back }, KINDS));

/**
 * `scale` x stored as f32. What was f16 stays it on the way back: its gradient is multiplied by `back` and rounded. A
 * power of two there, and its inverse where the f16 part began (`toHalf`), keeps small gradients from vanishing and
 * changes nothing else (Micikevicius et al., "Mixed Precision Training", 2018).
 */
export const toReal = (g: Builder, x: Ref, scale = 1, back = scale): Ref =>
  g.apply(toRealOp, [x], checkValues('toReal', { scale, back }, KINDS));
