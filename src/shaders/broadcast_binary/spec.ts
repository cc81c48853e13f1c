import { type Shape, size } from '../../base/shape';
import type { Case, OpSpec, Value } from '../op';
import { broadcastShape } from './axes';
import { type BinaryAttrs, binaryOp, permuteOp } from './index';
import { type BinaryName, binaries } from './launch';

const truths: Record<BinaryName, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: (a, b) => a ** b,
  max: Math.max,
  min: Math.min,
  prelu: (a, b) => (a >= 0 ? a : a * b),
  expand: (a) => a,
  powA: (a, b) => b * a ** (b - 1),
  powB: (a, b) => (a <= 0 ? 0 : a ** b * Math.log(a)),
  maxA: (a, b) => (a >= b ? 1 : 0),
  maxB: (a, b) => (a < b ? 1 : 0),
  minA: (a, b) => (a <= b ? 1 : 0),
  minB: (a, b) => (a > b ? 1 : 0),
  preluA: (a, b) => (a >= 0 ? 1 : b),
  preluB: (a) => Math.min(a, 0),
};

/** The element of v that broadcasting to `to` puts at place i. */
export function spread(v: Value, to: Shape, i: number): number {
  let rest = i;
  let at = 0;
  let step = 1;
  for (let k = 1; k <= to.length; k++) {
    const side = to[to.length - k] ?? 1;
    const own = v.shape[v.shape.length - k] ?? 1;
    if (own > 1) at += (rest % side) * step;
    rest = Math.floor(rest / side);
    step *= own;
  }
  return v.data[at] ?? Number.NaN;
}

const pairs: [name: string, a: Shape, b: Shape][] = [
  ['one and one', [1], [1]],
  ['equal, one workgroup', [4, 16], [4, 16]],
  ['channels', [2, 5, 7, 3], [5, 1, 1]],
  ['both spread', [3, 1, 5], [7, 1]],
  ['a scalar and six axes', [1], [2, 3, 1, 2, 2, 3]],
  ['every other axis', [2, 1, 3, 1, 2, 1], [1, 3, 1, 2, 1, 5]],
];

type Values = (k: number, i: number, u: number) => number;
const away: Values = (k, _, u) => (k === 1 ? Math.sign(u || 1) * (0.5 + Math.abs(u)) : u);
const positive: Values = (k, _, u) => (k === 0 ? 1.5 + u : 2 * u);
/** Never equal. */
const apart: Values = (k, _, u) => (k === 0 ? Math.round(3 * u) : Math.round(3 * u) + 0.5);
const values: Partial<Record<BinaryName, Values>> = {
  div: away,
  pow: positive,
  powA: positive,
  powB: positive,
  max: apart,
  min: apart,
  prelu: (k, i, u) => (k === 0 ? Math.sign(u || 1) * (0.1 + Math.abs(u)) : 0.3 + 0.001 * i),
};
const differentiable: BinaryName[] = ['add', 'sub', 'mul', 'div', 'pow', 'max', 'min', 'prelu'];

const ofName = (fn: BinaryName): OpSpec<2, BinaryAttrs> => ({
  op: { ...binaryOp, name: `binary ${fn}` },
  reference([a, b]) {
    const to = broadcastShape('', a.shape, b.shape);
    return Float64Array.from({ length: size(to) }, (_, i) => truths[fn](spread(a, to, i), spread(b, to, i)));
  },
  cases: (differentiable.includes(fn) ? pairs : pairs.slice(2, 4)).map(
    ([name, a, b]): Case<2, BinaryAttrs> => ({
      name,
      shapes: [a, b],
      attrs: { fn },
      ...(values[fn] && { values: values[fn] }),
    }),
  ),
  ...(!differentiable.includes(fn) && { differentiable: [] }),
  rejects: [
    {
      name: 'other sides',
      shapes: [
        [2, 3],
        [2, 2],
      ],
      attrs: { fn },
      message: /equal, or 1, from the last axis on, got \[2, 3\] and \[2, 2\]/,
    },
    {
      name: 'too many axes',
      shapes: [
        [2, 1, 2, 1, 2, 1, 2],
        [1, 2, 1, 2, 1, 2, 1],
      ],
      attrs: { fn },
      message: /at most 6 axes that differ, got 7/,
    },
  ],
});

const permute: OpSpec<1, { perm: readonly number[] }> = {
  op: permuteOp,
  reference([x], { perm }) {
    const to = perm.map((k) => x.shape[k] ?? 1);
    return Float64Array.from({ length: x.data.length }, (_, i) => {
      let at = 0;
      perm.forEach((k, j) => {
        at += (Math.floor(i / size(to.slice(j + 1))) % (to[j] ?? 1)) * size(x.shape.slice(k + 1));
      });
      return x.data[at] ?? Number.NaN;
    });
  },
  cases: [
    { name: 'a view', shapes: [[1, 3, 1]], attrs: { perm: [2, 0, 1] } },
    { name: 'one workgroup', shapes: [[8, 8]], attrs: { perm: [1, 0] } },
    { name: 'neighbours stay', shapes: [[3, 5, 2, 3]], attrs: { perm: [2, 3, 0, 1] } },
    { name: 'five axes', shapes: [[2, 3, 4, 3, 2]], attrs: { perm: [4, 1, 3, 0, 2] } },
    { name: 'six axes', shapes: [[2, 3, 2, 3, 2, 2]], attrs: { perm: [5, 4, 3, 2, 1, 0] } },
  ],
  rejects: [
    { name: 'not all', shapes: [[2, 3]], attrs: { perm: [1, 1] }, message: /the order \[1, 1\], got \[2, 3\]/ },
  ],
  linearIn: 0,
};

export const specs: OpSpec[] = [...(Object.keys(binaries) as BinaryName[]).map(ofName), permute] as OpSpec[];
