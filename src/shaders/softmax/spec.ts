import { size } from '../../base/shape';
import type { Case, OpSpec, Value } from '../op';
import { type SoftmaxAttrs, softmaxGradOp, softmaxOp } from './index';

/** Calls f with each row along the axis, and puts what it gives in its place. */
function byRow({ shape, data }: Value, axis: number, f: (row: number[], places: number[]) => number[]): Float64Array {
  const K = shape[axis] ?? 1;
  const inner = size(shape.slice(axis + 1));
  const out = new Float64Array(data.length);
  for (let r = 0; r < data.length / K; r++) {
    const places = Array.from({ length: K }, (_, k) => (Math.floor(r / inner) * K + k) * inner + (r % inner));
    const got = f(
      places.map((i) => data[i] ?? 0),
      places,
    );
    places.forEach((i, k) => {
      out[i] = got[k] ?? Number.NaN;
    });
  }
  return out;
}

const total = (v: number[]): number => v.reduce((a, b) => a + b, 0);
const shapes: [number[], number][] = [
  [[1], 0],
  [[4, 64], 1],
  [[3, 7, 5], 1],
  [[130, 3], 0],
];
const both = shapes.flatMap(([shape, axis]) => [false, true].map((log) => ({ shape, axis, log })));
const name = ({ shape, axis, log }: (typeof both)[number]): string => `${log ? 'log, ' : ''}[${shape}] along ${axis}`;

const forward: OpSpec<1, SoftmaxAttrs> = {
  op: softmaxOp,
  reference: ([x], { axis, log }) =>
    byRow(x, axis, (row) => {
      const m = Math.max(...row);
      const s = total(row.map((v) => Math.exp(v - m)));
      return row.map((v) => (log ? v - m - Math.log(s) : Math.exp(v - m) / s));
    }),
  cases: [
    ...both.map(
      (c): Case<1, SoftmaxAttrs> => ({
        name: name(c),
        shapes: [c.shape],
        attrs: { axis: c.axis, log: c.log },
        values: (_, __, u) => 4 * u,
      }),
    ),
    { name: 'large numbers', shapes: [[2, 4]], attrs: { axis: 1 }, values: (_, i) => 10000 + (i % 4) / 4 },
  ],
  rejects: [{ name: 'no such axis', shapes: [[2]], attrs: { axis: 1 }, message: /an axis 1, got \[2\]/ }],
};

const grad: OpSpec<2, SoftmaxAttrs> = {
  op: softmaxGradOp,
  reference: ([y, dy], { axis, log }) =>
    byRow(y, axis, (row, places) => {
      const d = places.map((i) => dy.data[i] ?? 0);
      const s = total(d.map((v, k) => (log ? v : v * (row[k] ?? 0))));
      return row.map((v, k) => (log ? (d[k] ?? 0) - Math.exp(v) * s : v * ((d[k] ?? 0) - s)));
    }),
  cases: both.map(
    (c): Case<2, SoftmaxAttrs> => ({ name: name(c), shapes: [c.shape, c.shape], attrs: { axis: c.axis, log: c.log } }),
  ),
  rejects: [{ name: 'unequal', shapes: [[2], [3]], attrs: { axis: 0 }, message: /two equal shapes/ }],
  differentiable: [],
};

export const specs: OpSpec[] = [forward, grad] as OpSpec[];
