import { type Shape, size } from '../../base/shape';
import { spread } from '../broadcast_binary/spec';
import type { Case, OpSpec, Value } from '../op';
import { expandToOp, type ReduceAttrs, reduceAxesGradOp, reduceAxesOp } from './index';

type Fn = ReduceAttrs['fn'];

/** The rows that are reduced, each with the places of its elements. */
function rows(x: Shape, { from, to }: ReduceAttrs): number[][] {
  const K = size(x.slice(from, to));
  const inner = size(x.slice(to));
  const n = size(x) / K;
  return Array.from({ length: n }, (_, e) =>
    Array.from({ length: K }, (_, k) => (Math.floor(e / inner) * K + k) * inner + (e % inner)),
  );
}

const together: Record<Fn, (v: number[]) => number> = {
  sum: (v) => v.reduce((a, b) => a + b, 0),
  prod: (v) => v.reduce((a, b) => a * b, 1),
  max: (v) => Math.max(...v),
  min: (v) => Math.min(...v),
};

const all: Fn[] = ['sum', 'prod', 'max', 'min'];
const shapes: [shape: Shape, from: number, to: number][] = [
  [[1], 0, 1],
  [[4, 16, 4], 1, 2],
  [[3, 7, 2, 5], 1, 3],
  [[3, 129], 1, 2],
  [[77, 5], 0, 1],
];
/** Near 1, so that products of many neither vanish nor explode. */
const near = (_: number, __: number, u: number): number => 1 + 0.5 * u;

const forward: OpSpec<1, ReduceAttrs> = {
  op: reduceAxesOp,
  reference: ([x], attrs) =>
    Float64Array.from(
      rows(x.shape, attrs).map((r) => together[attrs.fn](r.map((i) => x.data[i] ?? 0)) * (attrs.scale ?? 1)),
    ),
  cases: all.flatMap((fn) =>
    shapes.map(
      ([shape, from, to]): Case<1, ReduceAttrs> => ({
        name: `${fn} of [${shape}] over ${from} to ${to - 1}`,
        shapes: [shape],
        attrs: { fn, from, to, ...(fn === 'sum' && { scale: 0.5 }) },
        values: near,
      }),
    ),
  ),
  rejects: [
    { name: 'no such axis', shapes: [[2, 3]], attrs: { fn: 'sum', from: 1, to: 3 }, message: /axes 1 to 2.*\[2, 3\]/ },
  ],
};

const zeros = (k: number, i: number, u: number): number => (k === 0 ? (i % 5 === 0 ? 0 : 1 + u) : u);

const backward: OpSpec<3, ReduceAttrs> = {
  op: reduceAxesGradOp,
  reference([x, y, dy]: readonly [Value, Value, Value], attrs) {
    const out = new Float64Array(x.data.length);
    rows(x.shape, attrs).forEach((r, e) => {
      const v = r.map((i) => x.data[i] ?? 0);
      const d = dy.data[e] ?? 0;
      if (attrs.fn === 'prod') {
        r.forEach((i, k) => {
          out[i] = d * together.prod(v.filter((_, l) => l !== k));
        });
      } else {
        const i = r[v.indexOf(y.data[e] ?? 0)];
        if (i !== undefined) out[i] = d;
      }
    });
    return out;
  },
  cases: [
    ...shapes.map(
      ([shape, from, to]): Case<3, ReduceAttrs> => ({
        name: `products of [${shape}], some of them with zeros`,
        shapes: [shape, ...([0, 1].map(() => reduceAxesOp.infer([shape], { fn: 'prod', from, to })) as [Shape, Shape])],
        attrs: { fn: 'prod', from, to },
        values: zeros,
      }),
    ),
    {
      name: 'the first of equal ones',
      shapes: [
        [3, 7, 2],
        [3, 1, 2],
        [3, 1, 2],
      ],
      attrs: { fn: 'max', from: 1, to: 2 },
      values: (k, i, u) => (k === 0 ? (i * 5) % 4 : k === 1 ? 3 : u),
    },
  ],
  rejects: [{ name: 'unequal', shapes: [[2], [1], [2]], attrs: { fn: 'max', from: 0, to: 1 }, message: /two equal/ }],
  differentiable: [],
};

const expand: OpSpec<1, { shape: Shape }> = {
  op: expandToOp,
  reference: ([x], { shape }) => Float64Array.from({ length: size(shape) }, (_, i) => spread(x, shape, i)),
  cases: [
    { name: 'one', shapes: [[1]], attrs: { shape: [1, 1] } },
    { name: 'one workgroup', shapes: [[4, 1]], attrs: { shape: [4, 16] } },
    { name: 'ragged', shapes: [[3, 1, 5]], attrs: { shape: [2, 3, 7, 5] } },
  ],
  rejects: [{ name: 'shrinking', shapes: [[2, 3]], attrs: { shape: [1, 3] }, message: /cannot spread \[2, 3\]/ }],
  linearIn: 0,
};

export const specs: OpSpec[] = [forward, backward, expand] as OpSpec[];
