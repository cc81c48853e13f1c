import { Rng } from '../base/rng';
import { around } from './around';
import type { Autocorrelation } from './autocorrelation';
import { LagCost } from './block_lattice';
import type { BlockLayout, Point } from './block_layout';
import { difference, narrowed, type Sample, sampled, scan, type Words, wordsOf } from './block_scan';
import type { Seams } from './block_seams';
import { lowest, uniformAt } from './block_search';
import type { Lattice } from './lattice';
import { boxSum, summed } from './planes';
import type { Guided } from './pyramid';
import { salience } from './salience';

export interface ChoiceOptions {
  readonly seed: number;
  /** What a block costs whose copy goes on where a neighbour's ends: 0, nothing, to 1. */
  readonly variety: number;
  /** How much it matters that all parts are used equally often; 1 is usual. */
  readonly evenness: number;
  /** The exemplar is regular: its lattice is kept, rather than its mean colour. */
  readonly regular: boolean;
  /** Of the exemplar at the full size. */
  readonly correlation: Autocorrelation;
  readonly lattice: Lattice | null;
  /** [h, w] of the level, 1 for the pixels of the exemplar that may be copied. */
  readonly allowed: Uint8Array;
}

/** What has been laid on the canvas. */
export interface Laid {
  readonly layout: BlockLayout;
  /** Pixels of the full size that one of the level has, along each axis. */
  readonly scale: readonly [x: number, y: number];
  /** [H, W], as of `wordsOf`. */
  readonly words: Int32Array;
  /** Which pixel of the exemplar stands in each of the canvas, -1: none of them. */
  readonly from: Int32Array;
  /** How often each pixel of the exemplar stands there. */
  readonly uses: Float64Array;
  /** Of the blocks that have been placed: exemplar position less canvas position, in pixels of the full size. */
  readonly offsets: readonly (Point | undefined)[];
  /** Something of the canvas was known before. */
  readonly pinned: boolean;
  readonly variance: number;
  isFilled(pixel: number): boolean;
}

interface Neighbour extends Point {
  readonly piece: { blocks: number };
}

/** Pixels of an overlap that are compared: of every place, of the better ones, and of the best. */
const FEW = 16;
const MORE = 64;
const MANY = 640;
/** Places whose neighbours are looked at and that are compared more, that are compared closely, and whose cuts are. */
const SOME = 1024;
const BEST = 64;
const CUTS = 64;
/** How much it counts how far a cut is seen. */
const CUT = 2;
/** More places than this are not all tried: every second one, or third. */
const PLACES = 30_000;
/** Places that are tried for a block once the work is to stop. */
const HASTE = 32;
/** What matters besides the overlap, in units of the exemplar's variance: earlier use, the mean colour, chance. */
const USE = 1;
/** A use counts FAR, and NEARBY more where it is much nearer than this share of the exemplar's side. */
const NEAR = 0.6;
const FAR = 0.6;
const NEARBY = 1;
const MEAN = 3;
const CHANCE = 0.02;
/** Where most is given, what agrees with it counts. */
const USE_PINNED = 0.1;
const CHANCE_ALONE = 0.3;
/** What it costs, for all of a block, that it may not be copied. */
const FORBIDDEN = 100;
/** What it costs that two copies lie a pixel beside the lattice, where places are known to a pixel of the level. */
const OFF = 0.3;

/** What it costs to make a piece that covers more than this share of the canvas, of blocks that go on where their neighbours end. */
export const MOST = 0.25;
/** Blocks so near to going on where others end, in pixels of the level, are moved together later. */
const JOINS = 8;
const TOO_LARGE = 10;
/** Half of what blocks overlap, to either side, in steps from one to the next: as much larger a piece of them is. */
const BEYOND = 0.35;

