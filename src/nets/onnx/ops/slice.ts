// Operators that cut values up.
import { size } from '../../../base/shape';
import { gatherAxis } from '../../../shaders/axis_linear/moves';
import { constTensor, gatherConst, indexMap } from '../const_fold';
import { onnxError } from '../model';
import type { NodeContext, Operator } from '../operator';
import { sliceAxis } from './layout';

/** First index, step and count along each axis. Attributes up to opset 9, inputs after. */
function slices(c: NodeContext, shape: readonly number[]): readonly { start: number; step: number; count: number }[] {
  const starts = c.list(1, 'starts') ?? [];
  const ends = c.list(2, 'ends') ?? [];
  const axes = c.list(3, 'axes') ?? starts.map((_, k) => k);
  const steps = c.has(4) ? c.numbers(4, 'steps') : starts.map(() => 1);
  if (ends.length !== starts.length || axes.length !== starts.length || steps.length !== starts.length) {
    throw onnxError(`${c.who} has ${starts.length} starts, ${ends.length} ends and ${axes.length} axes`);
  }
  const out = shape.map((count) => ({ start: 0, step: 1, count }));
  axes.forEach((axis, k) => {
    const at = c.axis(axis, shape.length);
    const n = shape[at] ?? 0;
    const step = steps[k] ?? 1;
    if (step === 0) throw onnxError(`${c.who} has a step of 0`);
    const clamp = (v: number, least: number, most: number): number =>
      Math.min(most, Math.max(least, v < 0 ? v + n : v));
    const [start, end] =
      step > 0
        ? [clamp(starts[k] ?? 0, 0, n), clamp(ends[k] ?? 0, 0, n)]
        : [clamp(starts[k] ?? 0, 0, n - 1), clamp(ends[k] ?? 0, -1, n - 1)];
    out[at] = { start, step, count: Math.max(0, Math.ceil((end - start) / step)) };
  });
  return out;
}

const slicing: Operator = {
  fold: (c) => {
    const shape = c.shape(0);
    const parts = slices(c, shape);
    const move = indexMap(
      shape,
      parts.map((p) => p.count),
      (at, k) => (parts[k]?.start ?? 0) + (at[k] ?? 0) * (parts[k]?.step ?? 1),
    );
    return [gatherConst(c.node.name, c.tensor(0), move)];
  },
  graph: (c) => {
    const v = c.graph(0);
    const parts = slices(c, v.shape);
    const shape = parts.map((p) => p.count);
    if (size(shape) === 0) return [constTensor(c.node.name, v.type, shape, [])];
    let now = v;
    // One axis after the other: what is contiguous is copied, the rest moved.
    for (const [axis, { start, step, count }] of parts.entries()) {
      if (start === 0 && step === 1 && count === now.shape[axis]) continue;
      const out = now.shape.map((d, k) => (k === axis ? count : d));
      const ref =
        step === 1
          ? sliceAxis(c, now, axis, start, count)
          : gatherAxis(
              c.g,
              c.ndOf(now),
              axis,
              Array.from({ length: count }, (_, k) => start + k * step),
            );
      now = c.out(ref, out, v.type);
    }
    return [now];
  },
};

/** Lengths of the parts: an attribute up to opset 12, an input after; else equal, the last one smaller (opset 18). */
function splits(c: NodeContext, n: number): readonly number[] {
  const given = c.list(1, 'split');
  const count = given?.length ?? c.a.int('num_outputs', c.node.outputs.length, 1, 4096);
  const each = Math.ceil(n / count);
  const lengths = given ?? Array.from({ length: count }, (_, k) => Math.max(0, Math.min(each, n - k * each)));
  if (lengths.some((d) => d < 0) || lengths.reduce((a, b) => a + b, 0) !== n) {
    throw onnxError(`${c.who} cannot split ${n} into [${lengths.join(', ')}]`);
  }
  return lengths;
}

function splitParts(c: NodeContext): { axis: number; parts: readonly { start: number; count: number }[] } {
  const shape = c.shape(0);
  const axis = c.axis(c.a.int('axis', 0, -shape.length, shape.length - 1), shape.length);
  let start = 0;
  const parts = splits(c, shape[axis] ?? 1).map((count) => {
    start += count;
    return { start: start - count, count };
  });
  return { axis, parts };
}

const splitting: Operator = {
  fold: (c) => {
    const shape = c.shape(0);
    const { axis, parts } = splitParts(c);
    return parts.map(({ start, count }) => {
      const out = shape.map((d, k) => (k === axis ? count : d));
      return gatherConst(
        c.node.name,
        c.tensor(0),
        indexMap(shape, out, (at, k) => (at[k] ?? 0) + (k === axis ? start : 0)),
      );
    });
  },
  graph: (c) => {
    const v = c.graph(0);
    const { axis, parts } = splitParts(c);
    return parts.map(({ start, count }) => {
      const out = v.shape.map((d, k) => (k === axis ? count : d));
      return size(out) === 0
        ? constTensor(c.node.name, v.type, out, [])
        : c.out(sliceAxis(c, v, axis, start, count), out, v.type);
    });
  },
};

export const sliceOperators: Readonly<Record<string, Operator>> = {
  Slice: slicing,
  Split: splitting,
};
