import { EngineError } from '../../base/errors';
import { chw } from '../../base/shape';
import type { Ref } from '../../shaders/op';
import type { Border } from '../../shaders/pad';
import { type Sides, sides, type Windows } from './attributes';
import type { NodeContext, Padding } from './operator';

const MODES: ReadonlyMap<string, Border> = new Map([
  ['constant', 'zeros'],
  ['reflect', 'reflect'],
  ['edge', 'replicate'],
  ['wrap', 'wrap'],
]);

/** A Pad node that only adds pixels around the maps of a picture; null for any other. */
export function spatialPad(c: NodeContext, x: Ref): Padding | null {
  const border = MODES.get(c.a.word('mode', 'constant', ['constant', 'reflect', 'edge', 'wrap'])) ?? 'zeros';
  // The oldest files say `paddings`.
  const own = c.list(1, 'pads') ?? c.a.list('paddings') ?? [];
  const axes = c.has(3) ? c.numbers(3, 'axes').map((k) => c.axis(k, 4)) : [0, 1, 2, 3];
  if (own.length !== 2 * axes.length) return null;
  const all = [0, 0, 0, 0, 0, 0, 0, 0];
  axes.forEach((axis, k) => {
    all[axis] = own[k] ?? 0;
    all[axis + 4] = own[k + axes.length] ?? 0;
  });
  const [n0, c0, t, l, n1, c1, b, r] = all as [number, number, number, number, number, number, number, number];
  const spatial = sides([t, l, b, r]);
  const [, h, w] = chw(c.who, x.shape);
  const most =
    border === 'zeros' || border === 'replicate' ? [4096, 4096] : border === 'wrap' ? [h, w] : [h - 1, w - 1];
  const fits = spatial.every((p, k) => Number.isInteger(p) && p >= 0 && p <= (most[k % 2] ?? 0));
  if ([n0, c0, n1, c1].some((p) => p !== 0) || !fits) return null;
  const value = c.has(2) ? (c.numbers(2, 'value')[0] ?? 0) : c.a.number('value', 0);
  return { x, sides: spatial, border, value };
}

/** What a convolution or pool does at the two ends of one axis. */
export interface Axis {
  readonly border: Border;
  readonly begin: number;
  readonly end: number;
  /** The Pad in front cannot become part of the border here; it has to be carried out first. */
  readonly apart: boolean;
}

/**
 * Chooses the border of both axes of a map of h x w; `pending` is a Pad in front. See `NetOptions.torus` and
 * `NetOptions.edges`.
 */
export function axesOf(
  c: NodeContext,
  [h, w]: readonly [number, number],
  { kernel, stride, pads }: Windows,
  pending: Padding | undefined,
): readonly [Axis, Axis] {
  const { torus, options } = c;
  const before: Sides = pending?.sides ?? [0, 0, 0, 0];
  const axis = (k: 0 | 1, n: number): Axis => {
    const own: [number, number] = [pads[k], pads[k + 2] ?? 0];
    const outer: [number, number] = [before[k], before[k + 2] ?? 0];
    if (torus[k]) return wrapped(c.who, n, kernel[k], stride[k], own[0] + outer[0]);
    const inFront = outer[0] + outer[1] > 0;
    if (options.edges && !inFront) return { border: 'zeros', ...covering(n, kernel[k], stride[k], own), apart: false };
    const canFold = own[0] + own[1] === 0 && (pending?.border !== 'zeros' || pending.value === 0);
    if (!inFront || !canFold) return { border: 'zeros', begin: own[0], end: own[1], apart: inFront };
    return { border: pending?.border ?? 'zeros', begin: outer[0], end: outer[1], apart: false };
  };
  return [axis(0, h), axis(1, w)];
}

/**
 * Pads that are as large as the file's, and large enough for windows over all n elements, n / stride of them: those at
 * an end would else have less of a say than the others, or none.
 */
function covering(n: number, kernel: number, stride: number, [begin, end]: readonly [number, number]): Ends {
  const total = (Math.ceil(n / stride) - 1) * stride + kernel - n;
  if (begin + end >= total) return { begin, end };
  const first = Math.max(begin, Math.min(Math.floor(total / 2), total - end));
  return { begin: first, end: total - first };
}

type Ends = Pick<Axis, 'begin' | 'end'>;

/** Pads that turn n elements of a ring into exactly n / stride, starting `begin` before the first where possible. */
function wrapped(who: string, n: number, kernel: number, stride: number, begin: number): Axis {
  if (n % stride !== 0) {
    throw new EngineError(
      'ShapeError',
      `${who} steps by ${stride} around a torus of ${n} elements, and ${stride} does not divide ${n}`,
      'Use sides that are multiples of the product of all strides.',
    );
  }
  const total = Math.max(0, kernel - stride);
  const first = Math.min(begin, total);
  return { border: 'wrap', begin: first, end: total - first, apart: false };
}

/** Both axes' pads in the order of the shaders. */
export const foldedPads = ([y, x]: readonly [Axis, Axis]): Sides => [y.begin, x.begin, y.end, x.end];
