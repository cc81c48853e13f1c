import type { Shape } from '../../base/shape';
import type { Applied, Builder, Op, Ref } from '../op';
import type { Borders, Pads } from '../pad/border';
import { averagePoolOp, maxPoolOp } from '../pool2d';
import type { Window } from '../pool2d/window';
import type { Filter } from './geometry';
import { convolve, filterOp, type PreparedAttrs, preparedOp } from './prepared';
import filterWgsl from './winograd_filter.wgsl';
import { type Pooled, type Tile, winogradLaunches } from './winograd_launches';

export type { Tile };

export interface WinogradFilterAttrs {
  readonly tile: Tile;
  readonly flip: boolean;
}

/** [(tile + 2)^2, ceil(out / 8), ceil(in / 4), 8, 4]; see winograd_filter.wgsl. */
export const winogradFilterShape = ({ out, in: from }: Filter, { tile }: { readonly tile: Tile }): Shape => [
  (tile + 2) ** 2,
  Math.ceil(out / 8),
  Math.ceil(from / 4),
  8,
  4,
];

/** Filters w [O, C, 3, 3] as conv2d_winograd multiplies by them. */
export const winogradFilterOp: Op<1, WinogradFilterAttrs> = filterOp<WinogradFilterAttrs>({
  name: 'winograd_filter',
  wgsl: filterWgsl,
  shape: winogradFilterShape,
  overrides: ({ tile }) => ({ TILE: tile }),
  flops: 23,
});

const prepare = (g: Builder, w: Ref, { tile, flip }: WinogradFilterAttrs): Ref =>
  g.memo(w, `winograd ${tile} ${flip}`, () => g.apply(winogradFilterOp, [w], { tile, flip }));

/** What a convolution with 3x3 filters at stride 1 is, apart from its inputs. */
export interface WinogradAttrs extends PreparedAttrs {
  readonly tile: Tile;
  /** 2 x 2 pixels become one, behind the relu. Only fusion sets it, as relu. */
  readonly pool?: Pooled;
  /** Transformed values kept at a time. Default `SCRATCH`; tests lower it. */
  readonly most?: number;
}

/**
 * y [O, H', W'] = conv(x, w) + bias by Winograd's minimal filtering: F(2x2, 3x3) takes 16 products per channel for 4
 * pixels and F(4x4, 3x3) 36 for 16, where the sum as written takes 36 and 144. (Winograd, Arithmetic Complexity of
 * Computations, 1980; Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2016.)
 *
 * Inputs: x [C, H, W]; w [O, C, 3, 3], whose derivative this gives, though the kernels never read it; the same filters
 * transformed (`winogradFilterOp`); and perhaps a bias or a mask.
 *
 * Points of F(4): 0, +-sqrt(1/2), +-sqrt(2), infinity. Measured in f32 against f64, uniform inputs and weights, rms
 * error over rms result, C = 64 and 512: direct sums 4.5e-7 and 1.2e-6, F(2) 2.4e-7 and 6.9e-7, F(4) 8.1e-7 and 2.0e-6
 * (with points 0, +-1, +-2: 1.5e-6 and 3.9e-6). Scratch memory: see `chunksOf`.
 */
export const winogradOp: Op<number, WinogradAttrs> = preparedOp<WinogradAttrs>({
  name: 'conv2d_winograd',
  filters: { about: 'transformed filters', shape: winogradFilterShape },
  prepare,
  stored: ([o = 0, h = 0, w = 0], { pool }) => (pool ? [o, h / 2, w / 2] : [o, h, w]),
  launches({ x, filter, bias, mask }, y, { tile, pad, border, relu = false, pool, most }, scratch) {
    const work = { tile, top: pad[0], left: pad[1], border, bias, mask, relu, pool, most };
    return winogradLaunches(x, filter, y, work, scratch);
  },
  fuse({ attrs, shape }, next) {
    if (attrs.pool) return null;
    const pool = pooled(next, shape);
    return pool ? { ...attrs, pool } : undefined;
  },
});

/** What a tile, whose sides are even, can pool as it is stored: windows of 2 x 2 side by side that fill the map. */
function pooled({ op, attrs }: Applied, [, H = 0, W = 0]: Shape): Pooled | null {
  if (op !== maxPoolOp && op !== averagePoolOp) return null;
  const { size, stride, pad, scale } = attrs as Window;
  const two = [...size, ...stride].every((v) => v === 2) && pad.every((p) => p === 0);
  return two && H % 2 === 0 && W % 2 === 0 ? { of: op === maxPoolOp ? 'max' : 'average', scale } : null;
}

/**
 * 3x3 convolution at stride 1 by Winograd's minimal filtering: x [C, H, W] with filters w [O, C, 3, 3] and perhaps a
 * bias [O] gives [O, H', W'], H' = H + top + bottom - 2. Pads of 0 to 2. Exact but for rounding; differentiable in all.
 * On a torus whose sides a tile divides it commutes exactly with rolls by whole tiles, with others up to rounding.
 * @throws EngineError `ShapeError` as conv2d, and for other filters or larger pads.
 */
export function winograd(
  g: Builder,
  x: Ref,
  w: Ref,
  { bias, ...attrs }: { tile: Tile; pad: Pads; border: Borders; bias?: Ref; most?: number },
): Ref {
  const own = { ...attrs, flip: false };
  return convolve(g, winogradOp, [x, w, prepare(g, w, own)], bias, own);
}
