import type { OpSpec } from '../op';
import { matmulOp, type Transposed } from './index';

const flip = (on: boolean, [a, b]: readonly [number, number]): readonly number[] => (on ? [b, a] : [a, b]);
const cases = [
  ['one number', 1, 1, 1],
  ['exactly one tile', 64, 64, 16],
  ['ragged on all sides', 37, 70, 21],
  ['several ragged tiles', 133, 65, 35],
  ['one row', 1, 90, 50],
  ['enough for large tiles', 129, 3969, 3],
] as const;
const both = [false, true];

export const spec: OpSpec<2, Transposed> = {
  op: matmulOp,
  reference: ([a, b], { ta = false, tb = false }) => {
    const [M = 0, K = 0] = flip(ta, [a.shape[0] ?? 0, a.shape[1] ?? 0]);
    const N = b.shape[tb ? 0 : 1] ?? 0;
    const y = new Float64Array(M * N);
    for (let m = 0; m < M; m++) {
      for (let n = 0; n < N; n++) {
        let s = 0;
        for (let k = 0; k < K; k++) {
          s += (a.data[ta ? k * M + m : m * K + k] ?? 0) * (b.data[tb ? n * K + k : k * N + n] ?? 0);
        }
        y[m * N + n] = s;
      }
    }
    return y;
  },
  cases: cases.flatMap(([name, M, N, K]) =>
    both.flatMap((ta) =>
      both
        .filter((tb) => (name.startsWith('enough') ? !ta && !tb : ta === tb || name.startsWith('ragged')))
        .map((tb) => ({
          name: `${name}${ta ? ", A'" : ''}${tb ? ", B'" : ''}`,
          shapes: [flip(ta, [M, K]), flip(tb, [K, N])] as const,
          attrs: { ta, tb },
        })),
    ),
  ),
  rejects: [
    {
      name: 'inner sides that differ',
      shapes: [
        [2, 3],
        [4, 5],
      ],
      attrs: {},
      message: /matmul wants \[M, K\] and \[K, N\], got \[2, 3\] and \[4, 5\]/,
    },
    {
      name: 'a transposed factor',
      shapes: [
        [2, 3],
        [3, 4],
      ],
      attrs: { tb: true },
      message: /\[N, K\], got \[2, 3\] and \[3, 4\]/,
    },
    {
      name: 'a map',
      shapes: [
        [2, 3, 4],
        [4, 5],
      ],
      attrs: {},
      message: /matmul wants a matrix/,
    },
  ],
  linearIn: 1,
};
