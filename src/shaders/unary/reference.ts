import type { UnaryName } from './index';

type F = (x: number, s: number, t: number) => number;

/** erf in f64: Maclaurin's series where it converges fast, else the continued fraction of erfc (DLMF 7.9.1). */
export function erf64(x: number): number {
  const a = Math.abs(x);
  if (a < 3) {
    let term = a;
    let sum = a;
    for (let n = 1; n < 80; n++) {
      term *= (-a * a) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  return Math.sign(x) * (1 - erfc64(a));
}

/** erfc in f64, for x >= 2 or so to full relative accuracy. */
export function erfc64(x: number): number {
  if (x < 2) return 1 - erf64(x);
  let f = x;
  for (let k = 120; k >= 1; k--) f = x + k / 2 / f;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / f;
}

const sigmoid: F = (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));
const softplus: F = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const unit = (x: number): number => Math.min(Math.max(x, 0), 1);

function even(x: number): number {
  const low = Math.floor(x);
  return x - low === 0.5 ? 2 * Math.round(low / 2) : Math.round(x);
}

/** What the shader computes, in f64. */
export const truths: Readonly<Record<UnaryName, F>> = {
  leakyRelu: (x, s) => (x >= 0 ? x : s * x),
  sigmoid,
  tanh: (x) => Math.tanh(x),
  hardSigmoid: (x, s, t) => unit(s * x + t),
  hardSwish: (x) => x * unit(x / 6 + 0.5),
  gelu: (x) => (x * erfc64(-x / Math.SQRT2)) / 2,
  geluTanh: (x) => (x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))) / 2,
  elu: (x, s) => (x >= 0 ? x : s * Math.expm1(x)),
  selu: (x, s, t) => t * (x >= 0 ? x : s * Math.expm1(x)),
  celu: (x, s) => (x >= 0 ? x : s * Math.expm1(x / s)),
  softplus,
  softsign: (x) => x / (1 + Math.abs(x)),
  erf: (x) => erf64(x),
  exp: (x) => Math.exp(x),
  log: (x) => Math.log(x),
  reciprocal: (x) => 1 / x,
  powConst: (x, s) => x ** s,
  floor: (x) => Math.floor(x),
  ceil: (x) => Math.ceil(x),
  round: (x) => even(x),
  sin: (x) => Math.sin(x),
  cos: (x) => Math.cos(x),
  swish: (x, s) => x * sigmoid(s * x, 0, 0),
  mish: (x) => x * Math.tanh(softplus(x, 0, 0)),
  thresholdedRelu: (x, s) => (x > s ? x : 0),
};
