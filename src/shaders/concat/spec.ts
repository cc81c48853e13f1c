import { size } from '../../base/shape';
import type { OpSpec } from '../op';
import { concatOp, padOp, sliceOp } from './index';

interface Part {
  readonly start: number;
  readonly count: number;
}
const none: Readonly<Record<string, never>> = {};

const ofConcat: OpSpec<number, typeof none> = {
  op: concatOp,
  reference: (x) => Float64Array.from(x.flatMap((v) => [...v.data])),
  cases: [
    { name: 'one value', shapes: [[2, 1, 1]], attrs: none },
    { name: 'two vectors', shapes: [[1], [3]], attrs: none },
    {
      name: 'whole workgroups',
      shapes: [
        [4, 4, 4],
        [8, 4, 4],
      ],
      attrs: none,
    },
    {
      name: 'three ragged maps',
      shapes: [
        [3, 5, 7],
        [1, 5, 7],
        [4, 5, 7],
      ],
      attrs: none,
    },
  ],
  rejects: [
    { name: 'nothing', shapes: [], attrs: none, message: /concat wants at least one value/ },
    {
      name: 'other sides',
      shapes: [
        [2, 3],
        [2, 4],
      ],
      attrs: none,
      message: /differ in the first axis only, got \[2, 3\] and \[2, 4\]/,
    },
    { name: 'other ranks', shapes: [[2], [2, 1]], attrs: none, message: /differ in the first axis only/ },
  ],
};

const ofSlice: OpSpec<1, Part> = {
  op: sliceOp,
  reference: ([x], { start, count }) => {
    const row = size(x.shape.slice(1));
    return x.data.slice(start * row, (start + count) * row);
  },
  cases: [
    { name: 'all of it', shapes: [[2]], attrs: { start: 0, count: 2 } },
    { name: 'one workgroup', shapes: [[12, 4, 4]], attrs: { start: 8, count: 4 } },
    { name: 'ragged, from the middle', shapes: [[9, 5, 7]], attrs: { start: 3, count: 5 } },
  ],
  rejects: [
    {
      name: 'too far',
      shapes: [[3, 2]],
      attrs: { start: 2, count: 2 },
      message: /slice0 wants at least 4 rows.*got \[3, 2\]/,
    },
    { name: 'nothing', shapes: [[3, 2]], attrs: { start: 1, count: 0 }, message: /slice0 wants/ },
  ],
  linearIn: 0,
};

const ofPad: OpSpec<1, Part> = {
  op: padOp,
  reference: ([x], { start, count }) => {
    const row = size(x.shape.slice(1));
    const y = new Float64Array(count * row);
    y.set(x.data, start * row);
    return y;
  },
  cases: [
    { name: 'no padding', shapes: [[2]], attrs: { start: 0, count: 2 } },
    { name: 'one workgroup', shapes: [[2, 4, 4]], attrs: { start: 1, count: 4 } },
    { name: 'ragged', shapes: [[4, 5, 7]], attrs: { start: 2, count: 9 } },
  ],
  rejects: [
    {
      name: 'no room',
      shapes: [[3, 2]],
      attrs: { start: 2, count: 4 },
      message: /pad0 wants at most 2 rows.*got \[3, 2\]/,
    },
  ],
  linearIn: 0,
};

export const specs: OpSpec[] = [ofConcat, ofSlice, ofPad] as OpSpec[];
