import type { OpSpec } from '../op';
import { ops, type Params } from './index';

type F = (a: number, b: number, s: number, t: number) => number;
const param = (v: Params['s']): number => (typeof v === 'object' ? v.value : (v ?? 0));

const functions: Record<keyof typeof ops, F> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  mix: (a, b, s, t) => s * a + t * b,
  reluMask: (a, b) => (a > 0 ? b : 0),
  clampMask: (a, b, s, t) => (a >= s && a <= t ? b : 0),
  affine: (a, _, s, t) => a * s + t,
  abs: (a) => Math.abs(a),
  sign: (a) => Math.sign(a),
  square: (a) => a * a,
  sqrt: (a) => Math.sqrt(a),
  exp: (a) => Math.exp(a),
  log: (a) => Math.log(a),
  relu: (a) => Math.max(a, 0),
  clamp: (a, _, s, t) => Math.min(Math.max(a, s), t),
};
const binary = ['add', 'sub', 'mul', 'div', 'mix', 'reluMask', 'clampMask'];
const differentiable: Partial<Record<keyof typeof ops, readonly number[]>> = {
  reluMask: [1],
  clampMask: [1],
  sign: [],
};
/** Arguments that keep away from poles, and from the origin where f has a kink. */
const away = (_: number, __: number, u: number): number => Math.sign(u || 1) * (0.5 + Math.abs(u));
const positive = (_: number, __: number, u: number): number => 1.5 + u;
const values: Partial<Record<keyof typeof ops, typeof away>> = {
  div: away,
  abs: away,
  sign: away,
  relu: away,
  sqrt: positive,
  log: positive,
};

export const specs: OpSpec[] = (Object.keys(ops) as (keyof typeof ops)[]).map((name): OpSpec => {
  const two = binary.includes(name);
  const attrs = { s: -0.4, t: 0.7 };
  const shapes = [[1], [4, 4, 4], [3, 7, 11], [65]] as const;
  return {
    op: ops[name],
    reference: ([a, b]: readonly { data: Float64Array }[], p: Params) =>
      (a?.data ?? new Float64Array()).map((v, i) => functions[name](v, b?.data[i] ?? 0, param(p.s), param(p.t))),
    cases: shapes.map((s) => ({
      name: `[${s}]`,
      shapes: two ? [s, s] : [s],
      attrs,
      ...(values[name] && { values: values[name] }),
    })),
    rejects: two
      ? [
          {
            name: 'unequal shapes',
            shapes: [
              [2, 3],
              [3, 2],
            ],
            attrs,
            message: /two equal shapes, got \[2, 3\] and \[3, 2\]/,
          },
        ]
      : [],
    ...(differentiable[name] && { differentiable: differentiable[name] }),
    rtol: 1e-5,
  };
});
