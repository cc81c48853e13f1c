import { product, spectralMap, symmetricEigen } from '../../base/eigen_symmetric';
import type { Raster } from '../../base/raster';
import { Rng } from '../../base/rng';
import { type Colour, colourMoments, type Moments, samplePixel } from './moments';

/** An axis with less than this share of the greatest variance holds no colour that could be scaled up. */
const NEGLIGIBLE = 1e-4;

/** Moves colours: `matrix` times (colour - from) + to. */
export interface ColourMap {
  readonly from: Colour;
  readonly to: Colour;
  readonly matrix: readonly (readonly number[])[];
}

/**
 * The linear map that gives colours of moments `a` the moments `b` and moves them least (Pitie and Kokaram, "The linear
 * Monge-Kantorovitch linear colour mapping", CVMP 2007): A^-1/2 (A^1/2 B A^1/2)^1/2 A^-1/2. It is symmetric, so no colour
 * turns into its opposite. Of a grey picture, which has no colours to spread, it makes a duotone.
 */
export function covarianceMap(a: Moments, b: Moments): ColourMap {
  const root = spectralMap(a.covariance, (v) => Math.sqrt(v));
  const inverse = spectralMap(a.covariance, (v, most) => (v > NEGLIGIBLE * most && v > 1e-12 ? 1 / Math.sqrt(v) : 0));
  const middle = spectralMap(product(product(root, b.covariance), root), (v) => Math.sqrt(v));
  const least = product(product(inverse, middle), inverse);
  return { from: a.mean, to: b.mean, matrix: least };
}

/** Planes [3, H, W] with their colours moved. Not clipped. */
export function mapColours(planes: Float32Array, { from, to, matrix }: ColourMap): Float32Array {
  const n = planes.length / 3;
  const out = new Float32Array(planes.length);
  for (const c of [0, 1, 2] as const) {
    const [r = 0, g = 0, b = 0] = matrix[c] ?? [];
    for (let i = 0; i < n; i++) {
      const dr = (planes[i] ?? 0) - from[0];
      const dg = (planes[n + i] ?? 0) - from[1];
      const db = (planes[2 * n + i] ?? 0) - from[2];
      out[c * n + i] = to[c] + r * dr + g * dg + b * db;
    }
  }
  return out;
}

/**
 * A picture in the colours of another (or of several together): the same mean and covariance, clipped to 0..1. For
 * styles that are to have the content's colours (Gatys et al., "Preserving color in neural artistic style transfer", 2016).
 */
export function matchCovariance(picture: Raster, target: readonly Raster[]): Raster {
  const map = covarianceMap(colourMoments([picture]), colourMoments(target));
  return { ...picture, data: clipped(mapColours(picture.data, map)) };
}

export interface HistogramSettings {
  /** Number of bases tried. Default 12. */
  readonly iterations?: number;
  /** Of the bases. Default 0. */
  readonly seed?: number;
}

/** Steps of a quantile function. */
const LEVELS = 1024;
/** Pixels that distributions are read from. */
const SAMPLES = 2 ** 15;

/**
 * A picture with the whole distribution of colours of another (or of several together), clipped to 0..1: mean and
 * covariance first, then every axis of the target's principal basis and of random ones gets the target's distribution
 * (Pitie, Kokaram and Dahyot, "N-dimensional probability density function transfer", ICCV 2005). Equal colours stay
 * equal, so flat areas stay flat. The same seed gives the same bytes.
 */
export function matchHistogram(picture: Raster, target: readonly Raster[], settings: HistogramSettings = {}): Raster {
  const { iterations = 12, seed = 0 } = settings;
  const wanted = colourMoments(target);
  const data = mapColours(picture.data, covarianceMap(colourMoments([picture]), wanted));
  const n = picture.width * picture.height;
  const line = new Float32Array(n);
  const each = Math.floor(SAMPLES / target.length);
  for (let k = 0; k < iterations; k++) {
    const basis = k === 0 ? symmetricEigen(wanted.covariance).vectors : randomBasis(new Rng(seed, 400 + k));
    for (const axis of basis) {
      const [r = 0, g = 0, b = 0] = axis;
      for (let i = 0; i < n; i++) {
        line[i] = r * (data[i] ?? 0) + g * (data[n + i] ?? 0) + b * (data[2 * n + i] ?? 0);
      }
      const goal = target.map((t) => projected(t, axis, each));
      const map = transport(sampled(line, SAMPLES), joined(goal));
      for (let i = 0; i < n; i++) {
        const v = line[i] ?? 0;
        const move = map(v) - v;
        data[i] = (data[i] ?? 0) + r * move;
        data[n + i] = (data[n + i] ?? 0) + g * move;
        data[2 * n + i] = (data[2 * n + i] ?? 0) + b * move;
      }
    }
  }
  return { ...picture, data: clipped(data) };
}

