import { Rng } from '../../base/rng';
import { type Shape, size } from '../../base/shape';
import type { Case, OpSpec } from '../op';
import { transposed } from '../sparse_remap';
import { type AxisLinearAttrs, axisLinearOp, sparseMap } from './index';

/** A map whose row i has taps(i) entries, of any weights, from anywhere. */
function mixed(
  name: string,
  shape: Shape,
  axis: number,
  to: number,
  taps: (i: number) => number,
  fill = 0,
): Case<7, AxisLinearAttrs> {
  const n = shape[axis] ?? 1;
  const rng = new Rng(name.length, 1);
  const map = sparseMap(
    Array.from({ length: to }, (_, i) =>
      Array.from({ length: taps(i) }, () => [rng.below(n), Math.fround(2 * rng.uniform() - 0.5)] as const),
    ),
  );
  const lists = [map, transposed(map, n)].flatMap(({ start, index, weight }) => [start, index, weight]);
  return {
    name,
    shapes: [shape, ...lists.map((l) => [l.length])],
    attrs: { axis, to, ...(fill !== 0 && { fill }) },
    values: (k, i, u) => (k === 0 ? u : (lists[k - 1]?.[i] ?? Number.NaN)),
  };
}

const wrong = (
  name: string,
  message: RegExp,
  ...shapes: number[][]
): Case<7, AxisLinearAttrs> & { message: RegExp } => ({
  name,
  shapes,
  attrs: { axis: 1, to: 2 },
  message,
});

export const spec: OpSpec<7, AxisLinearAttrs> = {
  op: axisLinearOp,
  reference([x, start, index, weight], { axis, to, fill = 0 }) {
    if (!x || !start || !index || !weight) throw new Error('seven inputs');
    const n = x.shape[axis] ?? 1;
    const inner = size(x.shape.slice(axis + 1));
    return Float64Array.from({ length: (x.data.length / n) * to }, (_, e) => {
      const i = Math.floor(e / inner) % to;
      const [from = 0, end = 0] = start.data.slice(i, i + 2);
      if (from === end) return fill;
      let sum = 0;
      for (let k = from; k < end; k++) {
        const at = (Math.floor(e / inner / to) * n + (index.data[k] ?? 0)) * inner + (e % inner);
        sum += (weight.data[k] ?? Number.NaN) * (x.data[at] ?? Number.NaN);
      }
      return sum;
    });
  },
  cases: [
    mixed('one element', [1], 0, 1, () => 1),
    mixed('one workgroup, the middle axis', [4, 2, 4], 1, 4, () => 2),
    mixed('ragged, the last axis, to fewer', [3, 5, 11], 2, 7, (i) => 1 + (i % 4)),
    mixed('rows of nothing, the first axis', [3, 2, 5], 0, 8, (i) => i % 2, 0.5),
    mixed('six axes', [2, 1, 3, 2, 1, 2], 2, 4, () => 3),
  ],
  rejects: [
    wrong('no such axis', /an axis 1, got \[4\]/, [4], [3], [1], [1], [5], [1], [1]),
    wrong('other rows', /row starts \[3\], got \[4\]/, [1, 4], [4], [1], [1], [5], [1], [1]),
    wrong('other weights', /as many weights/, [1, 4], [3], [1], [2], [5], [1], [1]),
    wrong('another transpose', /transposed\) wants row starts \[5\]/, [1, 4], [3], [1], [1], [4], [1], [1]),
  ],
  indices: [1, 2, 4, 5],
  differentiable: [0],
  linearIn: 0,
};
