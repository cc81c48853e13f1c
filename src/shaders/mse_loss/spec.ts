import type { OpSpec } from '../op';
import { gradientOps, l1LossOp, meanSquareOp, mseLossOp } from './index';

const shapes = [
  ['one element', [1]],
  ['exactly one workgroup', [4, 4, 4]],
  ['ragged', [3, 7, 11]],
  ['several ragged parts', [3, 53, 113]],
] as const;
const none: Readonly<Record<string, never>> = {};
/** Pairs that keep away from each other, where |a - b| has its kink; either may be the larger. */
const apart = (k: number, i: number, u: number): number =>
  k === 0 ? 0.3 * u : ((i * 7) % 5 < 2 ? -1 : 1) * (0.7 + 0.2 * u);
const scalar: readonly number[] = [1];

const errors = (
  [
    [mseLossOp, (d: number) => d * d],
    [l1LossOp, Math.abs],
  ] as const
).map(
  ([op, f]): OpSpec<2, typeof none> => ({
    op,
    reference: ([a, b]) => Float64Array.of(a.data.reduce((s, v, i) => s + f(v - (b.data[i] ?? 0)), 0) / a.data.length),
    cases: shapes.map(([name, s]) => ({ name, shapes: [s, s], attrs: none, values: apart })),
    rejects: [
      {
        name: 'unequal shapes',
        shapes: [[2, 3], [6]],
        attrs: none,
        message: /_loss wants two equal shapes, got \[2, 3\]/,
      },
    ],
    rtol: 2e-6,
  }),
);

const gradients = (
  [
    [gradientOps.squared, (d: number) => d, [0, 1, 2]],
    [gradientOps.absolute, Math.sign, [2]],
  ] as const
).map(
  ([op, f, differentiable]): OpSpec<3, { scale: number }> => ({
    op,
    reference: ([a, b, s], { scale }) => a.data.map((v, i) => scale * (s.data[0] ?? 0) * f(v - (b.data[i] ?? 0))),
    cases: shapes.map(([name, s]) => ({ name, shapes: [s, s, scalar], attrs: { scale: 0.4 }, values: apart })),
    rejects: [
      {
        name: 'no scalar',
        shapes: [[2], [2], [2]],
        attrs: { scale: 1 },
        message: /_loss_grad wants a scalar \[1\] as third/,
      },
      { name: 'unequal shapes', shapes: [[2], [3], [1]], attrs: { scale: 1 }, message: /wants two equal shapes/ },
    ],
    differentiable,
    linearIn: 2,
  }),
);

const meanSquareSpec: OpSpec<1, typeof none> = {
  op: meanSquareOp,
  reference: ([a]) => Float64Array.of(a.data.reduce((s, v) => s + v * v, 0) / a.data.length),
  cases: shapes.map(([name, s]) => ({ name, shapes: [s], attrs: none })),
  rtol: 2e-6,
};

export const specs: OpSpec[] = [...errors, ...gradients, meanSquareSpec];
