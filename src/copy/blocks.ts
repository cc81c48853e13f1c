import { Rng } from '../base/rng';
import type { Autocorrelation } from './autocorrelation';
import { cutBands } from './block_cut';
import type { Size } from './field';
import type { Lattice } from './lattice';
import type { Pinned } from './pin';
import { boxSum, summed } from './planes';
import { type Guided, varianceOf } from './pyramid';

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
  /** The exemplar is regular: its lattice is kept, rather than its mean colour. */
  readonly regular: boolean;
  /** Of the exemplar at the full size. */
  readonly correlation: Autocorrelation;
  readonly lattice: Lattice | null;
  /** [h, w] of the level, 1 for the pixels of the exemplar that may be copied. */
  readonly allowed: Uint8Array;
  /** What is known of the canvas, at the size of the level and at the full one. */
  readonly pinned?: { readonly level: Pinned; readonly full: Pinned } | undefined;
}

/** Blocks overlap by this share of their sides. */
const OVERLAP = 0.35;
/** Pixels of an overlap that are compared: of every place first, and of the best places then. */
const FEW = 64;
const MANY = 640;
const BEST = 64;
/** More places than this are not all tried: every second one, or third. */
const PLACES = 30_000;
/** What matters besides the overlap, in units of the exemplar's variance: earlier use, the mean colour, chance. */
const USE = 1;
const MEAN = 3;
const CHANCE = 0.02;
/** Where most is given, what agrees with it counts. */
const USE_PINNED = 0.1;
const CHANCE_ALONE = 0.3;
/** What it costs, for all of a block, that it may not be copied. */
const FORBIDDEN = 100;
/** How much it counts that two copies lie apart as the exemplar's own parts do, at a peak of 1. */
const LATTICE = 0.5;

/** What it costs that two copies lie a pixel beside the lattice: where places are known to a pixel of the level, and to one of the full size. */
const OFF_COARSE = 0.3;
const OFF_FINE = 0.06;

/** Difference on a circle of circumference n, -n/2..n/2. */
export const around = (d: number, n: number): number => d - n * Math.floor(d / n + 0.5);

/**
 * Copies blocks of the exemplar side by side over a torus, each from where it agrees best with those that lie there already
 * (Efros and Freeman, "Image quilting", SIGGRAPH 2001), all in scan order, the last ones closing on the first.
 * @param level exemplar at the size that blocks are compared at, of a canvas of `canvas` pixels
 * @param exemplar at the full size, of a canvas of `full` pixels
 */
