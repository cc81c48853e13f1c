import { type Shape, size } from '../../base/shape';
import type { Case, OpSpec, Value } from '../op';
import { spectrumOverlapGradOp, spectrumOverlapOp } from './index';

interface Comparison {
  readonly each: boolean;
}
interface Product {
  readonly n: number;
  readonly k: number;
  readonly c: number;
}

/** How much of bin k of K lies in bin i of n, round the circle, as a part of k: [i][k]. */
function shares(K: number, n: number): number[][] {
  return Array.from({ length: n }, (_, i) =>
    Array.from({ length: K }, (_, k) => {
      let part = 0;
      for (const turn of [-1, 0, 1]) {
        const lo = Math.max((i - 0.5) / n, (k - 0.5) / K + turn);
        const hi = Math.min((i + 0.5) / n, (k + 0.5) / K + turn);
        part += Math.max(0, hi - lo) * K;
      }
      return part;
    }),
  );
}

/** Calls `step` with the weight b and z = <x, y> of every k in every n, and the channels (first, one past the last). */
function products(
  x: Value,
  y: Value,
  each: boolean,
  step: (s: number, b: number, re: number, im: number, at: readonly Product[]) => void,
): void {
  const [, C = 1, H = 1, W = 1] = x.shape;
  const [, , h = 1, w = 1] = y.shape;
  const rows = shares(H, h);
  const columns = shares(W, w);
  const channels = Array.from({ length: C }, (_, c) => c);
  for (let n = 0; n < h * w; n++) {
    for (let k = 1; k < H * W; k++) {
      const part = rows[Math.floor(n / w)]?.[Math.floor(k / W)] ?? 0;
      const b = (part * (columns[n % w]?.[k % W] ?? 0) * h * w) / (H * W);
      if (b < 1e-12) continue;
      for (const group of each ? channels.map((c) => [c]) : [channels]) {
        let [re, im] = [0, 0];
        for (const c of group) {
          const [p, q] = [x.data[c * H * W + k] ?? 0, x.data[(C + c) * H * W + k] ?? 0];
          const [r, s] = [y.data[c * h * w + n] ?? 0, y.data[(C + c) * h * w + n] ?? 0];
          re += p * r + q * s;
          im += q * r - p * s;
        }
        const s = each ? (group[0] ?? 0) * h * w + n : n;
        step(
          s,
          b,
          re,
          im,
          group.map((c) => ({ n, k, c })),
        );
      }
    }
  }
}

const maps: readonly (readonly [name: string, x: Shape, y: Shape, each: boolean])[] = [
  ['one frequency, which does not count', [2, 1, 1, 1], [2, 1, 1, 1], false],
  ['exactly one workgroup, equal grids', [2, 3, 8, 8], [2, 3, 8, 8], false],
  ['ragged, equal grids', [2, 3, 7, 11], [2, 3, 7, 11], false],
  ['channels for themselves', [2, 3, 9, 6], [2, 3, 9, 6], true],
  ['twice as fine', [2, 2, 8, 12], [2, 2, 4, 6], false],
  ['a third finer, and ragged', [2, 2, 12, 7], [2, 2, 9, 5], false],
  ['much finer one way, for themselves', [2, 2, 5, 16], [2, 2, 5, 3], true],
  ['all in one bin', [2, 1, 4, 6], [2, 1, 1, 1], false],
];

const forwardCases: readonly Case<2, Comparison>[] = maps.map(([name, x, y, each]) => ({
  name,
  shapes: [x, y],
  attrs: { each },
}));

export const specs: [OpSpec<2, Comparison>, OpSpec<4, Comparison>] = [
  {
    op: spectrumOverlapOp,
    reference([x, y], { each }) {
      const squares = new Float64Array(size(y.shape.slice(2)) * (each ? (y.shape[1] ?? 1) : 1));
      products(x, y, each, (s, b, re, im) => {
        squares[s] = (squares[s] ?? 0) + b * (re * re + im * im);
      });
      return squares.map(Math.sqrt);
    },
    cases: forwardCases,
    rejects: [
      {
        name: 'real maps',
        shapes: [
          [3, 4, 4],
          [3, 4, 4],
        ],
        attrs: { each: false },
        message: /spectrum_overlap wants a spectrum \[2, C, H, W\]/,
      },
      {
        name: 'a finer second grid',
        shapes: [
          [2, 3, 4, 4],
          [2, 3, 4, 5],
        ],
        attrs: { each: false },
        message: /got \[2, 3, 4, 4\] and \[2, 3, 4, 5\]/,
      },
      {
        name: 'too long a side',
        shapes: [
          [2, 1, 1, 20000],
          [2, 1, 1, 8],
        ],
        attrs: { each: false },
        message: /sides up to 16384/,
      },
    ],
    differentiable: [0],
  },
  {
    op: spectrumOverlapGradOp,
    reference([x, y, s, ds], { each }) {
      const [, C = 1, H = 1, W = 1] = x.shape;
      const bins = size(y.shape.slice(2));
      const out = new Float64Array(x.data.length);
      products(x, y, each, (at, b, re, im, all) => {
        const factor = (b * (ds.data[at] ?? 0)) / (s.data[at] ?? 1);
        for (const { n, k, c } of all) {
          const [p, q] = [y.data[c * bins + n] ?? 0, y.data[(C + c) * bins + n] ?? 0];
          const to = c * H * W + k;
          out[to] = (out[to] ?? 0) + factor * (re * p - im * q);
          out[C * H * W + to] = (out[C * H * W + to] ?? 0) + factor * (re * q + im * p);
        }
      });
      return out;
    },
    // What it is given as overlap is any number that is not 0: the formula does not ask where it comes from.
    cases: maps.map(([name, x, y, each]) => {
      const s = [each ? (y[1] ?? 1) : 1, ...y.slice(2)];
      return { name, shapes: [x, y, s, s], attrs: { each }, values: (k, _, u) => (k === 2 ? 1.5 + u : u) };
    }),
    rejects: [
      {
        name: 'another gradient',
        shapes: [
          [2, 1, 4, 4],
          [2, 1, 4, 4],
          [1, 4, 4],
          [1, 4, 5],
        ],
        attrs: { each: false },
        message: /an overlap and its gradient \[1, 4, 4\], got \[1, 4, 4\] and \[1, 4, 5\]/,
      },
    ],
    differentiable: [],
  },
];
