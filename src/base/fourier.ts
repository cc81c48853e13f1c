import { type Lines, linesOf } from './fourier_lines';

/** Columns that are transformed together. */
const TOGETHER = 8;
/** Between lines: numbers that are a power of two apart would push one another out of the processor's cache. */
const ASIDE = 8;

/**
 * Discrete Fourier transform on the host, in place, of any size:
 * X[v, u] = sum over y, x of x[y, x] exp(-2 pi i (u x/W + v y/H)); `inverse` undoes it.
 * @param re, im [H, W], real and imaginary parts.
 */
export function fourier2d(re: Float64Array, im: Float64Array, width: number, height: number, inverse = false): void {
  // Exchanging the two parts turns the transform into its inverse, but for the factor.
  const [a, b] = inverse ? [im, re] : [re, im];
  const across = linesOf(width);
  for (let y = 0; y < height; y++) across.transform(a, b, y * width);
  const down = linesOf(height);
  // A few columns at a time: each line of the processor's cache is then read once, not once a column.
  const columnsA = new Float64Array(TOGETHER * height);
  const columnsB = new Float64Array(TOGETHER * height);
  for (let x = 0; x < width; x += TOGETHER) {
    const count = Math.min(TOGETHER, width - x);
    for (let y = 0; y < height; y++) {
      for (let k = 0; k < count; k++) {
        columnsA[k * height + y] = a[y * width + x + k] ?? 0;
        columnsB[k * height + y] = b[y * width + x + k] ?? 0;
      }
    }
    for (let k = 0; k < count; k++) down.transform(columnsA, columnsB, k * height);
    for (let y = 0; y < height; y++) {
      for (let k = 0; k < count; k++) {
        a[y * width + x + k] = columnsA[k * height + y] ?? 0;
        b[y * width + x + k] = columnsB[k * height + y] ?? 0;
      }
    }
  }
  if (!inverse) return;
  const n = width * height;
  for (let i = 0; i < n; i++) {
    re[i] = (re[i] ?? 0) / n;
    im[i] = (im[i] ?? 0) / n;
  }
}

type Size = readonly [width: number, height: number];

/**
 * Half of the spectrum of a real plane [H, W]: its columns 0 .. W / 2, one after another; the others follow from symmetry. There is room for
 * one column more, since two may be worked at together.
 */
export interface HalfSpectrum {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** Columns of half of a spectrum. */
const halfOf = (W: number): number => Math.floor(W / 2) + 1;

/** The spectrum of a real plane, in half the time that `fourier2d` takes. */
export function realFourier(plane: Float32Array | Float64Array, size: Size): HalfSpectrum {
  const spectrum = spectrumRoom(size, size[1]);
  linesAcross(plane, size, size, spectrum);
  eachColumn(spectrum, size, linesOf(size[1]), false);
  return spectrum;
}

/**
 * Back from it: the spectrum is used up.
 * @param spectrum hermitian, as that of a real plane
 * @returns [H, W]
 */
export function inverseRealFourier(spectrum: HalfSpectrum, size: Size): Float64Array {
  eachColumn(spectrum, size, linesOf(size[1]), true);
  const out = new Float64Array(size[0] * size[1]);
  planeBack(spectrum, size, size[1], out);
  return out;
}

function eachColumn({ re, im }: HalfSpectrum, [W, H]: Size, down: Lines, inverse: boolean): void {
  for (let at = 0; at < halfOf(W) * H; at += H) {
    if (inverse) down.transform(im, re, at);
    else down.transform(re, im, at);
  }
}

function spectrumRoom([W]: Size, pitch: number): HalfSpectrum {
  const numbers = (halfOf(W) + 1) * pitch;
  return { re: new Float64Array(numbers), im: new Float64Array(numbers) };
}

/**
 * The lines of a plane of w x h, in one of W x H that is nothing else, transformed two real ones at a time: columns of half a spectrum, of
 * which rows from h on are left as they are.
 * @param pitch from one column to the next
 */
function linesAcross(
  plane: Float32Array | Float64Array,
  [w, h]: Size,
  [W, H]: Size,
  { re, im }: HalfSpectrum,
  pitch = H,
): void {
  const across = linesOf(W);
  const half = halfOf(W);
  const line = W + ASIDE;
  const a = new Float64Array(TOGETHER * line);
  const b = new Float64Array(TOGETHER * line);
  for (let y = 0; y < h; y += 2 * TOGETHER) {
    const rows = Math.min(2 * TOGETHER, h - y);
    a.fill(0);
    b.fill(0);
    for (let k = 0; k < rows; k++) {
      const row = (y + k) * w;
      (k % 2 === 0 ? a : b).set(plane.subarray(row, row + w), (k >> 1) * line);
    }
    for (let k = 0; 2 * k < rows; k++) across.transform(a, b, k * line);
    for (let x = 0; x < half; x++) toColumn(a, b, x, x === 0 ? 0 : W - x, line, re, im, x * pitch + y, rows);
  }
}

/** Of lines transformed in pairs, as real and imaginary part, each one's number at x, to a column. */
function toColumn(
  a: Float64Array,
  b: Float64Array,
  x: number,
  mirror: number,
  line: number,
  re: Float64Array,
  im: Float64Array,
  at: number,
  rows: number,
): void {
  for (let k = 0; k < rows; k += 2) {
    const from = (k >> 1) * line;
    const p = a[from + x] as number;
    const q = b[from + x] as number;
    const r = a[from + mirror] as number;
    const s = b[from + mirror] as number;
    re[at + k] = (p + r) / 2;
    im[at + k] = (q - s) / 2;
    if (k + 1 === rows) break;
    re[at + k + 1] = (q + s) / 2;
    im[at + k + 1] = (r - p) / 2;
  }
}

/** Back across from columns that were transformed back down, but for the factor 1 / H: the first so many rows. */
function planeBack({ re, im }: HalfSpectrum, [W, H]: Size, rows: number, out: Float64Array, pitch = H): void {
  const across = linesOf(W);
  const half = halfOf(W);
  const line = W + ASIDE;
  const a = new Float64Array(TOGETHER * line);
  const b = new Float64Array(TOGETHER * line);
  for (let y = 0; y < rows; y += 2 * TOGETHER) {
    const some = Math.min(2 * TOGETHER, rows - y);
    for (let x = 0; x < half; x++) fromColumn(re, im, x * pitch + y, some, a, b, x, x === 0 ? 0 : W - x, line);
    for (let k = 0; 2 * k < some; k++) across.transform(b, a, k * line);
    for (let k = 0; k < some; k++) {
      const from = (k >> 1) * line;
      out.set((k % 2 === 0 ? a : b).subarray(from, from + W), (y + k) * W);
    }
  }
  for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) / (W * H);
}