/** A picture in the colours of others, either way. */
export function matchColour(picture: Raster, to: Raster | readonly Raster[], how: 'covariance' | 'histogram'): Raster {
  const target = 'data' in to ? [to] : to;
  return how === 'histogram' ? matchHistogram(picture, target) : matchCovariance(picture, target);
}

const clipped = (data: Float32Array): Float32Array => data.map((v) => Math.min(1, Math.max(0, v)));

/** At most `most` of the values. */
function sampled(values: Float32Array, most: number): Float32Array {
  const count = Math.min(values.length, most);
  return Float32Array.from({ length: count }, (_, k) => values[samplePixel(k, count, values.length)] ?? 0);
}

function projected({ width, height, data }: Raster, axis: readonly number[], most: number): Float32Array {
  const n = width * height;
  const count = Math.min(n, most);
  const [r = 0, g = 0, b = 0] = axis;
  return Float32Array.from({ length: count }, (_, k) => {
    const i = samplePixel(k, count, n);
    return r * (data[i] ?? 0) + g * (data[n + i] ?? 0) + b * (data[2 * n + i] ?? 0);
  });
}

/** Values of several pictures, each with the same number of quantiles so that each counts the same. */
function joined(parts: readonly Float32Array[]): Float32Array {
  const [only] = parts;
  if (parts.length === 1 && only) return only;
  const all = parts.map((p) => {
    const sorted = p.slice().sort();
    return Float32Array.from({ length: 4 * LEVELS }, (_, k) => quantile(sorted, (k + 0.5) / (4 * LEVELS)));
  });
  const out = new Float32Array(all.length * 4 * LEVELS);
  for (const [k, part] of all.entries()) out.set(part, k * 4 * LEVELS);
  return out;
}

function quantile(sorted: Float32Array, p: number): number {
  const place = p * (sorted.length - 1);
  const at = Math.floor(place);
  const low = sorted[at] ?? 0;
  return low + (place - at) * ((sorted[at + 1] ?? low) - low);
}

/** The increasing map that turns the distribution of `from` into that of `to`: linear between quantiles. */
function transport(from: Float32Array, to: Float32Array): (v: number) => number {
  from.sort();
  to.sort();
  const x: number[] = [];
  const y: number[] = [];
  // A value that many pixels share covers many quantiles: it goes to their mean, and all its pixels with it.
  let count = 0;
  for (let k = 0; k <= LEVELS; k++) {
    const s = quantile(from, k / LEVELS);
    const t = quantile(to, k / LEVELS);
    const last = x.length - 1;
    if (last >= 0 && s - (x[last] ?? 0) < 1e-7) {
      count++;
      y[last] = (y[last] ?? 0) + (t - (y[last] ?? 0)) / count;
    } else {
      x.push(s);
      y.push(t);
      count = 1;
    }
  }
  const end = x.length - 1;
  const least = x[0] ?? 0;
  const most = x[end] ?? 0;
  // Where to start looking: the last quantile at or below each of evenly spaced values.
  const starts = new Uint16Array(4 * LEVELS + 1);
  const perUnit = (4 * LEVELS) / (most - least);
  for (let k = 0, at = 0; k < starts.length; k++) {
    while (at < end - 1 && (x[at + 1] ?? 0) <= least + k / perUnit) at++;
    starts[k] = at;
  }
  return (v) => {
    if (v <= least) return v + (y[0] ?? 0) - least;
    if (v >= most) return v + (y[end] ?? 0) - most;
    let low = Math.max(0, (starts[Math.floor((v - least) * perUnit)] ?? 0) - 1);
    while (low < end - 1 && (x[low + 1] ?? 0) <= v) low++;
    const x0 = x[low] ?? 0;
    const y0 = y[low] ?? 0;
    return y0 + ((v - x0) / ((x[low + 1] ?? 0) - x0)) * ((y[low + 1] ?? 0) - y0);
  };
}

/** Three orthonormal axes, uniform among all: from a random unit quaternion (Shoemake 1992). */
function randomBasis(rng: Rng): number[][] {
  const q = [rng.normal(), rng.normal(), rng.normal(), rng.normal()];
  const norm = Math.hypot(...q);
  const [w = 0, x = 0, y = 0, z = 0] = q.map((v) => v / norm);
  return [
    [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
    [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
    [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
  ];
}
