import { type Shape, size } from '../../base/shape';
import type { Case, OpSpec, Value } from '../op';
import { type Fourier, fftOp } from './index';

/** The definition, one axis after the other: O(n) for each element and axis. */
function dft(x: Value, { inverse, axes, real, scale }: Fourier): Float64Array {
  const [H = 1, W = 1] = x.shape.slice(-2);
  const n = size(x.shape.slice(-3));
  let re: Float64Array = x.data.slice(0, n);
  let im: Float64Array = x.shape.length === 4 ? x.data.slice(n) : new Float64Array(n);
  const along = (length: number, inner: number): void => {
    const nextRe = new Float64Array(n);
    const nextIm = new Float64Array(n);
    const roots = Array.from({ length }, (_, k) => (2 * Math.PI * k) / length);
    const cos = Float64Array.from(roots, Math.cos);
    const sin = Float64Array.from(roots, (a) => (inverse ? 1 : -1) * Math.sin(a));
    for (let i = 0; i < n; i++) {
      const k = Math.floor(i / inner) % length;
      for (let j = 0; j < length; j++) {
        const from = i + (j - k) * inner;
        const [c = 0, s = 0] = [cos[(j * k) % length], sin[(j * k) % length]];
        const [a = 0, b = 0] = [re[from], im[from]];
        nextRe[i] = (nextRe[i] ?? 0) + a * c - b * s;
        nextIm[i] = (nextIm[i] ?? 0) + a * s + b * c;
      }
    }
    re = nextRe;
    im = nextIm;
  };
  if (axes[1]) along(W, 1);
  if (axes[0]) along(H, W);
  return Float64Array.from([...re, ...(real ? [] : im)], (v) => scale * v);
}

const both = [true, true] as const;
const rows = [false, true] as const;
const columns = [true, false] as const;
const forward: Fourier = { inverse: false, axes: both, real: false, scale: 1 };
const back: Fourier = { inverse: true, axes: both, real: true, scale: 0.01 };
const of = (name: string, shape: Shape, attrs: Partial<Fourier> = {}): Case<1, Fourier> => ({
  name,
  shapes: [shape],
  attrs: { ...forward, ...attrs },
});
const why = (name: string, shape: Shape, message: RegExp, attrs: Partial<Fourier> = {}) => ({
  ...of(name, shape, attrs),
  message,
});

export const spec: OpSpec<1, Fourier> = {
  op: fftOp,
  reference: ([x], attrs) => dft(x, attrs),
  cases: [
    of('one number', [1, 1, 1]),
    of('one complex number', [2, 1, 1, 1]),
    of('every factor', [2, 2, 30, 60]),
    of('a power of two', [3, 16, 32]),
    of('fives, then threes', [2, 1, 25, 27]),
    of('oblong, real', [2, 4, 45]),
    of('more rows than a workgroup takes', [3, 90, 20], { axes: rows }),
    of('columns only, ragged', [5, 12, 17], { axes: columns }),
    of('a row that fills workgroup memory', [2, 1, 1, 1024]),
    of('a row in two passes', [1, 2, 1200], { axes: rows }),
    of('complex columns in two passes, beside each other', [2, 1, 1280, 3], { axes: columns }),
    of('two passes each way, back', [2, 1, 1125, 2], back),
    of('back to a real map', [2, 2, 12, 10], back),
    of('back to a complex one', [2, 1, 8, 6], { inverse: true, scale: 1 / 48 }),
    of('real part of the transform of a real map', [1, 6, 5], { real: true }),
  ],
  rejects: [
    why('a matrix', [4, 4], /fft wants a feature map \[C, H, W\], or a complex one.*got \[4, 4\]/),
    why('three parts', [3, 1, 4, 4], /or a complex one/),
    why('a factor of 7', [1, 4, 14], /a width with no prime factor above 5, got 14\n.*12 and 15/),
    why('a prime', [1, 101, 4], /a height.*got 101\n.*100 and 108/),
    why('no axis', [1, 4, 4], /at least one axis/, { axes: [false, false] }),
    why('too long', [1, 1, 2 ** 21], /at most 1048576, got 2097152/),
  ],
  linearIn: 0,
  rtol: 2e-6,
};