export function placeBlocks(level: Guided, canvas: Size, exemplar: Guided, full: Size, options: BlockOptions): Blocks {
  const placing = new Placing(level, canvas, full, options);
  for (let k = placing.next(); k >= 0; k = placing.next()) placing.place(k);
  placing.refine(exemplar);
  return placing.blocks();
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
  readonly #forbidden: Float64Array;
  readonly #corners: readonly { readonly x: number; readonly y: number }[];
  /** Of the blocks that have been placed. */
  readonly #offsets: ({ x: number; y: number } | undefined)[];
  readonly #uses: Float64Array;
  readonly #colours: readonly Float64Array[];
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
      Math.min(side - 2, Math.round(side * options.share), Math.round((0.6 * Math.min(W, H)) / 1)),
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
    this.#forbidden = summed(
      options.allowed.map((v) => 1 - v),
      w,
      h,
    );
    this.#corners = Array.from({ length: this.#nx * this.#ny }, (_, k) => ({
      x: Math.round((k % this.#nx) * this.#dx - (this.#bw - this.#dx) / 2),
      y: Math.round(Math.floor(k / this.#nx) * this.#dy - (this.#bh - this.#dy) / 2),
    }));
    this.#offsets = this.#corners.map(() => undefined);
    this.#pixels = interleaved(level);
    this.#variance = 3 * varianceOf(level);
    this.#uses = new Float64Array(w * h);
    this.#colours = [0, 1, 2].map((c) => summed(level.data.subarray(c * w * h, (c + 1) * w * h), w, h));
    this.#offLattice = options.lattice && offLattice(options.lattice);
    this.#lattice = LATTICE / Math.max(0.15, options.correlation.peak);
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
      const at = this.#pixelsOf(k);
      let filled = 0;
      let known = 0;
      for (let i = 0; i < this.#bw * this.#bh; i++) {
        filled += Number(this.#filled(at(i)));
        known += this.#known[at(i)] as number;
      }
      if (known === this.#bw * this.#bh || filled <= most) continue;
      most = filled;
      best = k;
    }
    return best;
  }

  /** Of each pixel of block k, where it is on the canvas. */
  #pixelsOf(k: number): (i: number) => number {
    const [W, H] = this.size;
    const bw = this.#bw;
    const { x: left, y: top } = this.#corners[k] as { x: number; y: number };
    return (i) => ((top + Math.floor(i / bw) + H) % H) * W + ((left + (i % bw) + W) % W);
  }

  #filled(i: number): boolean {
    return (this.#labels[i] as number) >= 0 || this.#known[i] === 1;
  }

  place(k: number): void {
    const { x: left, y: top } = this.#corners[k] as { x: number; y: number };
    const at = this.#pixelsOf(k);
    const found = this.#bestPlace(k, at);
    this.#offsets[k] = { x: (found.x - left) * this.#scale[0], y: (found.y - top) * this.#scale[1] };
    this.#paste(k, found, at);
  }

  #bestPlace(k: number, at: (i: number) => number): { x: number; y: number } {
    const { level, options } = this;
    const { width: w, height: h } = level;
    const [bw, bh] = [this.#bw, this.#bh];
    const cw = w - bw + 1;
    const ch = h - bh + 1;
    const stride = Math.max(1, Math.round(Math.sqrt((cw * ch) / PLACES)));
    const filled: number[] = [];
    for (let i = 0; i < bw * bh; i++) if (this.#filled(at(i))) filled.push(i);
    const rng = new Rng(options.seed, 1000 + k);
    const many = this.#sample(filled, MANY, at, rng);
    const few = this.#sample(filled, FEW, at, rng);
    const neighbours = this.#neighboursOf(k);
    const uses = summed(this.#uses, w, h);
    const means = this.#colours.map((sums) => boxSum(sums, w, 0, 0, w, h) / (w * h));
    const across = Math.ceil(cw / stride);
    const count = across * Math.ceil(ch / stride);
    const sides = new Float64Array(count);
    const rough = new Float64Array(count);
    const chance = filled.length > 0 ? CHANCE : CHANCE_ALONE;
    const area = bw * bh;
    for (let i = 0; i < count; i++) {
      const x = (i % across) * stride;
      const y = Math.floor(i / across) * stride;
      let cost =
        ((options.pinned ? USE_PINNED : USE) * boxSum(uses, w, x, y, x + bw, y + bh)) / area +
        chance * uniformAt(options.seed, k, i);
      if (!options.regular && !options.pinned) {
        let square = 0;
        for (let c = 0; c < 3; c++) {
          const mean = boxSum(this.#colours[c] as Float64Array, w, x, y, x + bw, y + bh) / area;
          square += (mean - (means[c] as number)) ** 2;
        }
        cost += (MEAN * square) / this.#variance;
      }
      cost += (FORBIDDEN * boxSum(this.#forbidden, w, x, y, x + bw, y + bh)) / area;
      cost += this.#fitsNeighbours(x, y, neighbours);
      sides[i] = cost;
      rough[i] = cost + this.#difference(few, x, y) / this.#variance;
    }
    let best = { x: 0, y: 0 };
    let least = Number.POSITIVE_INFINITY;
    const bound = rough.slice().sort()[Math.min(count, BEST) - 1] as number;
    for (let i = 0; i < count; i++) {
      if ((rough[i] as number) > bound) continue;
      const x = (i % across) * stride;
      const y = Math.floor(i / across) * stride;
      const cost = (sides[i] as number) + this.#difference(many, x, y) / this.#variance;
      if (cost >= least) continue;
      least = cost;
      best = { x, y };
    }
    return best;
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
  #sample(filled: readonly number[], count: number, at: (i: number) => number, rng: Rng): Float32Array {
    const n = Math.min(filled.length, count);
    const w = this.level.width;
    const out = new Float32Array(5 * n);
    for (let k = 0; k < n; k++) {
      const i = filled[Math.min(filled.length - 1, Math.floor(((k + rng.uniform()) * filled.length) / n))] as number;
      out[5 * k] = 4 * (Math.floor(i / this.#bw) * w + (i % this.#bw));
      for (let c = 0; c < 4; c++) out[5 * k + 1 + c] = this.#canvas[4 * at(i) + c] as number;
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

  #paste(k: number, place: { x: number; y: number }, at: (i: number) => number): void {
    const { width: w } = this.level;
    const [bw, bh] = [this.#bw, this.#bh];
    const keep = cutBands({
      width: bw,
      height: bh,
      // A band goes as far in as a neighbour's block reaches.
      band: [
        Math.min(Math.max(2, bw - Math.floor(this.#dx)), bw >> 1),
        Math.min(Math.max(2, bh - Math.floor(this.#dy)), bh >> 1),
      ],
      filled: (i) => this.#filled(at(i)),
      error: (i) => {
        const p = 4 * ((place.y + Math.floor(i / bw)) * w + place.x + (i % bw));
        let sum = 0;
        for (let c = 0; c < 4; c++)
          sum += ((this.#canvas[4 * at(i) + c] as number) - (this.#pixels[p + c] as number)) ** 2;
        return sum;
      },
    });
    for (let i = 0; i < bw * bh; i++) {
      const q = at(i);
      const p = (place.y + Math.floor(i / bw)) * w + place.x + (i % bw);
      this.#uses[p] = (this.#uses[p] as number) + 1;
      if (this.#known[q]) {
        // It stays; patches that begin here reach into the block.
        if ((this.#labels[q] as number) < 0) this.#labels[q] = k;
        continue;
      }
      if ((this.#labels[q] as number) >= 0 && !keep[i]) continue;
      this.#labels[q] = k;
      for (let c = 0; c < 4; c++) this.#canvas[4 * q + c] = this.#pixels[4 * p + c] as number;
    }
  }

  /** Places were found to a pixel of the level: moves each by up to that much to where it agrees best at the full size, twice. */
  refine(exemplar: Guided): void {
    const reach = Math.ceil(Math.max(...this.#scale));
    for (let sweep = 0; sweep < 2; sweep++) {
      for (const [k, offset] of this.#offsets.entries()) if (offset) this.#refineOne(exemplar, k, offset, reach);
    }
  }

  #refineOne({ width: w, height: h, data }: Guided, k: number, offset: { x: number; y: number }, reach: number): void {
    const [sx, sy] = this.#scale;
    const n = w * h;
    const here = this.#corners[k] as { x: number; y: number };
    const [bw, bh] = [this.#bw * sx, this.#bh * sy];
    const startX = Math.round(here.x * sx + offset.x);
    const startY = Math.round(here.y * sy + offset.y);
    // Of each neighbour: where it would have this block's corner, and the part of this block that it covers.
    const others = this.#offsets.flatMap((o, j) => {
      const there = this.#corners[j];
      if (!o || j === k || !there || !this.#adjacent(j, k)) return [];
      const wx = around(there.x - here.x, this.size[0]) * sx;
      const wy = around(there.y - here.y, this.size[1]) * sy;
      const x = Math.round(there.x * sx + o.x - wx);
      const y = Math.round(there.y * sy + o.y - wy);
      return [{ x, y, x0: Math.max(0, wx), x1: Math.min(bw, wx + bw), y0: Math.max(0, wy), y1: Math.min(bh, wy + bh) }];
    });
    const { correlation, pinned } = this.options;
    const known = pinned ? knownIn(pinned.full, here.x * sx, here.y * sy, bw, bh) : [];
    let best = { x: 0, y: 0 };
    let least = Number.POSITIVE_INFINITY;
    for (let v = -reach; v <= reach; v++) {
      for (let u = -reach; u <= reach; u++) {
        let sum = 0;
        let count = 0;
        let lattice = 0;
        let off = 0;
        for (const o of others) {
          lattice += correlation.at(startX + u - o.x, startY + v - o.y);
          off += this.#off(startX + u - o.x, startY + v - o.y, 0);
          for (let y = Math.ceil(o.y0); y < o.y1; y += 4) {
            const p = startY + v + y;
            const q = o.y + y;
            if (Math.min(p, q) < 0 || Math.max(p, q) >= h) continue;
            for (let x = Math.ceil(o.x0) + (y % 3); x < o.x1; x += 4) {
              const a = startX + u + x;
              const b = o.x + x;
              if (Math.min(a, b) < 0 || Math.max(a, b) >= w) continue;
              for (let c = 0; c < 4; c++) {
                sum += ((data[c * n + p * w + a] as number) - (data[c * n + q * w + b] as number)) ** 2;
              }
              count++;
            }
          }
        }
        for (const there of known) {
          const [a, p] = [startX + u + there.x, startY + v + there.y];
          if (Math.min(a, p) < 0 || a >= w || p >= h) continue;
          for (let c = 0; c < 4; c++) sum += ((data[c * n + p * w + a] as number) - (there.colour[c] as number)) ** 2;
          count++;
        }
        const cost =
          (count > 0 ? sum / count / this.#variance : 0) -
          (this.#lattice * lattice) / Math.max(1, others.length) +
          (OFF_FINE * off) / Math.max(1, others.length) +
          1e-4 * (u * u + v * v);
        if (cost >= least) continue;
        least = cost;
        best = { x: u, y: v };
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

/** Uniform in [0, 1), of whole numbers (lowbias32 of Wellons, "Prospecting for hash functions", 2018): cheap, for millions. */
function uniformAt(seed: number, stream: number, index: number): number {
  let x = (Math.imul(seed, 0x9e3779b9) + Math.imul(stream, 0x85ebca6b) + index) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return ((x ^ (x >>> 16)) >>> 8) * 2 ** -24;
}

/** How far a lag is from the nearest point, or line, of a lattice, pixels. */
function offLattice({ vectors: [u, v] }: Lattice): (x: number, y: number) => number {
  if (!v) {
    const length = Math.hypot(...u);
    return (x, y) => Math.abs(around((x * u[0] + y * u[1]) / length, length));
  }
  const det = u[0] * v[1] - u[1] * v[0];
  return (x, y) => {
    const m = around((x * v[1] - y * v[0]) / det, 1);
    const n = around((y * u[0] - x * u[1]) / det, 1);
    return Math.hypot(m * u[0] + n * v[0], m * u[1] + n * v[1]);
  };
}

/** [H, W, 4] */
function interleaved({ width, height, data }: Guided): Float32Array {
  const n = width * height;
  const out = new Float32Array(4 * n);
  for (let c = 0; c < 4; c++) for (let i = 0; i < n; i++) out[4 * i + c] = data[c * n + i] as number;
  return out;
}
