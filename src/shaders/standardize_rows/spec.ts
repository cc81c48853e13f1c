import type { Case, OpSpec } from '../op';
import { type StandardizeAttrs, standardizeRowsGradOp, standardizeRowsOp } from './index';

const mean = (v: Float64Array): number => v.reduce((a, b) => a + b, 0) / v.length;

/** The row standardised, and what it was divided by. */
function standard(row: Float64Array, epsilon: number): { y: Float64Array; s: number } {
  const m = mean(row);
  const s = 1 / Math.sqrt(mean(row.map((v) => (v - m) ** 2)) + epsilon);
  return { y: row.map((v) => (v - m) * s), s };
}

const shapes = [
  [1, 2],
  [4, 64],
  [3, 77],
  [2, 300],
];
const attrs = { epsilon: 1e-2 };
const rowsOf = (data: Float64Array, K: number): Float64Array[] =>
  Array.from({ length: data.length / K }, (_, r) => data.subarray(r * K, (r + 1) * K));

const forward: OpSpec<1, StandardizeAttrs> = {
  op: standardizeRowsOp,
  reference: ([x], { epsilon }) =>
    Float64Array.from(rowsOf(x.data, x.shape[1] ?? 1).flatMap((r) => [...standard(r, epsilon).y])),
  cases: [
    ...shapes.map((shape): Case<1, StandardizeAttrs> => ({ name: `[${shape}]`, shapes: [shape], attrs })),
    { name: 'far from 0', shapes: [[2, 50]], attrs, values: (_, __, u) => 100 + u },
  ],
  rejects: [{ name: 'a vector', shapes: [[4]], attrs, message: /a matrix/ }],
  // 100 + u has lost two digits of u.
  rtol: 5e-5,
};

const grad: OpSpec<2, StandardizeAttrs> = {
  op: standardizeRowsGradOp,
  reference([x, dy], { epsilon }) {
    const K = x.shape[1] ?? 1;
    const d = rowsOf(dy.data, K);
    return Float64Array.from(
      rowsOf(x.data, K).flatMap((row, r) => {
        const { y, s } = standard(row, epsilon);
        const own = d[r] ?? row;
        const product = mean(own.map((v, k) => v * (y[k] ?? 0)));
        return [...own.map((v, k) => s * (v - mean(own) - (y[k] ?? 0) * product))];
      }),
    );
  },
  cases: shapes.map((s): Case<2, StandardizeAttrs> => ({ name: `[${s}]`, shapes: [s, s], attrs })),
  rejects: [
    {
      name: 'unequal',
      shapes: [
        [2, 2],
        [2, 3],
      ],
      attrs,
      message: /two equal shapes/,
    },
  ],
  differentiable: [1],
  linearIn: 1,
};

export const specs: OpSpec[] = [forward, grad] as OpSpec[];
