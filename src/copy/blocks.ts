// Longer than most files: placing, cutting and moving a block all work on the tables of one canvas.
import type { Aborted } from '../base/aborted';
import { Rng } from '../base/rng';
import { turn } from '../base/turn';
import { around } from './around';
import type { Autocorrelation } from './autocorrelation';
import { type Cut, cutBands } from './block_cut';
import { distance, interleaved, lowest, offLattice, uniformAt } from './block_search';
import type { Size } from './field';
import type { Lattice } from './lattice';
import type { Pinned } from './pin';
import { boxSum, summed } from './planes';
import { type Guided, varianceOf } from './pyramid';
import { salience } from './salience';

/** The start of a match: squares copied from the exemplar, which overlap and are cut along the cheapest lines. */
export interface Blocks {
  /** Size of the map of labels. */
  readonly width: number;
  readonly height: number;
  /** Which block each pixel of that map belongs to; -1: none, where all about it is known. */
  readonly labels: Int32Array;
  /** Of each block: exemplar position less canvas position, in pixels of the full size. */
  readonly offsets: readonly { x: number; y: number }[];
  /** Middle of each block, as a share of the canvas's sides. */
  readonly middles: readonly { readonly x: number; readonly y: number }[];
}

export interface BlockOptions {
  readonly seed: number;
  /** Side of a block over the exemplar's shorter one. */
  readonly share: number;
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
  /** What is known of the canvas, at the size of the level and at the full one. */
  readonly pinned?: { readonly level: Pinned; readonly full: Pinned } | undefined;
  /** From when it is aborted, blocks are copied from the best of a few places. */
  readonly signal?: Aborted | undefined;
  /** A block is placed, or moved; share of the work. */
  onBlock?(share: number): void;
}

/** By how much smaller blocks are at the greatest variety. */
const SMALLER = 0.35;
/** Blocks overlap by this share of their sides. */
const OVERLAP = 0.35;
/** Pixels of an overlap that are compared: of every place, of the better ones, and of the best. */
const FEW = 16;
const MORE = 64;
const MANY = 640;
/** Places whose neighbours are looked at and that are compared more, that are compared closely, and whose cuts are. */
const SOME = 1024;
const BEST = 64;
const CUTS = 8;
/** How much it counts how far a cut is seen. */
const CUT = 0.5;
/** A difference across a cut counts half beside an edge of this many deviations of the exemplar. */
const SOFT = 0.15;
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
/** How much it counts that two copies lie apart as the exemplar's own parts do, at a peak of 1. */
const LATTICE = 0.5;

/** How often all blocks are moved, once they are placed. */
const SWEEPS = 2;
/** What it costs that two copies lie a pixel beside the lattice: where places are known to a pixel of the level, and to one of the full size. */
const OFF_COARSE = 0.3;
const OFF_FINE = 0.06;

/**
 * Copies blocks of the exemplar side by side over a torus, each from where it agrees best with those that lie there already
 * (Efros and Freeman, "Image quilting", SIGGRAPH 2001), all in scan order, the last ones closing on the first.
 * @param level exemplar at the size that blocks are compared at, of a canvas of `canvas` pixels
 * The event loop turns between blocks.
 * @param exemplar at the full size, of a canvas of `full` pixels
 */
export async function placeBlocks(
  level: Guided,
  canvas: Size,
  exemplar: Guided,
  full: Size,
  options: BlockOptions,
): Promise<Blocks> {
  const { signal, onBlock } = options;
  const placing = new Placing(level, canvas, full, options);
  let done = 0;
  const heard = async (): Promise<void> => {
    if (signal?.aborted) return;
    done++;
    onBlock?.(done / (placing.count * (1 + SWEEPS)));
    await turn();
  };
  for (let k = placing.next(); k >= 0; k = placing.next()) {
    placing.place(k, signal?.aborted ?? false);
    await heard();
  }
  for (const move of placing.moves(exemplar)) {
    if (signal?.aborted) break;
    move();
    await heard();
  }
  return placing.blocks();
}

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Neighbour {
  /** Where the block's top left pixel would lie in the exemplar if it went on as the neighbour does, in pixels of the full size. */
  readonly x: number;
  readonly y: number;
}

