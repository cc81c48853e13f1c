import { correlatedWithItself } from '../base/fourier';
import type { Raster } from '../base/raster';
import { luminance, shrunk, tentBlur } from './planes';

/** Changes over a tent of this share of the shorter side are light. */
const SLOW = 0.1;
/** Lags are known below this share of the side: beyond, too little of the picture overlaps itself. */
const REACH = 0.75;
/** The longest side whose lags a transform of 1024 points keeps apart; larger pictures are shrunk for the analysis. */
export const LONGEST = Math.floor(1024 / (1 + REACH));

/**
 * How well a picture agrees with itself moved by a lag: 1 at no lag, about 0 where nothing agrees. The mean of the
 * normalised correlations, over the overlap, of luminance and of the roots of its two gradients' magnitudes, each without
 * what changes slowly (a tent of a tenth of the shorter side): light is no structure, and joints show in gradients alone.
 */
export interface Autocorrelation {
  /** Size of the picture, pixels. */
  readonly width: number;
  readonly height: number;
  /** Pixels of the picture between neighbouring samples: 1, or more where it was shrunk by that for the analysis. */
  readonly step: number;
  /** Lags beyond these, in pixels, are not known; `at` is 0 there. */
  readonly reach: readonly [x: number, y: number];
  /** At a lag in pixels, linear between samples. */
  at(dx: number, dy: number): number;
  /** At a lag in whole samples, of `step` pixels each. */
  sample(ix: number, iy: number): number;
  /** The greatest value at lags beyond the central hill: how regular the picture is, 0..1. */
  readonly peak: number;
  /** Size of what the picture is made of along each axis, pixels: twice the lag of the first clear minimum there; a third of the side at most. */
  readonly parts: readonly [x: number, y: number];
  /** The smaller one. */
  readonly feature: number;
}

export interface AutocorrelationOptions {
  /** Pictures with a longer side are shrunk by a whole factor, the least that gets below. Default 585 pixels. */
  readonly longest?: number;
  /** What changes slowly, and is left out: what a tent of this share of the shorter side keeps. Default .1. */
  readonly slow?: number;
}

/** By Fourier transforms, O(N log N). */
export function autocorrelation(picture: Raster, options: AutocorrelationOptions = {}): Autocorrelation {
  const { width, height } = picture;
  const step = Math.ceil(Math.max(width, height) / (options.longest ?? LONGEST));
  const w = Math.floor(width / step);
  const h = Math.floor(height / step);
  const light = step === 1 ? luminance(picture) : shrunk(luminance(picture), width, height, step);
  const reachX = Math.ceil(REACH * w) - 1;
  const reachY = Math.ceil(REACH * h) - 1;
  const stride = 2 * reachX + 1;
  const slow = options.slow ?? SLOW;
  const planes = [light, ...gradients(light, w, h)].map((p) => highPassed(p, w, h, slow));
  const values = correlations(planes, w, h, reachX, reachY);
  const sample = (ix: number, iy: number): number => {
    if (iy < 0) return sample(-ix, -iy); // the autocorrelation of a real picture is even
    return Math.abs(ix) > reachX || iy > reachY ? 0 : (values[iy * stride + ix + reachX] ?? 0);
  };
  const at = (dx: number, dy: number): number => {
    const x = dx / step;
    const y = dy / step;
    const ix = Math.floor(x);
    const iy = Math.floor(y);
    const fx = x - ix;
    const fy = y - iy;
    const top = sample(ix, iy) * (1 - fx) + sample(ix + 1, iy) * fx;
    return fy === 0 ? top : top * (1 - fy) + (sample(ix, iy + 1) * (1 - fx) + sample(ix + 1, iy + 1) * fx) * fy;
  };
  const parts = partsOf(sample, w, h);
  return {
    width,
    height,
    step,
    reach: [reachX * step, reachY * step],
    at,
    sample,
    peak: peakOf(sample, w, h),
    parts: [step * parts[0], step * parts[1]],
    feature: step * Math.min(...parts),
  };
}

function peakOf(sample: (x: number, y: number) => number, w: number, h: number): number {
  const hill = Math.max(6, Math.floor(Math.min(w, h) / 12));
  const farX = Math.floor(0.6 * w);
  let most = 0;
  for (let y = 0; y <= 0.6 * h; y++) {
    for (let x = -farX; x <= farX; x++) {
      if (y > hill || Math.abs(x) > hill) most = Math.max(most, sample(x, y));
    }
  }
  return most;
}

