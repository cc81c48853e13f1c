import type { Raster } from '../base/raster';
import type { Size } from './field';
import { guided } from './guide';
import { type Guided, packed, shrunkBy } from './pyramid';

/** What stays as it is while the rest of a tile is filled. */
export interface Pin {
  /** Of the tile's size. */
  readonly picture: Raster;
  /** [H, W], 1 where the picture stays. */
  readonly known: Uint8Array;
}

/** A canvas of which a part is known. */
export interface Pinned {
  readonly picture: Guided;
  /** [H, W], 1 where it is. */
  readonly known: Uint8Array;
}

/** Of what a pixel of a level is made, this share has to be known. */
const SHARE = 0.5;

/**
 * The pinned picture on its canvas. What is cut off at the end of an axis that does not join is the picture mirrored at that
 * border, and at the opposite one: so nothing there asks to be filled that is not a hole already.
 */
export function pinnedCanvas({ picture, known }: Pin, [W, H]: Size): Pinned {
  const { width: w, height: h } = picture;
  const source = guided(picture, known);
  const data = new Float32Array(4 * W * H);
  const there = new Uint8Array(W * H);
  for (let y = 0; y < H; y++) {
    const row = mirrored(y, h, H) * w;
    for (let x = 0; x < W; x++) {
      const from = row + mirrored(x, w, W);
      there[y * W + x] = known[from] as number;
      for (let c = 0; c < 4; c++) data[(c * H + y) * W + x] = source.data[c * w * h + from] as number;
    }
  }
  return { picture: { width: W, height: H, data }, known: there };
}

/** A coordinate of a canvas of `all` pixels as one of its first `n`. */
function mirrored(i: number, n: number, all: number): number {
  if (i < n) return i;
  return Math.min(n - 1, i < (n + all) / 2 ? Math.max(0, 2 * n - 1 - i) : all - 1 - i);
}

/** The same at a level, of the known pixels only: nothing of a hole shows beside it. */
export function pinnedAt({ picture, known }: Pinned, steps: readonly [x: number, y: number]): Pinned {
  if (steps[0] === 1 && steps[1] === 1) return { picture, known };
  const { width, height, data } = picture;
  const n = width * height;
  const weighted = new Float32Array(5 * n);
  for (let i = 0; i < n; i++) {
    if (!known[i]) continue;
    weighted[4 * n + i] = 1;
    for (let c = 0; c < 4; c++) weighted[c * n + i] = data[c * n + i] as number;
  }
  const small = shrunkBy({ width, height, data: weighted }, steps);
  const m = small.width * small.height;
  const shares = small.data.subarray(4 * m);
  return {
    picture: {
      ...small,
      data: small.data.slice(0, 4 * m).map((v, i) => v / Math.max(1e-6, shares[i % m] as number)),
    },
    known: Uint8Array.from(shares, (v) => (v > SHARE ? 1 : 0)),
  };
}

/** As the kernel takes it. */
export const pinnedWords = ({ picture, known }: Pinned): { known: Uint32Array; mask: Uint32Array } => ({
  known: packed(picture),
  mask: Uint32Array.from(known),
});

/** A band of it, of the torus. */
export function pinnedRows({ picture, known }: Pinned, top: number, rows: number): Pinned {
  const { width: W, height: H, data } = picture;
  const band = { data: new Float32Array(4 * W * rows), known: new Uint8Array(W * rows) };
  for (let y = 0; y < rows; y++) {
    const from = ((((top + y) % H) + H) % H) * W;
    band.known.set(known.subarray(from, from + W), y * W);
    for (let c = 0; c < 4; c++) {
      band.data.set(data.subarray(c * W * H + from, c * W * H + from + W), (c * rows + y) * W);
    }
  }
  return { picture: { width: W, height: rows, data: band.data }, known: band.known };
}
