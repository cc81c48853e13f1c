import { Rng } from '../base/rng';
import { type BlockWords, COST, FEW, MANY } from '../shaders/block_words';
import { around } from './around';
import type { BlockLayout, Point } from './block_layout';

/** What chance counts, in units of the exemplar's variance, and where nothing else does. */
const CHANCE = 0.02;
const CHANCE_ALONE = 0.3;

export interface WindowOptions {
  readonly seed: number;
  /** Pixels of the exemplar. */
  readonly pixels: number;
  /** [H, W], 1 where the canvas is known. */
  readonly known?: Uint8Array | undefined;
}

/** Which pixels of the canvas have something, block by block: where that is does not depend on what is copied there. */
export class BlockWindows {
  readonly #filled: Uint8Array;
  readonly #done: Set<number> = new Set();
  /** Pixels of a block where it may be cut. */
  readonly #ring: readonly number[];
  #count = 0;

  constructor(
    private readonly layout: BlockLayout,
    private readonly options: WindowOptions,
  ) {
    const { canvas, width: bw, height: bh, band } = layout;
    this.#filled = options.known?.slice() ?? new Uint8Array(canvas[0] * canvas[1]);
    const inside = (at: number, side: number, depth: number): boolean => at >= depth && at < side - depth;
    this.#ring = Array.from({ length: bw * bh }, (_, i) => i).filter(
      (i) => !inside(i % bw, bw, band[0]) || !inside(Math.floor(i / bw), bh, band[1]),
    );
  }

  /**
   * The block to lay now: in scan order; where something is known, the one of which most is there (as of Criminisi, Perez and
   * Toyama, "Region filling and object removal by exemplar-based image inpainting", TIP 2004). -1: all is filled.
   */
  next(): number {
    const { layout } = this;
    const { known } = this.options;
    if (!known) return this.#done.size < layout.count ? this.#done.size : -1;
    let [best, most] = [-1, -1];
    for (let k = 0; k < layout.count; k++) {
      if (this.#done.has(k)) continue;
      const window = layout.pixelsOf(k);
      const filled = window.reduce((sum, q) => sum + (this.#filled[q] as number), 0);
      if (filled <= most || window.every((q) => known[q] === 1)) continue;
      [best, most] = [k, filled];
    }
    return best;
  }

  /** Block k, to be laid beside what is there; all of its pixels are filled then. */
  laid(k: number): BlockWords {
    const window = this.layout.pixelsOf(k);
    const { width: bw, height: bh } = this.layout;
    const filled: number[] = [];
    for (let i = 0; i < window.length; i++) if (this.#filled[window[i] as number] === 1) filled.push(i);
    const along = (length: number, at: (t: number) => number): boolean => {
      for (let t = 0; t < length; t++) if (this.#filled[window[at(t)] as number] === 1) return true;
      return false;
    };
    const bands = [
      along(bh, (t) => t * bw),
      along(bh, (t) => (t + 1) * bw - 1),
      along(bw, (t) => t),
      along(bw, (t) => (bh - 1) * bw + t),
    ] as const;
    const words = this.#words(k, filled, bands, true);
    for (const q of window) {
      if (this.#filled[q] === 0) this.#count++;
      this.#filled[q] = 1;
    }
    this.#done.add(k);
    return words;
  }

  /** Block k, to be laid over what is there where that lessens what is seen of cuts. */
  mending(k: number): BlockWords {
    return this.#words(k, this.#ring, [true, true, true, true], false);
  }

  #words(k: number, compared: readonly number[], bands: BlockWords['bands'], must: boolean): BlockWords {
    const { layout, options } = this;
    const [W, H] = layout.canvas;
    const here = layout.corners[k] as Point;
    const rng = new Rng(options.seed, 1000 + k);
    const sample = (count: number): number[] => {
      const n = Math.min(compared.length, count);
      return Array.from({ length: n }, (_, j) => {
        const at = Math.min(compared.length - 1, Math.floor(((j + rng.uniform()) * compared.length) / n));
        const i = compared[at] as number;
        return (i % layout.width) | (Math.floor(i / layout.width) << 16);
      });
    };
    return {
      number: k,
      left: (here.x + W) % W,
      top: (here.y + H) % H,
      usual: this.#count / options.pixels,
      chance: Math.round(COST * (compared.length > 0 ? CHANCE : CHANCE_ALONE)),
      beside: layout.beside(k).map((number) => {
        const there = layout.corners[number] as Point;
        return { number, dx: around(here.x - there.x, W), dy: around(here.y - there.y, H) };
      }),
      few: sample(FEW),
      many: sample(MANY),
      bands,
      must,
    };
  }
}
