/** Planes of one size: [C, height, width]. */
export interface Planes {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

export const countOf = ({ width, height, data }: Planes): number => data.length / (width * height);

/** Columns become rows. */
export function transposed({ width, height, data }: Planes): Planes {
  const out = new Float32Array(data.length);
  const size = width * height;
  for (let at = 0; at < data.length; at += size) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) out[at + x * height + y] = data[at + y * width + x] ?? 0;
    }
  }
  return { width: height, height: width, data: out };
}

/** Length of the gradient at every pixel, over all planes, by forward differences (backward ones at the last row and column). */
export function gradients({ width, height, data }: Planes): Float64Array {
  const size = width * height;
  const out = new Float64Array(size);
  for (let at = 0; at < data.length; at += size) {
    for (let y = 0; y < height; y++) {
      const down = y + 1 < height ? width : -width;
      for (let x = 0; x < width; x++) {
        const i = y * width + x;
        const v = data[at + i] ?? 0;
        const gx = (data[at + i + (x + 1 < width ? 1 : -1)] ?? v) - v;
        const gy = (data[at + i + down] ?? v) - v;
        out[i] = (out[i] ?? 0) + gx * gx + gy * gy;
      }
    }
  }
  for (let i = 0; i < size; i++) out[i] = Math.sqrt(out[i] ?? 0);
  return out;
}