/** Where in the exemplar each block is best copied from. */
export class Choice {
  readonly exemplar: Words;
  /** What a block copied from each place costs wherever it lies: for its mean colour, and for what may not be copied. */
  readonly #always: Float32Array;
  readonly #across: number;
  readonly #salience: Float64Array;
  readonly #lags: LagCost;
  /** For `#usesAround`, written anew for each block. */
  readonly #uses: Float64Array;
  readonly #usesSummed: Float64Array;
  /** Of each block that has been placed, how many blocks its piece is of, shared by all of them. */
  readonly #pieces: { blocks: number }[] = [];

  constructor(
    private readonly level: Guided,
    private readonly laid: Laid,
    private readonly seams: Seams,
    private readonly options: ChoiceOptions,
  ) {
    this.exemplar = wordsOf(level);
    this.#across = level.width - laid.layout.width + 1;
    this.#salience = salience(level, options.correlation.feature / Math.max(...laid.scale));
    this.#uses = new Float64Array(level.width * level.height);
    this.#usesSummed = new Float64Array((level.width + 1) * (level.height + 1));
    this.#always = this.#alwaysCost();
    this.#lags = new LagCost(options.correlation, options.lattice);
  }

  #alwaysCost(): Float32Array {
    const { level, options, laid } = this;
    const { width: w, height: h } = level;
    const { width: bw, height: bh } = laid.layout;
    const forbidden = summed(
      options.allowed.map((v) => 1 - v),
      w,
      h,
    );
    const even = !options.regular && !laid.pinned;
    const colours = even ? [0, 1, 2].map((c) => summed(level.data.subarray(c * w * h, (c + 1) * w * h), w, h)) : [];
    const out = new Float32Array(this.#across * (h - bh + 1));
    for (let i = 0; i < out.length; i++) {
      const [x, y] = [i % this.#across, Math.floor(i / this.#across)];
      const mean = (sums: Float64Array): number => boxSum(sums, w, x, y, x + bw, y + bh) / (bw * bh);
      let square = 0;
      for (const sums of colours) square += (mean(sums) - (sums[sums.length - 1] as number) / (w * h)) ** 2;
      out[i] = (MEAN * square) / laid.variance + FORBIDDEN * mean(forbidden);
    }
    return out;
  }

  /** The best of a few places by its overlap and what may be copied. */
  hasty(k: number, window: Int32Array): Point {
    const { laid } = this;
    const rng = new Rng(this.options.seed, 1000 + k);
    const sample = this.#sample(this.#overlap(window), FEW, window, rng);
    let [best, least] = [0, Number.POSITIVE_INFINITY];
    for (let n = 0; n < HASTE; n++) {
      const i = Math.floor(rng.uniform() * this.#always.length);
      const place = Math.floor(i / this.#across) * this.level.width + (i % this.#across);
      const cost = (this.#always[i] as number) + difference(sample, this.exemplar, place) / laid.variance;
      if (cost < least) [best, least] = [i, cost];
    }
    return { x: best % this.#across, y: Math.floor(best / this.#across) };
  }

  /** The best place for a block by its overlap with what lies there: all of that, or the given pixels of the block. */
  best(k: number, window: Int32Array, filled: readonly number[] = this.#overlap(window)): Point {
    const { level, laid, exemplar } = this;
    const w = level.width;
    const [cw, ch] = [this.#across, level.height - laid.layout.height + 1];
    const stride = Math.max(1, Math.round(Math.sqrt((cw * ch) / PLACES)));
    const [across, down] = [Math.ceil(cw / stride), Math.ceil(ch / stride)];
    const rng = new Rng(this.options.seed, 1000 + k);
    const few = this.#sample(filled, FEW, window, rng);
    const sides = this.#sides(k, { stride, across, down }, filled.length > 0 ? CHANCE : CHANCE_ALONE);
    const sums = scan(few, exemplar, { stride, across, down });
    const scale = few.length > 0 ? 2 / (few.length * laid.variance) : 0;
    const costs = sides.slice();
    for (let i = 0; i < costs.length; i++) costs[i] = (costs[i] as number) + (sums[i] as number) * scale;
    const place = (i: number): Point => ({ x: (i % across) * stride, y: Math.floor(i / across) * stride });
    const pixelOf = (i: number): number => Math.floor(i / across) * stride * w + (i % across) * stride;
    const neighbours = this.#around(k);
    let best = lowest(costs, null, SOME);
    for (const i of best) sides[i] = (sides[i] as number) + this.#fitsNeighbours(place(i), neighbours);
    const found = { sides, costs, pixelOf };
    for (const [pixels, count] of [
      [MORE, BEST],
      [MANY, CUTS],
    ] as const) {
      const sample = this.#sample(filled, pixels, window, rng);
      best = narrowed(best, count, { sample, exemplar, variance: laid.variance }, found);
    }
    return place(filled.length > 0 ? this.#leastCut(best, costs, pixelOf) : (lowest(costs, best, 1)[0] as number));
  }

  /** The one of the places that costs least, its cut included. */
  #leastCut(among: Int32Array, costs: Float64Array, pixelOf: (i: number) => number): number {
    const order = [...among].sort((a, b) => (costs[a] as number) - (costs[b] as number) || a - b);
    let [best, least] = [order[0] as number, Number.POSITIVE_INFINITY];
    for (const i of order) {
      const own = costs[i] as number;
      // A cut costs something: what costs as much without one is not better.
      if (own >= least) break;
      const cost = own + CUT * this.seams.cost(pixelOf(i), (least - own) / CUT);
      if (cost < least) [best, least] = [i, cost];
    }
    return best;
  }

  /** What a block costs at each place but for the overlap and its neighbours: earlier use, what it always does, and chance. */
  #sides(k: number, grid: { stride: number; across: number; down: number }, chance: number): Float64Array {
    const { laid, options } = this;
    const { stride, across, down } = grid;
    const { width: bw, height: bh } = laid.layout;
    const row = this.level.width + 1;
    const uses = this.#usesAround(k);
    const each = (laid.pinned ? USE_PINNED : USE * options.evenness) / (bw * bh);
    const sides = new Float64Array(across * down);
    for (let v = 0, i = 0; v < down; v++) {
      const [top, bottom] = [v * stride * row, (v * stride + bh) * row];
      for (let u = 0, x = 0; u < across; u++, x += stride, i++) {
        const used =
          (uses[bottom + x + bw] as number) -
          (uses[top + x + bw] as number) -
          (uses[bottom + x] as number) +
          (uses[top + x] as number);
        const always = this.#always[v * stride * this.#across + x] as number;
        sides[i] = always + each * used + chance * uniformAt(options.seed, k, i);
      }
    }
    return sides;
  }

  /** How often each pixel of the exemplar stands in the canvas, more so near block k, and where it would be noticed: summed up. */
  #usesAround(k: number): Float64Array {
    const { layout, from, uses: everywhere } = this.laid;
    const { width: w, height: h } = this.level;
    const [W, H] = layout.canvas;
    const here = layout.corners[k] as Point;
    const [middleX, middleY] = [Math.round(here.x + layout.width / 2), Math.round(here.y + layout.height / 2)];
    const far = NEAR * Math.min(w, h);
    const reachX = Math.floor(Math.min(W / 2, 1.5 * far));
    const reachY = Math.floor(Math.min(H / 2, 1.5 * far));
    const weight = Float64Array.from({ length: 2 * Math.max(reachX, reachY) + 1 }, (_, d) =>
      Math.exp(-((d / far) ** 2)),
    );
    const uses = this.#uses;
    // What is used twice as often as the rest counts four times, what is conspicuous sooner: no block hides it among what is used seldom.
    const usual = Math.max(1, everywhere.reduce((sum, u) => sum + u, 0) / uses.length);
    for (let i = 0; i < uses.length; i++) {
      const used = everywhere[i] as number;
      uses[i] = FAR * used * Math.max(1, (used * Math.max(1, this.#salience[i] as number)) / usual);
    }
    // Every second pixel, for four.
    const columns = Int32Array.from({ length: reachX }, (_, i) => (middleX - reachX + 2 * i + 2 * W) % W);
    for (let dy = -reachY; dy < reachY; dy += 2) {
      const row = ((middleY + dy + 2 * H) % H) * W;
      const down = 4 * NEARBY * (weight[Math.abs(dy)] as number);
      for (let i = 0; i < reachX; i++) {
        const p = from[row + (columns[i] as number)] as number;
        if (p >= 0) uses[p] = (uses[p] as number) + down * (weight[Math.abs(2 * i - reachX)] as number);
      }
    }
    for (let i = 0; i < uses.length; i++) uses[i] = (uses[i] as number) * (this.#salience[i] as number);
    return summed(uses, w, h, this.#usesSummed);
  }

  /** Where a copy lies beside the copies around it: as parts of the exemplar lie that look alike, and not just where they end. */
  #fitsNeighbours(place: Point, neighbours: readonly Neighbour[]): number {
    const [sx, sy] = this.laid.scale;
    let cost = 0;
    const joined = new Set<{ blocks: number }>();
    for (const n of neighbours) {
      cost += this.#lags.at(place.x * sx - n.x, place.y * sy - n.y, 0.7 * sx, OFF) / neighbours.length;
      if (this.#goesOn(place, n, 2)) cost += this.options.variety;
      if (this.#goesOn(place, n, JOINS)) joined.add(n.piece);
    }
    if (joined.size === 0) return cost;
    let blocks = 1;
    for (const piece of joined) blocks += piece.blocks;
    return this.#covers(blocks) > MOST ? cost + TOO_LARGE : cost;
  }

  #goesOn({ x, y }: Point, n: Point, within: number): boolean {
    const [sx, sy] = this.laid.scale;
    return Math.abs(x * sx - n.x) + Math.abs(y * sy - n.y) < within * sx;
  }

  /** Takes note of where block k has been copied from. */
  placed(k: number, place: Point): void {
    const own = { blocks: 1 };
    const joined = new Set(this.#around(k).flatMap((n) => (this.#goesOn(place, n, JOINS) ? [n.piece] : [])));
    for (const piece of joined) own.blocks += piece.blocks;
    this.#pieces[k] = own;
    if (joined.size === 0) return;
    for (const [j, piece] of this.#pieces.entries()) if (piece && joined.has(piece)) this.#pieces[j] = own;
  }

  /** The share of the canvas that a piece of so many blocks covers, about. */
  #covers(blocks: number): number {
    return (Math.sqrt(blocks) + BEYOND) ** 2 / this.laid.layout.count;
  }

  /** The share of the canvas that the largest piece covers, about. */
  get largest(): number {
    return this.#covers(this.#pieces.reduce((most, p) => Math.max(most, p?.blocks ?? 0), 0));
  }

  /** Of each block beside block k that has been placed: where k's corner would lie in the exemplar if it went on as that does, pixels of the full size. */
  #around(k: number): Neighbour[] {
    const { layout, offsets, scale } = this.laid;
    const here = layout.corners[k] as Point;
    return layout.beside(k).flatMap((j) => {
      const offset = offsets[j];
      if (!offset) return [];
      const there = layout.corners[j] as Point;
      const x = (there.x + around(here.x - there.x, layout.canvas[0])) * scale[0] + offset.x;
      const y = (there.y + around(here.y - there.y, layout.canvas[1])) * scale[1] + offset.y;
      return [{ x, y, piece: this.#pieces[j] as { blocks: number } }];
    });
  }

  /** The pixels of a block where something lies already. */
  #overlap(window: Int32Array): number[] {
    const filled: number[] = [];
    for (let i = 0; i < window.length; i++) if (this.laid.isFilled(window[i] as number)) filled.push(i);
    return filled;
  }

  #sample(filled: readonly number[], count: number, window: Int32Array, rng: Rng): Sample {
    const bw = this.laid.layout.width;
    const at = (i: number): number => Math.floor(i / bw) * this.level.width + (i % bw);
    const word = (i: number): number => this.laid.words[window[i] as number] as number;
    return sampled(filled, count, { at, word }, rng);
  }
}
