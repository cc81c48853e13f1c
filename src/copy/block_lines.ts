import { luminance } from './planes';
import type { Guided } from './pyramid';

/** A line is darker, or lighter, than what is so many pixels to either side of it, */
const BESIDE = 2;
/** on so many pixels along it to either way, but for so many of them. */
const ALONG = 3;
const BUT = 2;
/** A line counts this many times its depth, as `distance_of` counts. */
const DEPTH = 12;
/** Nothing hides a cut better. */
const MOST = 2000;

/**
 * What hides a cut beside each pixel of a picture, as `block_seams` takes it: a line, such as a joint, that stays on the pixel's side of it, on that pixel
 * or the one behind. Where a cut drops the line, what is left is a board that changes its colour; an edge is the same on both sides.
 * [2, h, w]
 */
export function linesOf({ width: w, height: h, data }: Guided): Uint32Array {
  const light = luminance({ width: w, height: h, data });
  const n = w * h;
  const hides = new Uint32Array(2 * n);
  for (const [axis, [dx, dy]] of (
    [
      [1, 0],
      [0, 1],
    ] as const
  ).entries()) {
    const depths = depthsOf(light, w, h, dx, dy);
    for (let p = 0; p < n; p++) {
      const [x, y] = [p % w, Math.floor(p / w)];
      const own = depths[p] as number;
      const back = x >= dx && y >= dy ? (depths[p - dx - dy * w] as number) : 0;
      const on = x + dx < w && y + dy < h ? (depths[p + dx + dy * w] as number) : 0;
      hides[axis * n + p] = Math.max(own, back) | (Math.max(own, on) << 16);
    }
  }
  return hides;
}

/** How deep the line across (dx, dy) through each pixel is, 0 for none. */
function depthsOf(light: Float64Array, w: number, h: number, dx: number, dy: number): Uint32Array {
  const at = (x: number, y: number): number =>
    light[Math.min(h - 1, Math.max(0, y)) * w + Math.min(w - 1, Math.max(0, x))] as number;
  const dark = new Float64Array(2 * ALONG + 1);
  const bright = new Float64Array(2 * ALONG + 1);
  return Uint32Array.from({ length: w * h }, (_, p) => {
    for (let t = -ALONG; t <= ALONG; t++) {
      const [x, y] = [(p % w) + t * dy, Math.floor(p / w) + t * dx];
      const [a, b] = [at(x - BESIDE * dx, y - BESIDE * dy), at(x + BESIDE * dx, y + BESIDE * dy)];
      dark[t + ALONG] = Math.min(a, b) - at(x, y);
      bright[t + ALONG] = at(x, y) - Math.max(a, b);
    }
    const depth = Math.max(dark.sort()[BUT] as number, bright.sort()[BUT] as number);
    return Math.min(MOST, Math.max(0, Math.round(DEPTH * depth)));
  });
}
