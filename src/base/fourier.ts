/** Columns that are transformed together. */
const TOGETHER = 8;

/** Transforms a line in place: a[k] = sum over j of a[j] exp(-2 pi i j k / n). */
type Line = (re: Float64Array, im: Float64Array) => void;

/** For a power of two: steps of radix 4, and one of radix 2 where its exponent is odd (Cooley and Tukey 1965). */
function powerOfTwo(n: number): Line {
  const bits = Math.log2(n);
  const cos = Float64Array.from({ length: n }, (_, k) => Math.cos((2 * Math.PI * k) / n));
  const sin = Float64Array.from({ length: n }, (_, k) => -Math.sin((2 * Math.PI * k) / n));
  const place = Uint32Array.from({ length: n }, (_, k) => {
    let reversed = 0;
    for (let b = 0; b < bits; b++) reversed |= ((k >> b) & 1) << (bits - 1 - b);
    return reversed;
  });
  return (re, im) => {
    for (let i = 0; i < n; i++) {
      const j = place[i] as number;
      if (j <= i) continue;
      const a = re[i] as number;
      const b = im[i] as number;
      re[i] = re[j] as number;
      im[i] = im[j] as number;
      re[j] = a;
      im[j] = b;
    }
    if (bits % 2 === 1) pairs(re, im, n);
    for (let quarter = bits % 2 === 1 ? 2 : 1; quarter < n; quarter *= 4) fours(re, im, n, quarter, cos, sin);
  };
}

