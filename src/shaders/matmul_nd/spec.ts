import type { Shape } from '../../base/shape';
import type { Transposed } from '../matmul';
import type { Case, OpSpec } from '../op';
import { matmulBatchOp } from './index';

const sides: [name: string, B: number, M: number, K: number, N: number][] = [
  ['one element', 1, 1, 1, 1],
  ['exact squares', 2, 16, 32, 16],
  ['ragged', 3, 9, 17, 21],
  ['a row by a column', 4, 1, 33, 1],
];
const ways: Transposed[] = [{}, { ta: true }, { tb: true }, { ta: true, tb: true }];

export const spec: OpSpec<2, Transposed> = {
  op: matmulBatchOp,
  reference([a, b], attrs) {
    const [B = 0, M = 0, N = 0] = matmulBatchOp.infer([a.shape, b.shape], attrs);
    const K = a.data.length / B / M;
    return Float64Array.from({ length: B * M * N }, (_, i) => {
      const [p, m, n] = [Math.floor(i / M / N), Math.floor(i / N) % M, i % N];
      let sum = 0;
      for (let k = 0; k < K; k++) {
        const u = a.data[p * M * K + (attrs.ta ? k * M + m : m * K + k)] ?? Number.NaN;
        sum += u * (b.data[p * K * N + (attrs.tb ? n * K + k : k * N + n)] ?? Number.NaN);
      }
      return sum;
    });
  },
  cases: ways.flatMap((attrs) =>
    sides.map(([name, B, M, K, N]): Case<2, Transposed> => {
      const a: Shape = attrs.ta ? [B, K, M] : [B, M, K];
      const b: Shape = attrs.tb ? [B, N, K] : [B, K, N];
      return {
        name: `${name}${attrs.ta ? ', a transposed' : ''}${attrs.tb ? ', b transposed' : ''}`,
        shapes: [a, b],
        attrs,
      };
    }),
  ),
  rejects: [
    {
      name: 'inner sides',
      shapes: [
        [2, 3, 4],
        [2, 3, 4],
      ],
      attrs: {},
      message: /\[B, M, K\] and \[B, K, N\], got \[2, 3, 4\]/,
    },
    {
      name: 'batches',
      shapes: [
        [2, 3, 4],
        [1, 4, 4],
      ],
      attrs: {},
      message: /\[B, M, K\]/,
    },
  ],
  linearIn: 0,
};
