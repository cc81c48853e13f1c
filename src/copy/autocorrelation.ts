import { SelfCorrelation } from '../base/fourier';
import type { Raster } from '../base/raster';
import { dot, luminance, shrunk, tentBlur } from './planes';

/** Changes over a tent of this share of the shorter side are light. */
const SLOW = 0.1;
/** Lags are known below this share of the side: beyond, too little of the picture overlaps itself. */
const REACH = 0.75;
/** The longest side whose lags a transform of 1024 points keeps apart; larger pictures are shrunk for the analysis. */
export const LONGEST = Math.floor(1024 / (1 + REACH));

/**
 * How well a picture agrees with itself moved by a lag: 1 at no lag, about 0 where nothing agrees. The mean of the
 * normalised correlations, over the overlap, of luminance and of the roots of its two gradients' magnitudes, each without
 * what changes slowly (a tent of a tenth of the shorter side): light is no structure, and joints show in gradients alone.
 */
export interface Autocorrelation {
  /** Size of the picture, pixels. */
  readonly width: number;
  readonly height: number;
  /** Pixels of the picture between neighbouring samples: 1, or more where it was shrunk by that for the analysis. */
  readonly step: number;
  /** Lags beyond these, in pixels, are not known; `at` is 0 there. */
  readonly reach: readonly [x: number, y: number];
  /** At a lag in pixels, linear between samples. */
  at(dx: number, dy: number): number;
  /** At a lag in whole samples, of `step` pixels each. */
  sample(ix: number, iy: number): number;
  /** The greatest value at lags beyond the central hill: how regular the picture is, 0..1. */
  readonly peak: number;
  /** Size of what the picture is made of along each axis, pixels: twice the lag of the first clear minimum there; a third of the side at most. */
  readonly parts: readonly [x: number, y: number];
  /** The smaller one. */
  readonly feature: number;
}

export interface AutocorrelationOptions {
  /** Pictures with a longer side are shrunk by a whole factor, the least that gets below. Default 585 pixels. */
  readonly longest?: number;
}

/** By Fourier transforms, O(N log N). */
export function autocorrelation(picture: Raster, options: AutocorrelationOptions = {}): Autocorrelation {
  return new Correlated(picture, structureOf(picture, options.longest ?? LONGEST, SLOW));
}

/**
 * `parts` of a rough look alone, along the axes.
 * @param longest as of `AutocorrelationOptions`
 * @param slow what changes slowly, and is left out: what a tent of this share of the shorter side keeps
 */
export function partsOf(picture: Raster, longest: number, slow: number): Autocorrelation['parts'] {
  const structure = structureOf(picture, longest, slow);
  const { w, h, step } = structure;
  const across = partAlong((t) => correlationAt(structure, t, 0), w / 6);
  const down = partAlong((t) => correlationAt(structure, 0, t), h / 6);
  return [step * across, step * down];
}

/** What of a picture is correlated: planes [h, w] of a picture shrunk by `step`. */
interface Structure {
  readonly planes: readonly Float64Array[];
  readonly w: number;
  readonly h: number;
  readonly step: number;
}

function structureOf(picture: Raster, longest: number, slow: number): Structure {
  const { width, height } = picture;
  const step = Math.ceil(Math.max(width, height) / longest);
  const w = Math.floor(width / step);
  const h = Math.floor(height / step);
  const light = step === 1 ? luminance(picture) : shrunk(luminance(picture), width, height, step);
  const planes = [light, ...gradients(light, w, h)];
  const room = new Float64Array(w * h);
  const sums = new Float64Array(w * (h + 1));
  for (const plane of planes) takeOff(plane, tentBlur(plane, w, h, Math.max(4, Math.min(w, h) * slow), room, sums));
  return { planes, w, h, step };
}

function takeOff(plane: Float64Array, slow: Float64Array): void {
  for (let i = 0; i < plane.length; i++) plane[i] = (plane[i] as number) - (slow[i] as number);
}

