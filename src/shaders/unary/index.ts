import { EngineError, shapeError } from '../../base/errors';
import { checkValues, number } from '../../base/known_options';
import { sameShape, size } from '../../base/shape';
import { flatGrid } from '../grid';
import elementaryLib from '../lib/elementary.wgsl';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, type Launch, type Op, type Ref } from '../op';
import { operandKernels, operandLaunch } from '../pointwise/inplace';
import functionsWgsl from './functions.wgsl';
import wgsl from './unary.wgsl';

// Apart from `pointwise`, whose kernels are small and many: these carry their own exp, log, sin and erf.
const kernels = operandKernels({
  name: 'unary',
  wgsl,
  lib: [globalIndex, functionsWgsl, elementaryLib],
  uniforms: { n: 'u32', s: 'f32', t: 'f32' },
  variants: [{ WG: 64 }],
});

/** One row per function: its number in the shader. */
export const functions = {
  leakyRelu: 0,
  sigmoid: 1,
  tanh: 2,
  hardSigmoid: 3,
  hardSwish: 4,
  gelu: 5,
  geluTanh: 6,
  elu: 7,
  selu: 8,
  celu: 9,
  softplus: 10,
  softsign: 11,
  erf: 12,
  exp: 13,
  log: 14,
  reciprocal: 15,
  powConst: 16,
  floor: 17,
  ceil: 18,
  round: 19,
  sin: 20,
  cos: 21,
  swish: 22,
  mish: 23,
  thresholdedRelu: 24,
} as const;

export type UnaryName = keyof typeof functions;

export interface UnaryAttrs {
  readonly fn: UnaryName;
  readonly s?: number;
  readonly t?: number;
}

/** Functions made of flat pieces: their derivative is 0 wherever it exists. */
const flatOnes: readonly UnaryName[] = ['floor', 'ceil', 'round'];

function step(a: Ref, b: Ref, y: Ref, { fn, s = 0, t = 0 }: UnaryAttrs, GRAD: number): Launch {
  const n = size(y.shape);
  return operandLaunch(kernels, [a, b, y], {
    overrides: { FN: functions[fn], GRAD },
    uniforms: { n, s, t },
    grid: ({ WG }) => flatGrid(n, WG),
    flops: 10 * n,
  });
}

export const unaryOp: Op<1, UnaryAttrs> = defineOp<1, UnaryAttrs>({
  name: 'unary',
  infer: ([a]) => a,
  forward: ([a], y, attrs) => [step(a, a, y, attrs, 0)],
  backward: ({ g, x: [a], dy, attrs }) => [flatOnes.includes(attrs.fn) ? null : g.apply(unaryGradOp, [a, dy], attrs)],
});

/** dy f'(a): linear in dy. */
export const unaryGradOp: Op<2, UnaryAttrs> = defineOp<2, UnaryAttrs>({
  name: 'unary_grad',
  infer([a, dy]) {
    if (!sameShape(a, dy)) throw shapeError('unary_grad', 'two equal shapes', a, dy);
    return a;
  },
  forward: ([a, dy], y, attrs) => [step(a, dy, y, attrs, 1)],
  backward({ g, x: [a], dy, attrs, needs }) {
    if (needs(0)) throw new EngineError('GradError', `${attrs.fn} has no second derivative`);
    return [null, g.apply(unaryGradOp, [a, dy], attrs)];
  },
});

const apply = (g: Builder, a: Ref, fn: UnaryName, s = 0, t = 0): Ref =>
  g.apply(unaryOp, [a], { fn, ...checkValues(fn, { s, t }, { s: number, t: number }) });

/** a where a >= 0, else alpha a. */
export const leakyRelu = (g: Builder, a: Ref, alpha = 0.01): Ref => apply(g, a, 'leakyRelu', alpha);
/** 1 / (1 + e^-a). */
export const sigmoid = (g: Builder, a: Ref): Ref => apply(g, a, 'sigmoid');
/** Hyperbolic tangent. */
export const tanh = (g: Builder, a: Ref): Ref => apply(g, a, 'tanh');
/** alpha a + beta, limited to [0, 1]; the gradient on the bounds is 0. */
export const hardSigmoid = (g: Builder, a: Ref, alpha = 0.2, beta = 0.5): Ref =>
  apply(g, a, 'hardSigmoid', alpha, beta);
