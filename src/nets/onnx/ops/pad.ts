import { size } from '../../../base/shape';
import { padNd } from '../../../shaders/axis_linear/moves';
import { gatherConst, indexMap } from '../const_fold';
import { onnxError } from '../model';
import type { NodeContext, Operator, Output } from '../operator';
import { spatialPad } from '../padding';

const MODES = ['constant', 'reflect', 'edge', 'wrap'] as const;

/** Elements that a Pad adds to an axis, at most, where that is short. */
const MOST_PADDED = 2 ** 15;

interface PadSpec {
  /** In front of each axis, then behind each. */
  readonly pads: readonly number[];
  readonly out: readonly number[];
  readonly mode: (typeof MODES)[number];
  readonly value: number;
}

/** What a Pad does on each axis. Attributes up to opset 10, inputs after; axes since 18. */
function padSpec(c: NodeContext, shape: readonly number[]): PadSpec {
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
  fold: (c) => {
    const shape = c.shape(0);
    const { pads, out, mode, value } = padSpec(c, shape);
    const move = indexMap(shape, out, (at, k) => source((at[k] ?? 0) - (pads[k] ?? 0), shape[k] ?? 1, mode));
    return [gatherConst(c.node.name, c.tensor(0), move, value)];
  },
  graph: (c): readonly Output[] => {
    const v = c.graph(0);
    if (v.shape.length === 4 && v.shape[0] === 1) {
      const pending = spatialPad(c, v.ref);
      if (pending) {
        const [t, l, b, r] = pending.sides;
        const [, C = 0, h = 0, w = 0] = v.shape;
        return [{ pending, shape: [1, C, h + t + b, w + l + r], type: v.type }];
      }
    }
    const { pads, out, mode, value } = padSpec(c, v.shape);
    return [c.out(padNd(c.g, c.ndOf(v), pads, mode, value), out, v.type)];
  },
};

export const padOperators: Readonly<Record<string, Operator>> = { Pad: padOperator };
