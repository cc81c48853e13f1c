import type { Raster } from '../base/raster';

/** Luma of an sRGB-encoded picture (Rec. 601 weights), [H, W], 0..1. */
export function luminance({ width, height, data }: Raster): Float64Array {
  const n = width * height;
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    out[i] = 0.299 * (data[i] as number) + 0.587 * (data[n + i] as number) + 0.114 * (data[2 * n + i] as number);
  }
  return out;
}

/** The sum of the products of `count` numbers of a from `i` on and as many of b from `j` on. */
export function dot(a: Float64Array, i: number, b: Float64Array, j: number, count: number): number {
  let sum = 0;
  for (let k = 0; k < count; k++) sum += (a[i + k] as number) * (b[j + k] as number);
  return sum;
}

/** The means of `step` x `step` pixels; what is left over at the right and the bottom is dropped. */
export function shrunk(plane: Float64Array, width: number, height: number, step: number): Float64Array {
  const w = Math.floor(width / step);
  const h = Math.floor(height / step);
  const out = new Float64Array(w * h);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) out[y * w + x] = sumOver(plane, y * step * width + x * step, width, step) / step ** 2;
  }
  return out;
}

/** The sum of `step` x `step` pixels of which the first is at `at`. */
function sumOver(plane: Float64Array, at: number, width: number, step: number): number {
  let sum = 0;
  for (let row = at; row < at + step * width; row += width) {
    for (let i = row; i < row + step; i++) sum += plane[i] as number;
  }
  return sum;
}

/** A row's means over `radius` pixels to either side, of as many as there are, in place. @param sums room for one more than the row */
function boxAcross(plane: Float64Array, at: number, width: number, radius: number, sums: Float64Array): void {
  for (let x = 0; x < width; x++) sums[x + 1] = (sums[x] as number) + (plane[at + x] as number);
  for (let x = 0; x < width; x++) {
    const from = Math.max(0, x - radius);
    const to = Math.min(width, x + radius + 1);
    plane[at + x] = ((sums[to] as number) - (sums[from] as number)) / (to - from);
  }
}

/** One row of sums of a plane's columns: of what is above row y, and that row. */
function sumDown(plane: Float64Array, y: number, width: number, sums: Float64Array): void {
  for (let i = y * width; i < (y + 1) * width; i++) sums[i + width] = (sums[i] as number) + (plane[i] as number);
}

/** A row of means over the rows from `from` to `to`, the last one not counted. */
function meanDown(out: Float64Array, at: number, width: number, from: number, to: number, sums: Float64Array): void {
  const [first, last] = [from * width, to * width];
  for (let x = 0; x < width; x++) {
    out[at + x] = ((sums[last + x] as number) - (sums[first + x] as number)) / (to - from);
  }
}

/**
 * A blur by a tent that falls to nothing at `radius` pixels: two boxes along each axis. At the edge, of what is there.
 * @param out, sums room for what is returned, and for that and one row more
 */
export function tentBlur(
  plane: Float64Array,
  width: number,
  height: number,
  radius: number,
  out = new Float64Array(plane.length),
  sums = new Float64Array(plane.length + width),
): Float64Array {
  out.set(plane);
  const box = Math.max(1, Math.round(radius / 2));
  const row = new Float64Array(width + 1);
  for (let pass = 0; pass < 2; pass++) {
    for (let y = 0; y < height; y++) boxAcross(out, y * width, width, box, row);
    for (let y = 0; y < height; y++) sumDown(out, y, width, sums);
    for (let y = 0; y < height; y++) {
      meanDown(out, y * width, width, Math.max(0, y - box), Math.min(height, y + box + 1), sums);
    }
  }
  return out;
}

/** A part of a picture, without its opacity. */
export function cropped(picture: Raster, left: number, top: number, width: number, height: number): Raster {
  const data = new Float32Array(3 * width * height);
  for (let row = 0; row < 3 * height; row++) {
    const plane = Math.floor(row / height);
    const from = (plane * picture.height + top + (row % height)) * picture.width + left;
    data.set(picture.data.subarray(from, from + width), row * width);
  }
  return { width, height, data };
}

/** Sums over everything above and to the left (Crow, "Summed-area tables", SIGGRAPH 1984), one row and column larger. @param out such sums to write over */
export function summed(
  plane: ArrayLike<number>,
  width: number,
  height: number,
  out: Float64Array = new Float64Array((width + 1) * (height + 1)),
): Float64Array {
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      row += plane[y * width + x] as number;
      out[(y + 1) * (width + 1) + x + 1] = (out[y * (width + 1) + x + 1] as number) + row;
    }
  }
  return out;
}

/** The sum over columns x0 to x1 and rows y0 to y1, the last ones not counted, of a plane `width` wide. */
export function boxSum(sums: Float64Array, width: number, x0: number, y0: number, x1: number, y1: number): number {
  const upper = y0 * (width + 1);
  const lower = y1 * (width + 1);
  return (
    (sums[lower + x1] as number) -
    (sums[lower + x0] as number) -
    (sums[upper + x1] as number) +
    (sums[upper + x0] as number)
  );
}
