import type { Case, OpSpec, Value } from '../op';
import { nearestFeatureOp } from './index';

const at = (x: Value, c: number, n: number): number => {
  const [, H = 1, W = 1] = x.shape;
  return x.data[c * H * W + n] ?? 0;
};

const shapes: readonly (readonly [string, readonly [number, number, number], readonly [number, number, number]])[] = [
  ['one pixel each', [1, 1, 1], [1, 1, 1]],
  ['one channel', [1, 3, 5], [1, 2, 3]],
  ['exactly one workgroup and one tile', [16, 8, 8], [16, 4, 16]],
  ['ragged', [7, 5, 7], [7, 3, 3]],
  ['several workgroups and tiles', [35, 9, 15], [35, 7, 19]],
];

export const spec: OpSpec<2, object> = {
  op: nearestFeatureOp,
  reference([a, b]) {
    const [C = 1, H = 1, W = 1] = a.shape;
    const [, h = 1, w = 1] = b.shape;
    const y = new Float64Array(C * H * W);
    for (let n = 0; n < H * W; n++) {
      let best = 0;
      let most = Number.NEGATIVE_INFINITY;
      for (let m = 0; m < h * w; m++) {
        let s = 0;
        for (let c = 0; c < C; c++) s += at(a, c, n) * at(b, c, m);
        if (s > most) [most, best] = [s, m];
      }
      for (let c = 0; c < C; c++) y[c * H * W + n] = at(b, c, best);
    }
    return y;
  },
  cases: [
    ...shapes.map(([name, a, b]): Case<2, object> => ({ name, shapes: [a, b], attrs: {} })),
    // What lies beyond the last column of b counts 0, and would win.
    ...[9, 5].map(
      (M): Case<2, object> => ({
        name: `all products negative, ${M} to choose from`,
        shapes: [
          [2, 3, 3],
          [2, 1, M],
        ],
        attrs: {},
        values: (k, _, u) => (k === 0 ? 2 + u : -2 + u),
      }),
    ),
    {
      // Only the first channel counts, and two of b are as good; they differ in the other. Another thread has the later.
      name: 'the first of equals',
      shapes: [
        [2, 2, 3],
        [2, 5, 14],
      ],
      attrs: {},
      values: (k, i, u) => (k === 0 ? Number(i < 6) : i < 70 ? Number(i === 9 || i === 64) : u),
    },
    {
      name: 'silent pixels take the first',
      shapes: [
        [2, 2, 3],
        [2, 3, 3],
      ],
      attrs: {},
      values: (k, _, u) => (k === 0 ? 0 : u),
    },
  ],
  rejects: [
    {
      name: 'unequal channels',
      shapes: [
        [2, 3, 3],
        [3, 3, 3],
      ],
      attrs: {},
      message: /equally many channels, got \[2, 3, 3\] and \[3, 3, 3\]/,
    },
    {
      name: 'matrices',
      shapes: [
        [4, 4],
        [4, 4],
      ],
      attrs: {},
      message: /a feature map/,
    },
  ],
  differentiable: [],
  torus: () => ({ rollIn: [1, 2], rollOut: [1, 2] }),
};
