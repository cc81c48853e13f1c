import type { Raster } from '../../base/raster';
import { Rng } from '../../base/rng';

/** Not any run's: projections and orders are held out. */
const SEED = 0x5c0e;

interface SlicedOptions {
  /** Side of the patches, in pixels. Default 7. */
  readonly patch?: number;
  /** Octaves: full size, half, quarter, ... Default 3. */
  readonly octaves?: number;
  /** Random directions per octave. Default 64. */
  readonly projections?: number;
  readonly seed?: number;
}

/**
 * Sliced Wasserstein distance between the patches of two pictures, averaged over octaves: how far one is from
 * looking like the other. `a` is taken as a torus, `b` is not. Computed on the host in f64, and so also a check of
 * what the engine minimises.
 */
export function slicedDistance(a: Raster, b: Raster, options: SlicedOptions = {}): number {
  const { patch = 7, octaves = 3, projections = 64, seed = SEED } = options;
  let x = a;
  let y = b;
  let sum = 0;
  let counted = 0;
  for (let octave = 0; octave < octaves; octave++) {
    if (Math.min(x.width, x.height, y.width, y.height) < patch) break;
    const rng = new Rng(seed, octave);
    for (let p = 0; p < projections; p++) {
      const filter = Float64Array.from({ length: 3 * patch * patch }, () => rng.normal());
      const norm = Math.hypot(...filter);
      const unit = filter.map((v) => v / norm);
      sum += wasserstein(project(x, unit, patch, true), project(y, unit, patch, false));
      counted++;
    }
    x = halved(x);
    y = halved(y);
  }
  return sum / counted;
}

/**
 * The distance of `tile` from `exemplar` relative to that of the exemplar's own pixels in random order: 0 is the
 * exemplar itself, 1 is noise with the right colours.
 */
export function relativeDistance(tile: Raster, exemplar: Raster, options: SlicedOptions = {}): number {
  return slicedDistance(tile, exemplar, options) / slicedDistance(shuffled(exemplar, SEED), exemplar, options);
}

/** The pixels of a picture in random order (Fisher and Yates). */
export function shuffled(picture: Raster, seed: number): Raster {
  const rng = new Rng(seed, 7);
  const n = picture.width * picture.height;
  const data = picture.data.slice();
  for (let i = n - 1; i > 0; i--) {
    const j = rng.below(i + 1);
    for (let c = 0; c < 3; c++) {
      const kept = data[c * n + i] ?? 0;
      data[c * n + i] = data[c * n + j] ?? 0;
      data[c * n + j] = kept;
    }
  }
  return { ...picture, data };
}

/** Sorted projections of all patches on one filter [3, k, k]. */
function project(picture: Raster, filter: Float64Array, k: number, torus: boolean): Float64Array {
  const { width: W, height: H, data } = picture;
  const w = torus ? W : W - k + 1;
  const h = torus ? H : H - k + 1;
  const out = new Float64Array(w * h);
  for (let c = 0; c < 3; c++) {
    for (let fy = 0; fy < k; fy++) {
      for (let fx = 0; fx < k; fx++) {
        const f = filter[(c * k + fy) * k + fx] ?? 0;
        for (let y = 0; y < h; y++) {
          const row = (c * H + ((y + fy) % H)) * W;
          for (let x = 0; x < w; x++) {
            const i = y * w + x;
            out[i] = (out[i] ?? 0) + f * (data[row + ((x + fx) % W)] ?? 0);
          }
        }
      }
    }
  }
  return out.sort();
}

/** Wasserstein-1 distance of two sorted samples: the mean difference of their quantile functions. */
function wasserstein(a: Float64Array, b: Float64Array): number {
  const n = Math.max(a.length, b.length);
  const at = (s: Float64Array, q: number): number => {
    const t = Math.min(Math.max(q * s.length - 0.5, 0), s.length - 1);
    const i = Math.floor(t);
    const below = s[i] ?? 0;
    return below + (t - i) * ((s[i + 1] ?? below) - below);
  };
  let sum = 0;
  for (let i = 0; i < n; i++) sum += Math.abs(at(a, (i + 0.5) / n) - at(b, (i + 0.5) / n));
  return sum / n;
}

/** Half the size, each pixel the mean of four. An odd last row or column is left out. */
function halved({ width, height, data }: Raster): Raster {
  const w = Math.floor(width / 2);
  const h = Math.floor(height / 2);
  const out = new Float32Array(3 * w * h);
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++) {
        const i = (c * height + 2 * y) * width + 2 * x;
        const sum = (data[i] ?? 0) + (data[i + 1] ?? 0) + (data[i + width] ?? 0) + (data[i + width + 1] ?? 0);
        out[(c * h + y) * w + x] = sum / 4;
      }
    }
  }
  return { width: w, height: h, data: out };
}
