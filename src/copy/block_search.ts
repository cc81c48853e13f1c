// Small numerical pieces of the search for blocks.
import type { Guided } from './pyramid';

/** The indices, of those given or of all, with the `count` least costs, in their order. */
export function lowest(costs: Float64Array, among: Int32Array | null, count: number): Int32Array {
  const all = among?.length ?? costs.length;
  const values = among ? new Float64Array(all) : costs.slice();
  if (among) for (let k = 0; k < all; k++) values[k] = costs[among[k] as number] as number;
  const bound = nthLeast(values, Math.min(count, all) - 1);
  const found = new Int32Array(Math.min(count, all));
  let n = 0;
  for (let k = 0; k < all && n < found.length; k++) {
    const i = among ? (among[k] as number) : k;
    if ((costs[i] as number) <= bound) found[n++] = i;
  }
  return found;
}

/** The value that has n below it (Hoare's selection), whose order it spoils. */
function nthLeast(values: Float64Array, n: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const pivot = values[(low + high) >> 1] as number;
    let [i, j] = [low, high];
    while (i <= j) {
      while ((values[i] as number) < pivot) i++;
      while ((values[j] as number) > pivot) j--;
      if (i > j) break;
      const v = values[i] as number;
      values[i++] = values[j] as number;
      values[j--] = v;
    }
    if (n <= j) high = j;
    else if (n >= i) low = i;
    else break;
  }
  return values[n] as number;
}

/** How far apart two pixels of interleaved pictures are; outlines count half. */
export function distance(a: Float32Array, i: number, b: Float32Array, j: number): number {
  const red = (a[i] as number) - (b[j] as number);
  const green = (a[i + 1] as number) - (b[j + 1] as number);
  const blue = (a[i + 2] as number) - (b[j + 2] as number);
  const outline = (a[i + 3] as number) - (b[j + 3] as number);
  return Math.sqrt(red * red + green * green + blue * blue + 0.25 * outline * outline);
}

/** Uniform in [0, 1), of whole numbers (lowbias32 of Wellons, "Prospecting for hash functions", 2018): cheap, for millions. */
export function uniformAt(seed: number, stream: number, index: number): number {
  let x = (Math.imul(seed, 0x9e3779b9) + Math.imul(stream, 0x85ebca6b) + index) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return ((x ^ (x >>> 16)) >>> 8) * 2 ** -24;
}

/** [H, W, 4] */
export function interleaved({ width, height, data }: Guided): Float32Array {
  const n = width * height;
  const out = new Float32Array(4 * n);
  for (let c = 0; c < 4; c++) for (let i = 0; i < n; i++) out[4 * i + c] = data[c * n + i] as number;
  return out;
}
