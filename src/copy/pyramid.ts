import { Kept } from '../base/kept';
import type { Size } from './field';

/** A picture of four bytes a pixel: red, green, blue, and how near the outlines are. Planes of 0..255, not rounded. */
export interface Guided {
  readonly width: number;
  readonly height: number;
  /** [4, H, W] */
  readonly data: Float32Array;
}

/**
 * At a smaller size, by a tent as wide as two of the new pixels.
 * @param step sides of the old pixels that one of the new ones has: given, and not the ratio of the two sizes, since the exemplar has
 *   to shrink by exactly what the canvas does, or else what fits the canvas at one level would not at the next.
 */
export function shrunkBy(picture: Guided, step: readonly [x: number, y: number]): Guided {
  if (step[0] === 1 && step[1] === 1) return picture;
  return smaller.of(picture, `${step}`, () => shrink(picture, step));
}

const smaller = new Kept<Guided, Guided>();

function shrink({ width, height, data }: Guided, [stepX, stepY]: readonly [x: number, y: number]): Guided {
  const to: Size = [Math.max(1, Math.floor(width / stepX + 0.01)), Math.max(1, Math.floor(height / stepY + 0.01))];
  const planes = data.length / (width * height);
  const across = tents(width, to[0], stepX);
  const down = tents(height, to[1], stepY);
  const out = new Float32Array(planes * to[0] * to[1]);
  const rows = new Float32Array(to[0] * height);
  for (let c = 0; c < planes; c++) {
    const plane = data.subarray(c * width * height, (c + 1) * width * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < to[0]; x++) {
        const { first, weights } = across[x] as Tent;
        let sum = 0;
        for (let k = 0; k < weights.length; k++)
          sum += (weights[k] as number) * (plane[y * width + clamped(first + k, width)] as number);
        rows[y * to[0] + x] = sum;
      }
    }
    for (let y = 0; y < to[1]; y++) {
      const { first, weights } = down[y] as Tent;
      const line = out.subarray((c * to[1] + y) * to[0], (c * to[1] + y + 1) * to[0]);
      for (let k = 0; k < weights.length; k++) {
        const from = clamped(first + k, height) * to[0];
        const weight = weights[k] as number;
        for (let x = 0; x < to[0]; x++) line[x] = (line[x] as number) + weight * (rows[from + x] as number);
      }
    }
  }
  return { width: to[0], height: to[1], data: out };
}

interface Tent {
  readonly first: number;
  readonly weights: Float64Array;
}

const clamped = (i: number, n: number): number => Math.min(n - 1, Math.max(0, i));

function tents(from: number, to: number, step: number): Tent[] {
  const wide = Math.max(1, step);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * step - 0.5;
    const first = Math.ceil(centre - wide);
    const count = Math.min(from + Math.ceil(wide), Math.floor(centre + wide)) - first + 1;
    const weights = Float64Array.from({ length: count }, (__, k) =>
      Math.max(0, 1 - Math.abs(first + k - centre) / wide),
    );
    const total = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map((w) => w / total) };
  });
}

/** As the kernels take it: a word RGBA8 for each pixel. */
export const packed = (picture: Guided): Uint32Array => packs.of(picture, '', () => pack(picture));

const packs = new Kept<Guided, Uint32Array>();

function pack({ width, height, data }: Guided): Uint32Array {
  const n = width * height;
  const words = new Uint32Array(n);
  for (let c = 0; c < 4; c++) {
    for (let i = 0; i < n; i++) {
      const given = data[c * n + i] as number;
      const v = given < 0 ? 0 : given > 255 ? 255 : (given + 0.5) | 0;
      words[i] = ((words[i] as number) | (v << (8 * c))) >>> 0;
    }
  }
  return words;
}

/** Mean over the channels red, green and blue of their variance, plus 1. */
export const varianceOf = (picture: Guided): number => variances.of(picture, '', () => variance(picture));

const variances = new Kept<Guided, number>();

function variance({ width, height, data }: Guided): number {
  const n = width * height;
  let sum = 0;
  for (let c = 0; c < 3; c++) {
    let mean = 0;
    let square = 0;
    for (let i = c * n; i < (c + 1) * n; i++) {
      const v = data[i] as number;
      mean += v;
      square += v * v;
    }
    sum += square / n - (mean / n) ** 2;
  }
  return sum / 3 + 1;
}

/** Sides of the levels, coarse to fine, each about half of the next, as long as the exemplar's shorter side keeps `least` pixels. */
export function levelSizes(full: Size, exemplarSide: number, least: number): Size[] {
  const sizes: Size[] = [];
  for (let s = 1; ; s /= 2) {
    const size: Size = [Math.round(full[0] * s), Math.round(full[1] * s)];
    if (sizes.length > 0 && ((exemplarSide * size[0]) / full[0] < least || Math.min(...size) < 16)) break;
    sizes.push(size);
  }
  return sizes.reverse();
}
