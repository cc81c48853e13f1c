import type { Raster } from '../base/raster';

/** Luma of an sRGB-encoded picture (Rec. 601 weights), [H, W], 0..1. */
export function luminance({ width, height, data }: Raster): Float64Array {
  const n = width * height;
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    out[i] = 0.299 * (data[i] ?? 0) + 0.587 * (data[n + i] ?? 0) + 0.114 * (data[2 * n + i] ?? 0);
  }
  return out;
}

/** The means of `step` x `step` pixels; what is left over at the right and the bottom is dropped. */
export function shrunk(plane: Float64Array, width: number, height: number, step: number): Float64Array {
  const w = Math.floor(width / step);
  const h = Math.floor(height / step);
  const out = new Float64Array(w * h);
  for (let y = 0; y < h * step; y++) {
    const row = Math.floor(y / step) * w;
    for (let x = 0; x < w * step; x++) {
      const at = row + Math.floor(x / step);
      out[at] = (out[at] ?? 0) + (plane[y * width + x] ?? 0);
    }
  }
  return out.map((v) => v / step ** 2);
}

/** One line's means over `radius` pixels to either side, of as many as there are. */
function boxLine(data: Float64Array, at: number, stride: number, n: number, radius: number, sums: Float64Array): void {
  for (let i = 0; i < n; i++) sums[i + 1] = (sums[i] ?? 0) + (data[at + i * stride] ?? 0);
  for (let i = 0; i < n; i++) {
    const from = Math.max(0, i - radius);
    const to = Math.min(n, i + radius + 1);
    data[at + i * stride] = ((sums[to] ?? 0) - (sums[from] ?? 0)) / (to - from);
  }
}

/** A blur by a tent that falls to nothing at `radius` pixels: two boxes along each axis. At the edge, of what is there. */
export function tentBlur(plane: Float64Array, width: number, height: number, radius: number): Float64Array {
  const out = plane.slice();
  const box = Math.max(1, Math.round(radius / 2));
  const sums = new Float64Array(Math.max(width, height) + 1);
  for (let pass = 0; pass < 2; pass++) {
    for (let y = 0; y < height; y++) boxLine(out, y * width, 1, width, box, sums);
    for (let x = 0; x < width; x++) boxLine(out, x, width, height, box, sums);
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
  const at = (x: number, y: number): number => sums[y * (width + 1) + x] as number;
  return at(x1, y1) - at(x0, y1) - at(x1, y0) + at(x0, y0);
}
