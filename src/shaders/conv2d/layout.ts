import { shapeError } from '../../base/errors';
import { sameShape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import wgsl from './conv2d_layout.wgsl';
import { type Filter, filterOf, filterShape, flipped, type Order, tileOf } from './geometry';

const kernel = defineKernel({
  name: 'conv2d_layout',
  wgsl,
  lib: [globalIndex],
  binds: ['read', 'write'],
  uniforms: { n: 'u32', a: 'u32', b: 'u32', ky: 'u32', kx: 'u32', vx: 'u32', vy: 'u32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

export interface LayoutAttrs {
  /** Of the filters as they come out. */
  readonly filter: Filter;
  readonly from: Order;
  readonly to: Order;
  /** Exchange input and output channels and turn the kernels by 180 degrees. */
  readonly flip: boolean;
}

export const layoutOp: Op<1, LayoutAttrs> = defineOp<1, LayoutAttrs>({
  name: 'conv2d_layout',
  infer([x], { filter, from, to, flip }) {
    const want = filterShape(flip ? flipped(filter) : filter, from);
    if (!sameShape(x, want)) throw shapeError('conv2d_layout', `weights [${want.join(', ')}]`, x);
    return filterShape(filter, to);
  },
  forward([x], y, { filter, from, to, flip }) {
    const n = size(y.shape);
    const vx = from === 'plain' ? 1 : tileOf(flip ? filter.in : filter.out);
    const vy = to === 'plain' ? 1 : tileOf(filter.out);
    return [
      launch({
        kernel,
        bind: [x, y],
        overrides: { FLIP: flip ? 1 : 0 },
        uniforms: { n, a: filter.out, b: filter.in, ky: filter.ky, kx: filter.kx, vx, vy },
        grid: ({ WG }) => flatGrid(n, WG),
      }),
    ];
  },
  // Orders are permutations, so the adjoint is the way back.
  backward: ({ g, dy, attrs: { filter, from, to, flip } }) => [
    g.apply(layoutOp, [dy], { filter: flip ? flipped(filter) : filter, from: to, to: from, flip }),
  ],
});

/** Filters [O, C, Ky, Kx] in the order that the convolution kernels read. Laid out once for a graph. */
export const tiles = (g: Builder, w: Ref): Ref =>
  g.memo(w, 'conv2d tiles', () => {
    const filter = filterOf('conv2d_layout', w.shape);
    return g.apply(layoutOp, [w], { filter, from: 'plain', to: 'tiles', flip: false });
  });

/** From filters [O, C, Ky, Kx] to those, laid out in tiles, that their transposed convolution reads. */
export const flippedTiles = (g: Builder, w: Ref): Ref =>
  g.memo(w, 'conv2d flipped tiles', () => {
    const filter = flipped(filterOf('conv2d_layout', w.shape));
    return g.apply(layoutOp, [w], { filter, from: 'plain', to: 'tiles', flip: true });
  });

/** The tiles of the transposed convolution, from those of a convolution; `filter` is the one that goes in. */
export const flip = (g: Builder, w: Ref, filter: Filter): Ref =>
  g.memo(w, 'conv2d flip', () =>
    g.apply(layoutOp, [w], { filter: flipped(filter), from: 'tiles', to: 'tiles', flip: true }),
  );
