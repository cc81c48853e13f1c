import { EngineError, invariant, shapeError } from '../../base/errors';
import { type Shape, sameShape } from '../../base/shape';
import { type Applied, type Builder, defineOp, type Fused, type Op, type Ref } from '../op';
import { padGradOp } from '../pad';
import type { Borders, Pads } from '../pad/border';
import { ops } from '../pointwise';
import { averagePoolOp, maxPoolOp } from '../pool2d';
import type { Window } from '../pool2d/window';
import { channelSum } from '../sum';
import { type Conv, convShape, filter3x3, window3x3 } from './geometry';
import { filterGrad } from './ops';
import { type Tile, winogradFilter, winogradFilterShape } from './winograd_filter';
import { type Pooled, winogradLaunches } from './winograd_launches';

export type { Tile };

/** What a convolution with 3x3 filters at stride 1 is, apart from its inputs. */
export interface WinogradAttrs {
  readonly tile: Tile;
  /** Convolve with the filters turned round and their channel axes exchanged, as gradients do. */
  readonly flip: boolean;
  /** Each 0 to 2. */
  readonly pad: Pads;
  readonly border: Borders;
  /** What the fourth input is: a bias [O] to add, or a mask of x's shape: x counts only where it is positive. */
  readonly extra?: 'bias' | 'mask';
  /** max(y, 0) before it is stored. Only fusion sets it: the op as such has no derivative then. */
  readonly relu?: boolean;
  /** 2 x 2 pixels become one, behind the relu. Only fusion sets it, as relu. */
  readonly pool?: Pooled;
  /** Transformed values kept at a time. Default `SCRATCH`; tests lower it. */
  readonly most?: number;
}

/** The convolution that this computes, for w [O, C, 3, 3]. */
const convOf = (w: Shape, { flip, pad, border }: WinogradAttrs): Conv => ({
  filter: filter3x3('conv2d_winograd', w, flip),
  stride: [1, 1],
  pad,
  border,
});

/**
 * y [O, H', W'] = conv(x, w) + bias by Winograd's minimal filtering: F(2x2, 3x3) takes 16 products per channel for 4
 * pixels and F(4x4, 3x3) 36 for 16, where the sum as written takes 36 and 144. (Winograd, Arithmetic Complexity of
 * Computations, 1980; Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2016.)
 *
 * Inputs: x [C, H, W]; w [O, C, 3, 3], whose derivative this gives, though the kernels never read it; the same filters
 * transformed (`winogradFilter`); and perhaps a bias or a mask.
 *
 * Points of F(4): 0, +-sqrt(1/2), +-sqrt(2), infinity. Measured in f32 against f64, uniform inputs and weights, rms
 * error over rms result, C = 64 and 512: direct sums 4.5e-7 and 1.2e-6, F(2) 2.4e-7 and 6.9e-7, F(4) 8.1e-7 and 2.0e-6
 * (with points 0, +-1, +-2: 1.5e-6 and 3.9e-6). Scratch memory: see `chunksOf`.
 */
