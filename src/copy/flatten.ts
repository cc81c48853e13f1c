import { blur } from '../base/blur';
import type { Raster } from '../base/raster';
import { LONGEST } from './autocorrelation';
import { dot, luminance, shrunk } from './planes';

/** Light is what is left of luminance after a blur of this share of the shorter side, and of so many features at least. */
const SHARE = 0.25;
const FEATURES = 3;
/** Light that changes by less than this, as a standard deviation relative to the mean, does not show as patches. */
const SHOWS = 0.06;
/** Where light falls below this share of its mean it is no light but what the picture is of, and stays. */
const CONTENT = 0.25;
/** Luminance below this counts as this: in black there is no light to even out. */
const DARK = 0.02;

/** How unevenly a picture is lit. */
export interface Light {
  /**
   * Standard deviation over the mean of the light, less what features of this size and contrast would make by chance;
   * 0 where it varies more than light does.
   */
  readonly amount: number;
  /** At a pixel, relative to its mean. */
  at(x: number, y: number): number;
}

/**
 * The part of the luminance that changes slowly: the nearest polynomial of second degree, which follows a fall-off up to
 * the border, and a wide blur of what it leaves.
 * @param feature size of what the picture is made of, pixels
 * @param longest pictures with a longer side are shrunk by a whole factor, the least that gets below
 */
export function lightOf(picture: Raster, feature: number, longest = LONGEST): Light {
  const luma = luminance(picture);
  // What changes so slowly is seen as well in a shrunk picture; how much all else does, is not.
  const step = Math.ceil(Math.max(picture.width, picture.height) / longest);
  const [width, height] = [Math.floor(picture.width / step), Math.floor(picture.height / step)];
  const small = step === 1 ? luma : shrunk(luma, picture.width, picture.height, step);
  const n = width * height;
  const light = quadratic(small, width, height);
  const part = feature / step;
  const sigma = Math.max(SHARE * Math.min(width, height), FEATURES * part);
  const left = new Float32Array(n);
  for (let i = 0; i < n; i++) left[i] = (small[i] as number) - (light[i] as number);
  const rest = blur(left, [width, height], sigma, [false, false]);
  let mean = 0;
  for (let i = 0; i < n; i++) {
    light[i] = (light[i] as number) + (rest[i] as number);
    mean += (light[i] as number) / n;
  }
  const slow = spread(light, mean);
  const square = spread(luma, mean);
  // Tones agree over about half a feature. The blur averages so many of such areas; the polynomial has five degrees of
  // freedom for all of them.
  const area = (part / 2) ** 2;
  const within = Math.min(1, area / (4 * Math.PI * sigma ** 2) + (5 * area) / n);
  const base = Math.max(DARK, mean);
  let least = 1;
  for (let i = 0; i < n; i++) {
    light[i] = (light[i] as number) / base;
    least = Math.min(least, light[i] as number);
  }
  const amount = least < CONTENT ? 0 : Math.sqrt(Math.max(0, slow - square * within)) / base;
  return { amount, at: (x, y) => between(light, width, height, (x + 0.5) / step - 0.5, (y + 0.5) / step - 0.5) };
}

/** Mean square of what numbers are off by. */
function spread(numbers: Float64Array, mean: number): number {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += ((numbers[i] as number) - mean) ** 2 / numbers.length;
  return sum;
}

/** A plane between its pixels, linearly; beyond them as at the border. */
function between(plane: Float64Array, width: number, height: number, x: number, y: number): number {
  const [cx, cy] = [Math.min(width - 1, Math.max(0, x)), Math.min(height - 1, Math.max(0, y))];
  const [left, top] = [Math.floor(cx), Math.floor(cy)];
  const row = (at: number): number => {
    const from = Math.min(height - 1, at) * width;
    const [a, b] = [plane[from + left] ?? 0, plane[from + Math.min(width - 1, left + 1)] ?? 0];
    return a + (b - a) * (cx - left);
  };
  const upper = row(top);
  return upper + (row(top + 1) - upper) * (cy - top);
}

/** The polynomial of second degree in x and y nearest to a plane, by Gram and Schmidt over Legendre's on each axis. */
function quadratic(plane: Float64Array, width: number, height: number): Float64Array {
  const axis = (size: number): Float64Array[] => {
    const one = new Float64Array(size).fill(1 / Math.sqrt(size));
    const found: Float64Array[] = [one];
    for (const power of [1, 2]) {
      const next = Float64Array.from({ length: size }, (_, i) => ((2 * i + 1) / size - 1) ** power);
      for (const f of found) {
        add(next, 0, f, -dot(f, 0, next, 0, size));
      }
      const norm = Math.hypot(...next) || 1;
      found.push(next.map((v) => v / norm));
    }
    return found;
  };
  const across = axis(width);
  const down = axis(height);
  const out = new Float64Array(width * height);
  for (const [k, f] of across.entries()) {
    for (const [l, g] of down.entries()) {
      if (k + l > 2) continue;
      let sum = 0;
      for (let y = 0; y < height; y++) sum += dot(f, 0, plane, y * width, width) * (g[y] as number);
      for (let y = 0; y < height; y++) add(out, y * width, f, sum * (g[y] as number));
    }
  }
  return out;
}

function add(out: Float64Array, at: number, f: Float64Array, times: number): void {
  for (let x = 0; x < f.length; x++) out[at + x] = (out[at + x] as number) + times * (f[x] as number);
}

/** With fewer features than this on a side light and a few darker stones look alike. */
const MANY = 6;

/** What is known of a picture, see `Analysis`. */
interface Known {
  readonly feature: number;
  readonly lightFallsOff: number;
}

/** The light of a picture is so uneven that it would show as patches in a tile. */
export const showsAsPatches = ({ width, height }: Raster, { feature, lightFallsOff }: Known): boolean =>
  Math.min(width, height) >= MANY * feature && lightFallsOff >= SHOWS;

/**
 * The picture evenly lit: each pixel over the light there, since light multiplies, also after a power law.
 * @param share 0..1 of the light that is taken out, in stops
 */
export function flatten(picture: Raster, { feature }: Pick<Known, 'feature'>, share = 1): Raster {
  const light = lightOf(picture, feature);
  const n = picture.width * picture.height;
  const there = Float64Array.from(
    { length: n },
    (_, i) => Math.max(CONTENT, light.at(i % picture.width, Math.floor(i / picture.width))) ** share,
  );
  const data = picture.data.map((v, i) => Math.min(1, v / (there[i % n] ?? 1)));
  return { ...picture, data };
}
