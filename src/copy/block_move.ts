import { around } from './around';
import type { Autocorrelation } from './autocorrelation';
import { LagCost } from './block_lattice';
import type { BlockLayout, Point } from './block_layout';
import type { Lattice } from './lattice';
import type { Pinned } from './pin';
import { type Guided, packed } from './pyramid';
import { squares, type Words, wordsOf } from './words';

/** How often all blocks are moved, once they are placed. */
export const SWEEPS = 2;
/** What it costs that two copies lie a pixel of the full size beside the lattice. */
const OFF = 0.06;
/** Every so many pixels along a cut the pixels around are compared, up to so many to either side, so far apart. */
const EVERY = 4;
const AROUND = 4;
const APART = 4;

/** Blocks as they were placed; of each the exemplar's position less the canvas's, pixels of the full size: these are moved. */
export interface Placed {
  readonly layout: BlockLayout;
  readonly labels: Int32Array;
  readonly offsets: ({ x: number; y: number } | undefined)[];
  /** Pixels of the full size that one of the level has, along each axis. */
  readonly scale: readonly [x: number, y: number];
  readonly variance: number;
}

interface MoveOptions {
  /** Of the exemplar at the full size. */
  readonly correlation: Autocorrelation;
  readonly lattice: Lattice | null;
  readonly pinned?: { readonly full: Pinned } | undefined;
}

/** Places were found to a pixel of the level: each move takes one by up to that much to where it agrees best along its cuts at the full size. */
export function* moves(placed: Placed, exemplar: Guided, options: MoveOptions): Generator<() => void> {
  const moving = new Moving(placed, wordsOf(exemplar), options);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const [k, offset] of placed.offsets.entries()) if (offset) yield () => moving.move(k, offset);
  }
}

/** A neighbour of a block, see `#othersOf`. */
interface Beside {
  readonly x: number;
  readonly y: number;
  readonly points: Int32Array;
}

/** A known pixel of the canvas, from the corner of a block. */
interface KnownPixel {
  readonly x: number;
  readonly y: number;
  readonly word: number;
}

class Moving {
  /** Of each block, along its cuts with each other one, points of the canvas at the full size: x, y, x, y ... */
  readonly #cuts: readonly ReadonlyMap<number, readonly number[]>[];
  readonly #lags: LagCost;
  readonly #known: { readonly pinned: Pinned; readonly words: Uint32Array } | null;

  constructor(
    private readonly placed: Placed,
    private readonly exemplar: Words,
    { correlation, lattice, pinned }: MoveOptions,
  ) {
    this.#cuts = cutsOfBlocks(placed);
    this.#lags = new LagCost(correlation, lattice);
    this.#known = pinned ? { pinned: pinned.full, words: packed(pinned.full.picture) } : null;
  }

  move(k: number, offset: { x: number; y: number }): void {
    const { layout, scale } = this.placed;
    const [sx, sy] = scale;
    const here = layout.corners[k] as Point;
    const [startX, startY] = [Math.round(here.x * sx + offset.x), Math.round(here.y * sy + offset.y)];
    const others = this.#othersOf(k);
    const known = this.#knownIn(here.x * sx, here.y * sy, layout.width * sx, layout.height * sy);
    // A closure that did all the work would be compiled anew for each tile, for its code goes when no such closure is left.
    const costAt = (u: number, v: number): number =>
      this.#costAt(startX + u, startY + v, others, known) + 1e-4 * (u * u + v * v);
    const best = leastAround(costAt, Math.ceil(Math.max(sx, sy)));
    offset.x = startX + best.x - here.x * sx;
    offset.y = startY + best.y - here.y * sy;
  }