class Placing {
  readonly #nx: number;
  readonly #ny: number;
  /** Width and height of a block. */
  readonly #bw: number;
  readonly #bh: number;
  /** From one block to the next. */
  readonly #dx: number;
  readonly #dy: number;
  /** Pixels of the full size that one of the level has, along each axis. */
  readonly #scale: readonly [x: number, y: number];
  readonly #labels: Int32Array;
  readonly #canvas: Float32Array;
  readonly #pixels: Float32Array;
  readonly #variance: number;
  /** 1 where the canvas is known. */
  readonly #known: Uint8Array;
  /** What a block copied from each place costs wherever it lies: for its mean colour, and for what may not be copied. */
  readonly #always: Float32Array;
  readonly #corners: readonly Point[];
  /** Of the blocks that have been placed. */
  readonly #offsets: ({ x: number; y: number } | undefined)[];
  /** How often each pixel of the exemplar stands in the canvas; and for each of the canvas which one does, -1: none yet. */
  readonly #uses: Float64Array;
  readonly #from: Int32Array;
  readonly #salience: Float64Array;
  /** Of the block that is being cut. */
  readonly #below: Uint8Array;
  readonly #apart: Float32Array;
  readonly #across: Float32Array;
  readonly #down: Float32Array;
  readonly #lattice: number;
  readonly #offLattice: ((x: number, y: number) => number) | null;

