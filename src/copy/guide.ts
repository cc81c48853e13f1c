import type { Raster } from '../base/raster';
import type { Guided } from './pyramid';

/** The strongest gradients, as a share of all pixels, count as outlines. */
const OUTLINES = 0.15;
/** Farther from an outline than this, in pixels, all is alike. */
const REACH = 12;
/** How much the distance counts beside a colour. */
const WEIGHT = 0.7;
/** Pixels around one on which its gradient depends. */
const TOUCHES = 2;

/**
 * The exemplar with a fourth channel: how far from the nearest outline a pixel is. By colour alone half a stone goes with
 * half of another; outlines do not (a guidance channel as of Kaspar et al., "Self tuning texture optimization", EG 2015).
 * @param counts [H, W], not 0 where the picture counts: what is elsewhere has no outlines. Default: everywhere.
 */
export function guided({ width, height, data }: Raster, counts?: Uint8Array): Guided {
  const n = width * height;
  const out = new Float32Array(4 * n);
  for (let i = 0; i < 3 * n; i++) out[i] = 255 * (data[i] as number);
  const distance = outlineDistance(softened(out, width, height), width, height, counts);
  for (let i = 0; i < n; i++) out[3 * n + i] = (WEIGHT * 255 * Math.min(REACH, distance[i] as number)) / REACH;
  return { width, height, data: out };
}

/** Luminance (BT.601), blurred by [1 2 1] both ways. */
function softened(planes: Float32Array, width: number, height: number): Float32Array {
  const n = width * height;
  const light = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    light[i] =
      0.299 * (planes[i] as number) + 0.587 * (planes[n + i] as number) + 0.114 * (planes[2 * n + i] as number);
  }
  const half = new Float32Array(n);
  const soft = new Float32Array(n);
  for (let row = 0; row < n; row += width) {
    for (let i = row; i < row + width; i++) {
      halfway(half, i, light, Math.max(row, i - 1), Math.min(row + width - 1, i + 1));
    }
  }
  for (let i = 0; i < n; i++) halfway(soft, i, half, i < width ? i : i - width, i + width < n ? i + width : i);
  return soft;
}

function halfway(out: Float32Array, at: number, from: Float32Array, before: number, after: number): void {
  out[at] = ((from[before] as number) + 2 * (from[at] as number) + (from[after] as number)) / 4;
}

/** Chamfer distance (Borgefors 1986, steps of 1 and 1.414) to the pixels with the steepest gradients. */
function outlineDistance(light: Float32Array, width: number, height: number, counts?: Uint8Array): Float32Array {
  const n = width * height;
  const steep = new Float32Array(n);
  for (let row = 0; row < n; row += width) {
    for (let i = row; i < row + width; i++) {
      const dx = (light[Math.min(row + width - 1, i + 1)] as number) - (light[Math.max(row, i - 1)] as number);
      const dy = (light[i + width < n ? i + width : i] as number) - (light[row > 0 ? i - width : i] as number);
      steep[i] = Math.sqrt(dx * dx + dy * dy);
    }
  }
  if (counts) for (const i of within(counts, width, height, TOUCHES)) steep[i] = -1;
  const counting = counts ? steep.filter((v) => v >= 0) : steep;
  const bound = smallest(counting, Math.min(counting.length - 1, Math.floor(counting.length * (1 - OUTLINES)))) ?? 0;
  const distance = new Float32Array(n);
  for (let i = 0; i < n; i++) distance[i] = (steep[i] as number) > bound ? 0 : 1e3;
  for (let y = 0; y < height; y++) {
    if (y > 0) fromBeside(distance, y * width, width, -width);
    for (let i = y * width + 1; i < (y + 1) * width; i++) nearer(distance, i, i - 1, 1);
  }
  for (let y = height - 1; y >= 0; y--) {
    if (y < height - 1) fromBeside(distance, y * width, width, width);
    for (let i = (y + 1) * width - 2; i >= y * width; i--) nearer(distance, i, i + 1, 1);
  }
  return distance;
}

/** The k-th smallest of numbers, none of them negative: by the upper half of their bits, in whose order they are, then among those alike. */
function smallest(numbers: Float32Array, k: number): number | undefined {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  const counts = new Uint32Array(1 << 16);
  for (let i = 0; i < bits.length; i++) {
    const upper = (bits[i] as number) >>> 16;
    counts[upper] = (counts[upper] as number) + 1;
  }
  let upper = 0;
  for (; k >= (counts[upper] ?? Number.POSITIVE_INFINITY); upper++) k -= counts[upper] as number;
  const alike: number[] = [];
  for (let i = 0; i < bits.length; i++) if ((bits[i] as number) >>> 16 === upper) alike.push(numbers[i] as number);
  return alike.sort((a, b) => a - b)[k];
}

/** A row's distances by way of the one beside it, `off` pixels away. */
function fromBeside(distance: Float32Array, row: number, width: number, off: number): void {
  for (let i = row; i < row + width; i++) {
    nearer(distance, i, i + off, 1);
    if (i > row) nearer(distance, i, i + off - 1, Math.SQRT2);
    if (i < row + width - 1) nearer(distance, i, i + off + 1, Math.SQRT2);
  }
}

function nearer(distance: Float32Array, to: number, from: number, step: number): void {
  const by = (distance[from] as number) + step;
  if (by < (distance[to] as number)) distance[to] = by;
}

/** The pixels that are at most `reach` columns and rows from one that is 0. */
function within(counts: Uint8Array, width: number, height: number, reach: number): Uint32Array {
  const out = new Uint8Array(counts.length);
  for (let i = 0; i < counts.length; i++) {
    if (counts[i]) continue;
    const [x, y] = [i % width, Math.floor(i / width)];
    for (let v = Math.max(0, y - reach); v <= Math.min(height - 1, y + reach); v++) {
      out.fill(1, v * width + Math.max(0, x - reach), v * width + Math.min(width, x + reach + 1));
    }
  }
  return Uint32Array.from(out.keys()).filter((i) => out[i]);
}
