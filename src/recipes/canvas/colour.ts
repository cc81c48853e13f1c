import type { Raster } from '../../base/raster';

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

/** Eigenvalues, largest first, and unit eigenvectors of a symmetric 3x3 matrix, by Jacobi's rotations. */
function symmetricEigen(m: readonly (readonly number[])[]): { values: number[]; vectors: number[][] } {
  const a = m.map((row) => [...row]);
  const v = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  const at = (x: number[][], i: number, j: number): number => x[i]?.[j] ?? 0;
  const set = (x: number[][], i: number, j: number, value: number): void => {
    const row = x[i];
    if (row) row[j] = value;
  };
  for (let sweep = 0; sweep < 32; sweep++) {
    for (const [p, q] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      const off = at(a, p, q);
      if (Math.abs(off) < 1e-300) continue;
      const theta = (at(a, q, q) - at(a, p, p)) / (2 * off);
      const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
      const c = 1 / Math.sqrt(t * t + 1);
      const s = t * c;
      for (let k = 0; k < 3; k++) {
        const kp = at(a, k, p);
        const kq = at(a, k, q);
        set(a, k, p, c * kp - s * kq);
        set(a, k, q, s * kp + c * kq);
      }
      for (let k = 0; k < 3; k++) {
        const pk = at(a, p, k);
        const qk = at(a, q, k);
        set(a, p, k, c * pk - s * qk);
        set(a, q, k, s * pk + c * qk);
      }
      for (let k = 0; k < 3; k++) {
        const kp = at(v, k, p);
        const kq = at(v, k, q);
        set(v, k, p, c * kp - s * kq);
        set(v, k, q, s * kp + c * kq);
      }
    }
  }
  const order = [0, 1, 2].sort((i, j) => at(a, j, j) - at(a, i, i));
  return {
    values: order.map((i) => Math.max(0, at(a, i, i))),
    vectors: order.map((i) => [at(v, 0, i), at(v, 1, i), at(v, 2, i)]),
  };
}
