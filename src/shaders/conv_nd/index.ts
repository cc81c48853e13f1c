// Convolution over one to three axes with dilation and groups, as ONNX has it: plain kernels; the fast way is conv2d.
import { EngineError, shapeError } from '../../base/errors';
import { checkOptions, checkValues, number, numbers, type OptionNames } from '../../base/known_options';
import { type Shape, sameShape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import type { ConstantBuilder } from '../axis_linear';
import { bordered, PAD_MODES, type PadMode } from '../axis_linear/moves';
import { broadcastAdd } from '../broadcast_binary';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, type Launch, launch, type Op, type Ref } from '../op';
import { reshape } from '../reshape';
import wgsl from './conv_nd.wgsl';
import transposeWgsl from './conv_nd_transpose.wgsl';
import weightGradWgsl from './conv_nd_weight_grad.wgsl';
import {
  movesOf,
  type Three,
  three,
  uniformsOf,
  type Window,
  type WindowOptions,
  windowOf,
  windowUniforms,
} from './window';

const shared = { lib: [globalIndex], binds: ['read', 'read', 'write'], variants: [{ WG: 64 }, { WG: 256 }] } as const;
const counts = { C: 'u32', O: 'u32', groups: 'u32', ...windowUniforms } as const;
const kernels = {
  forward: defineKernel({ name: 'conv_nd', wgsl, ...shared, uniforms: { n: 'u32', ...counts } }),
  transpose: defineKernel({
    name: 'conv_nd_transpose',
    wgsl: transposeWgsl,
    ...shared,
    uniforms: { n: 'u32', ...counts },
  }),
} as const;
const weightGradKernel = defineKernel({
  name: 'conv_nd_weight_grad',
  wgsl: weightGradWgsl,
  ...shared,
  uniforms: { n: 'u32', N: 'u32', ...counts },
});

export interface ConvNdAttrs {
  readonly window: Window;
  readonly groups: number;
}

interface Sides {
  readonly N: number;
  readonly C: number;
  readonly O: number;
}

/** Batch and channels behind x [N, C, D, H, W] or y [N, O, D, H, W], and w [O, C / groups, KD, KH, KW]; or an error. */
function sidesOf(op: string, map: Shape, w: Shape, { window, groups }: ConvNdAttrs, isX: boolean): Sides {
  const [N = 0, channels = 0, ...space] = map;
  const [O = 0, own = 0, ...kernel] = w;
  const C = own * groups;
  if (map.length !== 5 || !sameShape(space, isX ? window.x : window.y)) {
    throw shapeError(op, `a map [N, C, ${(isX ? window.x : window.y).join(', ')}]`, map);
  }
  if (w.length !== 5 || !sameShape(kernel, window.kernel) || O % groups !== 0 || channels !== (isX ? C : O)) {
    throw shapeError(op, `${groups} groups of filters [O, C / groups, ${window.kernel.join(', ')}]`, map, w);
  }
  return { N, C, O };
}

function step(kernel: keyof typeof kernels, a: Ref, w: Ref, y: Ref, attrs: ConvNdAttrs, s: Sides): Launch {
  const n = size(y.shape);
  const { window, groups } = attrs;
  return launch({
    kernel: kernels[kernel],
    bind: [a, w, y],
    uniforms: { n, C: s.C, O: s.O, groups, ...uniformsOf(window) },
    grid: ({ WG }) => flatGrid(n, WG),
    flops: 2 * s.N * size(window.y) * size(w.shape),
  });
}

/** Inputs: x [N, C, D, H, W] and w [O, C / groups, KD, KH, KW]. */
export const convNdOp: Op<2, ConvNdAttrs> = defineOp<2, ConvNdAttrs>({
  name: 'conv_nd',
  infer([x, w], attrs) {
    const { N, O } = sidesOf('conv_nd', x, w, attrs, true);
    return [N, O, ...attrs.window.y];
  },
  forward: ([x, w], y, attrs) => [step('forward', x, w, y, attrs, sidesOf('conv_nd', x.shape, w.shape, attrs, true))],
  backward: ({ g, x: [x, w], dy, attrs, needs }) => [
    needs(0) ? g.apply(convNdTransposeOp, [dy, w], attrs) : null,
    needs(1) ? g.apply(convNdWeightGradOp, [x, dy], attrs) : null,
  ],
});

