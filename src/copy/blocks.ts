import type { Aborted } from '../base/aborted';
import { turn } from '../base/turn';
import { Choice, type ChoiceOptions, type Laid } from './block_choice';
import { BlockLayout, type Point } from './block_layout';
import { moves, SWEEPS } from './block_move';
import { Seams } from './block_seams';
import { interleaved } from './block_search';
import type { Size } from './field';
import type { Pinned } from './pin';
import { type Guided, packed, varianceOf } from './pyramid';

/** The share of the places between blocks where cuts are mended: those where they are seen most have nearly all of the gain. */
const MENDS = 0.4;
/** A block is laid over others if no more than this share is seen of the cuts that were seen there. */
const MENDED = 0.9;

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
  /** The share of the canvas that is one piece of the exemplar, of blocks that go on where others end; about, at most 1. */
  readonly largest: number;
}

export interface BlockOptions extends ChoiceOptions {
  /** Width and height of a block over the exemplar's shorter side. */
  readonly share: readonly [x: number, y: number];
  /** What is known of the canvas, at the size of the level and at the full one. */
  readonly pinned?: { readonly level: Pinned; readonly full: Pinned } | undefined;
  /** From when it is aborted, blocks are copied from the best of a few places. */
  readonly signal?: Aborted | undefined;
  /** A block is placed, or moved; share of the work. */
  onBlock?(share: number): void;
}

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
  const { layout } = placing;
  let blocks = layout.count + (options.pinned ? 0 : Math.ceil(MENDS * (layout.corners.length - layout.count)));
  let done = 0;
  const heard = async (steps = 1): Promise<void> => {
    if (signal?.aborted) return;
    done += steps;
    onBlock?.(done / (blocks * (1 + SWEEPS)));
    await turn();
  };
  for (let k = placing.next(); k >= 0; k = placing.next()) {
    placing.place(k, signal?.aborted ?? false);
    await heard();
  }
  const worst = signal?.aborted ? [] : placing.worst(blocks - layout.count);
  blocks = layout.count + worst.length;
  for (const k of worst) {
    if (signal?.aborted) break;
    // What is not laid is not moved either.
    await heard(placing.mend(k) ? 1 : 1 + SWEEPS);
  }
  for (const move of moves(placing, exemplar, options)) {
    if (signal?.aborted) break;
    move();
    await heard();
  }
  return placing.blocks();
}

/** Blocks being laid on a canvas. */
class Placing implements Laid {
  readonly layout: BlockLayout;
  readonly scale: readonly [x: number, y: number];
  readonly variance: number;
  readonly pinned: boolean;
  /** Which block each pixel of the canvas belongs to, -1: none yet. */
  readonly labels: Int32Array;
  readonly words: Int32Array;
  readonly from: Int32Array;
  readonly uses: Float64Array;
  readonly offsets: ({ x: number; y: number } | undefined)[];
  /** [H, W, 4] and, of the exemplar, [h, w, 4]. */
  readonly #canvas: Float32Array;
  readonly #pixels: Float32Array;
  /** 1 where the canvas is known. */
  readonly #known: Uint8Array;
  readonly #seams: Seams;
  readonly #choice: Choice;
  /** The pixels of a block where it may be cut. */
  readonly #ring: readonly number[];