export const winogradOp: Op<number, WinogradAttrs> = defineOp<number, WinogradAttrs>({
  name: 'conv2d_winograd',
  // Tiles of its own begin with the window, so it differs from the whole canvas' by rounding.
  tiling: { rule: 'window', maps: [0], window: window3x3 },
  infer([x = [], w = [], filter = [], extra], attrs) {
    const { pad, tile } = attrs;
    const conv = convOf(w, attrs);
    const y = convShape('conv2d_winograd', x, conv);
    if (pad.some((p) => p > 2)) {
      throw new EngineError('ShapeError', `conv2d_winograd wants pads of 0 to 2, got [${pad.join(', ')}]`);
    }
    const want = winogradFilterShape(conv.filter, tile);
    if (!sameShape(filter, want))
      throw shapeError('conv2d_winograd', `transformed filters [${want.join(', ')}]`, filter);
    if (!extra !== !attrs.extra)
      throw invariant(`conv2d_winograd with ${attrs.extra ?? 'no'} extra, and ${extra ?? 'none'}`);
    if (extra && !sameShape(extra, attrs.extra === 'bias' ? [conv.filter.out] : x)) {
      throw attrs.extra === 'bias'
        ? shapeError('conv2d_winograd', `a bias [${conv.filter.out}]`, extra)
        : shapeError('conv2d_winograd', 'a mask like x', extra, x);
    }
    return attrs.pool ? [conv.filter.out, (y[1] ?? 0) / 2, (y[2] ?? 0) / 2] : y;
  },
  forward([x, , filter, extra], y, { tile, pad, border, extra: kind, relu = false, pool, most }, scratch) {
    if (!x || !filter) throw new EngineError('ShapeError', 'conv2d_winograd wants a map and filters');
    const bias = kind === 'bias' ? extra : undefined;
    const mask = kind === 'mask' ? extra : undefined;
    const work = { tile, top: pad[0], left: pad[1], border, bias, mask, relu, pool, most };
    return winogradLaunches(x, filter, y, work, scratch);
  },
  backward({ g, x: [x, w, , extra], dy, attrs, needs }) {
    if (!x || !w) return [];
    const masked = (r: Ref): Ref => (extra && attrs.extra === 'mask' ? g.apply(ops.reluMask, [extra, r], {}) : r);
    return [
      needs(0) ? masked(inputGrad(g, dy, w, attrs, [x.shape[1] ?? 0, x.shape[2] ?? 0])) : null,
      needs(1) ? filterGrad(g, masked(x), dy, convOf(w.shape, attrs), attrs.flip) : null,
      null, // the filters again: their derivative has gone to w
      ...(extra ? [attrs.extra === 'bias' && needs(3) ? channelSum(g, dy) : null] : []),
    ];
  },
  fuseNext(self: Applied<WinogradAttrs>, next): Fused | null {
    if (self.attrs.pool) return null;
    const pool = pooled(next, self.shape);
    if (pool) return { op: winogradOp, x: self.x, attrs: { ...self.attrs, pool } };
    if (next.op !== ops.relu || self.attrs.relu) return null;
    return { op: winogradOp, x: self.x, attrs: { ...self.attrs, relu: true } };
  },
  fusePrevious(self: Applied<WinogradAttrs>, k, previous): Fused | null {
    const [mask, dy] = previous.x;
    const [, w, filter] = self.x;
    if (k !== 0 || previous.op !== ops.reluMask || self.attrs.extra || !mask || !dy || !w || !filter) return null;
    return { op: winogradOp, x: [dy, w, filter, mask], attrs: { ...self.attrs, extra: 'mask' } };
  },
});

/** What a tile, whose sides are even, can pool as it is stored: windows of 2 x 2 side by side that fill the map. */
function pooled({ op, attrs }: Applied, [, H = 0, W = 0]: Shape): Pooled | null {
  if (op !== maxPoolOp && op !== averagePoolOp) return null;
  const { size, stride, pad, scale } = attrs as Window;
  const two = [...size, ...stride].every((v) => v === 2) && pad.every((p) => p === 0);
  return two && H % 2 === 0 && W % 2 === 0 ? { of: op === maxPoolOp ? 'max' : 'average', scale } : null;
}

/** The adjoint at dy, for an input of H x W: again a convolution, perhaps of the padded map. */
function inputGrad(g: Builder, dy: Ref, w: Ref, attrs: WinogradAttrs, [H, W]: readonly [number, number]): Ref {
  const { tile, border, most } = attrs;
  const flip = !attrs.flip;
  const filter = winogradFilter(g, w, { tile, flip });
  const convolved = (pad: Pads, borders: Borders): Ref =>
    g.apply(winogradOp, [dy, w, filter], { tile, flip, pad, border: borders, ...(most && { most }) });
  const [t, l, b, r] = attrs.pad;
  // With zeros, and round a torus, what is taken from where is the same either way.
  const same = [H === dy.shape[1], W === dy.shape[2]];
  if (border.every((e, axis) => e === 'zeros' || (e === 'wrap' && same[axis]))) {
    return convolved([2 - t, 2 - l, 2 - b, 2 - r], border);
  }
  return g.apply(padGradOp, [convolved([2, 2, 2, 2], ['zeros', 'zeros'])], { pad: attrs.pad, border });
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
  const filter = winogradFilter(g, w, { tile: attrs.tile, flip: false });
  return bias
    ? g.apply(winogradOp, [x, w, filter, bias], { ...attrs, flip: false, extra: 'bias' })
    : g.apply(winogradOp, [x, w, filter], { ...attrs, flip: false });
}
