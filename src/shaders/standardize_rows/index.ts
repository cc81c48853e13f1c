import { EngineError, shapeError } from '../../base/errors';
import { checkValues, number } from '../../base/known_options';
import { rowsCols, type Shape, sameShape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { broadcastAdd, broadcastMul } from '../broadcast_binary';
import { flatGrid } from '../grid';
import treeSum from '../lib/tree_sum.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import { reshape } from '../reshape';
import wgsl from './standardize_rows.wgsl';
import gradWgsl from './standardize_rows_grad.wgsl';

const shared = {
  lib: [treeSum],
  uniforms: { rows: 'u32', K: 'u32', epsilon: 'f32' },
  variants: [{ WG: 64 }, { WG: 256 }],
} as const;
const kernel = defineKernel({ name: 'standardize_rows', wgsl, binds: ['read', 'write'], ...shared });
const gradKernel = defineKernel({
  name: 'standardize_rows_grad',
  wgsl: gradWgsl,
  binds: ['read', 'read', 'write'],
  ...shared,
});

export interface StandardizeAttrs {
  readonly epsilon: number;
}

/** x [R, K]. */
export const standardizeRowsOp: Op<1, StandardizeAttrs> = defineOp<1, StandardizeAttrs>({
  name: 'standardize_rows',
  infer([x], { epsilon }) {
    if (!(epsilon >= 0)) throw new EngineError('ShapeError', `standardizeRows wants epsilon from 0 on, got ${epsilon}`);
    return rowsCols('standardizeRows', x);
  },
  forward([x], y, { epsilon }) {
    const [rows, K] = rowsCols('standardizeRows', x.shape);
    return [
      launch({
        kernel,
        bind: [x, y],
        uniforms: { rows, K, epsilon },
        grid: () => flatGrid(rows, 1),
        flops: 6 * rows * K,
      }),
    ];
  },
  backward: ({ g, x: [x], dy, attrs }) => [g.apply(standardizeRowsGradOp, [x, dy], attrs)],
});

/** Gradient by x; linear in dy. */
export const standardizeRowsGradOp: Op<2, StandardizeAttrs> = defineOp<2, StandardizeAttrs>({
  name: 'standardize_rows_grad',
  infer([x, dy]) {
    if (!sameShape(x, dy)) throw shapeError('standardize_rows_grad', 'two equal shapes', x, dy);
    return rowsCols('standardize_rows_grad', x);
  },
  forward([x, dy], dx, { epsilon }) {
    const [rows, K] = rowsCols('standardize_rows_grad', x.shape);
    return [
      launch({
        kernel: gradKernel,
        bind: [x, dy, dx],
        uniforms: { rows, K, epsilon },
        grid: () => flatGrid(rows, 1),
        flops: 12 * rows * K,
      }),
    ];
  },
  // The map from dy to dx is a projection, scaled: its own transpose.
  backward({ g, x: [x], dy, attrs, needs }) {
    if (needs(0)) throw new EngineError('GradError', 'standardize_rows has no second derivative');
    return [null, g.apply(standardizeRowsGradOp, [x, dy], attrs)];
  },
});

/**
 * Each row of x [R, K] less its mean, divided by the root of its variance plus epsilon (of the row itself, not an
 * estimate).
 * @throws EngineError `ShapeError` when x is no matrix.
 */
export const standardizeRows = (g: Builder, x: Ref, epsilon = 1e-5): Ref =>
  g.apply(standardizeRowsOp, [x], checkValues('standardizeRows', { epsilon }, { epsilon: number }));

/** [C] as something that broadcasts along the channels of a map of this shape. */
const byChannel = (g: Builder, v: Ref, x: Shape): Ref =>
  reshape(g, v, [size(v.shape), ...new Array<number>(x.length - 2).fill(1)]);

/**
 * scale[c] x + bias[c] for each channel c of a map x [N, C, ...]: what batch normalisation is once trained. Differentiable
 * in all three.
 * @throws EngineError `ShapeError` when scale or bias has not one number per channel.
 */
export function channelAffine(g: Builder, x: Ref, scale: Ref, bias: Ref): Ref {
  const C = g.node(x).shape[1];
  if (size(g.node(scale).shape) !== C || size(g.node(bias).shape) !== C) {
    throw shapeError(
      'channelAffine',
      `one number for each channel of [${x.shape.join(', ')}]`,
      scale.shape,
      bias.shape,
    );
  }
  return broadcastAdd(g, broadcastMul(g, x, byChannel(g, scale, x.shape)), byChannel(g, bias, x.shape));
}

/**
 * Instance normalisation: each channel of each picture of x [N, C, ...] by its own mean and variance, then
 * `channelAffine`. Ulyanov, Vedaldi and Lempitsky, "Instance Normalization: The Missing Ingredient for Fast Stylization",
 * 2016.
 * @throws EngineError `ShapeError` when x has no spatial axis, or scale or bias not one number per channel.
 */
export function instanceNorm(g: Builder, x: Ref, scale: Ref, bias: Ref, epsilon = 1e-5): Ref {
  const [N, C, ...sides] = g.node(x).shape;
  if (N === undefined || C === undefined || sides.length === 0)
    throw shapeError('instanceNorm', '[N, C, ...]', x.shape);
  const rows = standardizeRows(g, reshape(g, x, [N * C, size(sides)]), epsilon);
  return channelAffine(g, reshape(g, rows, x.shape), scale, bias);
}