/** a times a / 6 + 0.5 limited to [0, 1]. */
export const hardSwish = (g: Builder, a: Ref): Ref => apply(g, a, 'hardSwish');
/**
 * a times the normal distribution's chance of being below a; Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016.
 * `approximate: 'tanh'` takes their 0.5 a (1 + tanh(sqrt(2 / pi) (a + 0.044715 a^3))).
 */
export const gelu = (g: Builder, a: Ref, approximate: 'none' | 'tanh' = 'none'): Ref =>
  apply(
    g,
    a,
    checkValues('gelu', { approximate }, { approximate: ['none', 'tanh'] }).approximate === 'tanh'
      ? 'geluTanh'
      : 'gelu',
  );
/** a where a >= 0, else alpha (e^a - 1). */
export const elu = (g: Builder, a: Ref, alpha = 1): Ref => apply(g, a, 'elu', alpha);
/** gamma times elu; the defaults are those of Klambauer et al., "Self-Normalizing Neural Networks", 2017. */
export const selu = (g: Builder, a: Ref, alpha = 1.6732632423543772, gamma = 1.0507009873554805): Ref =>
  apply(g, a, 'selu', alpha, gamma);
/** max(a, 0) + min(0, alpha (e^(a / alpha) - 1)), for alpha > 0. */
export const celu = (g: Builder, a: Ref, alpha = 1): Ref => apply(g, a, 'celu', alpha);
/** ln(1 + e^a). */
export const softplus = (g: Builder, a: Ref): Ref => apply(g, a, 'softplus');
/** a / (1 + |a|). */
export const softsign = (g: Builder, a: Ref): Ref => apply(g, a, 'softsign');
/** The error function. */
export const erf = (g: Builder, a: Ref): Ref => apply(g, a, 'erf');
/** e^a to a few units in the last place, on every adapter (`pointwise`'s is WGSL's own). */
export const accurateExp = (g: Builder, a: Ref): Ref => apply(g, a, 'exp');
/** Natural logarithm to a few units in the last place, on every adapter. */
export const accurateLog = (g: Builder, a: Ref): Ref => apply(g, a, 'log');
/** 1 / a. */
export const reciprocal = (g: Builder, a: Ref): Ref => apply(g, a, 'reciprocal');
/** a^exponent. Whole exponents up to 1024 take any a and are as exact as multiplying is; others want a >= 0. */
export const powConst = (g: Builder, a: Ref, exponent: number): Ref => apply(g, a, 'powConst', exponent);
/** The whole number at or below. Has no gradient. */
export const floor = (g: Builder, a: Ref): Ref => apply(g, a, 'floor');
/** The whole number at or above. Has no gradient. */
export const ceil = (g: Builder, a: Ref): Ref => apply(g, a, 'ceil');
/** The nearest whole number, halves to the even one. Has no gradient. */
export const round = (g: Builder, a: Ref): Ref => apply(g, a, 'round');
/** Sine, of up to some 10^4 radians. */
export const sin = (g: Builder, a: Ref): Ref => apply(g, a, 'sin');
/** Cosine, of up to some 10^4 radians. */
export const cos = (g: Builder, a: Ref): Ref => apply(g, a, 'cos');
/** a times the sigmoid of alpha a: with alpha 1, SiLU. */
export const swish = (g: Builder, a: Ref, alpha = 1): Ref => apply(g, a, 'swish', alpha);
/** a tanh(softplus(a)). */
export const mish = (g: Builder, a: Ref): Ref => apply(g, a, 'mish');
/** a where a > alpha, else 0. */
export const thresholdedRelu = (g: Builder, a: Ref, alpha = 1): Ref => apply(g, a, 'thresholdedRelu', alpha);
