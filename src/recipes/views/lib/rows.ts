import type { SparseMap } from '../../../shaders/sparse_remap';

/** Rows of a sparse map under construction, kept in typed arrays because there are many entries for each pixel. */
export class Rows {
  #start = new Uint32Array(1025);
  #index = new Uint32Array(4096);
  #weight = new Float32Array(4096);
  #rows = 0;
  #entries = 0;

  /** Adds to the row under construction: how much of which pixel. A pixel may come up more than once. */
  add(index: number, weight: number): void {
    if (weight === 0) return;
    if (this.#entries === this.#index.length) {
      this.#index = grown(this.#index, new Uint32Array(2 * this.#entries));
      this.#weight = grown(this.#weight, new Float32Array(2 * this.#entries));
    }
    this.#index[this.#entries] = index;
    this.#weight[this.#entries++] = weight;
  }

  /** Adds all of another map's row, its pixels `offset` further on. */
  addRow(other: Rows, row: number, weight: number, offset: number): void {
    for (let e = other.#start[row] ?? 0; e < (other.#start[row + 1] ?? 0); e++) {
      this.add((other.#index[e] ?? 0) + offset, (other.#weight[e] ?? 0) * weight);
    }
  }

  /** Ends the row under construction and says its number. Its weights are made to add up to 1. */
  end(): number {
    if (this.#rows + 2 > this.#start.length) this.#start = grown(this.#start, new Uint32Array(2 * this.#start.length));
    const from = this.#start[this.#rows] ?? 0;
    let total = 0;
    for (let e = from; e < this.#entries; e++) total += this.#weight[e] ?? 0;
    for (let e = from; e < this.#entries; e++) this.#weight[e] = (this.#weight[e] ?? 0) / total;
    this.#start[++this.#rows] = this.#entries;
    return this.#rows - 1;
  }

  /** The map whose row i is row `of[i]`. */
  map(of: Uint32Array): SparseMap {
    const start = new Uint32Array(of.length + 1);
    of.forEach((row, i) => {
      start[i + 1] = (start[i] ?? 0) + (this.#start[row + 1] ?? 0) - (this.#start[row] ?? 0);
    });
    const index = new Uint32Array(start[of.length] ?? 0);
    const weight = new Float32Array(index.length);
    of.forEach((row, i) => {
      let at = start[i] ?? 0;
      for (let e = this.#start[row] ?? 0; e < (this.#start[row + 1] ?? 0); e++) {
        index[at] = this.#index[e] ?? 0;
        weight[at++] = this.#weight[e] ?? 0;
      }
    });
    return { start, index, weight };
  }
}

function grown<A extends Uint32Array | Float32Array>(old: A, larger: A): A {
  larger.set(old);
  return larger;
}

/** A position this near to a pixel's centre is the pixel: rounding errors must not make many taps of one. */
const SNAP = 1e-6;

/** Entries this small are left out: the corners of a cubic's 4 x 4, a quarter of the list, change nothing one sees. */
const SMALL = 0.01;

/**
 * Adds the picture at (x, y), in pixels from the centre of the first, on a torus: one tap, or up to 16 of a cubic
 * (Catmull-Rom; Keys 1981, a = -1/2). Linear weights would do but for one thing: copies would be so much softer than
 * the part they are made from that an optimiser puts all the grain it is asked for into that part, and it shows.
 * Indices count on through the channels.
 */
export function addTaps(to: Rows, x: number, y: number, weight: number, W: number, H: number, channel = 0): void {
  const [x0, fx] = split(x);
  const [y0, fy] = split(y);
  if (fx === 0 && fy === 0) {
    to.add((channel * H + wrap(y0, H)) * W + wrap(x0, W), weight);
    return;
  }
  let total = 0;
  for (let k = 0; k < 16; k++) {
    const part = cubic((k & 3) - 1 - fx) * cubic((k >> 2) - 1 - fy);
    part16[k] = Math.abs(part) < SMALL ? 0 : part;
    total += part16[k] ?? 0;
  }
  for (let k = 0; k < 16; k++) {
    const part = ((part16[k] ?? 0) / total) * weight;
    if (part === 0) continue;
    to.add((channel * H + wrap(y0 + (k >> 2) - 1, H)) * W + wrap(x0 + (k & 3) - 1, W), part);
  }
}

const part16 = new Float64Array(16);

function cubic(at: number): number {
  const t = Math.abs(at);
  if (t >= 2) return 0;
  return t < 1 ? (1.5 * t - 2.5) * t * t + 1 : ((-0.5 * t + 2.5) * t - 4) * t + 2;
}

function split(v: number): readonly [whole: number, rest: number] {
  const nearest = Math.round(v);
  if (Math.abs(v - nearest) < SNAP) return [nearest, 0];
  return [Math.floor(v), v - Math.floor(v)];
}

export const wrap = (v: number, n: number): number => ((v % n) + n) % n;

/**
 * How much a copy counts whose distance exceeds that of the nearest by `more`: 1 for the nearest, falling smoothly to 0
 * at `reach`. Where two copies are equally near, both count the same, with no jump in value or slope.
 */
export function share(more: number, reach: number): number {
  if (more <= 0) return 1;
  if (more >= reach) return 0;
  const t = 1 - more / reach;
  return t * t * (3 - 2 * t);
}
