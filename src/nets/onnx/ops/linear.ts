// Products of matrices, and what is taken over whole axes.
import { sameShape, size } from '../../../base/shape';
import * as binary from '../../../shaders/binary';
import { concat, slice0 } from '../../../shaders/concat';
import { matmul } from '../../../shaders/matmul';
import { matmulNd } from '../../../shaders/matmul_batch';
import type { Ref } from '../../../shaders/op';
import { scale } from '../../../shaders/pointwise';
import { type Reduction, reduceAxes } from '../../../shaders/reduce_axes';
import { reshape } from '../../../shaders/reshape';
import { logSoftmax, softmax } from '../../../shaders/softmax';
import { transpose } from '../../../shaders/transpose';
import { accurateExp, accurateLog } from '../../../shaders/unary';
import { broadcastShape, each, hostTensor, isReal, numbers, strides } from '../const_fold';
import type { NodeContext, Operator } from '../importer';
import { onnxError } from '../model';
import type { GraphValue } from '../value';
import { type Parameters, parametersOf, partsFor } from './filters';

const gemm: Operator = {
  graph: (c) => {
    const a = c.nd(0);
    const w = parametersOf(c, 1);
    const ta = c.a.int('transA', 0, 0, 1) === 1;
    const tb = c.a.int('transB', 0, 0, 1) === 1;
    const product = scale(c.g, timesParameters(c, a, w, ta, tb), c.a.number('alpha', 1));
    const beta = c.a.number('beta', 1);
    if (!c.has(2) || beta === 0) return [c.out(product, product.shape)];
    const bias = scale(c.g, c.nd(2), beta);
    const shape = broadcastShape(c.who, [product.shape, bias.shape]);
    if (!sameShape(shape, product.shape))
      throw onnxError(`${c.who} has a bias [${c.shape(2).join(', ')}] for [${product.shape.join(', ')}]`);
    return [c.out(binary.add(c.g, product, bias), product.shape)];
  },
};

/** A product with weights that may be too large for one buffer: rows of the result, or of what is summed, apart. */
function timesParameters(c: NodeContext, a: Ref, w: Parameters, ta: boolean, tb: boolean): Ref {
  const count = partsFor(w.shape);
  if (count === 1) return matmul(c.g, a, w.part(0, 1), { ta, tb });
  const [rows = 1] = w.shape;
  const parts = Array.from({ length: count }, (_, k) => w.part(k, count));
  if (tb) {
    // Each part makes columns of the result; made as rows, they can be joined.
    const columns = parts.map((p) => matmul(c.g, p, a, { tb: !ta }));
    return transpose(c.g, concat(c.g, columns));
  }
  const flipped = ta ? a : transpose(c.g, a);
  return parts
    .map((p, k) => matmul(c.g, slice0(c.g, flipped, (k * rows) / count, rows / count), p, { ta: true }))
    .reduce((x, y) => binary.add(c.g, x, y));
}

const product: Operator = {
  graph: (c) => [matrixProduct(c, c.graph(0), c.graph(1))],
};

/** NumPy's matmul: a vector is a row on the left and a column on the right; axes before the last two are broadcast. */
export function matrixProduct(c: NodeContext, a: GraphValue, b: GraphValue): GraphValue {
  const sa = a.shape.length === 1 ? [1, a.shape[0] ?? 1] : a.shape;
  const sb = b.shape.length === 1 ? [b.shape[0] ?? 1, 1] : b.shape;
  const [M = 1, K = 1] = sa.slice(-2);
  const [L = 1, N = 1] = sb.slice(-2);
  if (sa.length < 2 || sb.length < 2 || K !== L) {
    throw onnxError(`${c.who} cannot multiply [${a.shape.join(', ')}] and [${b.shape.join(', ')}]`);
  }
  const [la, lb] = [sa.slice(0, -2), sb.slice(0, -2)];
  const lead = broadcastShape(c.who, [la, lb]);
  const shape = [...lead, ...(a.shape.length === 1 ? [] : [M]), ...(b.shape.length === 1 ? [] : [N])];
  const n = size(lead);
  if (size(lb) === 1) {
    const y = matmul(c.g, reshape(c.g, a.ref, [n * M, K]), reshape(c.g, b.ref, [K, N]));
    return c.out(y, shape, a.type);
  }
  return c.out(matmulNd(c.g, reshape(c.g, a.ref, sa), reshape(c.g, b.ref, sb)), shape, a.type);
}

const overAxis = (normalised: typeof softmax): Operator => ({
  graph: (c) => {
    const own = c.value(0);
    if (size(own.shape) === 0) return [own];
    const v = c.graph(0);
    const rank = Math.max(1, v.shape.length);
    const isOld = c.opset < 13;
    const given = c.a.int('axis', isOld ? 1 : -1, -rank, isOld ? rank : rank - 1);
    const axis = given < 0 ? given + rank : given;
    // Up to opset 12 all axes from this one on count as one.
    const x = isOld ? reshape(c.g, v.ref, [size(v.shape.slice(0, axis)), size(v.shape.slice(axis))]) : c.ndOf(v);
    return [c.out(normalised(c.g, x, isOld ? 1 : axis), v.shape, v.type)];
  },
});