  constructor(
    private readonly level: Guided,
    private readonly size: Size,
    full: Size,
    private readonly options: BlockOptions,
  ) {
    const [W, H] = size;
    const { width: w, height: h } = level;
    const side = Math.min(w, h);
    // Three blocks along the shorter side of the canvas at least: fewer would meet themselves.
    const block = Math.max(
      8,
      Math.min(
        side - 2,
        Math.round(side * options.share * (1 - SMALLER * options.variety)),
        Math.round(Math.min(W, H) / 2),
      ),
    );
    const spacing = Math.max(2, Math.floor(block * (1 - OVERLAP)));
    this.#nx = Math.max(1, Math.ceil(W / spacing - 0.3));
    this.#ny = Math.max(1, Math.ceil(H / spacing - 0.3));
    this.#dx = W / this.#nx;
    this.#dy = H / this.#ny;
    this.#bw = Math.min(w - 1, W, Math.ceil(this.#dx / (1 - OVERLAP)));
    this.#bh = Math.min(h - 1, H, Math.ceil(this.#dy / (1 - OVERLAP)));
    this.#scale = [full[0] / W, full[1] / H];
    this.#labels = new Int32Array(W * H).fill(-1);
    this.#canvas = options.pinned ? interleaved(options.pinned.level.picture) : new Float32Array(4 * W * H);
    this.#known = options.pinned?.level.known ?? new Uint8Array(W * H);
    // The first block lies across the corner of the canvas, so that the tile joins itself within blocks.
    this.#corners = Array.from({ length: this.#nx * this.#ny }, (_, k) => ({
      x: Math.round((k % this.#nx) * this.#dx - this.#bw / 2),
      y: Math.round(Math.floor(k / this.#nx) * this.#dy - this.#bh / 2),
    }));
    this.#offsets = this.#corners.map(() => undefined);
    this.#pixels = interleaved(level);
    this.#variance = 3 * varianceOf(level);
    this.#uses = new Float64Array(w * h);
    this.#from = new Int32Array(W * H).fill(-1);
    this.#salience = salience(level, options.correlation.feature / Math.max(...this.#scale));
    const area = this.#bw * this.#bh;
    this.#below = new Uint8Array(area);
    [this.#apart, this.#across, this.#down] = [new Float32Array(area), new Float32Array(area), new Float32Array(area)];
    this.#always = this.#alwaysCost();
    this.#offLattice = options.lattice && offLattice(options.lattice);
    this.#lattice = LATTICE / Math.max(0.15, options.correlation.peak);
  }

  #alwaysCost(): Float32Array {
    const { level, options } = this;
    const { width: w, height: h } = level;
    const [bw, bh] = [this.#bw, this.#bh];
    const forbidden = summed(
      options.allowed.map((v) => 1 - v),
      w,
      h,
    );
    const even = !options.regular && !options.pinned;
    const colours = even ? [0, 1, 2].map((c) => summed(level.data.subarray(c * w * h, (c + 1) * w * h), w, h)) : [];
    const out = new Float32Array((w - bw + 1) * (h - bh + 1));
    for (let i = 0; i < out.length; i++) {
      const [x, y] = [i % (w - bw + 1), Math.floor(i / (w - bw + 1))];
      const mean = (sums: Float64Array): number => boxSum(sums, w, x, y, x + bw, y + bh) / (bw * bh);
      let square = 0;
      for (const sums of colours) square += (mean(sums) - (sums[sums.length - 1] as number) / (w * h)) ** 2;
      out[i] = (MEAN * square) / this.#variance + FORBIDDEN * mean(forbidden);
    }
    return out;
  }

  blocks(): Blocks {
    const [width, height] = this.size;
    const middles = this.#corners.map(({ x, y }) => ({
      x: (x + this.#bw / 2) / width,
      y: (y + this.#bh / 2) / height,
    }));
    const offsets = this.#offsets.map((o) => o ?? { x: 0, y: 0 });
    return { width, height, labels: this.#labels, offsets, middles };
  }

  /**
   * The block to place now: in scan order; where something is known, the one of which most is there (as of Criminisi, Perez and
   * Toyama, "Region filling and object removal by exemplar-based image inpainting", TIP 2004). -1: all is filled.
   */
  next(): number {
    if (!this.options.pinned) return this.#offsets.indexOf(undefined);
    let most = -1;
    let best = -1;
    for (const [k, offset] of this.#offsets.entries()) {
      if (offset) continue;
      let filled = 0;
      let known = 0;
      for (const i of this.#pixelsOf(k)) {
        filled += Number(this.#filled(i));
        known += this.#known[i] as number;
      }
      if (known === this.#bw * this.#bh || filled <= most) continue;
      most = filled;
      best = k;
    }
    return best;
  }

  /** Of each pixel of block k, where it is on the canvas. */
  #pixelsOf(k: number): Int32Array {
    const [W, H] = this.size;
    const [bw, bh] = [this.#bw, this.#bh];
    const { x: left, y: top } = this.#corners[k] as Point;
    const window = new Int32Array(bw * bh);
    for (let i = 0; i < bw * bh; i++) {
      window[i] = ((top + Math.floor(i / bw) + H) % H) * W + ((left + (i % bw) + W) % W);
    }
    return window;
  }

  #filled(i: number): boolean {
    return (this.#labels[i] as number) >= 0 || this.#known[i] === 1;
  }

  get count(): number {
    return this.#corners.length;
  }

  place(k: number, hasty: boolean): void {
    const { x: left, y: top } = this.#corners[k] as Point;
    const window = this.#pixelsOf(k);
    const found = hasty ? this.#hastyPlace(k, window) : this.#bestPlace(k, window);
    this.#offsets[k] = { x: (found.x - left) * this.#scale[0], y: (found.y - top) * this.#scale[1] };
    this.#paste(k, found, window);
  }

  /** The pixels of a block where something lies already. */
  #overlap(window: Int32Array): number[] {
    const filled: number[] = [];
    for (let i = 0; i < window.length; i++) if (this.#filled(window[i] as number)) filled.push(i);
    return filled;
  }

  /** The best of a few places by its overlap and what may be copied. */
  #hastyPlace(k: number, window: Int32Array): Point {
    const rng = new Rng(this.options.seed, 1000 + k);
    const sample = this.#sample(this.#overlap(window), FEW, window, rng);
    const across = this.level.width - this.#bw + 1;
    let [best, least] = [0, Number.POSITIVE_INFINITY];
    for (let n = 0; n < HASTE; n++) {
      const i = Math.floor(rng.uniform() * this.#always.length);
      const apart = this.#difference(sample, i % across, Math.floor(i / across)) / this.#variance;
      const cost = (this.#always[i] as number) + apart;
      if (cost < least) [best, least] = [i, cost];
    }
    return { x: best % across, y: Math.floor(best / across) };
  }

  #bestPlace(k: number, window: Int32Array): Point {
    const { level, options } = this;
    const { width: w, height: h } = level;
    const [bw, bh] = [this.#bw, this.#bh];
    const cw = w - bw + 1;
    const ch = h - bh + 1;
    const stride = Math.max(1, Math.round(Math.sqrt((cw * ch) / PLACES)));
    const filled = this.#overlap(window);
    const rng = new Rng(options.seed, 1000 + k);
    const few = this.#sample(filled, FEW, window, rng);
    const uses = this.#usesAround(k);
    const use = options.pinned ? USE_PINNED : USE * options.evenness;
    const across = Math.ceil(cw / stride);
    const count = across * Math.ceil(ch / stride);
    const chance = filled.length > 0 ? CHANCE : CHANCE_ALONE;
    const area = bw * bh;
    const sides = new Float64Array(count);
    const costs = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const x = (i % across) * stride;
      const y = Math.floor(i / across) * stride;
      const cost =
        (this.#always[y * cw + x] as number) +
        (use * boxSum(uses, w, x, y, x + bw, y + bh)) / area +
        chance * uniformAt(options.seed, k, i);
      sides[i] = cost;
      costs[i] = cost + this.#difference(few, x, y) / this.#variance;
    }
    const place = (i: number): Point => ({ x: (i % across) * stride, y: Math.floor(i / across) * stride });
    const neighbours = this.#neighboursOf(k);
    let best = lowest(costs, null, SOME);
    const more = this.#sample(filled, MORE, window, rng);
    for (const i of best) {
      const { x, y } = place(i);
      const fits = this.#fitsNeighbours(x, y, neighbours);
      sides[i] = (sides[i] as number) + fits;
      costs[i] = (sides[i] as number) + this.#difference(more, x, y) / this.#variance;
    }
    best = lowest(costs, best, BEST);
    const many = this.#sample(filled, MANY, window, rng);
    for (const i of best) {
      const { x, y } = place(i);
      costs[i] = (sides[i] as number) + this.#difference(many, x, y) / this.#variance;
    }
    best = lowest(costs, best, CUTS);
    if (filled.length > 0) {
      for (const i of best) costs[i] = (costs[i] as number) + CUT * this.#cut(place(i), window).cost;
    }
    return place(lowest(costs, best, 1)[0] as number);
  }

  /** How often each pixel of the exemplar stands in the canvas, more so near block k, and where it would be noticed: summed up. */
  #usesAround(k: number): Float64Array {
    const [W, H] = this.size;
    const here = this.#corners[k] as Point;
    const [middleX, middleY] = [Math.round(here.x + this.#bw / 2), Math.round(here.y + this.#bh / 2)];
    const far = NEAR * Math.min(this.level.width, this.level.height);
    const [reachX, reachY] = [Math.min(W / 2, 1.5 * far), Math.min(H / 2, 1.5 * far)].map(Math.floor) as [
      number,
      number,
    ];
    const weight = Float64Array.from({ length: 2 * Math.max(reachX, reachY) + 1 }, (_, d) =>
      Math.exp(-((d / far) ** 2)),
    );
    const uses = new Float64Array(this.#uses.length);
    for (let i = 0; i < uses.length; i++) uses[i] = FAR * (this.#uses[i] as number);
    // Every second pixel, for four.
    for (let dy = -reachY; dy < reachY; dy += 2) {
      const row = ((((middleY + dy) % H) + H) % H) * W;
      const down = 4 * NEARBY * (weight[Math.abs(dy)] as number);
      for (let dx = -reachX; dx < reachX; dx += 2) {
        const from = this.#from[row + ((((middleX + dx) % W) + W) % W)] as number;
        if (from >= 0) uses[from] = (uses[from] as number) + down * (weight[Math.abs(dx)] as number);
      }
    }
    for (let i = 0; i < uses.length; i++) uses[i] = (uses[i] as number) * (this.#salience[i] as number);
    return summed(uses, this.level.width, this.level.height);
  }

  /** Where a copy at (x, y) lies beside the copies around it: as parts of the exemplar lie that look alike, and not just where they end. */
  #fitsNeighbours(x: number, y: number, neighbours: readonly Neighbour[]): number {
    if (neighbours.length === 0) return 0;
    const [sx, sy] = this.#scale;
    let cost = 0;
    for (const n of neighbours) {
      const dx = x * sx - n.x;
      const dy = y * sy - n.y;
      cost -= (this.#lattice * this.options.correlation.at(dx, dy)) / neighbours.length;
      cost += (OFF_COARSE * this.#off(dx, dy, 0.7 * sx)) / neighbours.length;
      if (Math.abs(dx) + Math.abs(dy) < 2 * sx) cost += this.options.variety;
    }
    return cost;
  }

  /** By how much more than `slack` pixels a lag is off the lattice, squared, and at most 16. */
  #off(dx: number, dy: number, slack: number): number {
    return this.#offLattice ? Math.min(16, Math.max(0, this.#offLattice(dx, dy) - slack) ** 2) : 0;
  }

  #neighboursOf(k: number): Neighbour[] {
    const here = this.#corners[k] as { x: number; y: number };
    const [sx, sy] = this.#scale;
    return this.#offsets.flatMap((offset, j) => {
      const there = this.#corners[j];
      if (!offset || j === k || !there || !this.#adjacent(j, k)) return [];
      const x = (there.x + around(here.x - there.x, this.size[0])) * sx + offset.x;
      const y = (there.y + around(here.y - there.y, this.size[1])) * sy + offset.y;
      return [{ x, y }];
    });
  }

  #adjacent(i: number, j: number): boolean {
    const dx = Math.abs((i % this.#nx) - (j % this.#nx));
    const dy = Math.abs(Math.floor(i / this.#nx) - Math.floor(j / this.#nx));
    return Math.min(dx, this.#nx - dx) <= 1 && Math.min(dy, this.#ny - dy) <= 1;
  }

  /** At most `count` pixels of the overlap, one of each of so many equal parts: five numbers each, where in the block, and the canvas. */
  #sample(filled: readonly number[], count: number, window: Int32Array, rng: Rng): Float32Array {
    const n = Math.min(filled.length, count);
    const w = this.level.width;
    const out = new Float32Array(5 * n);
    for (let k = 0; k < n; k++) {
      const i = filled[Math.min(filled.length - 1, Math.floor(((k + rng.uniform()) * filled.length) / n))] as number;
      out[5 * k] = 4 * (Math.floor(i / this.#bw) * w + (i % this.#bw));
      for (let c = 0; c < 4; c++) out[5 * k + 1 + c] = this.#canvas[4 * (window[i] as number) + c] as number;
    }
    return out;
  }

  /** Mean squared difference of a sample and the exemplar at (x, y). */
  #difference(sample: Float32Array, x: number, y: number): number {
    const pixels = this.#pixels;
    const from = 4 * (y * this.level.width + x);
    const n = sample.length;
    if (n === 0) return 0;
    let sum = 0;
    for (let k = 0; k < n; k += 5) {
      const p = from + (sample[k] as number);
      const r = (sample[k + 1] as number) - (pixels[p] as number);
      const g = (sample[k + 2] as number) - (pixels[p + 1] as number);
      const b = (sample[k + 3] as number) - (pixels[p + 2] as number);
      const o = (sample[k + 4] as number) - (pixels[p + 3] as number);
      sum += r * r + g * g + b * b + o * o;
    }
    return (5 * sum) / n;
  }

  /** How a block copied from (x, y) is cut where it overlaps: along what is an edge in either picture, or where both look alike. */
  #cut({ x, y }: Point, window: Int32Array): Cut {
    const { width: w } = this.level;
    const [bw, bh] = [this.#bw, this.#bh];
    const [canvas, pixels] = [this.#canvas, this.#pixels];
    const filled = this.#below;
    const apart = this.#apart;
    for (let i = 0; i < bw * bh; i++) {
      const q = window[i] as number;
      filled[i] = this.#filled(q) ? 1 : 0;
      apart[i] = 0;
      if (filled[i] === 0) continue;
      const p = 4 * ((y + Math.floor(i / bw)) * w + x + (i % bw));
      apart[i] = distance(canvas, 4 * q, pixels, p);
    }
    const soft = SOFT * Math.sqrt(this.#variance);
    const between = (i: number, j: number, step: number): number => {
      const both = (filled[i] as number) + (filled[j] as number);
      if (both === 0) return 0;
      const p = 4 * ((y + Math.floor(i / bw)) * w + x + (i % bw));
      const edge = distance(pixels, p, pixels, p + 4 * step);
      // Where only one of the two has something below, what is below is taken to go on as the block does.
      const below = both === 1 ? edge : distance(canvas, 4 * (window[i] as number), canvas, 4 * (window[j] as number));
      return ((2 / both) * ((apart[i] as number) + (apart[j] as number))) / (edge + below + soft);
    };
    for (let v = 0; v < bh; v++) {
      for (let u = 0; u < bw; u++) {
        const i = v * bw + u;
        this.#across[i] = u + 1 < bw ? between(i, i + 1, 1) : 0;
        this.#down[i] = v + 1 < bh ? between(i, i + bw, w) : 0;
      }
    }
    return cutBands({
      width: bw,
      height: bh,
      // A band goes as far in as a neighbour's block reaches.
      band: [
        Math.min(Math.max(2, bw - Math.floor(this.#dx)), bw >> 1),
        Math.min(Math.max(2, bh - Math.floor(this.#dy)), bh >> 1),
      ],
      filled,
      across: this.#across,
      down: this.#down,
    });
  }

  #paste(k: number, place: Point, window: Int32Array): void {
    const { width: w } = this.level;
    const { keep } = this.#cut(place, window);
    for (let i = 0; i < keep.length; i++) {
      const q = window[i] as number;
      if (this.#known[q]) {
        // It stays; patches that begin here reach into the block.
        if ((this.#labels[q] as number) < 0) this.#labels[q] = k;
        continue;
      }
      if ((this.#labels[q] as number) >= 0 && !keep[i]) continue;
      const p = (place.y + Math.floor(i / this.#bw)) * w + place.x + (i % this.#bw);
      this.#labels[q] = k;
      const before = this.#from[q] as number;
      if (before >= 0) this.#uses[before] = (this.#uses[before] as number) - 1;
      this.#uses[p] = (this.#uses[p] as number) + 1;
      this.#from[q] = p;
      for (let c = 0; c < 4; c++) this.#canvas[4 * q + c] = this.#pixels[4 * p + c] as number;
    }
  }

  /** Places were found to a pixel of the level: each move takes one by up to that much to where it agrees best along its cuts at the full size. */
  *moves(exemplar: Guided): Generator<() => void> {
    const reach = Math.ceil(Math.max(...this.#scale));
    const cuts = this.#cutsOfBlocks();
    for (let sweep = 0; sweep < SWEEPS; sweep++) {
      for (const [k, offset] of this.#offsets.entries()) {
        if (offset) yield () => this.#refineOne(exemplar, k, offset, reach, cuts[k] ?? new Map());
      }
    }
  }

  /** Of each block, along its cuts with each other block, points of the canvas at the full size: x, y, x, y ... */
  #cutsOfBlocks(): Map<number, number[]>[] {
    const [W, H] = this.size;
    const [sx, sy] = this.#scale;
    const cuts = Array.from({ length: this.#corners.length }, () => new Map<number, number[]>());
    const add = (k: number, j: number, x: number, y: number): void => {
      const points = cuts[k]?.get(j) ?? [];
      for (let v = -4; v <= 4; v += 2) {
        for (let u = -4; u <= 4; u += 2) points.push(Math.round((x + 0.5 + u) * sx), Math.round((y + 0.5 + v) * sy));
      }
      cuts[k]?.set(j, points);
    };
    for (let y = 0; y < H; y++) {
      for (let x = 0; x < W; x++) {
        const k = this.#labels[y * W + x] as number;
        if ((x + 2 * y) % 3 !== 0 || k < 0) continue;
        for (const j of [this.#labels[y * W + ((x + 1) % W)], this.#labels[((y + 1) % H) * W + x]] as number[]) {
          if (j === k || j < 0) continue;
          add(k, j, x, y);
          add(j, k, x, y);
        }
      }
    }
    return cuts;
  }

  #refineOne(
    { width: w, height: h, data }: Guided,
    k: number,
    offset: { x: number; y: number },
    reach: number,
    cuts: Map<number, number[]>,
  ): void {
    const [sx, sy] = this.#scale;
    const n = w * h;
    const here = this.#corners[k] as Point;
    const [bw, bh] = [this.#bw * sx, this.#bh * sy];
    const full = [this.size[0] * sx, this.size[1] * sy] as const;
    const [startX, startY] = [Math.round(here.x * sx + offset.x), Math.round(here.y * sy + offset.y)];
    const [cornerX, cornerY] = [Math.round(here.x * sx), Math.round(here.y * sy)];
    // Of each neighbour: where it would have this block's corner; and points of the cut between, from the corner.
    const others = [...cuts].map(([j, points]) => {
      const there = this.#corners[j] as Point;
      const o = this.#offsets[j] as Point;
      const x = Math.round(there.x * sx + o.x - around(there.x - here.x, this.size[0]) * sx);
      const y = Math.round(there.y * sy + o.y - around(there.y - here.y, this.size[1]) * sy);
      const from = Int32Array.from(points, (p, i) =>
        i % 2 === 0 ? around(p - cornerX - bw / 2, full[0]) + bw / 2 : around(p - cornerY - bh / 2, full[1]) + bh / 2,
      );
      return { x, y, points: from };
    });
    const { correlation, pinned } = this.options;
    const known = pinned ? knownIn(pinned.full, here.x * sx, here.y * sy, bw, bh) : [];
    const costAt = (u: number, v: number): number => {
      let sum = 0;
      let count = 0;
      let lattice = 0;
      let off = 0;
      for (const { x, y, points } of others) {
        lattice += correlation.at(startX + u - x, startY + v - y);
        off += this.#off(startX + u - x, startY + v - y, 0);
        for (let i = 0; i < points.length; i += 2) {
          const [px, py] = [points[i] as number, points[i + 1] as number];
          const [ax, ay, bx, by] = [startX + u + px, startY + v + py, x + px, y + py];
          if (ax < 0 || ay < 0 || bx < 0 || by < 0 || ax >= w || ay >= h || bx >= w || by >= h) continue;
          for (let c = 0; c < 4; c++) {
            sum += ((data[c * n + ay * w + ax] as number) - (data[c * n + by * w + bx] as number)) ** 2;
          }
          count++;
        }
      }
      for (const there of known) {
        const [a, p] = [startX + u + there.x, startY + v + there.y];
        if (Math.min(a, p) < 0 || a >= w || p >= h) continue;
        for (let c = 0; c < 4; c++) sum += ((data[c * n + p * w + a] as number) - (there.colour[c] as number)) ** 2;
        count++;
      }
      return (
        (count > 0 ? sum / count / this.#variance : 0) -
        (this.#lattice * lattice) / Math.max(1, others.length) +
        (OFF_FINE * off) / Math.max(1, others.length) +
        1e-4 * (u * u + v * v)
      );
    };
    // From afar first: wide steps, then half as wide.
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
    offset.x = startX + best.x - here.x * sx;
    offset.y = startY + best.y - here.y * sy;
  }
}

interface KnownPixel {
  /** Within the block. */
  readonly x: number;
  readonly y: number;
  readonly colour: readonly number[];
}

/** Some of the pixels in a block of the canvas that are known. */
function knownIn({ picture, known }: Pinned, left: number, top: number, bw: number, bh: number): KnownPixel[] {
  const { width: W, height: H, data } = picture;
  const found: KnownPixel[] = [];
  for (let y = 0; y < bh; y += 4) {
    const row = ((Math.round(top) + y + H) % H) * W;
    for (let x = y % 3; x < bw; x += 4) {
      const at = row + ((Math.round(left) + x + W) % W);
      if (known[at]) found.push({ x, y, colour: [0, 1, 2, 3].map((c) => data[c * W * H + at] as number) });
    }
  }
  return found;
}