  /** What a block costs whose corner is copied from (left, top). */
  #costAt(left: number, top: number, others: readonly Beside[], known: readonly KnownPixel[]): number {
    const { width: w, height: h, data } = this.exemplar;
    let sum = 0;
    let count = 0;
    let lags = 0;
    for (const { x, y, points } of others) {
      lags += this.#lags.at(left - x, top - y, 0, OFF);
      for (let i = 0; i < points.length; i += 3) {
        const a = left + (points[i] as number);
        const p = top + (points[i + 1] as number);
        if (a < 0 || p < 0 || a >= w || p >= h) continue;
        sum += squares(data[p * w + a] as number, points[i + 2] as number);
        count++;
      }
    }
    for (const there of known) {
      const [a, p] = [left + there.x, top + there.y];
      if (Math.min(a, p) < 0 || a >= w || p >= h) continue;
      sum += squares(data[p * w + a] as number, there.word);
      count++;
    }
    const apart = count > 0 ? sum / count / this.placed.variance : 0;
    return apart + lags / Math.max(1, others.length);
  }

  /**
   * Of each neighbour: where it would have this block's corner; and points of the cut between, from the corner, each with the word
   * that the neighbour has there.
   */
  #othersOf(k: number): Beside[] {
    const { layout, scale, offsets } = this.placed;
    const { width: w, height: h, data } = this.exemplar;
    const [sx, sy] = scale;
    const [W, H] = layout.canvas;
    const here = layout.corners[k] as Point;
    const [middleX, middleY] = [(layout.width * sx) / 2, (layout.height * sy) / 2];
    const [cornerX, cornerY] = [Math.round(here.x * sx), Math.round(here.y * sy)];
    return [...(this.#cuts[k] ?? [])].map(([j, points]) => {
      const there = layout.corners[j] as Point;
      const o = offsets[j] as Point;
      const x = Math.round(there.x * sx + o.x - around(there.x - here.x, W) * sx);
      const y = Math.round(there.y * sy + o.y - around(there.y - here.y, H) * sy);
      const seen = new Int32Array((points.length / 2) * 3);
      let n = 0;
      for (let i = 0; i < points.length; i += 2) {
        const px = around((points[i] as number) - cornerX - middleX, W * sx) + middleX;
        const py = around((points[i + 1] as number) - cornerY - middleY, H * sy) + middleY;
        const [a, p] = [Math.trunc(px) + x, Math.trunc(py) + y];
        if (a < 0 || p < 0 || a >= w || p >= h) continue;
        seen[n++] = px;
        seen[n++] = py;
        seen[n++] = data[p * w + a] as number;
      }
      return { x, y, points: seen.subarray(0, n) };
    });
  }

  /** Some of the pixels in a block of the canvas that are known, from its corner. */
  #knownIn(left: number, top: number, bw: number, bh: number): KnownPixel[] {
    if (!this.#known) return [];
    const { pinned, words } = this.#known;
    const { width: W, height: H } = pinned.picture;
    const found: KnownPixel[] = [];
    for (let y = 0; y < bh; y += 4) {
      const row = ((Math.round(top) + y + H) % H) * W;
      for (let x = y % 3; x < bw; x += 4) {
        const at = row + ((Math.round(left) + x + W) % W);
        if (pinned.known[at]) found.push({ x, y, word: words[at] as number });
      }
    }
    return found;
  }
}

function cutsOfBlocks({ layout, labels, scale: [sx, sy] }: Placed): Map<number, number[]>[] {
  const [W, H] = layout.canvas;
  const cuts = layout.corners.map(() => new Map<number, number[]>());
  const add = (k: number, j: number, x: number, y: number): void => {
    const points = cuts[k]?.get(j) ?? [];
    for (let v = -AROUND; v <= AROUND; v += APART) {
      for (let u = -AROUND; u <= AROUND; u += APART) {
        points.push(Math.round((x + 0.5 + u) * sx), Math.round((y + 0.5 + v) * sy));
      }
    }
    cuts[k]?.set(j, points);
  };
  for (let y = 0; y < H; y++) {
    for (let x = 0; x < W; x++) {
      const k = labels[y * W + x] as number;
      if ((x + 2 * y) % EVERY !== 0 || k < 0) continue;
      for (const j of [labels[y * W + ((x + 1) % W)], labels[((y + 1) % H) * W + x]] as number[]) {
        if (j === k || j < 0) continue;
        add(k, j, x, y);
        add(j, k, x, y);
      }
    }
  }
  return cuts;
}

/** Where a cost is least around (0, 0), from afar first: wide steps, then half as wide. */
function leastAround(costAt: (x: number, y: number) => number, reach: number): Point {
  let best = { x: 0, y: 0 };
  let least = costAt(0, 0);
  for (let step = 2 ** Math.max(0, Math.ceil(Math.log2(reach / 2))); step >= 1; step /= 2) {
    const { x, y } = best;
    for (let v = -2; v <= 2; v++) {
      for (let u = -2; u <= 2; u++) {
        if (u === 0 && v === 0) continue;
        const cost = costAt(x + u * step, y + v * step);
        if (cost >= least) continue;
        least = cost;
        best = { x: x + u * step, y: y + v * step };
      }
    }
  }
  return best;
}
