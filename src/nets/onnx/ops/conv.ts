import { chw, sameShape, size } from '../../../base/shape';
import { add } from '../../../shaders/binary';
import { concat, slice0 } from '../../../shaders/concat';
import { conv2d, convTranspose2d } from '../../../shaders/conv2d';
import type { Ref } from '../../../shaders/op';
import type { Border } from '../../../shaders/pad';
import { reshape } from '../../../shaders/reshape';
import { kernelOf, windowsOf } from '../attributes';
import { moveBy } from '../host';
import type { NodeContext, Operator } from '../importer';
import { onnxError } from '../model';
import { type Axis, axesOf, foldedPads } from '../padding';
import type { GraphValue } from '../value';
import { dilated, type Parameters, parametersOf, planar } from './filters';
import { maps } from './maps';
import { movedRef } from './moving';

/** A convolution of input 0; its parameters may have been changed as they were loaded. */
export function convolved(c: NodeContext, bank: Parameters, bias: Parameters | undefined): GraphValue {
  const w = planar(c, bank);
  const [O = 0, perGroup = 0, kh = 0, kw = 0] = w.shape;
  const own = kernelOf(c.a, bank.shape.length - 2);
  if (own && !sameShape(own, [kh, kw])) {
    throw onnxError(`${c.who} has a kernel_shape other than its filters [${bank.shape.join(', ')}]`);
  }
  const waiting = c.waiting(0);
  const source = waiting
    ? { ref: waiting.pending.x, shape: [1, ...waiting.pending.x.shape], type: waiting.type }
    : c.graph(0);
  const { N, C, H, W, spatial } = maps(c, source.shape);
  if (spatial !== bank.shape.length - 2) {
    throw onnxError(`${c.who} has filters [${bank.shape.join(', ')}] for [${source.shape.join(', ')}]`);
  }
  const groups = c.a.int('group', 1, 1, 65536);
  if (perGroup * groups !== C || O % groups !== 0) {
    throw onnxError(`${c.who} has filters [${bank.shape.join(', ')}] in ${groups} groups for a map of ${C} channels`);
  }
  if (bias && size(bias.shape) !== O) {
    throw onnxError(`${c.who} has a bias [${bias.shape.join(', ')}] for ${O} channels`);
  }
  const before = waiting?.pending.sides ?? [0, 0, 0, 0];
  const padded: [number, number] = [H + before[0] + before[2], W + before[1] + before[3]];
  const windows = windowsOf(c.a, [kh, kw], padded, spatial);
  const axes = axesOf(c.who, c.importer.torus, [H, W], windows, waiting?.pending);
  // What the convolution cannot take into its own border is padded first.
  const apart: [boolean, boolean] = [axes[0].apart, axes[1].apart];
  const whole = waiting && (apart[0] || apart[1]) ? c.importer.padded(waiting.pending, apart) : c.mapOf(source);
  const [, h, wide] = chw(c.who, whole.shape);
  const shape = { stride: windows.stride, pad: foldedPads(axes), border: borders(c, axes, [h, wide]) };

  const filters = Array.from({ length: groups }, (_, k) => dilated(c, w.part(k, groups), windows.dilation));
  const biases = Array.from({ length: groups }, (_, k) => bias?.part(k, groups));
  const parts: Ref[] = [];
  for (let n = 0; n < N; n++) {
    filters.forEach((f, k) => {
      const x = N * groups === 1 ? whole : slice0(c.g, whole, n * C + k * perGroup, perGroup);
      const b = biases[k];
      parts.push(conv2d(c.g, x, f, { ...shape, ...(b && { bias: b }) }));
    });
  }
  const y = parts.length === 1 && parts[0] ? parts[0] : concat(c.g, parts);
  const [, oh, ow] = chw(c.who, y.shape);
  return c.out(y, spatial === 1 ? [N, O, ow] : [N, O, oh, ow], source.type);
}

/** The border of each axis, where the file's zeros may be replaced. */
function borders(c: NodeContext, axes: readonly [Axis, Axis], [h, w]: readonly [number, number]): [Border, Border] {
  const { edges } = c.importer.options;
  const of = (axis: Axis, n: number): Border => {
    if (axis.border !== 'zeros' || !edges) return axis.border;
    return edges === 'reflect' && Math.max(axis.begin, axis.end) >= n ? 'replicate' : edges;
  };
  return [of(axes[0], h), of(axes[1], w)];
}

