import { EngineError, shapeError } from '../../base/errors';
import { places, type WindowOptions, windowOf } from '../conv_nd/window';
import type { Ref } from '../op';
import { affine, div, square } from '../pointwise';
import { powConst } from '../unary';
import { axisLinear, axisOf, type ConstantBuilder, sparseMap } from './index';

/** Element i of the result is element at(i) of the axis, or `fill` where that is null. */
function moved(
  g: ConstantBuilder,
  x: Ref,
  axis: number,
  to: number,
  at: (i: number) => number | null,
  fill?: number,
): Ref {
  const rows = Array.from({ length: to }, (_, i) => {
    const k = at(i);
    return k === null ? [] : [[k, 1] as const];
  });
  return axisLinear(g, x, axis, sparseMap(rows), fill);
}

/**
 * Elements of an axis by constant indices, negative ones from the end: [.., N, ..] -> [.., indices.length, ..].
 * @throws EngineError `ShapeError` for an index that the axis has not.
 */
export function gatherAxis(g: ConstantBuilder, x: Ref, axis: number, indices: ArrayLike<number>): Ref {
  const at = axisOf('gatherAxis', x.shape, axis);
  const n = x.shape[at] ?? 1;
  const own = Array.from(indices, (k) => (k < 0 ? k + n : k));
  const wrong = own.findIndex((k) => !Number.isInteger(k) || k < 0 || k >= n);
  if (wrong >= 0) throw shapeError('gatherAxis', `index ${indices[wrong]} on axis ${at}`, x.shape);
  return moved(g, x, at, own.length, (i) => own[i] ?? 0);
}

/** An axis the other way round. */
export function flip(g: ConstantBuilder, x: Ref, axis: number): Ref {
  const at = axisOf('flip', x.shape, axis);
  const n = x.shape[at] ?? 1;
  return moved(g, x, at, n, (i) => n - 1 - i);
}

/** Bounds of one axis. */
export interface Cut {
  readonly axis: number;
  /** First element; negative: from the end. Limited to the axis. */
  readonly start: number;
  /** The one behind the last; with a negative step, before it. Negative: from the end. Limited to the axis. */
  readonly end: number;
  /** Not 0. Default 1. */
  readonly step?: number;
}

/** Start and count of a cut, by NumPy's and ONNX's rules: bounds are brought into the axis. */
export function extent(n: number, { start, end, step = 1 }: Cut): { readonly first: number; readonly count: number } {
  const least = step > 0 ? 0 : -1;
  const most = step > 0 ? n : n - 1;
  const bound = (k: number): number => Math.min(Math.max(k < 0 ? k + n : k, least), most);
  const first = bound(start);
  return { first, count: Math.max(0, Math.ceil((bound(end) - first) / step)) };
}

/**
 * Part of a value, as ONNX's Slice has it: bounds and steps, negative ones too, on some axes.
 * @throws EngineError `ShapeError`: no such axis, a step that is no whole number or 0, nothing left.
 */
export function sliceNd(g: ConstantBuilder, x: Ref, cuts: readonly Cut[]): Ref {
  let y = x;
  for (const cut of cuts) {
    const axis = axisOf('sliceNd', x.shape, cut.axis);
    const { step = 1 } = cut;
    const { first, count } = extent(x.shape[axis] ?? 1, cut);
    if (!Number.isInteger(step) || step === 0 || count < 1) {
      throw shapeError('sliceNd', `something from ${cut.start} to ${cut.end} by ${step} on axis ${axis}`, x.shape);
    }
    y = moved(g, y, axis, count, (i) => first + i * step);
  }
  return y;
}

/**
 * Parts of a value one behind the other along an axis.
 * @throws EngineError `ShapeError` when the sizes do not add up to the axis.
 */
export function split(g: ConstantBuilder, x: Ref, axis: number, sizes: readonly number[]): Ref[] {
  const at = axisOf('split', x.shape, axis);
  if (sizes.reduce((a, b) => a + b, 0) !== x.shape[at]) {
    throw shapeError('split', `sizes [${sizes.join(', ')}] that add up to axis ${at}`, x.shape);
  }
  let start = 0;
  return sizes.map((count) => {
    start += count;
    return sliceNd(g, x, [{ axis: at, start: start - count, end: start }]);
  });
}

/** What lies beyond the ends of an axis: a value, the mirror image without the last element, that element, the other end. */
export const PAD_MODES = ['constant', 'reflect', 'edge', 'wrap'] as const;
export type PadMode = (typeof PAD_MODES)[number];

/** The element that padding puts at place i, which may be negative or beyond the end. */
function beyond(i: number, n: number, mode: PadMode): number | null {
  if (i >= 0 && i < n) return i;
  if (mode === 'constant') return null;
  if (mode === 'edge' || n === 1) return i < 0 ? 0 : n - 1;
  const period = mode === 'wrap' ? n : 2 * (n - 1);
  const k = ((i % period) + period) % period;
  return k < n ? k : period - k;
}

