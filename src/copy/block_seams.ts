import { type Cut, cutBands, cutCost, type Overlap } from './block_cut';
import type { BlockLayout } from './block_layout';
import { distance } from './block_search';

/** A difference across a cut counts half beside an edge of this many deviations of the exemplar. */
const SOFT = 0.15;

/** How blocks are cut where they overlap what is there: along what is an edge in either picture, or where both look alike. */
export class Seams {
  /** Of the exemplar: how far apart each pixel and the next one are, to the right and below. */
  readonly #edgeAcross: Float64Array;
  readonly #edgeDown: Float64Array;
  /** The same of what lies below the block, where it does, and whether it does. */
  readonly #belowAcross: Float64Array;
  readonly #belowDown: Float64Array;
  readonly #below: Uint8Array;
  readonly #apart: Float32Array;
  readonly #across: Float32Array;
  readonly #down: Float32Array;
  readonly #soft: number;
  #window: Int32Array = new Int32Array();

  /** @param pixels of the exemplar, [h, w, 4]; canvas [H, W, 4], which changes */
  constructor(
    private readonly layout: BlockLayout,
    private readonly pixels: Float32Array,
    private readonly w: number,
    private readonly canvas: Float32Array,
    variance: number,
  ) {
    const n = pixels.length / 4;
    const edges = (step: number): Float64Array =>
      Float64Array.from({ length: n }, (_, p) => (p + step < n ? distance(pixels, 4 * p, pixels, 4 * (p + step)) : 0));
    [this.#edgeAcross, this.#edgeDown] = [edges(1), edges(w)];
    const area = layout.width * layout.height;
    [this.#belowAcross, this.#belowDown] = [new Float64Array(area), new Float64Array(area)];
    this.#below = new Uint8Array(area);
    [this.#apart, this.#across, this.#down] = [new Float32Array(area), new Float32Array(area), new Float32Array(area)];
    this.#soft = SOFT * Math.sqrt(variance);
  }

  /** Takes what lies below a block, whose pixels are there on the canvas. */
  over(window: Int32Array, isFilled: (pixel: number) => boolean): void {
    const { width: bw, height: bh } = this.layout;
    this.#window = window;
    for (let i = 0; i < window.length; i++) this.#below[i] = isFilled(window[i] as number) ? 1 : 0;
    const edge = (i: number, j: number): number =>
      this.#below[i] && this.#below[j]
        ? distance(this.canvas, 4 * (window[i] as number), this.canvas, 4 * (window[j] as number))
        : 0;
    for (let i = 0; i < window.length; i++) {
      this.#belowAcross[i] = (i + 1) % bw === 0 ? 0 : edge(i, i + 1);
      this.#belowDown[i] = i + bw < bw * bh ? edge(i, i + bw) : 0;
    }
  }

  /** The cut of the block copied from pixel `place` of the exemplar. */
  cut(place: number): Cut {
    return cutBands(this.#overlap(place));
  }

  /** What that cut costs; infinite once it is known to be more than `most`. */
  cost(place: number, most: number): number {
    return cutCost(this.#overlap(place), most);
  }

  #overlap(place: number): Overlap {
    const { width: bw, height: bh, band } = this.layout;
    const [filled, apart] = [this.#below, this.#apart];
    for (let v = 0, i = 0; v < bh; v++) {
      for (let p = place + v * this.w, end = p + bw; p < end; p++, i++) {
        apart[i] = filled[i] ? distance(this.canvas, 4 * (this.#window[i] as number), this.pixels, 4 * p) : 0;
      }
    }
    const seen = (i: number, j: number, edge: number, below: number): number => {
      const both = (filled[i] as number) + (filled[j] as number);
      if (both === 0) return 0;
      // Where only one of the two has something below, what is below is taken to go on as the block does.
      const beside = edge + (both === 1 ? edge : below) + this.#soft;
      return ((2 / both) * ((apart[i] as number) + (apart[j] as number))) / beside;
    };
    for (let v = 0, i = 0; v < bh; v++) {
      for (let u = 0, p = place + v * this.w; u < bw; u++, p++, i++) {
        this.#across[i] =
          u + 1 < bw ? seen(i, i + 1, this.#edgeAcross[p] as number, this.#belowAcross[i] as number) : 0;
        this.#down[i] = v + 1 < bh ? seen(i, i + bw, this.#edgeDown[p] as number, this.#belowDown[i] as number) : 0;
      }
    }
    return { width: bw, height: bh, band, filled, across: this.#across, down: this.#down };
  }

  /**
   * How much is seen between a pixel copied from `a` and the next one, copied from `b`: nothing where that is next in the exemplar too.
   * @param next from a pixel of the exemplar to the next one: 1, to the right, or its width, below
   */
  seen(a: number, b: number, next: number): number {
    if (b === a + next) return 0;
    const { pixels, w } = this;
    const edges = next === 1 ? this.#edgeAcross : this.#edgeDown;
    // Either copy may end here with the exemplar.
    const goesOn = next === 1 ? (a + 1) % w !== 0 : a + next < edges.length;
    const goesBack = next === 1 ? b % w !== 0 : b >= next;
    const after = goesOn ? distance(pixels, 4 * (a + next), pixels, 4 * b) : 0;
    const before = goesBack ? distance(pixels, 4 * a, pixels, 4 * (b - next)) : 0;
    const beside = (goesOn ? (edges[a] as number) : 0) + (goesBack ? (edges[b - next] as number) : 0);
    const both = Number(goesOn) + Number(goesBack);
    return both === 0 ? 0 : ((2 / both) * (after + before)) / ((2 / both) * beside + this.#soft);
  }
}
