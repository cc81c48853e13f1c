// What is taken over whole axes: sums and the like, and softmax.
import { size } from '../../../base/shape';
import * as binary from '../../../shaders/broadcast_binary';
import type { Ref } from '../../../shaders/op';
import { type Reduction, reduceAxes } from '../../../shaders/reduce_axes';
import { reshape } from '../../../shaders/reshape';
import { logSoftmax, softmax } from '../../../shaders/softmax';
import { accurateExp, accurateLog } from '../../../shaders/unary';
import { constTensor, each, elementAt, isReal, numbers, strides } from '../const_fold';
import type { NodeContext, Operator } from '../operator';

const overAxis = (fn: typeof softmax): Operator => ({
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
    return [c.out(fn(c.g, x, isOld ? 1 : axis), v.shape, v.type)];
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

const reducing = (graph: (c: NodeContext, x: Ref, axes: readonly number[]) => Ref, onHost: Reducing): Operator => {
  const outShape = (c: NodeContext, shape: readonly number[], axes: readonly number[]): readonly number[] =>
    c.a.int('keepdims', 1, 0, 1) === 1
      ? shape.map((d, k) => (axes.includes(k) ? 1 : d))
      : shape.filter((_, k) => !axes.includes(k));
  return {
    fold: (c) => {
      const t = c.tensor(0);
      const axes = reducedAxes(c, t.shape.length) ?? [];
      const kept = t.shape.map((d, k) => (axes.includes(k) ? 1 : d));
      const step = strides(kept).map((s, k) => (axes.includes(k) ? 0 : s));
      const sums = new Float64Array(size(kept)).fill(onHost.start);
      const x = numbers(t);
      each(t.shape, (at, i) => {
        const to = at.reduce((n, p, k) => n + p * (step[k] ?? 0), 0);
        sums[to] = onHost.step(elementAt(sums, to), elementAt(x, i));
      });
      const count = size(t.shape) / size(kept);
      const data = sums.map((s) => onHost.end?.(s, count) ?? s);
      return [
        constTensor(c.node.name, t.type, outShape(c, t.shape, axes), isReal(t.type) ? data : data.map(Math.trunc)),
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

export const reduceOperators: Readonly<Record<string, Operator>> = {
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
      const powers = accurateExp(c.g, binary.broadcastSub(c.g, x, most));
      const log = accurateLog(c.g, reduceAxes(c.g, powers, 'sum', { axes, keep: true }));
      return binary.broadcastAdd(c.g, log, most);
    },
    { start: 0, step: (a, b) => a + Math.exp(b), end: Math.log },
  ),
};