/**
 * Elements added before and behind each axis, as ONNX's Pad has it; negative counts take away.
 * @param pads for each axis what is added in front, then for each axis what is added behind.
 * @param value what is added in mode `constant`.
 * @throws EngineError `ShapeError`: not two whole numbers for each axis, or nothing left.
 */
export function padNd(g: ConstantBuilder, x: Ref, pads: readonly number[], mode: PadMode = 'constant', value = 0): Ref {
  const rank = x.shape.length;
  if (pads.length !== 2 * rank || !pads.every(Number.isInteger)) {
    throw shapeError('padNd', `${2 * rank} whole numbers, but got [${pads.join(', ')}],`, x.shape);
  }
  let y = x;
  for (let k = rank - 1; k >= 0; k--) {
    const n = x.shape[k] ?? 1;
    const front = pads[k] ?? 0;
    const to = n + front + (pads[k + rank] ?? 0);
    if (to < 1) throw shapeError('padNd', `something left by pads [${pads.join(', ')}]`, x.shape);
    y = moved(g, y, k, to, (i) => beyond(i - front, n, mode), value);
  }
  return y;
}

/**
 * A window over a map [N, C, ...] whose padding is not zeros, but what `border` says: the map with that padding around
 * it, and the window without.
 */
export function bordered<O extends WindowOptions>(
  g: ConstantBuilder,
  x: Ref,
  options: O & { readonly border?: PadMode },
): readonly [x: Ref, options: O] {
  const { border = 'constant', pads } = options;
  if (border === 'constant' || !pads?.some((p) => p !== 0)) return [x, options];
  const rank = x.shape.length - 2;
  if (pads.length !== 2 * rank) throw shapeError('a border', `${2 * rank} pads, but got ${pads.length},`, x.shape);
  const around = [0, 0, ...pads.slice(0, rank), 0, 0, ...pads.slice(rank)];
  return [padNd(g, x, around, border), { ...options, pads: pads.map(() => 0) }];
}

export interface AveragePoolOptions extends WindowOptions {
  /** What padding is made of; other than `constant` it counts. Default: constant, zeros. */
  readonly border?: PadMode;
  /** Padding counts as so many zeros. Default: it does not count at all. */
  readonly countPadding?: boolean;
}

/**
 * Average pooling as ONNX's AveragePool has it, over one to three axes: x [N, C, ...] -> [N, C, ...]. Each axis by
 * itself, since averages over boxes are averages of averages.
 * @throws EngineError `ShapeError` for windows that do not fit.
 */
export function averagePool(
  g: ConstantBuilder,
  x: Ref,
  kernel: readonly number[],
  averaging: AveragePoolOptions = {},
): Ref {
  const [map, options] = bordered(g, x, averaging);
  const sides = map.shape.slice(2);
  windowOf('averagePool', sides, kernel, options);
  const rank = sides.length;
  let y = map;
  for (let k = rank - 1; k >= 0; k--) {
    const n = sides[k] ?? 1;
    const taps = kernel[k] ?? 1;
    const stride = options.strides?.[k] ?? 1;
    const dilation = options.dilations?.[k] ?? 1;
    const front = options.pads?.[k] ?? 0;
    const behind = options.pads?.[k + rank] ?? 0;
    const to = places(n, taps, stride, dilation, front, behind, options.ceil);
    const rows = Array.from({ length: to }, (_, i) => {
      const at = Array.from({ length: taps }, (_, t) => i * stride - front + t * dilation);
      const own = at.filter((p) => p >= 0 && p < n);
      const count = options.countPadding ? at.filter((p) => p < n + behind).length : own.length;
      return own.map((p) => [p, 1 / count] as const);
    });
    y = axisLinear(g, y, k + 2, sparseMap(rows));
  }
  return y;
}

export interface LrnOptions {
  /** Channels that count. */
  readonly size: number;
  /** Default 1e-4. */
  readonly alpha?: number;
  /** Default 0.75. */
  readonly beta?: number;
  /** Default 1. */
  readonly bias?: number;
}

/**
 * Local response normalisation across channels: x / (bias + alpha / size * sum of squares over `size` channels around)
 * ^ beta; Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", 2012, with
 * ONNX's constants. x [N, C, ...].
 * @throws EngineError `ShapeError` for a size that is no whole number from 1 on.
 */
export function lrn(g: ConstantBuilder, x: Ref, options: LrnOptions): Ref {
  const { size, alpha = 1e-4, beta = 0.75, bias = 1 } = options;
  if (!Number.isInteger(size) || size < 1) throw new EngineError('ShapeError', `lrn wants a whole size, got ${size}`);
  const C = x.shape[axisOf('lrn', x.shape, 1)] ?? 1;
  const before = Math.floor((size - 1) / 2);
  const rows = Array.from({ length: C }, (_, c) =>
    Array.from({ length: size }, (_, k) => [c - before + k, 1] as const).filter(([k]) => k >= 0 && k < C),
  );
  const energy = affine(g, axisLinear(g, square(g, x), 1, sparseMap(rows)), alpha / size, bias);
  return div(g, x, powConst(g, energy, beta));
}
