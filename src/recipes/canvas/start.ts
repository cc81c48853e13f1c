import type { Raster } from '../../base/raster';
import { Rng } from '../../base/rng';
import { type ColourSpace, encode } from './colour';
import { plasma } from './plasma';

/**
 * The first canvas, as coordinates [rank, H, W] of a colour space: the exemplar's mean colour with random variation
 * of the exemplar's own spread, either independent from pixel to pixel or diamond-square plasma.
 */
export function startCanvas(
  kind: 'noise' | 'plasma',
  space: ColourSpace,
  exemplar: Raster,
  [width, height]: readonly [number, number],
  seed: number,
): Float32Array {
  const n = width * height;
  const spread = deviations(encode(space, exemplar), space.rank);
  const out = new Float32Array(space.rank * n);
  const field = kind === 'plasma' ? plasma({ size: [width, height], seed }).data : null;
  for (let k = 0; k < space.rank; k++) {
    const rng = new Rng(seed, 100 + k);
    const band = field
      ? Float64Array.from(field.subarray(k * n, (k + 1) * n))
      : Float64Array.from({ length: n }, () => rng.normal());
    const { mean, deviation } = moments(band);
    for (let i = 0; i < n; i++) {
      out[k * n + i] = (((band[i] ?? 0) - mean) / (deviation || 1)) * (spread[k] ?? 0);
    }
  }
  return out;
}

function deviations(coordinates: Float32Array, rank: number): number[] {
  const n = coordinates.length / rank;
  return Array.from({ length: rank }, (_, k) => moments(coordinates.subarray(k * n, (k + 1) * n)).deviation);
}

function moments(values: ArrayLike<number>): { mean: number; deviation: number } {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ?? 0;
  const mean = sum / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += ((values[i] ?? 0) - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / values.length) };
}