class Correlated implements Autocorrelation {
  readonly width: number;
  readonly height: number;
  readonly step: number;
  readonly reach: readonly [x: number, y: number];
  readonly peak: number;
  readonly parts: readonly [x: number, y: number];
  readonly feature: number;
  /** How many planes there are, and the sums of their correlations at lags -reachX .. reachX, 0 .. reachY. */
  readonly #count: number;
  readonly #sums: Float64Array;
  readonly #reachX: number;
  readonly #reachY: number;

  constructor({ width, height }: Raster, { planes, w, h, step }: Structure) {
    this.width = width;
    this.height = height;
    this.step = step;
    this.#count = planes.length;
    this.#reachX = Math.ceil(REACH * w) - 1;
    this.#reachY = Math.ceil(REACH * h) - 1;
    this.#sums = new Float64Array((2 * this.#reachX + 1) * (this.#reachY + 1));
    const torus = [2 ** Math.ceil(Math.log2(w + this.#reachX)), 2 ** Math.ceil(Math.log2(h + this.#reachY))] as const;
    const correlation = new SelfCorrelation([w, h], torus, this.#reachY + 1);
    const squares = new Float64Array((w + 1) * (h + 1));
    for (const plane of planes) {
      sumSquares(squares, plane, w, h);
      const products = correlation.of(plane);
      for (let dy = 0; dy <= this.#reachY; dy++) {
        addNormalised(this.#sums, products, torus[0], squares, w, h, this.#reachX, dy);
      }
    }
    this.reach = [this.#reachX * step, this.#reachY * step];
    this.peak = this.#peak(w, h);
    const across = partAlong((t) => this.sample(t, 0), w / 6);
    const down = partAlong((t) => this.sample(0, t), h / 6);
    this.parts = [step * across, step * down];
    this.feature = step * Math.min(across, down);
  }

  sample(ix: number, iy: number): number {
    // The autocorrelation of a real picture is even.
    const x = iy < 0 ? -ix : ix;
    const y = iy < 0 ? -iy : iy;
    const far = this.#reachX;
    if (x < -far || x > far || y > this.#reachY) return 0;
    return (this.#sums[y * (2 * far + 1) + x + far] as number) / this.#count;
  }

  at(dx: number, dy: number): number {
    const x = dx / this.step;
    const y = dy / this.step;
    const ix = Math.floor(x);
    const iy = Math.floor(y);
    const fx = x - ix;
    const fy = y - iy;
    const top = this.sample(ix, iy) * (1 - fx) + this.sample(ix + 1, iy) * fx;
    if (fy === 0) return top;
    return top * (1 - fy) + (this.sample(ix, iy + 1) * (1 - fx) + this.sample(ix + 1, iy + 1) * fx) * fy;
  }

  #peak(w: number, h: number): number {
    const hill = Math.max(6, Math.floor(Math.min(w, h) / 12));
    const farX = Math.floor(0.6 * w);
    let most = 0;
    for (let y = 0; y <= 0.6 * h; y++) {
      for (let x = -farX; x <= farX; x++) {
        if (y > hill || Math.abs(x) > hill) most = Math.max(most, this.sample(x, y));
      }
    }
    return most;
  }
}

/** Twice the lag of the first clear minimum along an axis; `limit` at most. */
function partAlong(at: (lag: number) => number, limit: number): number {
  let t = 1;
  for (let here = at(1); t < limit; t++) {
    const next = at(t + 1);
    if (here < 0.25 && next >= here) break;
    here = next;
  }
  return Math.max(4, 2 * t);
}

/** Roots of the magnitudes of the horizontal and the vertical gradient (Sobel): the root keeps few strong edges from ruling. */
function gradients(light: Float64Array, w: number, h: number): [Float64Array, Float64Array] {
  const gx = new Float64Array(w * h);
  const gy = new Float64Array(w * h);
  for (let y = 0; y < h; y++)
    gradientsOfRow(light, y * w, Math.max(0, y - 1) * w, Math.min(h - 1, y + 1) * w, w, gx, gy);
  return [gx, gy];
}

/** Of a row at `here`, from those at `up` and `down`. */
function gradientsOfRow(
  light: Float64Array,
  here: number,
  up: number,
  down: number,
  w: number,
  gx: Float64Array,
  gy: Float64Array,
): void {
  for (let x = 0; x < w; x++) {
    const l = Math.max(0, x - 1);
    const r = Math.min(w - 1, x + 1);
    const a = light[up + l] as number;
    const c = light[up + r] as number;
    const f = light[down + l] as number;
    const k = light[down + r] as number;
    const across = 2 * ((light[here + r] as number) - (light[here + l] as number));
    const along = 2 * ((light[down + x] as number) - (light[up + x] as number));
    gx[here + x] = Math.sqrt(Math.abs(c + k - a - f + across));
    gy[here + x] = Math.sqrt(Math.abs(f + k - a - c + along));
  }
}

/** Sums of a plane's squares over everything above and to the left, one row and column larger. */
function sumSquares(out: Float64Array, plane: Float64Array, w: number, h: number): void {
  for (let y = 0; y < h; y++) {
    let row = 0;
    for (let x = 0; x < w; x++) {
      row += (plane[y * w + x] as number) ** 2;
      out[(y + 1) * (w + 1) + x + 1] = (out[y * (w + 1) + x + 1] as number) + row;
    }
  }
}

/**
 * Adds sum a(x) a(x + d) / sqrt(sum a(x)^2 sum a(x + d)^2), x where both are in the picture, to the row of lags d = (-reachX .. reachX, dy).
 * @param products sum a(x) a(x + d), rows of W
 * @param squares of a, summed
 */
function addNormalised(
  out: Float64Array,
  products: Float64Array,
  W: number,
  squares: Float64Array,
  w: number,
  h: number,
  reachX: number,
  dy: number,
): void {
  // Of what stays in the picture when it is moved down, and of what that comes to lie on.
  const rest = (h - dy) * (w + 1);
  const moved = dy * (w + 1);
  const all = h * (w + 1);
  const nothing = 1e-9 * (squares[all + w] as number) + 1e-12;
  const row = dy * (2 * reachX + 1) + reachX;
  for (let dx = -reachX; dx <= reachX; dx++) {
    const far = Math.abs(dx);
    const left = squares[rest + w - far] as number;
    const right = (squares[rest + w] as number) - (squares[rest + far] as number);
    const leftOn = (squares[all + w - far] as number) - (squares[moved + w - far] as number);
    const rightOn =
      (squares[all + w] as number) -
      (squares[moved + w] as number) -
      (squares[all + far] as number) +
      (squares[moved + far] as number);
    const energy = dx < 0 ? Math.max(0, right) * Math.max(0, leftOn) : Math.max(0, left) * Math.max(0, rightOn);
    const root = Math.sqrt(energy);
    if (root <= nothing) continue;
    out[row + dx] = (out[row + dx] as number) + (products[dy * W + (dx < 0 ? dx + W : dx)] as number) / root;
  }
}

/** What `Correlated` has at one lag of no less than 0. */
function correlationAt({ planes, w, h }: Structure, dx: number, dy: number): number {
  let all = 0;
  for (const plane of planes) {
    let product = 0;
    let from = 0;
    let to = 0;
    for (let y = 0; y < h - dy; y++) {
      const [i, j] = [y * w, (y + dy) * w + dx];
      product += dot(plane, i, plane, j, w - dx);
      from += dot(plane, i, plane, i, w - dx);
      to += dot(plane, j, plane, j, w - dx);
    }
    const energy = Math.sqrt(from * to);
    if (energy > 1e-12) all += product / energy;
  }
  return all / planes.length;
}
