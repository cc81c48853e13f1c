import { shapeError } from '../../base/errors';
import { type Shape, sameShape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import wgsl from './conv2d_layout.wgsl';

const kernel = defineKernel({
  name: 'conv2d_layout',
  wgsl,
  lib: [globalIndex],
  binds: ['read', 'write'],
  uniforms: { n: 'u32', a: 'u32', b: 'u32', ky: 'u32', kx: 'u32', vx: 'u32', vy: 'u32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

/** The size of a filter bank: `a` output and `b` input channels, kernels of ky x kx. */
export interface Bank {
  readonly a: number;
  readonly b: number;
  readonly ky: number;
  readonly kx: number;
}

/** How a bank lies in memory: plain [a, b, ky, kx], or in tiles of some output channels each. */
export type Order = 'plain' | 'tiles';

/** Output channels that one thread makes: 8 where there are enough of them, else 4. */
export const tileOf = (channels: number): number => (channels > 4 ? 8 : 4);

/** [a, b, ky, kx], or [ceil(a / V), b, ky, kx, V]. */
export function bankShape({ a, b, ky, kx }: Bank, order: Order): Shape {
  return order === 'plain' ? [a, b, ky, kx] : [Math.ceil(a / tileOf(a)), b, ky, kx, tileOf(a)];
}

const flipped = ({ a, b, ky, kx }: Bank): Bank => ({ a: b, b: a, ky, kx });

export interface LayoutAttrs {
  /** The bank as it comes out. */
  readonly bank: Bank;
  readonly from: Order;
  readonly to: Order;
  /** Exchange input and output channels and turn the kernels by 180 degrees. */
  readonly flip: boolean;
}

export const layoutOp: Op<1, LayoutAttrs> = defineOp<1, LayoutAttrs>({
  name: 'conv2d_layout',
  infer([x], { bank, from, to, flip }) {
    const want = bankShape(flip ? flipped(bank) : bank, from);
    if (!sameShape(x, want)) throw shapeError('conv2d_layout', `weights [${want.join(', ')}]`, x);
    return bankShape(bank, to);
  },
  forward([x], y, { bank, from, to, flip }) {
    const n = size(y.shape);
    const vx = from === 'plain' ? 1 : tileOf(flip ? bank.b : bank.a);
    const vy = to === 'plain' ? 1 : tileOf(bank.a);
    return [
      launch({
        kernel,
        bind: [x, y],
        overrides: { FLIP: flip ? 1 : 0 },
        uniforms: { n, ...bank, vx, vy },
        grid: ({ WG }) => flatGrid(n, WG),
      }),
    ];
  },
  // Orders are permutations, so the adjoint is the way back.
  backward: ({ g, dy, attrs: { bank, from, to, flip } }) => [
    g.apply(layoutOp, [dy], { bank: flip ? flipped(bank) : bank, from: to, to: from, flip }),
  ],
});

/** Weights by what they were laid out from: two convolutions with the same filters share one layout. */
const laid = { tiles: new WeakMap<Ref, Ref>(), plainFlip: new WeakMap<Ref, Ref>(), flip: new WeakMap<Ref, Ref>() };

function layout(g: Builder, w: Ref, known: WeakMap<Ref, Ref>, attrs: LayoutAttrs): Ref {
  const found = known.get(w) ?? g.apply(layoutOp, [w], attrs);
  known.set(w, found);
  return found;
}

/** Filters [O, C, Ky, Kx] in the order that the convolution kernels read. Constant filters are laid out once. */
export function tiles(g: Builder, w: Ref): Ref {
  const [a = 0, b = 0, ky = 0, kx = 0] = w.shape;
  return layout(g, w, laid.tiles, { bank: { a, b, ky, kx }, from: 'plain', to: 'tiles', flip: false });
}

/** From filters [O, C, Ky, Kx] to those, laid out in tiles, that their transposed convolution reads. */
export function flippedTiles(g: Builder, w: Ref): Ref {
  const [b = 0, a = 0, ky = 0, kx = 0] = w.shape;
  return layout(g, w, laid.plainFlip, { bank: { a, b, ky, kx }, from: 'plain', to: 'tiles', flip: true });
}

/** The tiles of the transposed convolution, from those of a convolution; `bank` is the one that goes in. */
export function flip(g: Builder, w: Ref, bank: Bank): Ref {
  return layout(g, w, laid.flip, { bank: flipped(bank), from: 'tiles', to: 'tiles', flip: true });
}
