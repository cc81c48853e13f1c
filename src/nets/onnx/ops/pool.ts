import { size } from '../../../base/shape';
import { averagePool, padNd } from '../../../shaders/axis_linear/moves';
import { toHalf } from '../../../shaders/cast';
import type { Ref } from '../../../shaders/op';
import { affine, scale, sqrt, square } from '../../../shaders/pointwise';
import { maxPoolNd, maxPoolNdArgmax } from '../../../shaders/pool_nd';
import { pool2d } from '../../../shaders/pool2d';
import { reduceAxes } from '../../../shaders/reduce_axes';
import { channelMean } from '../../../shaders/sum';
import { kernelOf, planarWindows, type Steps, stepsOf } from '../attributes';
import { strides } from '../const_fold';
import { onnxError } from '../model';
import type { GraphValue, NodeContext, Operator, Output } from '../operator';
import { type Axis, axesOf, foldedPads } from '../padding';
import { spatialOf } from './parameters';

const pooling = (op: 'max' | 'average'): Operator => ({
  graph: (c): readonly Output[] => {
    const v = c.graph(0);
    const { sides, plane } = spatialOf(c, v.shape);
    const kernel = kernelOf(c.a, sides.length);
    if (!kernel) throw onnxError(`${c.who} has no kernel_shape`);
    const { pooling: other, poolScale = 1 } = c.options;
    const replaced = op === 'max' && other !== undefined && other !== 'max' ? other : undefined;
    const pool: Pool = {
      kind: replaced ?? op,
      scale: replaced ? poolScale : 1,
      kernel,
      steps: stepsOf(c.a, kernel, sides),
      ceil: c.a.int('ceil_mode', 0, 0, 1) === 1,
      countPad: c.a.int('count_include_pad', 0, 0, 1) === 1,
    };
    const isFull = pool.steps.pads.some((p, k) => p >= (kernel[k % sides.length] ?? 1));
    const isPlain = plane && !isFull && pool.steps.dilations.every((d) => d === 1);
    const out = isPlain ? planarPool(c, v, plane, pool) : anyPool(c, v, pool);
    return [out, (c.node.outputs[1] ?? '') === '' ? null : places(c, v, out.shape, pool)];
  },
});

interface Pool {
  readonly kind: 'max' | 'average' | 'l2';
  readonly scale: number;
  readonly kernel: readonly number[];
  readonly steps: Steps;
  readonly ceil: boolean;
  readonly countPad: boolean;
}

/** Feature maps, by the fast kernel; the pictures of a batch are so many more channels. */
function planarPool(c: NodeContext, v: GraphValue, plane: readonly [number, number], pool: Pool): GraphValue {
  const { kernel, steps, kind, ceil, countPad, scale } = pool;
  const windows = planarWindows(kernel, steps);
  // A window of the whole map says one thing of it, on a torus too: what classifiers of one size end in.
  const isWhole = windows.pads.every((p) => p === 0) && windows.kernel.every((k, axis) => k === plane[axis]);
  const whole: Axis = { border: 'zeros', begin: 0, end: 0, apart: false };
  const axes = isWhole ? ([whole, whole] as const) : axesOf(c, plane, windows, undefined);
  const pad = foldedPads(axes);
  const border = (axis: Axis): 'none' | 'wrap' => (axis.border === 'wrap' ? 'wrap' : 'none');
  const y = pool2d(c.g, c.mapOf(v), {
    kind,
    size: windows.kernel,
    stride: windows.stride,
    pad,
    border: [border(axes[0]), border(axes[1])],
    ceil,
    // What was added to reach all of the map is no part of it.
    countPad: countPad && pad.every((p, k) => p <= (windows.pads[k] ?? 0)),
    ...(scale === 1 ? {} : { scale }),
  });
  const [, oh = 1, ow = 1] = y.shape;
  const [N = 1, C = 1] = v.shape;
  return c.out(y, kernel.length === 1 ? [N, C, ow] : [N, C, oh, ow], v.type);
}

/** Windows with dilation, or over three axes. */
function anyPool(c: NodeContext, v: GraphValue, { kind, kernel, steps, ceil, countPad, scale: by }: Pool): GraphValue {
  let x = c.ndOf(v);
  let pads = steps.pads;
  const { plane } = spatialOf(c, v.shape);
  if (plane && v.shape.length === 4 && c.torus.some((on) => on)) {
    const axes = axesOf(c, plane, planarWindows(kernel, steps), undefined);
    const isWrapped = axes.map((a) => a.border === 'wrap');
    const around = axes.map((a, k) => (isWrapped[k] ? a.begin : 0));
    x = padNd(c.g, x, [0, 0, ...around, 0, 0, ...axes.map((a, k) => (isWrapped[k] ? a.end : 0))], 'wrap');
    pads = pads.map((p, k) => (isWrapped[k % 2] ? 0 : p));
  }
  const options = { ...steps, pads, ceil };
  const average = (of: Ref): Ref => averagePool(c.g, of, kernel, { ...options, countPadding: countPad });
  const y =
    kind === 'max'
      ? maxPoolNd(c.g, x, kernel, options)
      : kind === 'l2'
        ? sqrt(c.g, affine(c.g, average(square(c.g, x)), 1, 1e-12))
        : average(x);
  return c.out(scale(c.g, y, by), y.shape, v.type);
}

/** Where the largest elements are, counted through the whole value, row by row or (storage_order 1) column by column. */
function places(c: NodeContext, v: GraphValue, pooled: readonly number[], pool: Pool): GraphValue {
  const { kernel, steps, ceil } = pool;
  const { sides } = spatialOf(c, v.shape);
  const isColumns = c.a.int('storage_order', 0, 0, 1) === 1;
  const at = maxPoolNdArgmax(c.g, c.ndOf(v), kernel, { ...steps, ceil });
  const plane = size(sides);
  const perPlane = size(at.shape.slice(1));
  const own = strides(sides);
  const turned = strides([...sides].reverse()).reverse();
  const ordered = (p: number): number => {
    if (!isColumns) return p;
    return own.reduce((n, s, k) => n + (Math.floor(p / s) % (sides[k] ?? 1)) * (turned[k] ?? 1), 0);
  };
  const finish = (data: ArrayLike<number>): ArrayLike<number> =>
    Float64Array.from(data, (p, i) => Math.floor(i / perPlane) * plane + ordered(p));
  return { ref: at, shape: pooled, type: 'int64', finish };
}

const globalPool = (op: 'mean' | 'max'): Operator => ({
  graph: (c) => {
    const v = c.graph(0);
    const [N = 1, C = 1, ...rest] = v.shape;
    if (rest.length === 0) throw onnxError(`${c.who} takes maps, not [${v.shape.join(', ')}]`);
    const shape = [N, C, ...rest.map(() => 1)];
    const flat = c.mapOf({
      ...v,
      shape: [1, N * C, rest.length === 2 ? (rest[0] ?? 1) : 1, rest.length === 2 ? (rest[1] ?? 1) : size(rest)],
    });
    if (op === 'max') return [c.out(reduceAxes(c.g, flat, 'max', { axes: [1, 2] }), shape, v.type)];
    const means = channelMean(c.g, flat);
    // A mean is f32 whatever it is of; what follows in the net is as f16 as the rest of it.
    return [c.out(flat.dtype === 'f16' ? toHalf(c.g, means) : means, shape, v.type)];
  },
});

export const poolOperators: Readonly<Record<string, Operator>> = {
  MaxPool: pooling('max'),
  AveragePool: pooling('average'),
  GlobalAveragePool: globalPool('mean'),
  GlobalMaxPool: globalPool('max'),
};