/** Axes that a reduction takes: an attribute, or an input (ReduceSum since opset 13, all since 18). */
function reducedAxes(c: NodeContext, rank: number): readonly number[] | null {
  const axes = (c.has(1) ? c.numbers(1, 'axes') : c.a.list('axes'))?.map((k) => c.axis(k, rank));
  if (axes && axes.length > 0) return axes;
  return c.a.int('noop_with_empty_axes', 0, 0, 1) === 1 ? null : Array.from({ length: rank }, (_, k) => k);
}

interface Reducing {
  readonly start: number;
  readonly step: (sum: number, v: number) => number;
  readonly end?: (sum: number, n: number) => number;
}

const reducing = (graph: (c: NodeContext, x: Ref, axes: readonly number[]) => Ref, host: Reducing): Operator => {
  const outShape = (c: NodeContext, shape: readonly number[], axes: readonly number[]): readonly number[] =>
    c.a.int('keepdims', 1, 0, 1) === 1
      ? shape.map((d, k) => (axes.includes(k) ? 1 : d))
      : shape.filter((_, k) => !axes.includes(k));
  return {
    host: (c) => {
      const t = c.tensor(0);
      const axes = reducedAxes(c, t.shape.length) ?? [];
      const kept = t.shape.map((d, k) => (axes.includes(k) ? 1 : d));
      const step = strides(kept).map((s, k) => (axes.includes(k) ? 0 : s));
      const sums = new Float64Array(size(kept)).fill(host.start);
      const x = numbers(t);
      each(t.shape, (at, i) => {
        const to = at.reduce((n, p, k) => n + p * (step[k] ?? 0), 0);
        sums[to] = host.step(sums[to] ?? 0, x[i] ?? 0);
      });
      const count = size(t.shape) / size(kept);
      const data = sums.map((s) => host.end?.(s, count) ?? s);
      return [
        hostTensor(c.node.name, t.type, outShape(c, t.shape, axes), isReal(t.type) ? data : data.map(Math.trunc)),
      ];
    },
    graph: (c) => {
      const v = c.graph(0);
      const axes = reducedAxes(c, v.shape.length) ?? [];
      if (axes.length > 0) return [c.out(graph(c, c.ndOf(v), axes), outShape(c, v.shape, axes), v.type)];
      // Of each element by itself, there is still a square, a magnitude or a logarithm to be taken.
      const alone = reshape(c.g, v.ref, [size(v.shape), 1]);
      return [c.out(graph(c, alone, [1]), v.shape, v.type)];
    },
  };
};
const simply =
  (fn: Reduction) =>
  (c: NodeContext, x: Ref, axes: readonly number[]): Ref =>
    reduceAxes(c.g, x, fn, { axes });
const add = (a: number, b: number): number => a + b;

export const linearOperators: Readonly<Record<string, Operator>> = {
  Gemm: gemm,
  MatMul: product,
  Softmax: overAxis(softmax),
  LogSoftmax: overAxis(logSoftmax),
  ReduceSum: reducing(simply('sum'), { start: 0, step: add }),
  ReduceMean: reducing(simply('mean'), { start: 0, step: add, end: (s, n) => s / n }),
  ReduceProd: reducing(simply('prod'), { start: 1, step: (a, b) => a * b }),
  ReduceMax: reducing(simply('max'), { start: -Infinity, step: Math.max }),
  ReduceMin: reducing(simply('min'), { start: Infinity, step: Math.min }),
  ReduceL1: reducing(simply('l1'), { start: 0, step: (a, b) => a + Math.abs(b) }),
  ReduceL2: reducing(simply('l2'), { start: 0, step: (a, b) => a + b * b, end: Math.sqrt }),
  ReduceSumSquare: reducing(simply('sumSquare'), { start: 0, step: (a, b) => a + b * b }),
  ReduceLogSum: reducing((c, x, axes) => accurateLog(c.g, reduceAxes(c.g, x, 'sum', { axes })), {
    start: 0,
    step: add,
    end: Math.log,
  }),
  ReduceLogSumExp: reducing(
    (c, x, axes) => {
      const most = reduceAxes(c.g, x, 'max', { axes, keep: true });
      const powers = accurateExp(c.g, binary.sub(c.g, x, most));
      const log = accurateLog(c.g, reduceAxes(c.g, powers, 'sum', { axes, keep: true }));
      return binary.add(c.g, log, most);
    },
    { start: 0, step: (a, b) => a + Math.exp(b), end: Math.log },
  ),
};
