import { symmetricEigen } from '../../base/eigen_symmetric';
import { invariant } from '../../base/errors';
import type { Raster } from '../../base/raster';
import { resample } from '../../base/resample';
import { LUMA, splitLuma } from './luminance';
import { type Colour, colourMoments } from './moments';

/**
 * What the numbers of a canvas [rank, H, W] stand for:
 *
 *     RGB(x) = base(x) + sum_k coordinate_k(x) axes_k          coordinate_k = weights_k . RGB - origin_k
 *
 * All of RGB, only the colours that the styles have, or only the brightness over a content picture's own colours.
 */
export interface CanvasSpace {
  readonly rank: 1 | 2 | 3;
  /** `rank` times 3, one axis after another. */
  readonly axes: Float64Array;
  /** `rank` times 3: the axes again when they are orthonormal. */
  readonly weights: Float64Array;
  /** weights_k . base, the same everywhere. */
  readonly origin: readonly number[];
  /** One colour, or planes [3, H, W] of the canvas' size (`spaceAt`); those may be negative. */
  readonly base: Colour | Raster;
  /** Least and greatest value that each coordinate may take. */
  readonly lo: readonly number[];
  readonly hi: readonly number[];
}

/** An axis that holds less than this share of the colour variance is noise of the file format, not colour. */
const NEGLIGIBLE = 1e-4;
const IDENTITY = [1, 0, 0, 0, 1, 0, 0, 0, 1] as const;

/** Any colour. */
export function freeSpace(): CanvasSpace {
  const axes = Float64Array.from(IDENTITY);
  return { rank: 3, axes, weights: axes, origin: [0, 0, 0], base: [0, 0, 0], lo: [0, 0, 0], hi: [1, 1, 1] };
}

/**
 * Only the colours of these pictures: their mean plus as many orthonormal axes as their colours need, each within the
 * values found in them. A grey style stays grey (a noise start would otherwise leave coloured speckle); colours that fill space get RGB's axes, and the box of each channel.
 */
export function styleSpace(pictures: readonly Raster[]): CanvasSpace {
  const { mean, covariance } = colourMoments(pictures);
  const { values, vectors } = symmetricEigen(covariance);
  const total = values.reduce((a, b) => a + b, 0);
  const significant = values.filter((v) => v > NEGLIGIBLE * total).length;
  const rank = Math.min(3, Math.max(1, significant)) as 1 | 2 | 3;
  const axes = Float64Array.from(rank === 3 ? IDENTITY : vectors.slice(0, rank).flat());
  const origin = Array.from({ length: rank }, (_, k) => dot(axes, k, mean));
  const lo = new Array<number>(rank).fill(Number.POSITIVE_INFINITY);
  const hi = new Array<number>(rank).fill(Number.NEGATIVE_INFINITY);
  const space: CanvasSpace = { rank, axes, weights: axes, origin, base: mean, lo, hi };
  for (const picture of pictures) {
    const coordinates = encode(space, picture);
    const n = coordinates.length / rank;
    for (let k = 0; k < rank; k++) {
      for (let i = k * n; i < (k + 1) * n; i++) {
        const v = coordinates[i] ?? 0;
        lo[k] = Math.min(lo[k] ?? v, v);
        hi[k] = Math.max(hi[k] ?? v, v);
      }
    }
  }
  return space;
}

/**
 * Only brightness: the canvas has the content's colours and a luma of its own (BT.601, see luminance.ts). Colours that
 * do not exist at that brightness are clipped by `decode`.
 */
export function luminanceSpace(content: Raster): CanvasSpace {
  const { width, height, chroma } = splitLuma(content);
  return {
    rank: 1,
    axes: Float64Array.of(1, 1, 1),
    weights: Float64Array.from(LUMA),
    origin: [0],
    base: { width, height, data: chroma },
    lo: [0],
    hi: [1],
  };
}

/** The space for a canvas of another size: a base that is a picture is resized. */
export function spaceAt(space: CanvasSpace, [width, height]: readonly [width: number, height: number]): CanvasSpace {
  const { base } = space;
  if (!isPicture(base) || (base.width === width && base.height === height)) return space;
  const data = resample(base.data, [base.width, base.height], [width, height], 'cubic');
  return { ...space, base: { width, height, data } };
}

/** Coordinates [rank, H, W] of a picture of any size. */
export function encode(space: CanvasSpace, picture: Raster): Float32Array {
  const { rank, weights, origin } = space;
  const n = picture.width * picture.height;
  const { data } = picture;
  const out = new Float32Array(rank * n);
  for (let k = 0; k < rank; k++) {
    const [r = 0, g = 0, b = 0] = weights.subarray(3 * k, 3 * k + 3);
    const zero = origin[k] ?? 0;
    for (let i = 0; i < n; i++) {
      out[k * n + i] = r * (data[i] ?? 0) + g * (data[n + i] ?? 0) + b * (data[2 * n + i] ?? 0) - zero;
    }
  }
  return out;
}

/** RGB planes [3, H, W] of coordinates, not clipped. The space's base, if a picture, has this size (`spaceAt`). */
export function decodePlanes(space: CanvasSpace, coordinates: Float32Array): Float32Array {
  const { rank, axes, base } = space;
  const n = coordinates.length / rank;
  if (isPicture(base) && base.data.length !== 3 * n)
    throw invariant(`a base of ${base.width}x${base.height} for ${n} pixels`);
  const data = new Float32Array(3 * n);
  for (const c of [0, 1, 2] as const) {
    for (let i = 0; i < n; i++) {
      let sum = isPicture(base) ? (base.data[c * n + i] ?? 0) : base[c];
      for (let k = 0; k < rank; k++) sum += (axes[3 * k + c] ?? 0) * (coordinates[k * n + i] ?? 0);
      data[c * n + i] = sum;
    }
  }
  return data;
}

/** The picture that has these coordinates, clipped to 0..1. */
export function decode(space: CanvasSpace, coordinates: Float32Array, width: number, height: number): Raster {
  const data = decodePlanes(space, coordinates).map((v) => Math.min(1, Math.max(0, v)));
  return { width, height, data };
}

function dot(axes: Float64Array, k: number, colour: Colour): number {
  return [0, 1, 2].reduce((sum, c) => sum + (axes[3 * k + c] ?? 0) * (colour[c] ?? 0), 0);
}

const isPicture = (base: Colour | Raster): base is Raster => 'data' in base;
