import { PATCH } from '../shaders/patch_vote';
import { around } from './around';
import type { Region } from './atlas';
import type { Blocks } from './blocks';
import type { Size } from './field';

/** For each pixel of a canvas the place x | y << 16 of the atlas that its patch takes. */
export interface Places {
  readonly size: Size;
  readonly data: Uint32Array;
}

const HALF = PATCH / 2;
const clamped = (i: number, n: number): number => Math.min(n - 1, Math.max(0, i));

/** A place in a region, the nearest there is. */
function placeIn({ top, among }: Region, x: number, y: number): number {
  return (clamped(x, among[0]) | ((top + clamped(y, among[1])) << 16)) >>> 0;
}

/** Where a patch of a pixel belongs, as the start has it: which of the pictures, for each pixel of a map of some size. */
export interface Owners {
  readonly size: Size;
  readonly data: Uint8Array;
}

/** What the blocks of each picture say at the size of a level. */
export function placesOfBlocks(
  blocks: readonly Blocks[],
  owners: Owners | null,
  size: Size,
  regions: readonly Region[],
  full: Size,
): Places {
  const [W, H] = size;
  const [sx, sy] = [full[0] / W, full[1] / H];
  const data = new Uint32Array(W * H);
  for (let y = 0; y < H; y++) {
    const py = (y + HALF) % H;
    for (let x = 0; x < W; x++) {
      const px = (x + HALF) % W;
      const k = owners ? (owners.data[sample(px, py, size, owners.size)] as number) : 0;
      const { labels, width, height, middles, offsets } = blocks[k] as Blocks;
      const block = labels[sample(px, py, size, [width, height])] as number;
      if (block < 0) {
        // Known, and far from what is not: nobody asks.
        data[y * W + x] = placeIn(regions[k] as Region, x, y);
        continue;
      }
      const middle = middles[block] as { x: number; y: number };
      const offset = offsets[block] as { x: number; y: number };
      const mx = middle.x * W;
      const my = middle.y * H;
      const ex = Math.round(offset.x / sx + mx + around(x + HALF - mx, W) - HALF);
      const ey = Math.round(offset.y / sy + my + around(y + HALF - my, H) - HALF);
      data[y * W + x] = placeIn(regions[k] as Region, ex, ey);
    }
  }
  return { size, data };
}

/** The pixel of a map of size `to` that covers (x, y) of one of size `from`. */
export function sample(x: number, y: number, from: Size, to: Size): number {
  return Math.floor((y * to[1]) / from[1]) * to[0] + Math.floor((x * to[0]) / from[0]);
}

/** Places at a level: of the match, and of the blocks, in an atlas. */
export interface LevelPlaces {
  readonly places: Places;
  readonly blocks: Places;
  readonly regions: readonly Region[];
}

/**
 * The places of a coarser level at a finer one, middle of patch to middle of patch. Where a place is still within a pixel of
 * what its block says, it is taken from the block, whose offset is known more exactly: that keeps straight lines straight.
 */
export function refinedPlaces(coarse: LevelPlaces, exact: Places, regions: readonly Region[]): Places {
  const [W, H] = exact.size;
  const [w, h] = coarse.places.size;
  const rx = w / W;
  const ry = h / H;
  const data = new Uint32Array(W * H);
  for (let y = 0; y < H; y++) {
    const cy = (y + HALF) * ry;
    const py = Math.round(cy - HALF);
    const row = ((py + h) % h) * w;
    for (let x = 0; x < W; x++) {
      const cx = (x + HALF) * rx;
      const px = Math.round(cx - HALF);
      const at = row + ((px + w) % w);
      const old = coarse.places.data[at] as number;
      const k = regionOf(coarse.regions, old >>> 16);
      const ex = Math.round(((old & 0xffff) + cx - px) / rx - HALF);
      const ey = Math.round(((old >>> 16) - (coarse.regions[k] as Region).top + cy - py) / ry - HALF);
      const found = placeIn(regions[k] as Region, ex, ey);
      const block = exact.data[y * W + x] as number;
      // At its border a coarse exemplar has no place where a finer one has.
      data[y * W + x] = old === coarse.blocks.data[at] || isBeside(found, block) ? block : found;
    }
  }
  return { size: [W, H], data };
}

const isBeside = (a: number, b: number): boolean =>
  Math.abs((a & 0xffff) - (b & 0xffff)) <= 1 && Math.abs((a >>> 16) - (b >>> 16)) <= 1;

/** Which region a row of the atlas lies in. */
export function regionOf(regions: readonly Region[], row: number): number {
  let k = regions.length - 1;
  while (k > 0 && row < (regions[k] as Region).top) k--;
  return k;
}
