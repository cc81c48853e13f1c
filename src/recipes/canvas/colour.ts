import type { Raster } from '../../base/raster';
import { symmetricEigen } from '../../base/symmetric';

/**
 * The affine subspace that holds an exemplar's colours: the mean plus `rank` orthonormal axes. Synthesis works in
 * its coordinates, so a grey exemplar stays grey (a noise start would otherwise leave coloured speckle), and a
 * coordinate may only take values that the exemplar's own take.
 */
export interface ColourSpace {
  readonly rank: 1 | 2 | 3;
  /** Mean colour, RGB. */
  readonly mean: readonly [number, number, number];
  /** `rank` axes of 3, one after another; column vectors of the map from coordinates to RGB - mean. */
  readonly axes: Float64Array;
  /** Least and greatest value of each coordinate in the exemplar. */
  readonly lo: readonly number[];
  readonly hi: readonly number[];
}

/** An axis that holds less than this share of the colour variance is noise of the file format, not colour. */
const NEGLIGIBLE = 1e-4;

/** Finds the colour space of a picture: RGB itself, unless the colours lie on a plane or a line. */
export function colourSpace(picture: Raster): ColourSpace {
  const { data } = picture;
  const n = picture.width * picture.height;
  const mean: [number, number, number] = [0, 0, 0];
  for (const c of [0, 1, 2] as const) {
    for (let i = 0; i < n; i++) mean[c] += data[c * n + i] ?? 0;
    mean[c] /= n;
  }
  const covariance = [0, 0, 0].map((_, a) =>
    [0, 0, 0].map((_, b) => {
      let sum = 0;
      for (let i = 0; i < n; i++)
        sum += ((data[a * n + i] ?? 0) - (mean[a] ?? 0)) * ((data[b * n + i] ?? 0) - (mean[b] ?? 0));
      return sum / n;
    }),
  );
  const { values, vectors } = symmetricEigen(covariance);
  const total = values.reduce((a, b) => a + b, 0);
  const significant = values.filter((v) => v > NEGLIGIBLE * total).length;
  const rank = Math.min(3, Math.max(1, significant)) as 1 | 2 | 3;
  // A full space needs no rotation: plain RGB keeps the box of each channel.
  const axes =
    rank === 3
      ? Float64Array.from([1, 0, 0, 0, 1, 0, 0, 0, 1])
      : Float64Array.from({ length: 3 * rank }, (_, i) => vectors[Math.floor(i / 3)]?.[i % 3] ?? 0);
  const lo = new Array<number>(rank).fill(Number.POSITIVE_INFINITY);
  const hi = new Array<number>(rank).fill(Number.NEGATIVE_INFINITY);
  const space = { rank, mean, axes, lo, hi };
  const coordinates = encode(space, picture);
  for (let k = 0; k < rank; k++) {
    for (let i = 0; i < n; i++) {
      const v = coordinates[k * n + i] ?? 0;
      lo[k] = Math.min(lo[k] ?? v, v);
      hi[k] = Math.max(hi[k] ?? v, v);
    }
  }
  return space;
}

/** Coordinates [rank, H, W] of a picture's pixels. */
export function encode(space: ColourSpace, picture: Raster): Float32Array {
  const n = picture.width * picture.height;
  const out = new Float32Array(space.rank * n);
  for (let k = 0; k < space.rank; k++) {
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let c = 0; c < 3; c++) {
        sum += (space.axes[3 * k + c] ?? 0) * ((picture.data[c * n + i] ?? 0) - (space.mean[c] ?? 0));
      }
      out[k * n + i] = sum;
    }
  }
  return out;
}

/** The picture that has these coordinates, clipped to 0..1. */
export function decode(space: ColourSpace, coordinates: Float32Array, width: number, height: number): Raster {
  const n = width * height;
  const data = new Float32Array(3 * n);
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < n; i++) {
      let sum = space.mean[c] ?? 0;
      for (let k = 0; k < space.rank; k++) sum += (space.axes[3 * k + c] ?? 0) * (coordinates[k * n + i] ?? 0);
      data[c * n + i] = Math.min(1, Math.max(0, sum));
    }
  }
  return { width, height, data };
}
