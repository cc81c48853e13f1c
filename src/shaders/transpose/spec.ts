import { size } from '../../base/shape';
import type { OpSpec } from '../op';
import { transposeOp } from './index';

const perms: readonly (readonly [name: string, shape: readonly number[], perm: readonly number[]])[] = [
  ['one number', [1, 1], [1, 0]],
  ['a vector stays', [5], [0]],
  ['exactly one square', [16, 16], [1, 0]],
  ['ragged matrix', [19, 37], [1, 0]],
  ['ragged matrices', [3, 17, 5], [0, 2, 1]],
  ['channels last', [3, 5, 7], [1, 2, 0]],
  ['exactly one workgroup', [4, 4, 4], [2, 1, 0]],
  ['four axes', [2, 3, 5, 7], [2, 0, 3, 1]],
  ['filters', [4, 3, 3, 3], [1, 0, 2, 3]],
];

export const spec: OpSpec<1, { perm: readonly number[] }> = {
  op: transposeOp,
  reference: ([x], { perm }) => {
    const shape = perm.map((axis) => x.shape[axis] ?? 1);
    return Float64Array.from({ length: size(shape) }, (_, i) => {
      const at = new Array<number>(perm.length).fill(0);
      let rest = i;
      for (let k = perm.length - 1; k >= 0; k--) {
        at[perm[k] ?? 0] = rest % (shape[k] ?? 1);
        rest = Math.floor(rest / (shape[k] ?? 1));
      }
      return x.data[at.reduce((o, v, k) => o * (x.shape[k] ?? 1) + v, 0)] ?? 0;
    });
  },
  cases: perms.map(([name, shape, perm]) => ({ name, shapes: [shape], attrs: { perm } })),
  rejects: [
    {
      name: 'an axis twice',
      shapes: [[2, 3]],
      attrs: { perm: [0, 0] },
      message: /transpose wants each axis.*got axes \[0, 0\] for \[2, 3\]/,
    },
    { name: 'too few axes', shapes: [[2, 3, 4]], attrs: { perm: [1, 0] }, message: /transpose wants each axis/ },
    { name: 'five axes', shapes: [[1, 1, 1, 1, 1]], attrs: { perm: [4, 3, 2, 1, 0] }, message: /1 to 4 axes/ },
  ],
  linearIn: 0,
};
