// Max pooling over one to three axes with dilation, as ONNX has it: plain kernels; the fast way for [C, H, W] is pool2d.
import { EngineError, shapeError } from '../../base/errors';
import { checkOptions, checkValues, flag, numbers, type OptionNames } from '../../base/known_options';
import { type Shape, sameShape, size } from '../../base/shape';
import { defineKernel, type KernelSource } from '../../gpu/kernel';
import type { ConstantBuilder } from '../axis_linear';
import { bordered, PAD_MODES, type PadMode } from '../axis_linear/moves';
import {
  type Three,
  three,
  uniformsOf,
  type Window,
  type WindowOptions,
  windowOf,
  windowUniforms,
} from '../conv_nd/window';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, type Launch, launch, type Op, type Ref } from '../op';
import { reshape } from '../reshape';
import wgsl from './max_pool_nd.wgsl';
import argmaxWgsl from './max_pool_nd_argmax.wgsl';
import gradWgsl from './max_pool_nd_grad.wgsl';

const uniforms = { n: 'u32', ...windowUniforms } as const;
const shared = { lib: [globalIndex], uniforms, variants: [{ WG: 64 }, { WG: 256 }] } as const;
const kernel = defineKernel({ name: 'max_pool_nd', wgsl, binds: ['read', 'write'], ...shared });
const argmaxKernel = defineKernel({
  name: 'max_pool_nd_argmax',
  wgsl: argmaxWgsl,
  binds: ['read', 'write'],
  ...shared,
});
const gradKernel = defineKernel({
  name: 'max_pool_nd_grad',
  wgsl: gradWgsl,
  binds: ['read', 'read', 'write'],
  ...shared,
});

type Kernel = typeof kernel;

function step(k: KernelSource, bind: readonly Ref[], y: Ref, w: Window): Launch {
  const n = size(y.shape);
  return launch({
    kernel: k as Kernel,
    bind: [...bind, y],
    uniforms: { n, ...uniformsOf(w) },
    grid: ({ WG }) => flatGrid(n, WG),
    flops: n * size(w.kernel),
  });
}

/** The number of planes of a map [R, D, H, W] with these sides, or a ShapeError. */
function planes(op: string, map: Shape, sides: Three): number {
  if (map.length !== 4 || !sameShape(map.slice(1), sides)) throw shapeError(op, `planes [R, ${sides.join(', ')}]`, map);
  return map[0] ?? 0;
}

/** x [R, D, H, W]. */
export const maxPoolNdOp: Op<1, Window> = defineOp<1, Window>({
  name: 'max_pool_nd',
  infer: ([x], w) => [planes('maxPoolNd', x, w.x), ...w.y],
  forward: ([x], y, w) => [step(kernel, [x], y, w)],
  backward: ({ g, x: [x], dy, attrs: w }) => [g.apply(maxPoolNdGradOp, [dy, g.apply(maxPoolNdArgmaxOp, [x], w)], w)],
});

/** Where in its plane the largest element of each window is, u32. */
export const maxPoolNdArgmaxOp: Op<1, Window> = defineOp<1, Window>({
  name: 'max_pool_nd_argmax',
  dtype: 'u32',
  infer: ([x], w) => [planes('maxPoolNdArgmax', x, w.x), ...w.y],
  forward: ([x], y, w) => [step(argmaxKernel, [x], y, w)],
  backward: () => [null],
});

/** Inputs: dy, and where the maxima are. */
export const maxPoolNdGradOp: Op<2, Window> = defineOp<2, Window>({
  name: 'max_pool_nd_grad',
  infer([dy, at], w) {
    if (!sameShape(dy, at)) throw shapeError('max_pool_nd_grad', 'two equal shapes', dy, at);
    return [planes('max_pool_nd_grad', dy, w.y), ...w.x];
  },
  forward: ([dy, at], dx, w) => [step(gradKernel, [dy, at], dx, w)],
  backward() {
    throw new EngineError('GradError', 'max_pool_nd has no second derivative');
  },
});

/** x [N, C, ...] as planes, and its window. */
function seen(op: string, g: Builder, x: Ref, kernelSides: readonly number[], options: WindowOptions): [Ref, Window] {
  const [N = 1, C = 1, ...sides] = g.node(x).shape;
  checkValues(op, { kernelSides }, { kernelSides: numbers(0) });
  if (x.shape.length < 3) throw shapeError(op, 'a map [N, C, ...] of 1 to 3 spatial axes', x.shape);
  const w = windowOf(op, sides, kernelSides, options);
  return [reshape(g, x, [N * C, ...three(sides, 1)]), w];
}

const backTo = (g: Builder, y: Ref, x: Ref, w: Window): Ref =>
  reshape(g, y, [...x.shape.slice(0, 2), ...w.y.slice(5 - x.shape.length)]);

const WINDOW_OPTIONS: OptionNames<WindowOptions> = {
  strides: numbers(0),
  dilations: numbers(0),
  pads: numbers(0),
  ceil: flag,
};

export interface MaxPoolOptions extends WindowOptions {
  /** What padding is made of. Default: constant, where it never is the largest. */
  readonly border?: PadMode;
}

/**
 * Max pooling as ONNX's MaxPool has it, over one to three axes: x [N, C, ...] -> [N, C, ...]. Of
 * equal elements the first gets the gradient. Plain: `pool2d` is the fast way for what it can do.
 * @throws EngineError `ShapeError` for windows that do not fit.
 */
export function maxPoolNd(
  g: ConstantBuilder,
  x: Ref,
  kernelSides: readonly number[],
  pooling: MaxPoolOptions = {},
): Ref {
  checkOptions('maxPoolNd', pooling, { ...WINDOW_OPTIONS, border: PAD_MODES });
  const [around, options] = bordered(g, g.node(x), pooling);
  const [map, w] = seen('maxPoolNd', g, around, kernelSides, options);
  return backTo(g, g.apply(maxPoolNdOp, [map], w), x, w);
}

/**
 * Where the elements that `maxPool` picks are: u32 [N C, D, H, W], row by row within their plane (of one picture's one
 * channel). Not under the shape of the pooled value: a view would be one of real numbers.
 * @throws EngineError `ShapeError` for windows that do not fit.
 */
export function maxPoolNdArgmax(g: Builder, x: Ref, kernelSides: readonly number[], options: WindowOptions = {}): Ref {
  checkOptions('maxPoolNdArgmax', options, WINDOW_OPTIONS);
  const [map, w] = seen('maxPoolNdArgmax', g, x, kernelSides, options);
  return g.apply(maxPoolNdArgmaxOp, [map], w);
}