const transposed = (c: NodeContext): GraphValue => {
  const v = c.graph(0);
  const { N, C, H, W, spatial } = maps(c, v.shape);
  const bank = parametersOf(c, 1);
  const w = planar(c, bank);
  const [inputs = 0, perGroup = 0, kh = 1, kw = 1] = w.shape;
  const groups = c.a.int('group', 1, 1, 65536);
  if (inputs !== C || C % groups !== 0) {
    throw onnxError(`${c.who} has filters [${bank.shape.join(', ')}] in ${groups} groups for ${C} channels`);
  }
  const { stride, dilation } = windowsOf(c.a, [kh, kw], [H, W], spatial);
  const reach = [(kh - 1) * dilation[0] + 1, (kw - 1) * dilation[1] + 1] as const;
  const sizes = transposedSizes(c, spatial, [H, W], reach, stride);
  const { torus } = c.importer;
  // Around a torus the result is exactly `stride` times as large, and what sticks out comes in on the other side.
  const wrapped = ([0, 1] as const).map((k) => torus[k] && spatial === 2 && reach[k] >= stride[k]);
  const pad = [0, 0, 0, 0] as [number, number, number, number];
  const full = ([0, 1] as const).map((k) => {
    const n = k === 0 ? H : W;
    if (!wrapped[k]) return stride[k] * (n - 1) + reach[k];
    pad[k] = Math.min(sizes[k].begin, reach[k] - stride[k]);
    pad[k + 2] = reach[k] - stride[k] - pad[k];
    return stride[k] * n;
  }) as [number, number];
  const border: [Border, Border] = [wrapped[0] ? 'wrap' : 'zeros', wrapped[1] ? 'wrap' : 'zeros'];
  const whole = c.mapOf(v);
  const each = C / groups;
  const filters = Array.from({ length: groups }, (_, k) => dilated(c, w.part(k, groups), dilation));
  const parts: Ref[] = [];
  for (let n = 0; n < N; n++) {
    filters.forEach((f, k) => {
      const x = N * groups === 1 ? whole : slice0(c.g, whole, n * C + k * each, each);
      parts.push(convTranspose2d(c.g, x, f, { stride, size: full, pad, border }));
    });
  }
  let y = parts.length === 1 && parts[0] ? parts[0] : concat(c.g, parts);
  const M = perGroup * groups;
  const out = ([0, 1] as const).map((k) => (wrapped[k] ? full[k] : sizes[k].size)) as [number, number];
  const begin = ([0, 1] as const).map((k) => (wrapped[k] ? 0 : sizes[k].begin)) as [number, number];
  if (out[0] !== full[0] || out[1] !== full[1] || begin[0] !== 0 || begin[1] !== 0) y = cropped(c, y, begin, out);
  if (c.has(2)) {
    const bias = parametersOf(c, 2);
    if (size(bias.shape) !== M) throw onnxError(`${c.who} has a bias [${bias.shape.join(', ')}] for ${M} channels`);
    y = add(c.g, reshape(c.g, y, [N, M, ...out]), reshape(c.g, bias.part(0, 1), [1, M, 1, 1]));
  }
  return c.out(y, spatial === 1 ? [N, M, out[1]] : [N, M, ...out], v.type);
};

/** Where the result begins in the full transposed convolution, and how long it is, on each axis. */
function transposedSizes(
  c: NodeContext,
  spatial: number,
  map: readonly [number, number],
  reach: readonly [number, number],
  stride: readonly [number, number],
): readonly [{ begin: number; size: number }, { begin: number; size: number }] {
  const two = (name: string, none: number): readonly [number, number] => {
    const list = c.a.ints(name, new Array<number>(spatial).fill(none), spatial, 0, 65536);
    return spatial === 1 ? [none, list[0] ?? none] : [list[0] ?? none, list[1] ?? none];
  };
  const extra = two('output_padding', 0);
  const wanted = c.a.has('output_shape') ? outputShape(c, spatial) : undefined;
  const auto = c.a.word('auto_pad', 'NOTSET', ['NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID']);
  const own = c.a.ints('pads', new Array<number>(2 * spatial).fill(0), 2 * spatial, 0, 4096);
  const explicit = spatial === 1 ? [0, own[0] ?? 0, 0, own[1] ?? 0] : own;
  const along = (k: 0 | 1): { begin: number; size: number } => {
    if (spatial === 1 && k === 0) return { begin: 0, size: 1 };
    const all = stride[k] * (map[k] - 1) + reach[k] + extra[k];
    const isSame = auto === 'SAME_UPPER' || auto === 'SAME_LOWER';
    const size = wanted?.[k] ?? (isSame ? map[k] * stride[k] : undefined);
    if (size === undefined) {
      const [b, e] = auto === 'VALID' ? [0, 0] : [explicit[k] ?? 0, explicit[k + 2] ?? 0];
      return { begin: b, size: all - b - e };
    }
    const total = Math.max(0, all - size);
    const less = Math.floor(total / 2);
    return { begin: auto === 'SAME_UPPER' ? less : total - less, size };
  };
  const found = [along(0), along(1)] as const;
  for (const { size } of found) if (!(size >= 1)) throw onnxError(`${c.who} makes a map with a side of ${size}`);
  return found;
}

/** Sides of the result; some files list its batch and channels too. */
function outputShape(c: NodeContext, spatial: number): readonly number[] {
  const list = c.a.list('output_shape') ?? [];
  const sides = list.slice(-spatial);
  if (list.length < spatial || sides.some((d) => !Number.isInteger(d) || d < 1 || d > 65536)) {
    throw onnxError(`${c.who} has output_shape [${list.join(', ')}]`);
  }
  return spatial === 1 ? [1, sides[0] ?? 1] : sides;
}

/** A window of a map; zeros where it reaches beyond. */
function cropped(c: NodeContext, x: Ref, begin: readonly [number, number], to: readonly [number, number]): Ref {
  const [C, h, w] = chw(c.who, x.shape);
  const at = (p: number, n: number): number => (p < n ? p : -1);
  return movedRef(
    c,
    x,
    moveBy(x.shape, [C, ...to], (p, k) =>
      k === 0 ? (p[0] ?? 0) : at((p[k] ?? 0) + (begin[k === 1 ? 0 : 1] ?? 0), k === 1 ? h : w),
    ),
  );
}

export const convOperators: Readonly<Record<string, Operator>> = {
  Conv: { graph: (c) => [convolved(c, parametersOf(c, 1), c.has(2) ? parametersOf(c, 2) : undefined)] },
  ConvTranspose: { graph: (c) => [transposed(c)] },
};
