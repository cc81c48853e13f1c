import { blur } from '../../base/blur';
import { SelfCorrelation } from '../../base/fourier';
import type { Raster } from '../../base/raster';
import type { Wraps } from './patch_descriptors';

/** A lag at which the exemplar is like itself, and how much it and the tile are. */
export interface LagPeak {
  /** Pixels to the right and down. */
  readonly dx: number;
  readonly dy: number;
  /** Autocorrelation, -1 to 1. */
  readonly exemplar: number;
  /** The tile's, the highest within 3 % of the lag: a period that was stretched to close is still that period. */
  readonly tile: number;
}

const PEAKS = 8;
const STRETCH = 0.03;

/**
 * Autocorrelation of a tile at the eight highest peaks of its exemplar's: courses, rasters and spacings that were kept
 * have it as high. Lags are at most half of the smaller picture. What is wider than an eighth of it is taken off first:
 * light falling off correlates at all lags.
 */
export function lagPeaks(tile: Raster, exemplar: Raster, wraps: Wraps): LagPeak[] {
  const most = [
    Math.floor(Math.min(tile.width, exemplar.width) / 2) - 1,
    Math.floor(Math.min(tile.height, exemplar.height) / 2) - 1,
  ] as const;
  const sigma = Math.min(tile.width, tile.height, exemplar.width, exemplar.height) / 8;
  const own = autocorrelation(exemplar, { x: false, y: false }, sigma);
  const made = autocorrelation(tile, wraps, sigma);
  return highest(own, most).map(({ dx, dy }) => {
    const reach = Math.max(1, Math.round(STRETCH * Math.hypot(dx, dy)));
    let best = -1;
    for (let y = -reach; y <= reach; y++) {
      for (let x = -reach; x <= reach; x++) best = Math.max(best, made(dx + x, dy + y));
    }
    return { dx, dy, exemplar: own(dx, dy), tile: best };
  });
}

type Correlation = (dx: number, dy: number) => number;

/** sum over x of f(x) f(x + d) / (n(d) var f), by Fourier transforms; n(d) counts the pixels that have a partner. */
function autocorrelation(picture: Raster, wraps: Wraps, sigma: number): Correlation {
  const { width: w, height: h, data } = picture;
  const n = w * h;
  const grey = Float32Array.from({ length: n }, (_, i) => {
    return ((data[i] ?? 0) + (data[n + i] ?? 0) + (data[2 * n + i] ?? 0)) / 3;
  });
  const low = blur(grey, [w, h], sigma, [wraps.y, wraps.x]);
  // Beyond edges that do not wrap there is nothing: zeros as far as lags reach.
  const W = wraps.x ? w : 2 ** Math.ceil(Math.log2(1.5 * w));
  const H = wraps.y ? h : 2 ** Math.ceil(Math.log2(1.5 * h));
  const plane = new Float64Array(n);
  let mean = 0;
  for (let i = 0; i < n; i++) mean += ((grey[i] ?? 0) - (low[i] ?? 0)) / n;
  let variance = 0;
  for (let i = 0; i < n; i++) {
    const v = (grey[i] ?? 0) - (low[i] ?? 0) - mean;
    plane[i] = v;
    variance += (v * v) / n;
  }
  const sums = new SelfCorrelation([w, h], [W, H], H).of(plane);
  return (dx, dy) => {
    if (variance < 1e-12) return 0;
    const pairs = (wraps.x ? w : w - Math.abs(dx)) * (wraps.y ? h : h - Math.abs(dy));
    return (sums[((dy + H) % H) * W + ((dx + W) % W)] ?? 0) / (pairs * variance);
  };
}

/** The highest maxima of a correlation, one of each pair of opposite lags, none beside a higher one. */
function highest(rho: Correlation, [mostX, mostY]: readonly [number, number]): { dx: number; dy: number }[] {
  const apart = Math.max(3, Math.round(Math.min(mostX, mostY) / 16));
  const found: { dx: number; dy: number; value: number }[] = [];
  for (let dy = 0; dy <= mostY; dy++) {
    for (let dx = dy === 0 ? 1 : -mostX; dx <= mostX; dx++) {
      const value = rho(dx, dy);
      if (value <= 0) continue;
      let top = true;
      for (let y = -2; y <= 2 && top; y++) {
        for (let x = -2; x <= 2 && top; x++) top = (x === 0 && y === 0) || rho(dx + x, dy + y) < value;
      }
      if (top) found.push({ dx, dy, value });
    }
  }
  found.sort((a, b) => b.value - a.value || a.dy - b.dy || a.dx - b.dx);
  const kept: { dx: number; dy: number }[] = [];
  for (const { dx, dy } of found) {
    if (kept.length === PEAKS) break;
    if (kept.every((k) => Math.hypot(k.dx - dx, k.dy - dy) >= apart && Math.hypot(k.dx + dx, k.dy + dy) >= apart)) {
      kept.push({ dx, dy });
    }
  }
  return kept;
}
