import { EngineError } from '../../base/errors';
import { checkOptions, flag, list, number } from '../../base/known_options';
import type { Raster } from '../../base/raster';
import { Rng } from '../../base/rng';

export interface PlasmaSettings {
  /** Width and height, pixels. */
  readonly size: readonly [width: number, height: number];
  /** 0 .. 2^32 - 1; the same seed gives the same pixels */
  readonly seed: number;
  /** Strength of the noise on a 0..255 scale. Default 100. */
  readonly amplitude?: number;
  /** How fast the noise fades with size: more is smoother. Default 1.4, or 0.5 with `stretch`. */
  readonly power?: number;
  /**
   * The later variant: noise `amplitude / n^power` instead of `(amplitude / n)^power`, then every band stretched
   * to 0..255. Default false.
   */
  readonly stretch?: boolean;
}

/** One band on a torus while it grows. */
interface Grid {
  readonly width: number;
  readonly height: number;
  readonly data: Float64Array;
}

/**
 * Plasma: diamond-square on a torus (Fournier, Fussell and Carpenter 1982, with every neighbour wrapped).
 *
 * Each band starts as one random colour on 2x2 and doubles. With n the side before doubling:
 *
 *     noise = (amplitude / n)^power            u uniform in [0, 1)
 *     diamond: middle of 4 = mean of the 4 diagonal neighbours + sqrt2 * noise * (u - 0.5)
 *     square:  the rest    = mean of the 4 axial neighbours    +         noise * (u - 0.5)
 *
 * Values stay within 0..255 by clamping (when not stretched). An oblong starts from 2x4, 2x8, ... so that its grain
 * stays square, and n is then the shorter side.
 *
 * When a side is no power of two, both are grown to the second power of two above, and resampled around the torus
 * from a random place on. From the first one, pixel pairs would be sharp or blurred by where they fall on the
 * grid; from place 0, the pair across the border would always straddle a crease of the coarsest grid (measured at
 * 250x130: seam ratio 0.6, z below -3).
 */
export function plasma(settings: PlasmaSettings): Raster {
  checkOptions('plasma', settings, { size: list, seed: number, amplitude: number, power: number, stretch: flag }, [
    'size',
    'seed',
  ]);
  const { size, seed, stretch = false } = settings;
  const [width, height] = size;
  const { amplitude = 100, power = stretch ? 0.5 : 1.4 } = settings;
  for (const [name, side] of Object.entries({ width, height })) {
    if (!Number.isInteger(side) || side < 1 || side > 16384) {
      throw new EngineError('PlasmaError', `plasma: ${name} is ${side}, but must be a whole number from 1 to 16384`);
    }
  }
  const exact = [width, height].every((side) => side > 1 && Number.isInteger(Math.log2(side)));
  const cover = (side: number): number => 2 ** (Math.max(1, Math.ceil(Math.log2(side))) + (exact ? 0 : 1));
  const short = Math.min(cover(width), cover(height));
  const start = { width: (2 * cover(width)) / short, height: (2 * cover(height)) / short };
  const place = new Rng(seed, 3);
  const corner: [number, number] = exact ? [0, 0] : [place.uniform(), place.uniform()];
  const data = new Float32Array(3 * width * height);
  for (let band = 0; band < 3; band++) {
    const rng = new Rng(seed, band);
    let grid: Grid = {
      ...start,
      data: new Float64Array(start.width * start.height).fill(255 * rng.uniform()),
    };
    for (let n = 2; n < short; n *= 2) {
      const noise = stretch ? amplitude / n ** power : (amplitude / n) ** power;
      grid = double(grid, noise, rng, !stretch);
    }
    const full = exact ? grid.data : resample(grid, width, height, corner);
    const [offset, scale] = stretch ? range(full) : [0, 255];
    for (const [i, v] of full.entries()) data[band * width * height + i] = (v - offset) / scale;
  }
  return { width, height, data };
}

/** Twice the size: old points on even rows and columns, diamonds on odd ones, squares between. */
function double(old: Grid, noise: number, rng: Rng, clamp: boolean): Grid {
  const W = old.width * 2;
  const H = old.height * 2;
  const data = new Float64Array(W * H);
  const at = (y: number, x: number): number => data[((y + H) % H) * W + ((x + W) % W)] ?? 0;
  const put = (y: number, x: number, mean: number, strength: number): void => {
    const v = mean + strength * (rng.uniform() - 0.5);
    data[y * W + x] = clamp ? Math.min(255, Math.max(0, v)) : v;
  };
  for (const [i, v] of old.data.entries()) {
    data[2 * Math.floor(i / old.width) * W + 2 * (i % old.width)] = v;
  }
  for (let y = 1; y < H; y += 2) {
    for (let x = 1; x < W; x += 2) {
      const mean = (at(y - 1, x - 1) + at(y - 1, x + 1) + at(y + 1, x - 1) + at(y + 1, x + 1)) / 4;
      put(y, x, mean, Math.SQRT2 * noise);
    }
  }
  for (let y = 0; y < H; y++) {
    for (let x = 1 - (y % 2); x < W; x += 2) {
      put(y, x, (at(y - 1, x) + at(y + 1, x) + at(y, x - 1) + at(y, x + 1)) / 4, noise);
    }
  }
  return { width: W, height: H, data };
}

/** Shrinks a torus to any size, starting at `corner` (0..1): a tent filter, wrapped, one axis at a time. */
function resample(grid: Grid, width: number, height: number, corner: readonly [number, number]): Float64Array {
  const across = tents(grid.width, width, corner[0]);
  const down = tents(grid.height, height, corner[1]);
  const half = new Float64Array(width * grid.height);
  for (let y = 0; y < grid.height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (const [j, weight] of across[x] ?? []) sum += weight * (grid.data[y * grid.width + j] ?? 0);
      half[y * width + x] = sum;
    }
  }
  const out = new Float64Array(width * height);
  for (let y = 0; y < height; y++) {
    for (const [j, weight] of down[y] ?? []) {
      for (let x = 0; x < width; x++)
        out[y * width + x] = (out[y * width + x] ?? 0) + weight * (half[j * width + x] ?? 0);
    }
  }
  return out;
}

/** For each of `to` samples around a circle, the [index, weight] of those of `from` samples it is made of. */
function tents(from: number, to: number, start: number): [number, number][][] {
  const step = from / to;
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * step - 0.5 + start * from;
    const taps: [number, number][] = [];
    for (let j = Math.ceil(centre - step); j <= Math.floor(centre + step); j++) {
      const weight = 1 - Math.abs(j - centre) / step;
      if (weight > 0) taps.push([((j % from) + from) % from, weight]);
    }
    const total = taps.reduce((sum, [, weight]) => sum + weight, 0);
    return taps.map(([j, weight]) => [j, weight / total]);
  });
}

/** Offset and scale that stretch values to 0..1; one colour stays at the middle. */
function range(values: Float64Array): [offset: number, scale: number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const v of values) {
    low = Math.min(low, v);
    high = Math.max(high, v);
  }
  return high > low ? [low, high - low] : [low - 0.5, 1];
}