/** Inputs: y [N, O, ..] and w as above; gives an x. */
export const convNdTransposeOp: Op<2, ConvNdAttrs> = defineOp<2, ConvNdAttrs>({
  name: 'conv_nd_transpose',
  infer([y, w], attrs) {
    const { N, C } = sidesOf('conv_nd_transpose', y, w, attrs, false);
    return [N, C, ...attrs.window.x];
  },
  forward: ([y, w], x, attrs) => [
    step('transpose', y, w, x, attrs, sidesOf('conv_nd_transpose', y.shape, w.shape, attrs, false)),
  ],
  backward: ({ g, x: [y, w], dy: dx, attrs, needs }) => [
    needs(0) ? g.apply(convNdOp, [dx, w], attrs) : null,
    needs(1) ? g.apply(convNdWeightGradOp, [dx, y], attrs) : null,
  ],
});

/** Inputs: x and dy; gives a dw. */
export const convNdWeightGradOp: Op<2, ConvNdAttrs> = defineOp<2, ConvNdAttrs>({
  name: 'conv_nd_weight_grad',
  infer([x, dy], attrs) {
    const w = [dy[1] ?? 0, Math.floor((x[1] ?? 0) / attrs.groups), ...attrs.window.kernel];
    const { N } = sidesOf('conv_nd_weight_grad', x, w, attrs, true);
    if (N !== dy[0]) throw shapeError('conv_nd_weight_grad', 'maps of one batch', x, dy);
    sidesOf('conv_nd_weight_grad', dy, w, attrs, false);
    return w;
  },
  forward([x, dy], dw, attrs) {
    const { N, C, O } = sidesOf('conv_nd_weight_grad', x.shape, dw.shape, attrs, true);
    const n = size(dw.shape);
    return [
      launch({
        kernel: weightGradKernel,
        bind: [x, dy, dw],
        uniforms: { n, N, C, O, groups: attrs.groups, ...uniformsOf(attrs.window) },
        grid: ({ WG }) => flatGrid(n, WG),
        flops: 2 * N * size(attrs.window.y) * n,
      }),
    ];
  },
  backward: ({ g, x: [x, dy], dy: dw, attrs, needs }) => [
    needs(0) ? g.apply(convNdTransposeOp, [dy, dw], attrs) : null,
    needs(1) ? g.apply(convNdOp, [x, dw], attrs) : null,
  ],
});

export interface ConvNdOptions extends Omit<WindowOptions, 'ceil'> {
  /** [O], added to every element of a channel. */
  readonly bias?: Ref;
  /** What padding is made of. Default: constant, zeros. `wrap` makes a torus of the map; it costs a copy. */
  readonly border?: PadMode;
  /** Channels are read in this many separate groups; as many as channels: a depthwise convolution. Default 1. */
  readonly groups?: number;
}

const CONV_OPTIONS: OptionNames<ConvNdOptions> = {
  strides: numbers(0),
  dilations: numbers(0),
  pads: numbers(0),
  bias: true,
  border: PAD_MODES,
  groups: number,
};

/** [N, C, ...sides] with three sides. */
const five = (g: Builder, x: Ref): Ref =>
  reshape(g, x, [x.shape[0] ?? 1, x.shape[1] ?? 1, ...three(x.shape.slice(2), 1)]);

function checked(op: string, x: Ref, w: Ref, groups: number): void {
  const rank = x.shape.length;
  if (rank < 3 || rank > 5 || w.shape.length !== rank) {
    throw shapeError(op, 'a map [N, C, ...] of 1 to 3 spatial axes, and filters of as many', x.shape, w.shape);
  }
  if (!Number.isInteger(groups) || groups < 1) {
    throw new EngineError('ShapeError', `${op} wants a whole number of groups from 1 on, got ${groups}`);
  }
}