  constructor(
    private readonly level: Guided,
    size: Size,
    full: Size,
    options: BlockOptions,
  ) {
    const [W, H] = size;
    const { width: w, height: h } = level;
    const known = options.pinned?.level;
    this.layout = new BlockLayout(size, [w, h], options.share, options.variety);
    this.scale = [full[0] / W, full[1] / H];
    this.variance = 3 * varianceOf(level);
    this.pinned = known !== undefined;
    this.labels = new Int32Array(W * H).fill(-1);
    this.words = known ? new Int32Array(packed(known.picture).buffer) : new Int32Array(W * H);
    this.from = new Int32Array(W * H).fill(-1);
    this.uses = new Float64Array(w * h);
    this.offsets = this.layout.corners.map(() => undefined);
    this.#canvas = known ? interleaved(known.picture) : new Float32Array(4 * W * H);
    this.#pixels = interleaved(level);
    this.#known = known?.known ?? new Uint8Array(W * H);
    this.#seams = new Seams(this.layout, this.#pixels, w, this.#canvas, this.variance);
    this.#choice = new Choice(level, this, this.#seams, options);
    const { width: bw, height: bh, band } = this.layout;
    const inside = (at: number, side: number, depth: number): boolean => at >= depth && at < side - depth;
    this.#ring = Array.from({ length: bw * bh }, (_, i) => i).filter(
      (i) => !inside(i % bw, bw, band[0]) || !inside(Math.floor(i / bw), bh, band[1]),
    );
  }

  blocks(): Blocks {
    const [width, height] = this.layout.canvas;
    const offsets = this.offsets.map((o) => o ?? { x: 0, y: 0 });
    const { middles } = this.layout;
    return { width, height, labels: this.labels, offsets, middles, largest: Math.min(1, this.#choice.largest) };
  }

  /**
   * The block to place now: in scan order; where something is known, the one of which most is there (as of Criminisi, Perez and
   * Toyama, "Region filling and object removal by exemplar-based image inpainting", TIP 2004). -1: all is filled.
   */
  next(): number {
    const { count } = this.layout;
    if (!this.pinned) {
      const k = this.offsets.indexOf(undefined);
      return k < count ? k : -1;
    }
    let most = -1;
    let best = -1;
    for (let k = 0; k < count; k++) {
      if (this.offsets[k]) continue;
      let filled = 0;
      let known = 0;
      const window = this.layout.pixelsOf(k);
      for (const i of window) {
        filled += Number(this.isFilled(i));
        known += this.#known[i] as number;
      }
      if (known === window.length || filled <= most) continue;
      most = filled;
      best = k;
    }
    return best;
  }

  isFilled(pixel: number): boolean {
    return (this.labels[pixel] as number) >= 0 || this.#known[pixel] === 1;
  }

  place(k: number, hasty: boolean): void {
    const { x: left, y: top } = this.layout.corners[k] as Point;
    const window = this.layout.pixelsOf(k);
    this.#seams.over(window, (pixel) => this.isFilled(pixel));
    const found = hasty ? this.#choice.hasty(k, window) : this.#choice.best(k, window);
    this.offsets[k] = { x: (found.x - left) * this.scale[0], y: (found.y - top) * this.scale[1] };
    this.#choice.placed(k, found);
    this.#paste(k, found, window);
  }

  /** Of the blocks between those of the raster those in which most is seen of cuts, worst first, `most` of them at most. */
  worst(most: number): number[] {
    if (most === 0) return [];
    const { layout } = this;
    const seen = layout.corners.map((_, k) => (k < layout.count ? 0 : this.#seen(this.#placesIn(layout.pixelsOf(k)))));
    const cut = [...seen.keys()].filter((k) => (seen[k] as number) > 0);
    return cut.sort((a, b) => (seen[b] as number) - (seen[a] as number) || a - b).slice(0, most);
  }

  #placesIn(window: Int32Array): Int32Array {
    return Int32Array.from(window, (q) => this.from[q] as number);
  }

  /** Lays block k over what is there, if less is seen of the cuts then; whether it did. */
  mend(k: number): boolean {
    const { x: left, y: top } = this.layout.corners[k] as Point;
    const window = this.layout.pixelsOf(k);
    const from = this.#placesIn(window);
    const before = this.#seen(from);
    this.#seams.over(window, () => true);
    const found = this.#choice.best(k, window, this.#ring);
    const corner = found.y * this.level.width + found.x;
    const { keep } = this.#seams.cut(corner);
    for (let i = 0; i < from.length; i++) if (keep[i]) from[i] = this.#placeIn(corner, i);
    if (this.#seen(from) > MENDED * before) return false;
    this.offsets[k] = { x: (found.x - left) * this.scale[0], y: (found.y - top) * this.scale[1] };
    this.#choice.placed(k, found);
    this.#paste(k, found, window);
    return true;
  }

  /** How much is seen of the cuts in a block whose pixels come from the given places. */
  #seen(from: Int32Array): number {
    const { width: bw, height: bh } = this.layout;
    const w = this.level.width;
    let sum = 0;
    for (let v = 0, i = 0; v < bh; v++) {
      for (let u = 0; u < bw; u++, i++) {
        if (u + 1 < bw) sum += this.#seams.seen(from[i] as number, from[i + 1] as number, 1);
        if (v + 1 < bh) sum += this.#seams.seen(from[i] as number, from[i + bw] as number, w);
      }
    }
    return sum;
  }

  #placeIn(corner: number, i: number): number {
    const bw = this.layout.width;
    return corner + Math.floor(i / bw) * this.level.width + (i % bw);
  }

  #paste(k: number, place: Point, window: Int32Array): void {
    const corner = place.y * this.level.width + place.x;
    const { keep } = this.#seams.cut(corner);
    const exemplar = this.#choice.exemplar.data;
    for (let i = 0; i < keep.length; i++) {
      const q = window[i] as number;
      if (this.#known[q]) {
        // It stays; patches that begin here reach into the block.
        if ((this.labels[q] as number) < 0) this.labels[q] = k;
        continue;
      }
      if ((this.labels[q] as number) >= 0 && !keep[i]) continue;
      const p = this.#placeIn(corner, i);
      this.labels[q] = k;
      const before = this.from[q] as number;
      if (before >= 0) this.uses[before] = (this.uses[before] as number) - 1;
      this.uses[p] = (this.uses[p] as number) + 1;
      this.from[q] = p;
      this.words[q] = exemplar[p] as number;
      for (let c = 0; c < 4; c++) this.#canvas[4 * q + c] = this.#pixels[4 * p + c] as number;
    }
  }
}
