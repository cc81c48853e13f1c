// Functions of one value or of two of equal shapes, element by element; broadcast_binary has those that broadcast.
import { EngineError, shapeError } from '../../base/errors';
import { checkValues, number } from '../../base/known_options';
import { sameShape, size } from '../../base/shape';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, type Launch, type Op, type Ref, type RuntimeScalar, scalar } from '../op';
import functions from './functions.wgsl';
import { operandKernels, operandLaunch } from './inplace';
import wgsl from './pointwise.wgsl';

const kernels = operandKernels({
  name: 'pointwise',
  wgsl,
  lib: [globalIndex, functions],
  uniforms: { n: 'u32', s: 'f32', t: 'f32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

/** The two parameters a pointwise function may have. */
export interface Params {
  readonly s?: number | RuntimeScalar;
  readonly t?: number | RuntimeScalar;
}

const NUMBERS = { s: number, t: number } as const;

type Derivative<N extends number> = Op<N, Params>['backward'];

function binary(name: string, FN: number, backward: Derivative<2>): Op<2, Params> {
  return defineOp<2, Params>({
    name,
    tiling: { rule: 'pointwise' },
    infer([a, b]) {
      if (!sameShape(a, b)) throw shapeError(name, 'two equal shapes', a, b);
      return a;
    },
    forward: ([a, b], y, { s = 0, t = 0 }) => [step(FN, a, b, y, s, t)],
    backward,
  });
}

function unary(name: string, FN: number, backward: Derivative<1>): Op<1, Params> {
  return defineOp<1, Params>({
    name,
    tiling: { rule: 'pointwise' },
    infer: ([a]) => a,
    forward: ([a], y, { s = 0, t = 0 }) => [step(FN, a, a, y, s, t)],
    backward,
  });
}

function step(FN: number, a: Ref, b: Ref, y: Ref, s: number | RuntimeScalar, t: number | RuntimeScalar): Launch {
  const n = size(y.shape);
  return operandLaunch(kernels, [a, b, y], {
    overrides: { FN },
    uniforms: { n, s, t },
    grid: ({ WG }) => flatGrid(n, WG),
    flops: n,
  });
}

/** dy where y > 0: the gradient of relu, from its output. Linear in dy; a step function of y. */
const reluMask: Op<2, Params> = binary('relu_mask', 5, ({ g, x: [y], dy }) => [null, g.apply(reluMask, [y, dy], {})]);
/** dy where s <= x <= t: the gradient of clamp. */
const clampMask: Op<2, Params> = binary('clamp_mask', 6, ({ g, x: [x], dy, attrs }) => [
  null,
  g.apply(clampMask, [x, dy], attrs),
]);

/** One row per function: name, number in the shader, derivative. */
export const ops = {
  add: { ...binary('add', 0, ({ dy }) => [dy, dy]), isSum: true },
  sub: binary('sub', 1, ({ g, dy, needs }) => [dy, needs(1) ? scale(g, dy, -1) : null]),
  mul: binary('mul', 2, ({ g, x: [a, b], dy, needs }) => [
    needs(0) ? mul(g, dy, b) : null,
    needs(1) ? mul(g, dy, a) : null,
  ]),
  div: binary('div', 3, ({ g, x: [, b], y, dy, needs }) => [
    needs(0) ? div(g, dy, b) : null,
    needs(1) ? scale(g, mul(g, div(g, dy, b), y), -1) : null,
  ]),
  mix: binary('mix', 4, ({ g, dy, attrs, needs }) => [
    needs(0) ? scale(g, dy, attrs.s ?? 0) : null,
    needs(1) ? scale(g, dy, attrs.t ?? 0) : null,
  ]),
  reluMask,
  clampMask,
  affine: unary('affine', 10, ({ g, dy, attrs }) => [scale(g, dy, attrs.s ?? 0)]),
  abs: unary('abs', 11, ({ g, x: [a], dy }) => [mul(g, dy, sign(g, a))]),
  sign: unary('sign', 12, () => [null]),
  square: unary('square', 13, ({ g, x: [a], dy }) => [scale(g, mul(g, dy, a), 2)]),
  sqrt: unary('sqrt', 14, ({ g, y, dy }) => [scale(g, div(g, dy, y), 0.5)]),
  exp: unary('exp', 15, ({ g, y, dy }) => [mul(g, dy, y)]),
  log: unary('log', 16, ({ g, x: [a], dy }) => [div(g, dy, a)]),
  relu: unary('relu', 17, ({ g, y, dy }) => [g.apply(reluMask, [y, dy], {})]),
  clamp: unary('clamp', 18, ({ g, x: [a], dy, attrs }) => [g.apply(clampMask, [a, dy], attrs)]),
} as const;

/** a + b, elementwise. Shapes must be equal. */
export const add = (g: Builder, a: Ref, b: Ref): Ref => g.apply(ops.add, [a, b], {});
/** a - b, elementwise. */
export const sub = (g: Builder, a: Ref, b: Ref): Ref => g.apply(ops.sub, [a, b], {});
/** a * b, elementwise. */
export const mul = (g: Builder, a: Ref, b: Ref): Ref => g.apply(ops.mul, [a, b], {});
/** a / b, elementwise. */
export const div = (g: Builder, a: Ref, b: Ref): Ref => g.apply(ops.div, [a, b], {});
/** s a + t b, elementwise. */
export const linearCombine = (g: Builder, a: Ref, b: Ref, s: number, t: number): Ref =>
  g.apply(ops.mix, [a, b], checkValues('linearCombine', { s, t }, NUMBERS));
/** s a + t, elementwise. */
export const affine = (g: Builder, a: Ref, s: number, t: number): Ref =>
  g.apply(ops.affine, [a], checkValues('affine', { s, t }, NUMBERS));
/** s a; a itself where s is 1, which is what most weights are. */
export const scale = (g: Builder, a: Ref, s: number | RuntimeScalar): Ref =>
  s === 1 ? g.node(a) : g.apply(ops.affine, [a], checkValues('scale', { s, t: 0 }, { s: scalar, t: number }));
/** |a|; its gradient at 0 is 0. */
export const abs = (g: Builder, a: Ref): Ref => g.apply(ops.abs, [a], {});
/** -1, 0 or 1. Has no gradient. */
export const sign = (g: Builder, a: Ref): Ref => g.apply(ops.sign, [a], {});
/** a^2. */
export const square = (g: Builder, a: Ref): Ref => g.apply(ops.square, [a], {});
/** Square root; the gradient at 0 is infinite. */
export const sqrt = (g: Builder, a: Ref): Ref => g.apply(ops.sqrt, [a], {});
/** e^a. */
export const exp = (g: Builder, a: Ref): Ref => g.apply(ops.exp, [a], {});
/** Natural logarithm. */
export const log = (g: Builder, a: Ref): Ref => g.apply(ops.log, [a], {});
/** max(a, 0); the gradient at 0 is 0. */
export const relu = (g: Builder, a: Ref): Ref => g.apply(ops.relu, [a], {});

/**
 * a limited to [lo, hi]; the gradient is 1 inside and on the bounds, 0 outside.
 * @throws EngineError `ShapeError` when lo > hi.
 */
export function clamp(g: Builder, a: Ref, lo: number, hi: number): Ref {
  checkValues('clamp', { lo, hi }, { lo: number, hi: number });
  if (!(lo <= hi)) throw new EngineError('ShapeError', `clamp wants lo <= hi, got [${lo}, ${hi}]`);
  return g.apply(ops.clamp, [a], { s: lo, t: hi });
}
