import type { Case, OpSpec } from '../op';
import { functions, type UnaryAttrs, type UnaryName, unaryGradOp, unaryOp } from './index';
import { truths } from './reference';

const names = Object.keys(functions) as UnaryName[];
const flatOnes: readonly string[] = ['floor', 'ceil', 'round'];

/** The parameters a function is tried with. */
const params: Partial<Record<UnaryName, { s: number; t?: number }>> = {
  leakyRelu: { s: 0.1 },
  hardSigmoid: { s: 0.3, t: 0.4 },
  elu: { s: 1.5 },
  selu: { s: 1.67, t: 1.05 },
  celu: { s: 0.7 },
  powConst: { s: 1.7 },
  swish: { s: 1.3 },
  thresholdedRelu: { s: 0.8 },
};
type Values = (k: number, i: number, u: number) => number;
const wide: Values = (_, __, u) => 5 * u;
/** Keeps away from poles and from kinks at the origin. */
const away: Values = (_, __, u) => Math.sign(u || 1) * (0.25 + 2 * Math.abs(u));
const positive: Values = (_, __, u) => 1.5 + 1.4 * u;
const values: Partial<Record<UnaryName, Values>> = {
  leakyRelu: away,
  elu: away,
  selu: away,
  reciprocal: away,
  exp: (_, __, u) => 2 * u,
  log: positive,
  powConst: positive,
  hardSwish: away,
};

const shapes = [[1], [4, 4, 4], [3, 7, 11], [2, 1, 3, 1, 2, 2]];

const forward = (fn: UnaryName): OpSpec<1, UnaryAttrs> => ({
  op: { ...unaryOp, name: fn },
  reference: ([a], { s = 0, t = 0 }) => a.data.map((x) => truths[fn](x, s, t)),
  cases: [
    ...shapes.map((shape): Case<1, UnaryAttrs> => {
      const attrs = { fn, ...params[fn] };
      return { name: `[${shape}]`, shapes: [shape], attrs, values: values[fn] ?? wide };
    }),
    ...(fn === 'powConst'
      ? [3, -2, 0.5, 0].map(
          (s): Case<1, UnaryAttrs> => ({
            name: `to ${s}`,
            shapes: [[7]],
            attrs: { fn, s },
            values: s === 0.5 ? positive : away,
          }),
        )
      : []),
  ],
  ...(flatOnes.includes(fn) && { differentiable: [] }),
  rtol: 2e-6,
});

/** The derivative, in f64 and by differences: its own tests say only that it is linear in dy. */
const backward: OpSpec<2, UnaryAttrs> = {
  op: unaryGradOp,
  reference: ([a, dy], { fn, s = 0, t = 0 }) =>
    a.data.map((x, i) => {
      const f = truths[fn];
      const h = 1e-4;
      const slope = (8 * (f(x + h, s, t) - f(x - h, s, t)) - (f(x + 2 * h, s, t) - f(x - 2 * h, s, t))) / (12 * h);
      return slope * (dy.data[i] ?? Number.NaN);
    }),
  cases: names
    .filter((fn) => !flatOnes.includes(fn))
    .map((fn) => ({
      name: fn,
      shapes: [
        [5, 13],
        [5, 13],
      ],
      attrs: { fn, ...params[fn] },
      values: (k, i, u) => (k === 0 ? (values[fn] ?? wide)(k, i, u) : u),
    })),
  rejects: [{ name: 'unequal shapes', shapes: [[2], [3]], attrs: { fn: 'tanh' }, message: /two equal shapes/ }],
  differentiable: [1],
  linearIn: 1,
};

export const specs: OpSpec[] = [...names.map(forward), backward] as OpSpec[];