function partsOf(sample: (x: number, y: number) => number, w: number, h: number): [x: number, y: number] {
  const along = (at: (t: number) => number, limit: number): number => {
    let t = 1;
    while (t < limit && !(at(t) < 0.25 && at(t + 1) >= at(t))) t++;
    return Math.max(4, 2 * t);
  };
  return [along((t) => sample(t, 0), w / 6), along((t) => sample(0, t), h / 6)];
}

/** Roots of the magnitudes of the horizontal and the vertical gradient (Sobel): the root keeps few strong edges from ruling. */
function gradients(light: Float64Array, w: number, h: number): [Float64Array, Float64Array] {
  const gx = new Float64Array(w * h);
  const gy = new Float64Array(w * h);
  for (let y = 0; y < h; y++) {
    const here = y * w;
    const up = Math.max(0, y - 1) * w;
    const down = Math.min(h - 1, y + 1) * w;
    for (let x = 0; x < w; x++) {
      const l = Math.max(0, x - 1);
      const r = Math.min(w - 1, x + 1);
      const a = light[up + l] as number;
      const c = light[up + r] as number;
      const f = light[down + l] as number;
      const k = light[down + r] as number;
      const across = 2 * ((light[here + r] as number) - (light[here + l] as number));
      const along = 2 * ((light[down + x] as number) - (light[up + x] as number));
      gx[here + x] = Math.sqrt(Math.abs(c + k - a - f + across));
      gy[here + x] = Math.sqrt(Math.abs(f + k - a - c + along));
    }
  }
  return [gx, gy];
}

/** The mean of the planes' normalised autocorrelations at lags -reachX..reachX, 0..reachY, row by row. */
function correlations(
  planes: readonly Float64Array[],
  w: number,
  h: number,
  reachX: number,
  reachY: number,
): Float64Array {
  const stride = 2 * reachX + 1;
  const out = new Float64Array(stride * (reachY + 1));
  const W = 2 ** Math.ceil(Math.log2(w + reachX));
  const H = 2 ** Math.ceil(Math.log2(h + reachY));
  for (const plane of planes) {
    const sums = correlatedWithItself(plane, [w, h], [W, H], reachY + 1);
    addNormalised(out, sums, W, plane, w, h, reachX, reachY);
  }
  return out.map((v) => v / planes.length);
}

function highPassed(plane: Float64Array, w: number, h: number, share: number): Float64Array {
  const slow = tentBlur(plane, w, h, Math.max(4, Math.min(w, h) * share));
  return plane.map((v, i) => v - (slow[i] ?? 0));
}

/** Adds sum a(x) a(x + d) / sqrt(sum a(x)^2 sum a(x + d)^2), x where both are in the picture. */
function addNormalised(
  out: Float64Array,
  correlation: Float64Array,
  W: number,
  plane: Float64Array,
  w: number,
  h: number,
  reachX: number,
  reachY: number,
): void {
  const sums = new Float64Array((w + 1) * (h + 1));
  for (let y = 0; y < h; y++) {
    let row = 0;
    for (let x = 0; x < w; x++) {
      row += (plane[y * w + x] ?? 0) ** 2;
      sums[(y + 1) * (w + 1) + x + 1] = (sums[y * (w + 1) + x + 1] ?? 0) + row;
    }
  }
  const within = (x0: number, y0: number, x1: number, y1: number): number =>
    (sums[y1 * (w + 1) + x1] ?? 0) -
    (sums[y0 * (w + 1) + x1] ?? 0) -
    (sums[y1 * (w + 1) + x0] ?? 0) +
    (sums[y0 * (w + 1) + x0] ?? 0);
  const nothing = 1e-9 * within(0, 0, w, h) + 1e-12;
  const stride = 2 * reachX + 1;
  for (let dy = 0; dy <= reachY; dy++) {
    for (let dx = -reachX; dx <= reachX; dx++) {
      const x0 = Math.max(0, -dx);
      const x1 = Math.min(w, w - dx);
      const energy = Math.sqrt(Math.max(0, within(x0, 0, x1, h - dy)) * Math.max(0, within(x0 + dx, dy, x1 + dx, h)));
      if (energy <= nothing) continue;
      const at = dy * stride + dx + reachX;
      out[at] = (out[at] ?? 0) + (correlation[dy * W + ((dx + W) % W)] ?? 0) / energy;
    }
  }
}
