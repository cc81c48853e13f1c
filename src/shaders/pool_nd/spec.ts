import { type Shape, size } from '../../base/shape';
import { eachTap } from '../conv_nd/reference';
import { type Window, type WindowOptions, windowOf } from '../conv_nd/window';
import type { Case, OpSpec, Value } from '../op';
import { maxPoolNdArgmaxOp, maxPoolNdGradOp, maxPoolNdOp } from './index';

interface Pool {
  readonly name: string;
  readonly R: number;
  readonly w: Window;
}
const pool = (name: string, R: number, ...w: [Shape, Shape, WindowOptions]): Pool => ({
  name,
  R,
  w: windowOf('', ...w),
});

const pools: Pool[] = [
  pool('one element', 1, [1], [1], {}),
  pool('one workgroup', 4, [8, 8], [2, 2], { strides: [2, 2] }),
  pool('ragged, overlapping, padded', 3, [7, 9], [3, 2], { strides: [2, 1], pads: [1, 0, 1, 1] }),
  pool('dilated, rounded up', 2, [10, 11], [3, 3], { strides: [3, 2], dilations: [2, 1], ceil: true }),
  pool('one axis', 3, [17], [4], { strides: [3], pads: [2, 1] }),
  pool('three axes', 2, [4, 5, 3], [2, 3, 2], { strides: [1, 2, 1] }),
];

/** Largest element and its place, for each window of each plane. */
function largest({ data, shape }: Value, w: Window): { v: Float64Array; at: Float64Array } {
  const [R = 1] = shape;
  const [nx, ny] = [size(w.x), size(w.y)];
  const v = new Float64Array(R * ny).fill(-65504);
  const at = new Float64Array(R * ny).fill(2 ** 32 - 1);
  eachTap(w, (p, _, q) => {
    for (let r = 0; r < R; r++) {
      const x = data[r * nx + q] ?? Number.NaN;
      if (x > (v[r * ny + p] ?? 0)) {
        v[r * ny + p] = x;
        at[r * ny + p] = q;
      }
    }
  });
  return { v, at };
}

const forward: OpSpec<1, Window> = {
  op: maxPoolNdOp,
  reference: ([x], w) => largest(x, w).v,
  cases: pools.map(({ name, R, w }): Case<1, Window> => ({ name, shapes: [[R, ...w.x]], attrs: w })),
  rejects: [
    {
      name: 'other sides',
      shapes: [[1, 1, 1, 2]],
      attrs: windowOf('', [3], [2], {}),
      message: /planes \[R, 1, 1, 3\]/,
    },
  ],
};

const argmax: OpSpec<1, Window> = {
  op: maxPoolNdArgmaxOp,
  reference: ([x], w) => largest(x, w).at,
  // Few values, so that some are equal: the first counts.
  cases: pools.map(
    ({ name, R, w }): Case<1, Window> => ({
      name,
      shapes: [[R, ...w.x]],
      attrs: w,
      values: (_, __, u) => Math.round(2 * u),
    }),
  ),
  differentiable: [],
};

const grad: OpSpec<2, Window> = {
  op: maxPoolNdGradOp,
  reference([dy, at], w) {
    const [R = 1] = dy.shape;
    const out = new Float64Array(R * size(w.x));
    eachTap(w, (p, _, q) => {
      for (let r = 0; r < R; r++) {
        const i = r * size(w.y) + p;
        if (at.data[i] === q) out[r * size(w.x) + q] = (out[r * size(w.x) + q] ?? 0) + (dy.data[i] ?? 0);
      }
    });
    return out;
  },
  cases: pools.map(
    ({ name, R, w }): Case<2, Window> => ({
      name,
      shapes: [
        [R, ...w.y],
        [R, ...w.y],
      ],
      attrs: w,
      values: (k, _, u) => (k === 1 ? Math.floor(((u + 1) / 2) * size(w.x)) : u),
    }),
  ),
  rejects: [
    {
      name: 'unequal',
      shapes: [
        [1, 1, 1, 2],
        [1, 1, 1, 1],
      ],
      attrs: windowOf('', [3], [2], {}),
      message: /two equal shapes/,
    },
  ],
  indices: [1],
  differentiable: [],
};

export const specs: OpSpec[] = [forward, argmax, grad] as OpSpec[];
