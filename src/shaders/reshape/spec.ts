import type { OpSpec } from '../op';
import { reshapeOp } from './index';

export const spec: OpSpec<1, { shape: readonly number[] }> = {
  op: reshapeOp,
  reference: ([x]) => x.data.slice(),
  cases: [
    { name: 'one element', shapes: [[1]], attrs: { shape: [1, 1, 1] } },
    { name: 'flat', shapes: [[4, 8, 8]], attrs: { shape: [4, 64] } },
    { name: 'odd sides', shapes: [[3, 5, 7]], attrs: { shape: [7, 15] } },
  ],
  rejects: [
    {
      name: 'too many',
      shapes: [[2, 3]],
      attrs: { shape: [7] },
      message: /as many elements as \[7\] has, got \[2, 3\]/,
    },
    { name: 'a negative side', shapes: [[6]], attrs: { shape: [-2, -3] }, message: /reshape wants/ },
  ],
  linearIn: 0,
};
