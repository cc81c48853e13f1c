/** Transforms lines of a length in place: a[k] = sum over j of a[j] exp(-2 pi i j k / n). */
export interface Lines {
  /** The line that begins at `at`. */
  transform(re: Float64Array, im: Float64Array, at: number): void;
}

/** For a power of two: steps of radix 4, and one of radix 2 where its exponent is odd (Cooley and Tukey 1965). */
class PowerOfTwo implements Lines {
  readonly #n: number;
  readonly #odd: boolean;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #place: Uint32Array;

  constructor(n: number) {
    const bits = Math.log2(n);
    this.#n = n;
    this.#odd = bits % 2 === 1;
    this.#cos = new Float64Array(n);
    this.#sin = new Float64Array(n);
    this.#place = new Uint32Array(n);
    for (let k = 0; k < n; k++) {
      this.#cos[k] = Math.cos((2 * Math.PI * k) / n);
      this.#sin[k] = -Math.sin((2 * Math.PI * k) / n);
      this.#place[k] = ((this.#place[k >> 1] as number) >> 1) | ((k & 1) << (bits - 1));
    }
  }

  transform(re: Float64Array, im: Float64Array, at: number): void {
    const n = this.#n;
    inPlace(re, im, at, this.#place);
    if (this.#odd) pairs(re, im, at, n);
    for (let quarter = this.#odd ? 2 : 1; quarter < n; quarter *= 4) {
      fours(re, im, at, n, quarter, this.#cos, this.#sin);
    }
  }
}

/** Exchanges the numbers of a line with those at their places, whose bits are reversed. */
function inPlace(re: Float64Array, im: Float64Array, at: number, place: Uint32Array): void {
  for (let k = 0; k < place.length; k++) {
    const l = place[k] as number;
    if (l <= k) continue;
    const [i, j] = [at + k, at + l];
    const a = re[i] as number;
    const b = im[i] as number;
    re[i] = re[j] as number;
    im[i] = im[j] as number;
    re[j] = a;
    im[j] = b;
  }
}

function pairs(re: Float64Array, im: Float64Array, at: number, n: number): void {
  for (let i = at; i < at + n; i += 2) {
    const a = re[i] as number;
    const b = im[i] as number;
    const x = re[i + 1] as number;
    const y = im[i + 1] as number;
    re[i] = a + x;
    im[i] = b + y;
    re[i + 1] = a - x;
    im[i + 1] = b - y;
  }
}

/** Joins each four transforms of `quarter` points, whose order bits reversed have left even ones first, to one. */
function fours(
  re: Float64Array,
  im: Float64Array,
  at: number,
  n: number,
  quarter: number,
  cos: Float64Array,
  sin: Float64Array,
): void {
  const stride = n / (4 * quarter);
  for (let k = 0; k < quarter; k++) {
    const c1 = cos[k * stride] as number;
    const s1 = sin[k * stride] as number;
    const c2 = cos[2 * k * stride] as number;
    const s2 = sin[2 * k * stride] as number;
    const c3 = cos[3 * k * stride] as number;
    const s3 = sin[3 * k * stride] as number;
    for (let i = at + k; i < at + n; i += 4 * quarter) {
      const j = i + quarter;
      const l = j + quarter;
      const m = l + quarter;
      const p = re[j] as number;
      const q = im[j] as number;
      const r = re[l] as number;
      const s = im[l] as number;
      const t = re[m] as number;
      const u = im[m] as number;
      const bx = p * c2 - q * s2;
      const by = p * s2 + q * c2;
      const cx = r * c1 - s * s1;
      const cy = r * s1 + s * c1;
      const dx = t * c3 - u * s3;
      const dy = t * s3 + u * c3;
      const a = re[i] as number;
      const b = im[i] as number;
      re[i] = a + bx + (cx + dx);
      im[i] = b + by + (cy + dy);
      re[j] = a - bx + (cy - dy);
      im[j] = b - by - (cx - dx);
      re[l] = a + bx - (cx + dx);
      im[l] = b + by - (cy + dy);
      re[m] = a - bx - (cy - dy);
      im[m] = b - by + (cx - dx);
    }
  }
}

const powers = new Map<number, PowerOfTwo>();

function powerOfTwo(n: number): PowerOfTwo {
  const known = powers.get(n) ?? new PowerOfTwo(n);
  powers.set(n, known);
  return known;
}

export const linesOf = (n: number): Lines => (Number.isInteger(Math.log2(n)) ? powerOfTwo(n) : bluestein(n));

/** Any n, as a convolution with a chirp (Bluestein 1970): jk = (j^2 + k^2 - (k - j)^2) / 2. */
function bluestein(n: number): Lines {
  const m = 2 ** Math.ceil(Math.log2(2 * n - 1));
  const inner = powerOfTwo(m);
  const angles = Array.from({ length: n }, (_, k) => (Math.PI * ((k * k) % (2 * n))) / n);
  const cos = Float64Array.from(angles, Math.cos);
  const sin = Float64Array.from(angles, Math.sin);
  const chirpRe = new Float64Array(m);
  const chirpIm = new Float64Array(m);
  for (let k = 0; k < n; k++) {
    for (const at of [k, (m - k) % m]) {
      chirpRe[at] = cos[k] ?? 0;
      chirpIm[at] = sin[k] ?? 0;
    }
  }
  inner.transform(chirpRe, chirpIm, 0);
  const a = new Float64Array(m);
  const b = new Float64Array(m);
  /** (re + i im) times exp(-i angle), times `scale`. */
  const unchirp = (re: Float64Array, im: Float64Array, toRe: Float64Array, toIm: Float64Array, scale: number): void => {
    for (let k = 0; k < n; k++) {
      const x = re[k] as number;
      const y = im[k] as number;
      const c = cos[k] as number;
      const s = sin[k] as number;
      toRe[k] = scale * (x * c + y * s);
      toIm[k] = scale * (y * c - x * s);
    }
  };
  const transform = (re: Float64Array, im: Float64Array, at: number): void => {
    const [lineRe, lineIm] = [re.subarray(at, at + n), im.subarray(at, at + n)];
    a.fill(0, n);
    b.fill(0, n);
    unchirp(lineRe, lineIm, a, b, 1);
    inner.transform(a, b, 0);
    for (let k = 0; k < m; k++) {
      const x = a[k] as number;
      const y = b[k] as number;
      const c = chirpRe[k] as number;
      const s = chirpIm[k] as number;
      a[k] = x * c - y * s;
      b[k] = x * s + y * c;
    }
    inner.transform(b, a, 0); // the inverse, times m: real and imaginary parts exchanged before and after
    unchirp(a, b, lineRe, lineIm, 1 / m);
  };
  return { transform };
}