/** Hermitian lines, in pairs of one and i times another, at x: their inverses are real and imaginary part. */
function fromColumn(
  re: Float64Array,
  im: Float64Array,
  at: number,
  rows: number,
  a: Float64Array,
  b: Float64Array,
  x: number,
  mirror: number,
  line: number,
): void {
  for (let k = 0; k < rows; k += 2) {
    const to = (k >> 1) * line;
    const more = k + 1 < rows;
    const p = re[at + k] as number;
    const q = im[at + k] as number;
    const r = more ? (re[at + k + 1] as number) : 0;
    const s = more ? (im[at + k + 1] as number) : 0;
    a[to + mirror] = p + s;
    b[to + mirror] = r - q;
    a[to + x] = p - s;
    b[to + x] = q + r;
  }
}

/**
 * How planes agree with themselves moved, on the host: out[dy, x] = sum over y, x' of a[y, x'] a[y + dy, x' + x], for 0 <= dy < rows, on a
 * torus of W x H that is nothing where the plane is not, so that lags x from W / 2 on are those to the left. By the square of the
 * spectrum's magnitude (Wiener and Khinchin), two real lines at a time. Memory is taken once for planes one after another.
 */
export class SelfCorrelation {
  readonly #pitch: number;
  readonly #spectrum: HalfSpectrum;
  /** Two columns. */
  readonly #first: HalfSpectrum;
  readonly #second: HalfSpectrum;
  readonly #out: Float64Array;

  constructor(
    private readonly size: Size,
    private readonly torus: Size,
    private readonly rows: number,
  ) {
    const [W, H] = torus;
    this.#pitch = Math.max(size[1], rows) + ASIDE;
    this.#spectrum = spectrumRoom(torus, this.#pitch);
    this.#first = { re: new Float64Array(H), im: new Float64Array(H) };
    this.#second = { re: new Float64Array(H), im: new Float64Array(H) };
    this.#out = new Float64Array(rows * W);
  }

  /**
   * @param plane [h, w]
   * @returns [rows, W], until the next is asked for
   */
  of(plane: Float64Array): Float64Array {
    const { size, torus, rows } = this;
    const down = linesOf(torus[1]);
    const half = halfOf(torus[0]);
    linesAcross(plane, size, torus, this.#spectrum, this.#pitch);
    this.#spectrum.re.fill(0, half * this.#pitch);
    this.#spectrum.im.fill(0, half * this.#pitch);
    for (let k = 0; k < half; k += 2) this.#squaredColumns(k * this.#pitch, down);
    planeBack(this.#spectrum, torus, rows, this.#out, this.#pitch);
    return this.#out;
  }

  /** Two columns of the spectrum, transformed down, replaced by the inverse transforms, times H, of what their magnitudes are squared. */
  #squaredColumns(at: number, down: Lines): void {
    const next = at + this.#pitch;
    const first = this.#column(this.#first, at);
    const second = this.#column(this.#second, next);
    down.transform(first.re, first.im, 0);
    down.transform(second.re, second.im, 0);
    squares(first.re, first.im, second.re, second.im);
    down.transform(first.im, first.re, 0);
    halves(first, this.#spectrum, at, next, this.rows);
  }

  #column(to: HalfSpectrum, at: number): HalfSpectrum {
    const h = this.size[1];
    to.re.set(this.#spectrum.re.subarray(at, at + h));
    to.im.set(this.#spectrum.im.subarray(at, at + h));
    to.re.fill(0, h);
    to.im.fill(0, h);
    return to;
  }
}

/** The squares of a + i b to a, those of c + i d to b. */
function squares(a: Float64Array, b: Float64Array, c: Float64Array, d: Float64Array): void {
  for (let k = 0; k < a.length; k++) {
    a[k] = (a[k] as number) ** 2 + (b[k] as number) ** 2;
    b[k] = (c[k] as number) ** 2 + (d[k] as number) ** 2;
  }
}

/** The transforms of two real columns, from that of one and i times the other. */
function halves(both: HalfSpectrum, { re, im }: HalfSpectrum, first: number, second: number, rows: number): void {
  for (let y = 0; y < rows; y++) {
    const mirror = y === 0 ? 0 : both.re.length - y;
    const p = both.re[y] as number;
    const q = both.im[y] as number;
    const r = both.re[mirror] as number;
    const s = both.im[mirror] as number;
    re[first + y] = (p + r) / 2;
    im[first + y] = (q - s) / 2;
    re[second + y] = (q + s) / 2;
    im[second + y] = (r - p) / 2;
  }
}
