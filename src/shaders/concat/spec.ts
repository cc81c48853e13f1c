import { size } from '../../base/shape';
import type { OpSpec, Value } from '../op';
import { concatOp, type PartAttrs, sliceAdjointOp, sliceOp } from './index';

/** Elements of x along an axis, where k(i) is the one at place i of the result; outside: 0. */
function moved(x: Value, axis: number, to: number, k: (i: number) => number): Float64Array {
  const n = x.shape[axis] ?? 1;
  const inner = size(x.shape.slice(axis + 1));
  return Float64Array.from({ length: (x.data.length / n) * to }, (_, e) => {
    const at = k(Math.floor(e / inner) % to);
    return at < 0 || at >= n ? 0 : (x.data[(Math.floor(e / inner / to) * n + at) * inner + (e % inner)] ?? Number.NaN);
  });
}

const concat: OpSpec<number, { axis: number }> = {
  op: concatOp,
  reference(x, { axis }) {
    const total = x.reduce((n, v) => n + (v.shape[axis] ?? 1), 0);
    let start = 0;
    const parts = x.map((v) => {
      const begin = start;
      start += v.shape[axis] ?? 1;
      return moved(v, axis, total, (i) => i - begin);
    });
    return (parts[0] ?? new Float64Array()).map((_, i) => parts.reduce((sum, p) => sum + (p[i] ?? 0), 0));
  },
  cases: [
    { name: 'one', shapes: [[1]], attrs: { axis: 0 } },
    { name: 'two vectors', shapes: [[1], [3]], attrs: { axis: 0 } },
    {
      name: 'three ragged maps, the first axis',
      shapes: [
        [3, 5, 7],
        [1, 5, 7],
        [4, 5, 7],
      ],
      attrs: { axis: 0 },
    },
    {
      name: 'whole workgroups',
      shapes: [
        [4, 4, 4],
        [4, 8, 4],
      ],
      attrs: { axis: 1 },
    },
    {
      name: 'ragged, the last axis',
      shapes: [
        [3, 5, 7],
        [3, 5, 1],
        [3, 5, 4],
      ],
      attrs: { axis: 2 },
    },
  ],
  rejects: [
    { name: 'nothing', shapes: [], attrs: { axis: 0 }, message: /at least one/ },
    {
      name: 'other sides',
      shapes: [
        [2, 3],
        [3, 3],
      ],
      attrs: { axis: 1 },
      message: /differ in axis 1 only/,
    },
    { name: 'other ranks', shapes: [[2], [2, 1]], attrs: { axis: 0 }, message: /differ in axis 0 only/ },
    { name: 'no such axis', shapes: [[2]], attrs: { axis: 1 }, message: /an axis 1, got \[2\]/ },
  ],
};

const cut: OpSpec<1, PartAttrs> = {
  op: sliceOp,
  reference: ([x], { axis, start, count }) => moved(x, axis, count, (i) => i + start),
  cases: [
    { name: 'all of it', shapes: [[2]], attrs: { axis: 0, start: 0, count: 2 } },
    { name: 'one workgroup, the first axis', shapes: [[12, 4, 4]], attrs: { axis: 0, start: 8, count: 4 } },
    { name: 'one workgroup', shapes: [[4, 12, 2]], attrs: { axis: 1, start: 3, count: 8 } },
    { name: 'ragged, from the middle', shapes: [[3, 5, 9]], attrs: { axis: 2, start: 2, count: 6 } },
  ],
  rejects: [
    { name: 'too far', shapes: [[3, 2]], attrs: { axis: 1, start: 1, count: 2 }, message: /axis 1, got \[3, 2\]/ },
  ],
  linearIn: 0,
};

const place: OpSpec<1, PartAttrs> = {
  op: sliceAdjointOp,
  reference: ([x], { axis, start, count }) => moved(x, axis, count, (i) => i - start),
  cases: [
    { name: 'no padding', shapes: [[2]], attrs: { axis: 0, start: 0, count: 2 } },
    { name: 'one workgroup', shapes: [[4, 3, 2]], attrs: { axis: 1, start: 3, count: 8 } },
    { name: 'ragged, the first axis', shapes: [[4, 5, 7]], attrs: { axis: 0, start: 2, count: 9 } },
    { name: 'ragged', shapes: [[3, 5, 4]], attrs: { axis: 2, start: 2, count: 9 } },
  ],
  rejects: [
    { name: 'no room', shapes: [[3, 2]], attrs: { axis: 1, start: 2, count: 3 }, message: /at most 1 elements/ },
  ],
  linearIn: 0,
};

export const specs: OpSpec[] = [concat, cut, place] as OpSpec[];
