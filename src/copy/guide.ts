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
  const at = (v: Float32Array, i: number): number => v[i] as number;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const row = y * width;
      const [l, r] = [row + Math.max(0, x - 1), row + Math.min(width - 1, x + 1)];
      half[row + x] = (at(light, l) + 2 * at(light, row + x) + at(light, r)) / 4;
    }
  }
  for (let y = 0; y < height; y++) {
    const [up, down] = [Math.max(0, y - 1) * width, Math.min(height - 1, y + 1) * width];
    for (let x = 0; x < width; x++) {
      soft[y * width + x] = (at(half, up + x) + 2 * at(half, y * width + x) + at(half, down + x)) / 4;
    }
  }
  return soft;
}

/** Chamfer distance (Borgefors 1986, steps of 1 and 1.414) to the pixels with the steepest gradients. */
function outlineDistance(light: Float32Array, width: number, height: number, counts?: Uint8Array): Float32Array {
  const n = width * height;
  const steep = new Float32Array(n);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const row = y * width;
      const dx = (light[row + Math.min(width - 1, x + 1)] as number) - (light[row + Math.max(0, x - 1)] as number);
      const dy =
        (light[Math.min(height - 1, y + 1) * width + x] as number) - (light[Math.max(0, y - 1) * width + x] as number);
      steep[row + x] = Math.sqrt(dx * dx + dy * dy);
    }
  }
  if (counts) for (const i of within(counts, width, height, TOUCHES)) steep[i] = -1;
  const counting = counts ? steep.filter((v) => v >= 0) : steep.slice();
  const bound = counting.sort()[Math.min(counting.length - 1, Math.floor(counting.length * (1 - OUTLINES)))] ?? 0;
  const distance = new Float32Array(n);
  for (let i = 0; i < n; i++) distance[i] = (steep[i] as number) > bound ? 0 : 1e3;
  const relax = (at: number, x: number, y: number, cost: number): void => {
    if (x < 0 || y < 0 || x >= width || y >= height) return;
    distance[at] = Math.min(distance[at] as number, (distance[y * width + x] as number) + cost);
  };
  for (let k = 0; k < n; k++) {
    const [x, y] = [k % width, Math.floor(k / width)];
    relax(k, x - 1, y, 1);
    relax(k, x, y - 1, 1);
    relax(k, x - 1, y - 1, Math.SQRT2);
    relax(k, x + 1, y - 1, Math.SQRT2);
  }
  for (let k = n - 1; k >= 0; k--) {
    const [x, y] = [k % width, Math.floor(k / width)];
    relax(k, x + 1, y, 1);
    relax(k, x, y + 1, 1);
    relax(k, x + 1, y + 1, Math.SQRT2);
    relax(k, x - 1, y + 1, Math.SQRT2);
  }
  return distance;
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