/** Back to `rank` axes, and the bias on top. */
function finished(g: Builder, y: Ref, rank: number, bias: Ref | undefined): Ref {
  const [N = 1, O = 1, ...sides] = y.shape;
  const out = reshape(g, y, [N, O, ...sides.slice(5 - rank)]);
  return bias ? broadcastAdd(g, out, reshape(g, bias, [O, ...new Array<number>(rank - 2).fill(1)])) : out;
}

/**
 * Convolution as ONNX's Conv has it, in one to three axes: x [N, C, ...] with filters w [O, C / groups, ...] gives
 * [N, O, ...]. Any strides, dilations, pads and groups. Plain; `conv2d` is the fast way for what it can do.
 * Differentiable in x, w and bias.
 * @throws EngineError `ShapeError`: channels that do not fit the groups, a window larger than the padded map.
 */
export function convNd(g: ConstantBuilder, x: Ref, w: Ref, convolving: ConvNdOptions = {}): Ref {
  checkOptions('convNd', convolving, CONV_OPTIONS);
  const { groups = 1, bias } = convolving;
  checked('convNd', g.node(x), g.node(w), groups);
  const [map, options] = bordered(g, x, convolving);
  const window = windowOf('convNd', map.shape.slice(2), w.shape.slice(2), options);
  const y = g.apply(convNdOp, [five(g, map), five(g, w)], { window, groups });
  return finished(g, y, x.shape.length, bias);
}

export interface ConvTransposeNdOptions extends Omit<ConvNdOptions, 'border'> {
  /** Elements added behind the result, for each axis, below the stride or dilation. Default: none. */
  readonly outputPadding?: readonly number[];
}

const CONV_TRANSPOSE_OPTIONS: OptionNames<ConvTransposeNdOptions> = {
  strides: numbers(0),
  dilations: numbers(0),
  pads: numbers(0),
  bias: true,
  groups: number,
  outputPadding: numbers(0),
};

/**
 * Transposed convolution as ONNX's ConvTranspose has it, the adjoint of `convNd`: x [N, C, ...] with filters
 * w [C, O / groups, ...] gives [N, O, ...], each side stride (x - 1) + outputPadding + (kernel - 1) dilation + 1 - pads.
 * Differentiable in x, w and bias.
 * @throws EngineError `ShapeError`: channels that do not fit the groups, pads that leave nothing.
 */
export function convTransposeNd(g: Builder, x: Ref, w: Ref, options: ConvTransposeNdOptions = {}): Ref {
  checkOptions('convTransposeNd', options, CONV_TRANSPOSE_OPTIONS);
  const { groups = 1, bias } = options;
  checked('convTransposeNd', g.node(x), g.node(w), groups);
  const sides = x.shape.slice(2);
  const rank = sides.length;
  const kernel = three(w.shape.slice(2), 1);
  const { strides, dilations, pads } = movesOf('convTransposeNd', sides, w.shape.slice(2), options);
  const [stride, dilation] = [three(strides, 1), three(dilations, 1)];
  const pad = three(pads.slice(0, rank), 0);
  const behind = three(pads.slice(rank), 0);
  const { outputPadding = sides.map(() => 0) } = options;
  const more = three(
    checkValues('convTransposeNd', { outputPadding }, { outputPadding: numbers(rank) }).outputPadding,
    0,
  );
  const y = three(sides, 1);
  const along = (k: 0 | 1 | 2): number =>
    stride[k] * (y[k] - 1) + more[k] + (kernel[k] - 1) * dilation[k] + 1 - pad[k] - behind[k];
  const to: Three = [along(0), along(1), along(2)];
  if (!to.every((d) => Number.isInteger(d) && d >= 1)) {
    throw new EngineError('ShapeError', `convTransposeNd would give sides of ${to.slice(3 - rank).join(' x ')}`);
  }
  const window: Window = { kernel, stride, dilation, pad, x: to, y };
  const out = g.apply(convNdTransposeOp, [five(g, x), five(g, w)], { window, groups });
  return finished(g, out, x.shape.length, bias);
}
