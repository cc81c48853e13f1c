import { size } from '../../../base/shape';
import { channelMean } from '../../../shaders/channel_mean';
import { pool2d } from '../../../shaders/pool2d';
import { reduceAxes } from '../../../shaders/reduce_axes';
import { kernelOf, type Windows, windowsOf } from '../attributes';
import { hostTensor, numbers } from '../host';
import type { NodeContext, Operator, Output } from '../importer';
import { type OnnxTensor, onnxError } from '../model';
import { type Axis, axesOf, foldedPads } from '../padding';
import { maps } from './maps';

interface Pool {
  readonly windows: Windows;
  readonly kernel: readonly [number, number];
  readonly ceil: boolean;
}

function poolOf(c: NodeContext, H: number, W: number, spatial: number): Pool {
  const kernel = kernelOf(c.a, spatial);
  if (!kernel) throw onnxError(`${c.who} has no kernel_shape`);
  const windows = windowsOf(c.a, kernel, [H, W], spatial);
  return { windows, kernel, ceil: c.a.int('ceil_mode', 0, 0, 1) === 1 };
}

/** Windows along one axis: the last one must begin in the map or in the padding before it. */
export function steps(n: number, reach: number, stride: number, begin: number, end: number, ceil: boolean): number {
  const room = (n + begin + end - reach) / stride;
  const count = (ceil ? Math.ceil(room) : Math.floor(room)) + 1;
  return ceil && (count - 1) * stride >= n + begin ? count - 1 : count;
}

const pooling = (op: 'max' | 'average'): Operator => ({
  ...(op === 'max' && { host: (c: NodeContext): readonly OnnxTensor[] => hostMaxPool(c, c.tensor(0)) }),
  graph: (c): readonly Output[] => {
    const v = c.graph(0);
    const { N, C, H, W, spatial } = maps(c, v.shape);
    const pool = poolOf(c, H, W, spatial);
    const { windows, kernel, ceil } = pool;
    const axes = axesOf(c.who, c.importer.torus, [H, W], windows, undefined);
    const { pooling: other, poolScale = 1 } = c.importer.options;
    const replaced = op === 'max' && other !== undefined && other !== 'max' ? other : undefined;
    const border = (axis: Axis): 'none' | 'wrap' => (axis.border === 'wrap' ? 'wrap' : 'none');
    if (windows.dilation.some((d) => d !== 1)) throw c.unsupported('with dilations');
    const y = pool2d(c.g, c.mapOf(v), {
      kind: replaced ?? op,
      size: kernel,
      stride: windows.stride,
      pad: foldedPads(axes),
      border: [border(axes[0]), border(axes[1])],
      ceil,
      countPad: c.a.int('count_include_pad', 0, 0, 1) === 1,
      ...(replaced ? { scale: poolScale } : {}),
    });
    const [, oh = 1, ow = 1] = y.shape;
    const out = c.out(y, spatial === 1 ? [N, C, ow] : [N, C, oh, ow], v.type);
    if ((c.node.outputs[1] ?? '') === '') return [out];
    // Where the largest elements are is a list of integers: nothing in the graph can use it, so only the host can know.
    if (!v.known) throw c.unsupported('with its indices in use');
    return [out, hostMaxPool(c, v.known)[1] ?? null];
  },
});

/** Maximum and its place, on the host: for integers, and for those who ask for the places. */
function hostMaxPool(c: NodeContext, t: OnnxTensor): readonly OnnxTensor[] {
  const { N, C, H, W, spatial } = maps(c, t.shape);
  const { windows, kernel, ceil } = poolOf(c, H, W, spatial);
  const { kernel: reach, stride, dilation, pads } = windows;
  const oh = steps(H, reach[0], stride[0], pads[0], pads[2], ceil);
  const ow = steps(W, reach[1], stride[1], pads[1], pads[3], ceil);
  const isColumns = c.a.int('storage_order', 0, 0, 1) === 1;
  const x = numbers(t);
  const best = new Float64Array(N * C * oh * ow);
  const place = new Float64Array(best.length);
  let to = 0;
  for (let n = 0; n < N * C; n++)
    for (let oy = 0; oy < oh; oy++)
      for (let ox = 0; ox < ow; ox++, to++) {
        let most = Number.NEGATIVE_INFINITY;
        for (let i = 0; i < kernel[0]; i++)
          for (let j = 0; j < kernel[1]; j++) {
            const y = oy * stride[0] - pads[0] + i * dilation[0];
            const z = ox * stride[1] - pads[1] + j * dilation[1];
            const value = x[(n * H + y) * W + z] ?? 0;
            if (y < 0 || y >= H || z < 0 || z >= W || value <= most) continue;
            most = value;
            place[to] = n * H * W + (isColumns ? z * H + y : y * W + z);
          }
        best[to] = most;
      }
  const shape = spatial === 1 ? [N, C, ow] : [N, C, oh, ow];
  const name = c.node.name;
  return [hostTensor(name, t.type, shape, best), hostTensor(`${name} indices`, 'int64', shape, place)];
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
    return [
      c.out(op === 'mean' ? channelMean(c.g, flat) : reduceAxes(c.g, flat, 'max', { axes: [1, 2] }), shape, v.type),
    ];
  },
});

export const poolOperators: Readonly<Record<string, Operator>> = {
  MaxPool: pooling('max'),
  AveragePool: pooling('average'),
  GlobalAveragePool: globalPool('mean'),
  GlobalMaxPool: globalPool('max'),
};
