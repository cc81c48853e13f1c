import { invariant } from '../../base/errors';
import type { Raster } from '../../base/raster';

export type Colour = readonly [red: number, green: number, blue: number];

/** Mean and covariance of colours. */
export interface Moments {
  readonly mean: Colour;
  /** 3x3, by rows. */
  readonly covariance: readonly (readonly number[])[];
}

/** Moments of the colours of pictures, in f64. Each picture counts the same, whatever its size. */
export function colourMoments(pictures: readonly Raster[]): Moments {
  if (pictures.length === 0) throw invariant('moments of no picture');
  const mean: [number, number, number] = [0, 0, 0];
  const second = [0, 1, 2].map(() => [0, 0, 0]);
  for (const { width, height, data } of pictures) {
    const n = width * height;
    const share = 1 / (n * pictures.length);
    for (const a of [0, 1, 2] as const) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += data[a * n + i] ?? 0;
      mean[a] += sum * share;
    }
  }
  for (const { width, height, data } of pictures) {
    const n = width * height;
    for (const a of [0, 1, 2] as const) {
      for (const b of [0, 1, 2] as const) {
        let sum = 0;
        for (let i = 0; i < n; i++) sum += ((data[a * n + i] ?? 0) - mean[a]) * ((data[b * n + i] ?? 0) - mean[b]);
        const row = second[a];
        if (row) row[b] = (row[b] ?? 0) + sum / (n * pictures.length);
      }
    }
  }
  return { mean, covariance: second };
}

/**
 * The k-th of `count` pixels that stand for all `n`: one from each stretch of the picture, at places that no pattern of
 * the picture keeps step with.
 */
export function samplePixel(k: number, count: number, n: number): number {
  if (count >= n) return k;
  return Math.floor(((k + ((k * GOLDEN) % 1)) * n) / count);
}
const GOLDEN = (Math.sqrt(5) - 1) / 2;
