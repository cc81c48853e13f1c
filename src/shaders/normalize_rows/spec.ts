import type { OpSpec, Value } from '../op';
import { normalizeRowsGradOp, normalizeRowsOp } from './index';

const norms = (x: Value): number[] => {
  const [P = 1, K = 1] = x.shape;
  return Array.from({ length: P }, (_, p) => Math.hypot(...x.data.subarray(p * K, (p + 1) * K)));
};

const shapes = [
  [1, 1],
  [1, 64],
  [5, 147],
  [3, 65],
] as const;
const values = (_: number, __: number, u: number): number => u + Math.sign(u || 1) * 0.01;

export const specs: [OpSpec<1, object>, OpSpec<2, object>] = [
  {
    op: normalizeRowsOp,
    reference([x]) {
      const n = norms(x);
      const [, K = 1] = x.shape;
      return x.data.map((v, i) => v / (n[Math.floor(i / K)] || 1));
    },
    cases: [
      ...shapes.map((s) => ({ name: `[${s}]`, shapes: [s] as const, attrs: {}, values })),
      {
        name: 'ones',
        shapes: [[2, 4]],
        attrs: {},
        values: () => 1,
      },
    ],
    rejects: [{ name: 'a vector', shapes: [[4]], attrs: {}, message: /a matrix/ }],
  },
  {
    op: normalizeRowsGradOp,
    reference([x, dy]) {
      const n = norms(x);
      const [, K = 1] = x.shape;
      return x.data.map((v, i) => {
        const p = Math.floor(i / K);
        const length = n[p] ?? 1;
        let along = 0;
        for (let k = p * K; k < (p + 1) * K; k++) along += (x.data[k] ?? 0) * (dy.data[k] ?? 0);
        return ((dy.data[i] ?? 0) - (v / length) * (along / length)) / length;
      });
    },
    cases: shapes.map((s) => ({ name: `[${s}]`, shapes: [s, s] as const, attrs: {}, values })),
    rejects: [
      {
        name: 'unequal shapes',
        shapes: [
          [2, 3],
          [3, 2],
        ],
        attrs: {},
        message: /two equal shapes/,
      },
      { name: 'vectors', shapes: [[3], [3]], attrs: {}, message: /a matrix/ },
    ],
    differentiable: [1],
    linearIn: 1,
  },
];
