// Where several pictures are copied: which of them each pixel of the canvas wants.
import { Rng } from '../base/rng';
import type { Allowed } from './atlas';
import type { Size } from './field';
import { type Owners, sample } from './start';

/** A picture, as far as it says where it is wanted. */
export interface Wanted {
  /** How much of it each pixel of the canvas wants, of any size, 0..1. Default: as much as is left by the others. */
  readonly mask?: Allowed | undefined;
  /** Its share among those without a mask. Default 1. */
  readonly weight?: number;
}

/** How much each picture is wanted at a pixel, given as shares of the tile's sides; beyond them as at the border. */
function wantedAt(sources: readonly Wanted[], x: number, y: number): number[] {
  let left = 1;
  const wanted = sources.map(({ mask }) => {
    if (!mask) return 0;
    const column = Math.min(mask.width - 1, Math.floor(x * mask.width));
    const v = mask.data[Math.min(mask.height - 1, Math.floor(y * mask.height)) * mask.width + column] as number;
    left -= v;
    return v;
  });
  return wanted.map((v, k) => (sources[k]?.mask ? v : Math.max(0, left)));
}

/** Which pictures a pixel may take its patch from. */
export function labelsOf(
  sources: readonly Wanted[],
  [W, H]: Size,
  [stepX, stepY]: readonly [x: number, y: number],
  tile: Size,
): Uint32Array {
  const labels = new Uint32Array(W * H).fill((1 << sources.length) - 1);
  if (sources.every((s) => !s.mask)) return labels;
  for (let i = 0; i < W * H; i++) {
    const wanted = wantedAt(
      sources,
      (((i % W) + 0.5) * stepX) / tile[0],
      ((Math.floor(i / W) + 0.5) * stepY) / tile[1],
    );
    const most = Math.max(...wanted);
    labels[i] = wanted.reduce((bits, v, k) => (v >= 0.5 * most ? bits | (1 << k) : bits), 0);
  }
  return labels;
}

/** Cells of pictures without a mask that take turns, along the shorter side of the canvas. */
const CELLS = 6;

/** Which picture each pixel begins with: the one wanted most, or, without masks, another from cell to cell; null where there is one only. */
export function ownersOf(sources: readonly Wanted[], size: Size, tile: Size, seed: number): Owners | null {
  if (sources.length === 1) return null;
  const [W, H] = size;
  const masked = sources.some((s) => s.mask);
  const cell = Math.min(W, H) / CELLS;
  const cells: Size = [Math.max(1, Math.round(W / cell)), Math.max(1, Math.round(H / cell))];
  const rng = new Rng(seed, 900);
  const weights = sources.map((s) => s.weight ?? 1);
  const turns = Array.from({ length: cells[0] * cells[1] }, () => drawn(weights, rng.uniform()));
  const data = new Uint8Array(W * H);
  for (let i = 0; i < W * H; i++) {
    const [x, y] = [i % W, Math.floor(i / W)];
    if (masked) {
      const wanted = wantedAt(sources, (x + 0.5) / tile[0], (y + 0.5) / tile[1]);
      data[i] = wanted.indexOf(Math.max(...wanted));
    } else data[i] = turns[sample(x, y, size, cells)] as number;
  }
  return { size, data };
}

/** An index by chance `u`, 0..1, in proportion to the weights. */
function drawn(weights: readonly number[], u: number): number {
  let left = u * weights.reduce((a, b) => a + b, 0);
  const k = weights.findIndex((w) => {
    left -= w;
    return left < 0;
  });
  return k < 0 ? weights.length - 1 : k;
}
