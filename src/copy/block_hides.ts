// What hides a cut beside each pixel of a picture, as `block_seams` takes it: [2, h, w].
import { Kept } from '../base/kept';
import { luminance } from './planes';
import { type Guided, packed } from './pyramid';

/** A line is darker, or lighter, than what is so many pixels to either side of it, on so many pixels along it to either way. */
const BESIDE = 2;
const ALONG = 3;
/** A line counts this many times its depth, as `distance_of` counts. */
const DEPTH = 12;
/** Nothing hides a cut better. */
const MOST = 2000;

/** @param lines lines hide cuts, and edges do not */
export const hidesOf = (level: Guided, lines: boolean): Uint32Array =>
  hides.of(level, `${lines}`, () => (lines ? linesOf(level) : edgesOf(level)));

const hides = new Kept<Guided, Uint32Array>();

/** How far each pixel is from its neighbours, as `distance_of` counts; 0 at the borders. */
function edgesOf(level: Guided): Uint32Array {
  const { width: w, height: h } = level;
  const words = packed(level);
  const apart = (a: number, b: number): number => {
    let sum = Math.abs((a >>> 24) - (b >>> 24));
    for (let shift = 0; shift < 24; shift += 8) sum += 2 * Math.abs(((a >>> shift) & 255) - ((b >>> shift) & 255));
    return sum;
  };
  const n = w * h;
  const hides = new Uint32Array(2 * n);
  const between = (at: number, p: number, next: number): void => {
    const edge = apart(words[p] as number, words[next] as number);
    hides[at + p] = (hides[at + p] as number) | edge;
    hides[at + next] = edge << 16;
  };
  for (let p = 0; p < n; p++) {
    if ((p + 1) % w !== 0) between(0, p, p + 1);
    if (p + w < n) between(n, p, p + w);
  }
  return hides;
}

/**
 * A line, such as a joint, that stays on the pixel's side of the cut, on that pixel or the one behind. Where a cut drops the line, what is left is a
 * board that changes its colour; an edge is the same on both sides.
 */
function linesOf({ width: w, height: h, data }: Guided): Uint32Array {
  const light = luminance({ width: w, height: h, data });
  const n = w * h;
  const hides = new Uint32Array(2 * n);
  for (const axis of [0, 1]) {
    const [dx, dy] = [1 - axis, axis];
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

/** How deep the line across (dx, dy) through each pixel is where it is least, 0 for none. */
function depthsOf(light: Float64Array, w: number, h: number, dx: number, dy: number): Uint32Array {
  const at = (x: number, y: number): number =>
    light[Math.min(h - 1, Math.max(0, y)) * w + Math.min(w - 1, Math.max(0, x))] as number;
  return Uint32Array.from({ length: w * h }, (_, p) => {
    let [dark, bright] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let t = -ALONG; t <= ALONG; t++) {
      const [x, y] = [(p % w) + t * dy, Math.floor(p / w) + t * dx];
      const [a, b] = [at(x - BESIDE * dx, y - BESIDE * dy), at(x + BESIDE * dx, y + BESIDE * dy)];
      dark = Math.min(dark, Math.min(a, b) - at(x, y));
      bright = Math.min(bright, at(x, y) - Math.max(a, b));
    }
    return Math.min(MOST, Math.max(0, Math.round(DEPTH * Math.max(dark, bright))));
  });
}
