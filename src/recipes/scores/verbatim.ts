import type { Raster } from '../../base/raster';
import type { Wraps } from './patch_descriptors';

/** Two 8-bit steps, and rounding: what a picture loses on its way through a file or a blend that changes nothing. */
const TOLERANCE = 2 / 255 + 1e-6;
/** Of the 8x8 pixels at a seed, so many must agree: fewer are an accident. */
const LEAST = 60;

/** Pixels of a tile, and where in the exemplar each may be from. */
export interface Seeds {
  readonly x: Int32Array;
  readonly y: Int32Array;
  readonly sourceX: Int32Array;
  readonly sourceY: Int32Array;
}

/**
 * Share of the tile, 0 to 1, in the largest connected region that stands in the exemplar as it is, all channels of each
 * pixel within 2/255: how much of it is one crop. Regions are grown from 8x8 patches and go on beyond edges that wrap.
 */
export function largestVerbatim(tile: Raster, exemplar: Raster, wraps: Wraps, seeds: Seeds): number {
  const { width: W, height: H } = tile;
  const { width: w, height: h } = exemplar;
  /** 1 + the exemplar's pixel that a pixel of the tile was last found to be. */
  const source = new Uint32Array(W * H);
  const region = new Uint32Array(W * H);
  const stack = new Int32Array(2 * W * H);
  const agree = (p: number, s: number): boolean => {
    for (let c = 0; c < 3; c++) {
      if (Math.abs((tile.data[c * W * H + p] ?? 0) - (exemplar.data[c * w * h + s] ?? 0)) > TOLERANCE) return false;
    }
    return true;
  };
  const seeded = (x: number, y: number, sx: number, sy: number): boolean => {
    let count = 0;
    for (let k = 0; k < 64; k++) {
      const [dx, dy] = [k & 7, k >> 3];
      if (sx + dx >= w || sy + dy >= h) return false;
      if (agree(((y + dy) % H) * W + ((x + dx) % W), (sy + dy) * w + sx + dx)) count++;
    }
    return count >= LEAST;
  };
  let largest = 0;
  for (let i = 0; i < seeds.x.length; i++) {
    const [x = 0, y = 0, sx = 0, sy = 0] = [seeds.x[i], seeds.y[i], seeds.sourceX[i], seeds.sourceY[i]];
    if (source[y * W + x] === sy * w + sx + 1 || !seeded(x, y, sx, sy)) continue;
    let size = 0;
    let top = 0;
    const visit = (px: number, py: number, qx: number, qy: number): void => {
      if (qx < 0 || qy < 0 || qx >= w || qy >= h) return;
      if ((!wraps.x && (px < 0 || px >= W)) || (!wraps.y && (py < 0 || py >= H))) return;
      const p = ((py + H) % H) * W + ((px + W) % W);
      const s = qy * w + qx;
      if (region[p] === i + 1 || !agree(p, s)) return;
      region[p] = i + 1;
      source[p] = s + 1;
      size++;
      stack[top++] = p;
      stack[top++] = s;
    };
    visit(x, y, sx, sy);
    while (top > 0) {
      const s = stack[--top] ?? 0;
      const p = stack[--top] ?? 0;
      const [px, py, qx, qy] = [p % W, Math.floor(p / W), s % w, Math.floor(s / w)];
      visit(px - 1, py, qx - 1, qy);
      visit(px + 1, py, qx + 1, qy);
      visit(px, py - 1, qx, qy - 1);
      visit(px, py + 1, qx, qy + 1);
    }
    largest = Math.max(largest, size);
  }
  return largest / (W * H);
}
