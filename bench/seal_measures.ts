// What gives a hidden join away: steps along the cut itself, softened contrast, and the same thing seen twice, faintly.
import type { Raster } from '../src/base/raster';

/** Where each pixel of a tile is from: indices of the tile, then of the picture. */
export interface Origins {
  from(i: number): number;
}

const at = ({ data, width, height }: Raster, c: number, i: number): number => data[c * width * height + i]!;

/** Mean |difference| of the pairs that are no neighbours in the picture, over that of all pairs. NaN where there are none. */
export function alongCuts(tile: Raster, picture: Raster, { from }: Origins): number {
  const { width, height } = tile;
  let [cut, all, cuts, pairs] = [0, 0, 0, 0];
  for (let i = 0; i < width * height; i++) {
    const x = i % width;
    const right = x + 1 < width ? i + 1 : i + 1 - width;
    const below = (i + width) % (width * height);
    for (const [j, step] of [
      [right, 1],
      [below, picture.width],
    ] as const) {
      let d = 0;
      for (let c = 0; c < 3; c++) d += Math.abs(at(tile, c, i) - at(tile, c, j));
      all += d;
      pairs++;
      if (from(j) - from(i) === step) continue;
      cut += d;
      cuts++;
    }
  }
  return cut / cuts / (all / pairs);
}

/** Luminance of a block about its mean, of unit length; null where it is flat. */
function block(picture: Raster, x0: number, y0: number): Float64Array | null {
  const { width, height } = picture;
  const out = new Float64Array(SIDE * SIDE);
  for (let k = 0; k < out.length; k++) {
    const i = ((y0 + Math.floor(k / SIDE)) % height) * width + ((x0 + (k % SIDE)) % width);
    out[k] = at(picture, 0, i) + 2 * at(picture, 1, i) + at(picture, 2, i);
  }
  const mean = out.reduce((a, b) => a + b, 0) / out.length;
  const length = Math.sqrt(out.reduce((a, b) => a + (b - mean) ** 2, 0));
  return length < 0.02 * SIDE ? null : out.map((v) => (v - mean) / length);
}

const SIDE = 8;
const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, v, k) => sum + v * b[k]!, 0);

/**
 * How much of a second copy shines through, where two might have been laid over one another along x or y: the correlation of
 * blocks of 8x8 with the copy they have less of, beyond what the two copies have in common. The 90th percentile of the blocks:
 * 0, nothing is seen twice; 0.7, both are there alike.
 */
export function ghost(tile: Raster, picture: Raster, { from }: Origins): number {
  const found: number[] = [];
  for (let y = 0; y + SIDE <= tile.height; y += SIDE / 2) {
    for (let x = 0; x + SIDE <= tile.width; x += SIDE / 2) {
      const i = from(y * tile.width + x);
      const [sx, sy] = [i % picture.width, Math.floor(i / picture.width)];
      const made = block(tile, x, y);
      const here = sx + SIDE <= picture.width && sy + SIDE <= picture.height ? block(picture, sx, sy) : null;
      if (!made || !here) continue;
      for (const [dx, dy] of [
        [tile.width, 0],
        [-tile.width, 0],
        [0, tile.height],
        [0, -tile.height],
      ] as const) {
        const [ox, oy] = [sx + dx, sy + dy];
        if (ox < 0 || oy < 0 || ox + SIDE > picture.width || oy + SIDE > picture.height) continue;
        const other = block(picture, ox, oy);
        if (other) found.push(Math.min(dot(made, here), dot(made, other)) - dot(here, other));
      }
    }
  }
  return found.length > 0 ? Math.max(0, found.sort((a, b) => a - b)[Math.floor(0.9 * found.length)]!) : 0;
}
