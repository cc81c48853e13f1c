/** Columns that are transformed together. */
const TOGETHER = 8;

/** Transforms a line in place: a[k] = sum over j of a[j] exp(-2 pi i j k / n). */
type Line = (re: Float64Array, im: Float64Array) => void;

/** Radix 2 (Cooley and Tukey 1965), for a power of two. */
function radix2(n: number): Line {
  const bits = Math.log2(n);
  const cos = Float64Array.from({ length: n / 2 }, (_, k) => Math.cos((2 * Math.PI * k) / n));
  const sin = Float64Array.from({ length: n / 2 }, (_, k) => -Math.sin((2 * Math.PI * k) / n));
  const place = Uint32Array.from({ length: n }, (_, k) => {
    let reversed = 0;
    for (let b = 0; b < bits; b++) reversed |= ((k >> b) & 1) << (bits - 1 - b);
    return reversed;
  });
  return (re, im) => {
    for (let i = 0; i < n; i++) {
      const j = place[i] ?? 0;
      if (j <= i) continue;
      const a = re[i] ?? 0;
      const b = im[i] ?? 0;
      re[i] = re[j] ?? 0;
      im[i] = im[j] ?? 0;
      re[j] = a;
      im[j] = b;
    }
    for (let half = 1; half < n; half *= 2) {
      const stride = n / (2 * half);
      for (let start = 0; start < n; start += 2 * half) {
        for (let k = 0; k < half; k++) {
          const i = start + k;
          const j = i + half;
          const c = cos[k * stride] ?? 0;
          const s = sin[k * stride] ?? 0;
          const p = re[j] ?? 0;
          const q = im[j] ?? 0;
          const x = p * c - q * s;
          const y = p * s + q * c;
          const a = re[i] ?? 0;
          const b = im[i] ?? 0;
          re[i] = a + x;
          im[i] = b + y;
          re[j] = a - x;
          im[j] = b - y;
        }
      }
    }
  };
}

/** Any n, as a convolution with a chirp (Bluestein 1970): jk = (j^2 + k^2 - (k - j)^2) / 2. */
function bluestein(n: number): Line {
  const m = 2 ** Math.ceil(Math.log2(2 * n - 1));
  const inner = radix2(m);
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
  const lineOf = (n: number): Line => (Number.isInteger(Math.log2(n)) ? radix2(n) : bluestein(n));
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
