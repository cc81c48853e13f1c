// Operators that cut values up, and pad them.
import { size } from '../../../base/shape';
import { gatherAxis, padNd } from '../../../shaders/axis_linear';
import { hostTensor, moveBy, moved } from '../const_fold';
import type { NodeContext, Operator, Output } from '../importer';
import { onnxError } from '../model';
import { pendingPad } from '../padding';
import { taken } from './moving';

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
  host: (c) => {
    const shape = c.shape(0);
    const parts = slices(c, shape);
    const move = moveBy(
      shape,
      parts.map((p) => p.count),
      (at, k) => (parts[k]?.start ?? 0) + (at[k] ?? 0) * (parts[k]?.step ?? 1),
    );
    return [moved(c.node.name, c.tensor(0), move)];
  },
  graph: (c) => {
    const v = c.graph(0);
    const parts = slices(c, v.shape);
    const shape = parts.map((p) => p.count);
    if (size(shape) === 0) return [hostTensor(c.node.name, v.type, shape, [])];
    let now = v;
    // One axis after the other: what is contiguous is copied, the rest moved.
    for (const [axis, { start, step, count }] of parts.entries()) {
      if (start === 0 && step === 1 && count === now.shape[axis]) continue;
      const out = now.shape.map((d, k) => (k === axis ? count : d));
      const ref =
        step === 1
          ? taken(c, now, axis, start, count)
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

const MODES = ['constant', 'reflect', 'edge', 'wrap'] as const;

/** Elements that a Pad adds to an axis, at most, where that is short. */
const MOST_PADDED = 2 ** 15;

interface Padding {
  /** In front of each axis, then behind each. */
  readonly pads: readonly number[];
  readonly out: readonly number[];
  readonly mode: (typeof MODES)[number];
  readonly value: number;
}

/** What a Pad does on each axis. Attributes up to opset 10, inputs after; axes since 18. */
function padding(c: NodeContext, shape: readonly number[]): Padding {
  const mode = c.a.word('mode', 'constant', MODES);
  const pads = c.list(1, 'pads') ?? c.a.list('paddings') ?? [];
  const axes = (c.has(3) ? c.numbers(3, 'axes') : shape.map((_, k) => k)).map((k) => c.axis(k, shape.length));
  if (pads.length !== 2 * axes.length)
    throw onnxError(`${c.who} has pads [${pads.join(', ')}] for ${axes.length} axes`);
  const begin = shape.map(() => 0);
  const end = shape.map(() => 0);
  axes.forEach((axis, k) => {
    begin[axis] = pads[k] ?? 0;
    end[axis] = pads[k + axes.length] ?? 0;
  });
  const value = c.has(2) ? (c.numbers(2, 'value')[0] ?? 0) : c.a.number('value', 0);
  const out = shape.map((d, k) => d + (begin[k] ?? 0) + (end[k] ?? 0));
  if (out.some((d, k) => !(d >= 0 && d <= MOST_PADDED + 4 * (shape[k] ?? 0))) || size(out) > 2 ** 31) {
    throw onnxError(`${c.who} has pads [${pads.join(', ')}] for [${shape.join(', ')}]`);
  }
  return { pads: [...begin, ...end], out, mode, value };
}

/** The element that stands at p of an axis of n, or -1. */
function source(p: number, n: number, mode: (typeof MODES)[number]): number {
  if (p >= 0 && p < n) return p;
  if (mode === 'constant' || n === 0) return -1;
  if (mode === 'edge') return p < 0 ? 0 : n - 1;
  const period = mode === 'wrap' ? n : Math.max(1, 2 * n - 2);
  const q = ((p % period) + period) % period;
  return q < n ? q : period - q;
}

const padOperator: Operator = {
  host: (c) => {
    const shape = c.shape(0);
    const { pads, out, mode, value } = padding(c, shape);
    const move = moveBy(shape, out, (at, k) => source((at[k] ?? 0) - (pads[k] ?? 0), shape[k] ?? 1, mode));
    return [moved(c.node.name, c.tensor(0), move, value)];
  },
  graph: (c): readonly Output[] => {
    const v = c.graph(0);
    if (v.shape.length === 4 && v.shape[0] === 1) {
      const pending = pendingPad(c, v.ref);
      if (pending) {
        const [t, l, b, r] = pending.sides;
        const [, C = 0, h = 0, w = 0] = v.shape;
        return [{ pending, shape: [1, C, h + t + b, w + l + r], type: v.type }];
      }
    }
    const { pads, out, mode, value } = padding(c, v.shape);
    return [c.out(padNd(c.g, c.ndOf(v), pads, mode, value), out, v.type)];
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
  host: (c) => {
    const shape = c.shape(0);
    const { axis, parts } = splitParts(c);
    return parts.map(({ start, count }) => {
      const out = shape.map((d, k) => (k === axis ? count : d));
      return moved(
        c.node.name,
        c.tensor(0),
        moveBy(shape, out, (at, k) => (at[k] ?? 0) + (k === axis ? start : 0)),
      );
    });
  },
  graph: (c) => {
    const v = c.graph(0);
    const { axis, parts } = splitParts(c);
    return parts.map(({ start, count }) => {
      const out = v.shape.map((d, k) => (k === axis ? count : d));
      return size(out) === 0
        ? hostTensor(c.node.name, v.type, out, [])
        : c.out(taken(c, v, axis, start, count), out, v.type);
    });
  },
};

export const cutOperators: Readonly<Record<string, Operator>> = {
  Slice: slicing,
  Pad: padOperator,
  Split: splitting,
};
