import { chw, sameShape, size } from '../../../base/shape';
import { padNd } from '../../../shaders/axis_linear/moves';
import { broadcastAdd } from '../../../shaders/broadcast_binary';
import { concat, slice } from '../../../shaders/concat';
import { convNd, convTransposeNd } from '../../../shaders/conv_nd';
import { conv2d, convTranspose2d } from '../../../shaders/conv2d';
import type { Ref } from '../../../shaders/op';
import type { Border } from '../../../shaders/pad';
import { reshape } from '../../../shaders/reshape';
import { kernelOf, planarWindows, type Steps, stepsOf } from '../attributes';
import { onnxError } from '../model';
import type { GraphValue, NodeContext, Operator } from '../operator';
import { type Axis, axesOf, foldedPads } from '../padding';
import { dilated, type Parameters, parametersOf, planar, spatialOf } from './parameters';

/** Convolutions in this many groups, of this many pictures, are done one by one by the fast kernel for one. */
const FEW = 4;
/** Dilated convolutions up to here are plain ones of filters with zeros in between. */
const NEAR = 2;

/** A convolution of input 0, or of x; its parameters may have been changed as they were loaded. */
export function convolved(c: NodeContext, bank: Parameters, bias: Parameters | undefined, x?: GraphValue): GraphValue {
  const [O = 0, perGroup = 0, ...kernel] = bank.shape;
  const own = kernelOf(c.a, kernel.length);
  if (own && !sameShape(own, kernel)) {
    throw onnxError(`${c.who} has a kernel_shape other than its filters [${bank.shape.join(', ')}]`);
  }
  const waiting = x ? undefined : c.pendingPad(0);
  const source = waiting
    ? { ref: waiting.pending.x, shape: [1, ...waiting.pending.x.shape], type: waiting.type }
    : (x ?? c.graph(0));
  const { N, C, sides, plane } = spatialOf(c, source.shape);
  if (sides.length !== kernel.length || size(bank.shape) === 0) {
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
  const padded = waiting ? sides.map((d, k) => d + (before[k] ?? 0) + (before[k + 2] ?? 0)) : sides;
  const steps = stepsOf(c.a, kernel, padded);
  if (!plane) {
    const y = convNd(c.g, c.ndOf(source), bank.part(0, 1), {
      ...steps,
      groups,
      ...(bias && { bias: bias.part(0, 1) }),
    });
    return c.out(y, y.shape, source.type);
  }

  const windows = planarWindows(kernel, steps);
  const axes = axesOf(c, plane, windows, waiting?.pending);
  // What the convolution cannot take into its own border is padded first.
  const apart: [boolean, boolean] = [axes[0].apart, axes[1].apart];
  const whole = waiting && (apart[0] || apart[1]) ? c.pad(waiting.pending, apart) : c.mapOf(source);
  const [, h, w] = chw(c.who, whole.shape);
  const border = borders(c, axes, [h, w]);
  if (N * groups > FEW || windows.dilation.some((d) => d > NEAR)) {
    return general(c, { whole, N, steps, groups, axes, border, bank, bias, type: source.type });
  }
  const shape = { stride: windows.stride, pad: foldedPads(axes), border };
  const filters = planar(c, bank);
  const parts: Ref[] = [];
  for (let k = 0; k < N * groups; k++) {
    const group = k % groups;
    const x = N * groups === 1 ? whole : slice(c.g, whole, k * perGroup, perGroup);
    const b = bias?.part(group, groups);
    const f = dilated(c, filters.part(group, groups), windows.dilation);
    parts.push(conv2d(c.g, x, f, { ...shape, ...(b && { bias: b }) }));
  }
  const y = parts.length === 1 && parts[0] ? parts[0] : concat(c.g, parts);
  const [, oh, ow] = chw(c.who, y.shape);
  return c.out(y, kernel.length === 1 ? [N, O, ow] : [N, O, oh, ow], source.type);
}

interface General {
  readonly whole: Ref;
  readonly N: number;
  readonly steps: Steps;
  readonly groups: number;
  readonly axes: readonly [Axis, Axis];
  readonly border: readonly [Border, Border];
  readonly bank: Parameters;
  readonly bias: Parameters | undefined;
  readonly type: string;
}

/** Any number of pictures and groups, at any distance: borders other than zeros are padded first. */
function general(c: NodeContext, { whole, N, steps, groups, axes, border, bank, bias, type }: General): GraphValue {
  const [, h, w] = chw(c.who, whole.shape);
  const spatial = steps.strides.length;
  let x: Ref = reshape(c.g, whole, [N, size(whole.shape) / (N * h * w), h, w]);
  const pads = [0, 0, 0, 0];
  axes.forEach((axis, k) => {
    const mode = border[k];
    if (mode === 'zeros' || axis.begin + axis.end === 0) {
      pads[k] = axis.begin;
      pads[k + 2] = axis.end;
      return;
    }
    const around = [0, 0, 0, 0, 0, 0, 0, 0];
    around[2 + k] = axis.begin;
    around[6 + k] = axis.end;
    x = padNd(c.g, x, around, mode === 'replicate' ? 'edge' : mode);
  });
  const [, C = 1, ph = 1, pw = 1] = x.shape;
  const own = spatial === 1 ? [pads[1] ?? 0, pads[3] ?? 0] : pads;
  const y = convNd(
    c.g,
    spatial === 1 ? reshape(c.g, x, [N, C, pw]) : reshape(c.g, x, [N, C, ph, pw]),
    bank.part(0, 1),
    {
      ...steps,
      pads: own,
      groups,
      ...(bias && { bias: bias.part(0, 1) }),
    },
  );
  return c.out(y, y.shape, type);
}

/** The border of each axis, where the file's zeros may be replaced. */
function borders(c: NodeContext, axes: readonly [Axis, Axis], [h, w]: readonly [number, number]): [Border, Border] {
  const { edges } = c.options;
  const of = (axis: Axis, n: number): Border => {
    if (axis.border !== 'zeros' || !edges) return axis.border;
    return edges === 'reflect' && Math.max(axis.begin, axis.end) >= n ? 'replicate' : edges;
  };
  return [of(axes[0], h), of(axes[1], w)];
}

const transposed = (c: NodeContext): GraphValue => {
  const v = c.graph(0);
  const { C, sides } = spatialOf(c, v.shape);
  const bank = parametersOf(c, 1);
  const [inputs = 0, perGroup = 0, ...kernel] = bank.shape;
  const groups = c.a.int('group', 1, 1, 65536);
  if (inputs !== C || C % groups !== 0 || kernel.length !== sides.length || size(bank.shape) === 0) {
    throw onnxError(`${c.who} has filters [${bank.shape.join(', ')}] in ${groups} groups for ${C} channels`);
  }
  const bias = c.has(2) ? parametersOf(c, 2) : undefined;
  if (bias && size(bias.shape) !== perGroup * groups) {
    throw onnxError(`${c.who} has a bias [${bias.shape.join(', ')}] for ${perGroup * groups} channels`);
  }
  const steps = stepsOf(c.a, kernel, sides);
  const places = transposedPlaces(c, sides, kernel, steps);
  if (c.torus.some((on) => on)) return aroundTorus(c, v, bank, bias, { groups, steps, places });
  const { strides, dilations } = steps;
  const x = c.ndOf(v);
  // All of it, then what the pads leave, and zeros where more is asked for.
  let y = convTransposeNd(c.g, x, bank.part(0, 1), { strides, dilations, groups });
  const pads = [0, 0, ...places.map((p) => -p.begin), 0, 0];
  pads.push(...places.map((p, k) => p.size + p.begin - (y.shape[k + 2] ?? 0)));
  y = padNd(c.g, y, pads);
  if (bias) y = broadcastAdd(c.g, y, reshape(c.g, bias.part(0, 1), [perGroup * groups, ...kernel.map(() => 1)]));
  return c.out(y, y.shape, v.type);
};

/** Where the result begins in all that windows reach, and how long it is, on one axis. */
interface Place {
  readonly begin: number;
  readonly size: number;
}

interface OnTorus {
  readonly groups: number;
  readonly steps: Steps;
  readonly places: readonly Place[];
}

/** On a torus the result is exactly `stride` times as large, and what sticks out comes in on the other side. */
function aroundTorus(
  c: NodeContext,
  v: GraphValue,
  bank: Parameters,
  bias: Parameters | undefined,
  { groups, steps, places }: OnTorus,
): GraphValue {
  const { N, C, plane } = spatialOf(c, v.shape);
  if (!plane || v.shape.length !== 4) throw c.unsupported('on a torus but on pictures');
  const w = planar(c, bank);
  const kernel = bank.shape.slice(2);
  const { kernel: reach, stride, dilation } = planarWindows(kernel, steps);
  const pad: [number, number, number, number] = [0, 0, 0, 0];
  const wrapped = ([0, 1] as const).map((k) => c.torus[k] && reach[k] >= stride[k]);
  const full = ([0, 1] as const).map((k) => {
    if (!wrapped[k]) return stride[k] * (plane[k] - 1) + reach[k];
    pad[k] = Math.min(places[k]?.begin ?? 0, reach[k] - stride[k]);
    pad[k + 2] = reach[k] - stride[k] - pad[k];
    return stride[k] * plane[k];
  }) as [number, number];
  const border: [Border, Border] = [wrapped[0] ? 'wrap' : 'zeros', wrapped[1] ? 'wrap' : 'zeros'];
  const whole = c.mapOf(v);
  const each = C / groups;
  const parts = Array.from({ length: N * groups }, (_, k): Ref => {
    const x = N * groups === 1 ? whole : slice(c.g, whole, k * each, each);
    const f = dilated(c, w.part(k % groups, groups), dilation);
    return convTranspose2d(c.g, x, f, { stride, size: full, pad, border });
  });
  const M = (bank.shape[1] ?? 1) * groups;
  let y: Ref = reshape(c.g, parts.length === 1 && parts[0] ? parts[0] : concat(c.g, parts), [N, M, ...full]);
  const cut = ([0, 1] as const).map((k) => (wrapped[k] ? { begin: 0, size: full[k] } : places[k]));
  const pads = [0, 0, ...cut.map((p) => -(p?.begin ?? 0)), 0, 0];
  pads.push(...cut.map((p, k) => (p?.size ?? 0) + (p?.begin ?? 0) - (full[k] ?? 0)));
  y = padNd(c.g, y, pads);
  if (bias) y = broadcastAdd(c.g, y, reshape(c.g, bias.part(0, 1), [M, 1, 1]));
  return c.out(y, y.shape, v.type);
}

function transposedPlaces(
  c: NodeContext,
  sides: readonly number[],
  kernel: readonly number[],
  { strides, dilations }: Steps,
): readonly Place[] {
  const n = sides.length;
  const zeros = new Array<number>(n).fill(0);
  const extra = c.a.ints('output_padding', zeros, n, 0, 65536);
  const pads = c.a.ints('pads', [...zeros, ...zeros], 2 * n, 0, 65536);
  const auto = c.a.word('auto_pad', 'NOTSET', ['NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID']);
  // Some files list the batch and the channels too.
  const wanted = c.a.list('output_shape')?.slice(-n);
  if (wanted && (wanted.length < n || wanted.some((d) => !Number.isInteger(d) || d < 1 || d > 65536))) {
    throw onnxError(`${c.who} has output_shape [${wanted.join(', ')}]`);
  }
  return sides.map((side, k): Place => {
    const stride = strides[k] ?? 1;
    const all = stride * (side - 1) + ((kernel[k] ?? 1) - 1) * (dilations[k] ?? 1) + 1 + (extra[k] ?? 0);
    const isSame = auto === 'SAME_UPPER' || auto === 'SAME_LOWER';
    const size = wanted?.[k] ?? (isSame ? side * stride : undefined);
    if (size === undefined) {
      const [begin, end] = auto === 'VALID' ? [0, 0] : [pads[k] ?? 0, pads[k + n] ?? 0];
      if (all - begin - end < 1) throw onnxError(`${c.who} makes a map with a side of ${all - begin - end}`);
      return { begin, size: all - begin - end };
    }
    const total = Math.max(0, all - size);
    const less = Math.floor(total / 2);
    return { begin: auto === 'SAME_UPPER' ? less : total - less, size };
  });
}

export const convOperators: Readonly<Record<string, Operator>> = {
  Conv: { graph: (c) => [convolved(c, parametersOf(c, 1), c.has(2) ? parametersOf(c, 2) : undefined)] },
  ConvTranspose: { graph: (c) => [transposed(c)] },
};
