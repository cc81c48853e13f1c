import type { OpSpec, Value } from '../op';
import { quantileAdjointOp, quantileOp } from './index';

/** Calls `step` with every weight of the linear map from rows of M to n quantiles. */
function weights(n: number, M: number, step: (i: number, j: number, weight: number) => void): void {
  for (let i = 0; i < n; i++) {
    const t = Math.min(Math.max(((i + 0.5) * M) / n - 0.5, 0), M - 1);
    const j = Math.floor(t);
    step(i, j, 1 - (t - j));
    if (t > j) step(i, j + 1, t - j);
  }
}

function forward(x: Value, n: number): Float64Array {
  const [P = 1, M = 1] = x.shape;
  const out = new Float64Array(P * n);
  for (let p = 0; p < P; p++) {
    weights(n, M, (i, j, w) => {
      out[p * n + i] = (out[p * n + i] ?? 0) + w * (x.data[p * M + j] ?? Number.NaN);
    });
  }
  return out;
}

function adjoint(dy: Value, M: number): Float64Array {
  const [P = 1, n = 1] = dy.shape;
  const out = new Float64Array(P * M);
  for (let p = 0; p < P; p++) {
    weights(n, M, (i, j, w) => {
      out[p * M + j] = (out[p * M + j] ?? 0) + w * (dy.data[p * n + i] ?? Number.NaN);
    });
  }
  return out;
}

const shapes: readonly (readonly [name: string, shape: readonly [number, number], n: number])[] = [
  ['one of one', [1, 1], 1],
  ['one of many', [2, 9], 1],
  ['many of one', [2, 1], 9],
  ['the row itself', [3, 64], 64],
  ['exactly one workgroup', [1, 32], 64],
  ['stretched', [3, 7], 100],
  ['shrunk', [3, 100], 7],
  ['a little shorter', [5, 33], 32],
  ['a little longer', [5, 32], 33],
  ['beyond 32 bits', [1, 100003], 65537],
];

export const specs: OpSpec<1, { n: number }>[] = [
  {
    op: quantileOp,
    reference: ([x], { n }) => forward(x, n),
    cases: shapes.map(([name, shape, n]) => ({ name, shapes: [shape], attrs: { n } })),
    rejects: [
      { name: 'no quantile', shapes: [[2, 3]], attrs: { n: 0 }, message: /n of at least 1, got 0/ },
      { name: 'empty rows', shapes: [[2, 0]], attrs: { n: 1 }, message: /at least one element/ },
      { name: 'a row too long', shapes: [[1, 5e6]], attrs: { n: 1 }, message: /at most 4194304/ },
    ],
    linearIn: 0,
    rtol: 1e-6,
  },
  {
    op: quantileAdjointOp,
    reference: ([dy], { n }) => adjoint(dy, n),
    cases: shapes.map(([name, [P, M], n]) => ({ name, shapes: [[P, n]], attrs: { n: M } })),
    rejects: [{ name: 'a vector', shapes: [[2]], attrs: { n: 1 }, message: /a matrix/ }],
    linearIn: 0,
    rtol: 1e-6,
  },
];