function pairs(re: Float64Array, im: Float64Array, n: number): void {
  for (let i = 0; i < n; i += 2) {
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
    for (let i = k; i < n; i += 4 * quarter) {
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

const lineOf = (n: number): Line => (Number.isInteger(Math.log2(n)) ? powerOfTwo(n) : bluestein(n));

/** Any n, as a convolution with a chirp (Bluestein 1970): jk = (j^2 + k^2 - (k - j)^2) / 2. */
function bluestein(n: number): Line {
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
  inner(chirpRe, chirpIm);
  const a = new Float64Array(m);
  const b = new Float64Array(m);
  /** (re + i im) times exp(-i angle), from one pair of arrays to another. */
  const unchirp = (re: Float64Array, im: Float64Array, toRe: Float64Array, toIm: Float64Array, scale: number): void => {
    for (let k = 0; k < n; k++) {
      const [x = 0, y = 0, c = 0, s = 0] = [re[k], im[k], cos[k], sin[k]];
      toRe[k] = scale * (x * c + y * s);
      toIm[k] = scale * (y * c - x * s);
    }
  };
  return (re, im) => {
    a.fill(0);
    b.fill(0);
    unchirp(re, im, a, b, 1);
    inner(a, b);
    for (let k = 0; k < m; k++) {
      const [x = 0, y = 0, c = 0, s = 0] = [a[k], b[k], chirpRe[k], chirpIm[k]];
      a[k] = x * c - y * s;
      b[k] = x * s + y * c;
    }
    inner(b, a); // the inverse, times m: real and imaginary parts exchanged before and after
    unchirp(a, b, re, im, 1 / m);
  };
}

/**
 * Discrete Fourier transform on the host, in place, of any size:
 * X[v, u] = sum over y, x of x[y, x] exp(-2 pi i (u x/W + v y/H)); `inverse` undoes it.
 * @param re, im [H, W], real and imaginary parts.
 */
export function fourier2d(re: Float64Array, im: Float64Array, width: number, height: number, inverse = false): void {
  // Exchanging the two parts turns the transform into its inverse, but for the factor.
  const [a, b] = inverse ? [im, re] : [re, im];
  const across = lineOf(width);
  for (let y = 0; y < height; y++) {
    across(a.subarray(y * width, (y + 1) * width), b.subarray(y * width, (y + 1) * width));
  }
  const down = lineOf(height);
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
    for (let k = 0; k < count; k++) {
      down(columnsA.subarray(k * height, (k + 1) * height), columnsB.subarray(k * height, (k + 1) * height));
    }
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
  const spectrum = linesAcross(plane, size, size);
  eachColumn(spectrum, size, lineOf(size[1]), false);
  return spectrum;
}

/**
 * Back from it: the spectrum is used up.
 * @param spectrum hermitian, as that of a real plane
 * @returns [H, W]
 */
export function inverseRealFourier(spectrum: HalfSpectrum, size: Size): Float64Array {
  eachColumn(spectrum, size, lineOf(size[1]), true);
  return planeBack(spectrum, size, size[1]);
}

function eachColumn({ re, im }: HalfSpectrum, [W, H]: Size, down: Line, inverse: boolean): void {
  for (let at = 0; at < halfOf(W) * H; at += H) {
    const [a, b] = [re.subarray(at, at + H), im.subarray(at, at + H)];
    if (inverse) down(b, a);
    else down(a, b);
  }
}

/** The lines of a plane of w x h, in one of W x H that is nothing else, transformed two real ones at a time: columns of half a spectrum. */
function linesAcross(plane: Float32Array | Float64Array, [w, h]: Size, [W, H]: Size): HalfSpectrum {
  const across = lineOf(W);
  const half = halfOf(W);
  const re = new Float64Array((half + 1) * H);
  const im = new Float64Array((half + 1) * H);
  const a = new Float64Array(TOGETHER * W);
  const b = new Float64Array(TOGETHER * W);
  for (let y = 0; y < h; y += 2 * TOGETHER) {
    const pairs = Math.min(TOGETHER, Math.ceil((h - y) / 2));
    a.fill(0);
    b.fill(0);
    for (let k = 0; k < pairs; k++) {
      const row = (y + 2 * k) * w;
      a.set(plane.subarray(row, row + w), k * W);
      b.set(plane.subarray(row + w, Math.min(h * w, row + 2 * w)), k * W);
      across(a.subarray(k * W, (k + 1) * W), b.subarray(k * W, (k + 1) * W));
    }
    for (let x = 0; x < half; x++) {
      const mirror = x === 0 ? 0 : W - x;
      for (let k = 0; k < pairs; k++) {
        const p = a[k * W + x] as number;
        const q = b[k * W + x] as number;
        const r = a[k * W + mirror] as number;
        const s = b[k * W + mirror] as number;
        const to = x * H + y + 2 * k;
        re[to] = (p + r) / 2;
        im[to] = (q - s) / 2;
        if (y + 2 * k + 1 >= h) continue;
        re[to + 1] = (q + s) / 2;
        im[to + 1] = (r - p) / 2;
      }
    }
  }
  return { re, im };
}

/** Back across from columns that were transformed back down, but for the factor 1 / H: the first so many rows. */
function planeBack({ re, im }: HalfSpectrum, [W, H]: Size, rows: number): Float64Array {
  const across = lineOf(W);
  const half = halfOf(W);
  const out = new Float64Array(rows * W);
  const a = new Float64Array(TOGETHER * W);
  const b = new Float64Array(TOGETHER * W);
  for (let y = 0; y < rows; y += 2 * TOGETHER) {
    const pairs = Math.min(TOGETHER, Math.ceil((rows - y) / 2));
    for (let x = 0; x < W; x++) {
      const known = x < half;
      const from = (known ? x : W - x) * H + y;
      const sign = known ? 1 : -1;
      for (let k = 0; k < pairs; k++) {
        const at = from + 2 * k;
        const more = y + 2 * k + 1 < rows;
        // A hermitian line, and i times another: their inverses are real and imaginary part. Exchanged, as of an inverse.
        a[k * W + x] = (re[at] as number) - (more ? sign * (im[at + 1] as number) : 0);
        b[k * W + x] = sign * (im[at] as number) + (more ? (re[at + 1] as number) : 0);
      }
    }
    for (let k = 0; k < pairs; k++) {
      const [c, d] = [a.subarray(k * W, (k + 1) * W), b.subarray(k * W, (k + 1) * W)];
      across(d, c);
      const row = (y + 2 * k) * W;
      const more = y + 2 * k + 1 < rows;
      for (let x = 0; x < W; x++) {
        out[row + x] = (c[x] as number) / (W * H);
        if (more) out[row + W + x] = (d[x] as number) / (W * H);
      }
    }
  }
  return out;
}

/**
 * How a plane agrees with itself moved, on the host: out[dy, x] = sum over y, x' of a[y, x'] a[y + dy, x' + x], for 0 <= dy < rows, on a
 * torus of W x H that is nothing where the plane is not, so that lags x from W / 2 on are those to the left. By the square of the
 * spectrum's magnitude (Wiener and Khinchin), two real lines at a time.
 * @param plane [h, w]
 * @returns [rows, W]
 */
export function correlatedWithItself(plane: Float64Array, size: Size, torus: Size, rows: number): Float64Array {
  const [W, H] = torus;
  const down = lineOf(H);
  const spectrum = linesAcross(plane, size, torus);
  for (let k = 0; k < halfOf(W); k += 2) squaredColumns(spectrum.re, spectrum.im, k * H, H, down);
  return planeBack(spectrum, torus, rows);
}

/** Two columns of a spectrum, transformed down, replaced by the inverse transforms, times H, of what their magnitudes are squared. */
function squaredColumns(re: Float64Array, im: Float64Array, at: number, H: number, down: Line): void {
  const [first, second] = [at, at + H].map(
    (from) => [re.subarray(from, from + H), im.subarray(from, from + H)] as const,
  );
  if (!first || !second) return;
  const [a, b] = first;
  const [c, d] = second;
  down(a, b);
  down(c, d);
  for (let k = 0; k < H; k++) {
    a[k] = (a[k] as number) ** 2 + (b[k] as number) ** 2;
    b[k] = (c[k] as number) ** 2 + (d[k] as number) ** 2;
  }
  down(b, a);
  for (let y = 0; y <= H / 2; y++) {
    const j = y === 0 ? 0 : H - y;
    const p = a[y] as number;
    const q = b[y] as number;
    const r = a[j] as number;
    const s = b[j] as number;
    a[y] = (p + r) / 2;
    b[y] = (q - s) / 2;
    c[y] = (q + s) / 2;
    d[y] = (r - p) / 2;
    a[j] = a[y] as number;
    b[j] = -(b[y] as number);
    c[j] = c[y] as number;
    d[j] = -(d[y] as number);
  }
}
