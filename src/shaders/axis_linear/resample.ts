import { EngineError } from '../../base/errors';
import type { Ref } from '../op';
import { axisLinear, type ConstantBuilder, sparseMap } from './index';

/** Options of ONNX's Resize, by its names and with its defaults. */
export interface ResampleOptions {
  readonly mode?: 'nearest' | 'linear' | 'cubic';
  /** Where the centre of an element lies. Default half_pixel. */
  readonly coordinates?:
    | 'half_pixel'
    | 'half_pixel_symmetric'
    | 'pytorch_half_pixel'
    | 'align_corners'
    | 'asymmetric'
    | 'tf_half_pixel_for_nn'
    | 'tf_crop_and_resize';
  /** How mode `nearest` rounds. Default round_prefer_floor. */
  readonly nearest?: 'round_prefer_floor' | 'round_prefer_ceil' | 'floor' | 'ceil';
  /** The same on axes that become shorter. Default: as `nearest`. */
  readonly shrinking?: ResampleOptions['nearest'];
  /** Keys' parameter of the cubic. Default -0.75. */
  readonly cubicA?: number;
  /** Elements beyond the ends get no weight, and the others more; without it the last element counts for them. */
  readonly excludeOutside?: boolean;
  /** Widen the linear and the cubic filter when shrinking. */
  readonly antialias?: boolean;
  /** For each axis, the result's elements to an element of x. Default: the ratio of the sides. */
  readonly scales?: readonly number[];
  /** For tf_crop_and_resize: first and last place for each axis, from 0 to 1, starts before ends. */
  readonly roi?: readonly number[];
  /** For tf_crop_and_resize: what lies beyond x. Default 0. */
  readonly extrapolation?: number;
}

/** One axis to be resampled. */
interface Pass {
  readonly from: number;
  readonly to: number;
  readonly scale: number;
  readonly roi: readonly [number, number];
}

/** Places and sides are short fractions: what rounding makes of them must not decide between neighbours. */
const tidy = (x: number): number => (Math.abs(x - Math.round(2 * x) / 2) < 1e-6 ? Math.round(2 * x) / 2 : x);

/** Where element i of the result lies in x. */
function place(i: number, { from, to, scale, roi }: Pass, how: ResampleOptions['coordinates']): number {
  // ONNX counts ends from the side before it is rounded down: 2.4 elements, where 4 are scaled by 0.6.
  const width = Math.abs(scale * from - to) < 1e-6 * to ? to : scale * from;
  switch (how) {
    case 'align_corners':
      return width === 1 ? 0 : (i * (from - 1)) / (width - 1);
    case 'asymmetric':
      return i / scale;
    case 'pytorch_half_pixel':
      return width === 1 ? -0.5 : (i + 0.5) / scale - 0.5;
    case 'tf_half_pixel_for_nn':
      return (i + 0.5) / scale;
    case 'half_pixel_symmetric':
      // The result's side was rounded: keep its middle over the middle of x.
      return (from / 2) * (1 - to / width) + (i + 0.5) / scale - 0.5;
    case 'tf_crop_and_resize': {
      const part = (roi[1] - roi[0]) * (from - 1);
      return roi[0] * (from - 1) + (width === 1 ? part / 2 : (i * part) / (width - 1));
    }
    default:
      return (i + 0.5) / scale - 0.5;
  }
}

const kernels = {
  linear: (d: number): number => Math.max(0, 1 - d),
  /** Keys, "Cubic Convolution Interpolation for Digital Image Processing", 1981. */
  cubic: (d: number, a: number): number => {
    if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
  },
} as const;

type Entry = readonly [index: number, weight: number];

function nearestTo(x: number, how: ResampleOptions['nearest']): number {
  switch (how) {
    case 'floor':
      return Math.floor(x);
    case 'ceil':
      return Math.ceil(x);
    case 'round_prefer_ceil':
      return Math.floor(x + 0.5);
    default:
      return Math.ceil(x - 0.5);
  }
}

/** The elements of x behind element i, and their weights. */
function entries(i: number, pass: Pass, o: ResampleOptions): readonly Entry[] {
  const { from, scale } = pass;
  const x = tidy(place(i, pass, o.coordinates));
  if (o.coordinates === 'tf_crop_and_resize' && (x < 0 || x > from - 1)) return [];
  const inside = (k: number): number => Math.min(Math.max(k, 0), from - 1);
  const { mode = 'nearest', cubicA = -0.75 } = o;
  if (mode === 'nearest') return [[inside(nearestTo(x, (scale < 1 ? o.shrinking : undefined) ?? o.nearest)), 1]];
  const shrink = o.antialias ? Math.min(scale, 1) : 1;
  const reach = (mode === 'cubic' ? 2 : 1) / shrink;
  const found = new Map<number, number>();
  let total = 0;
  for (let k = Math.ceil(x - reach); k <= Math.floor(x + reach); k++) {
    const d = Math.abs(k - x) * shrink;
    const w = mode === 'cubic' ? kernels.cubic(d, cubicA) : kernels.linear(d);
    if (w === 0 || (o.excludeOutside && (k < 0 || k >= from))) continue;
    total += w;
    found.set(inside(k), (found.get(inside(k)) ?? 0) + w);
  }
  return [...found].map(([k, w]) => [k, w / total] as const);
}

/**
 * A value of any rank at other sides, axis by axis, as ONNX's Resize has it: nearest, linear or cubic. Weights are
 * computed here, in f64; differentiable in x.
 * @param to sides of the result, one for each axis.
 * @throws EngineError `ShapeError` when sides, scales or roi do not fit the axes of x.
 */
export function resizeNd(g: ConstantBuilder, x: Ref, to: readonly number[], options: ResampleOptions = {}): Ref {
  const rank = x.shape.length;
  const { scales, roi } = options;
  if (to.length !== rank || !to.every((d) => Number.isInteger(d) && d >= 1)) {
    throw new EngineError('ShapeError', `resizeNd wants ${rank} whole sides from 1 on, got [${to.join(', ')}]`);
  }
  if ((scales && scales.length !== rank) || (roi && roi.length !== 2 * rank)) {
    throw new EngineError('ShapeError', `resizeNd wants ${rank} scales, and twice as many numbers of the roi`);
  }
  const crop = options.coordinates === 'tf_crop_and_resize';
  let y = x;
  for (let k = rank - 1; k >= 0; k--) {
    const from = x.shape[k] ?? 1;
    const side = to[k] ?? 1;
    const scale = scales?.[k] ?? side / from;
    const part = [roi?.[k] ?? 0, roi?.[k + rank] ?? 1] as const;
    if (side === from && scale === 1 && (!crop || (part[0] === 0 && part[1] === 1))) continue;
    const rows = Array.from({ length: side }, (_, i) => entries(i, { from, to: side, scale, roi: part }, options));
    y = axisLinear(g, y, k, sparseMap(rows), options.extrapolation);
  }
  return y;
}
