import { invariant } from '../../base/errors';
import { fromHalf, toHalf } from '../../base/half';
import { type Shape, size } from '../../base/shape';
import { type OnnxTensor, onnxError } from './model';

/** Elements in a value computed on the host, at most: what is folded are shapes and parameters, not activations. */
export const MOST_FOLDED = 2 ** 18;

/** Elements of a value that is moved by a table, at most: what is not large may become so only by so much. */
const mostMoved = (from: Shape): number => Math.min(2 ** 24, MOST_FOLDED + 8 * size(from));

/** Element types of real numbers; all others are integers or booleans. */
export const isReal = (type: string): boolean => type.startsWith('float') || type === 'bfloat16';

/** Bits of the integer types; negative where signed. */
const INTEGERS: ReadonlyMap<string, number> = new Map([
  ['uint2', 2],
  ['int2', -2],
  ['uint4', 4],
  ['int4', -4],
  ['uint8', 8],
  ['int8', -8],
  ['uint16', 16],
  ['int16', -16],
  ['uint32', 32],
  ['int32', -32],
]);

/** The least and the greatest number of an integer type, or null for other types. */
export function rangeOf(type: string): readonly [least: number, most: number] | null {
  const bits = INTEGERS.get(type);
  if (bits === undefined) return null;
  return bits > 0 ? [0, 2 ** bits - 1] : [-(2 ** (-bits - 1)), 2 ** (-bits - 1) - 1];
}

/** Numbers as a type stores them: rounded to its precision, wrapped around its range. */
export function stored(type: string, data: ArrayLike<number>): ArrayLike<number> {
  if (type === 'float32') return Float32Array.from(data);
  if (type === 'float16') return fromHalf(toHalf(Float32Array.from(data)));
  if (type === 'bfloat16') return brief(data);
  if (isReal(type)) return data;
  if (type === 'bool') return Uint8Array.from(data, (v) => (v ? 1 : 0));
  const bits = INTEGERS.get(type);
  if (bits === undefined) return Float64Array.from(data, Math.trunc);
  const span = 2 ** Math.abs(bits);
  const least = bits > 0 ? 0 : -span / 2;
  return Float64Array.from(data, (v) => ((((Math.trunc(v) - least) % span) + span) % span) + least);
}

/** The upper half of an f32, rounded to the nearest, in doubt to the even one. */
function brief(data: ArrayLike<number>): Float32Array {
  const out = Float32Array.from(data);
  const bits = new Uint32Array(out.buffer);
  for (let i = 0; i < bits.length; i++) {
    const b = bits[i] ?? 0;
    // All ones in the exponent are no numbers, or infinite: a carry would make others of them.
    bits[i] = (b & 0x7f800000) === 0x7f800000 ? b : (b + 0x7fff + ((b >>> 16) & 1)) & 0xffff0000;
  }
  return out;
}

/** A constant computed here and not read from the file. */
export function constTensor(name: string, type: string, shape: Shape, data: ArrayLike<number>): OnnxTensor {
  if (size(shape) !== data.length) throw onnxError(`${name} has ${data.length} elements for [${shape.join(', ')}]`);
  const own = stored(type, data);
  const wrong = (want: string) => onnxError(`${name} holds ${type} elements where ${want} are needed`);
  return Object.freeze({
    name,
    shape: Object.freeze([...shape]),
    type,
    floats(from = 0, to = own.length) {
      if (!isReal(type)) throw wrong('floats');
      return own instanceof Float32Array ? own.slice(from, to) : Float32Array.from(own).slice(from, to);
    },
    ints() {
      if (isReal(type)) throw wrong('integers');
      return Array.from(own);
    },
  });
}

/** Element k of some; an index beyond them is a mistake in an index map. */
export function elementAt(data: ArrayLike<number>, k: number): number {
  const v = data[k];
  if (v === undefined) throw invariant(`element ${k} of ${data.length}`);
  return v;
}

/** The elements of any type as numbers. */
export const numbers = (t: OnnxTensor): ArrayLike<number> => (isReal(t.type) ? t.floats() : t.ints());

/** Refuses a value too large to be computed on the host, before it is. */
export function checkFolded(who: string, shape: Shape): void {
  if (shape.some((d) => !Number.isSafeInteger(d) || d < 0) || size(shape) > MOST_FOLDED) {
    throw onnxError(`${who} makes a constant [${shape.join(', ')}], which is too large`);
  }
}

/** Elements from one index of an axis to the next, for each axis. */
export function strides(shape: Shape): number[] {
  const out = new Array<number>(shape.length).fill(1);
  for (let k = shape.length - 2; k >= 0; k--) out[k] = (out[k + 1] ?? 1) * (shape[k + 1] ?? 1);
  return out;
}

/** Calls `at` for each element of a shape in order, with its coordinates (one list, reused). */
export function each(shape: Shape, at: (coordinates: readonly number[], index: number) => void): void {
  const c = new Array<number>(shape.length).fill(0);
  const n = size(shape);
  for (let i = 0; i < n; i++) {
    at(c, i);
    for (let k = shape.length - 1; k >= 0; k--) {
      c[k] = (c[k] ?? 0) + 1;
      if ((c[k] ?? 0) < (shape[k] ?? 0)) break;
      c[k] = 0;
    }
  }
}

/** The shape of both by the rules of broadcasting: axes from the last on are equal, or one of them is 1. */
export function broadcastShape(who: string, shapes: readonly Shape[]): Shape {
  const rank = Math.max(0, ...shapes.map((s) => s.length));
  return Array.from({ length: rank }, (_, k) => {
    const sides = shapes.map((s) => s[k - rank + s.length] ?? 1).filter((d) => d !== 1);
    if (sides.some((d) => d !== sides[0])) {
      throw onnxError(`${who} cannot combine ${shapes.map((s) => `[${s.join(', ')}]`).join(' and ')}`);
    }
    return sides[0] ?? 1;
  });
}

/** Where each element of `to` comes from when `from` is repeated along its axes of 1. */
export function broadcastIndex(from: Shape, to: Shape): Uint32Array {
  const lead = to.length - from.length;
  const s = strides(from);
  const step = to.map((_, k) => (k < lead || from[k - lead] === 1 ? 0 : (s[k - lead] ?? 0)));
  if (!(size(to) <= mostMoved(from))) throw onnxError(`a value [${to.join(', ')}] is too large to be repeated`);
  const out = new Uint32Array(size(to));
  each(to, (c, i) => {
    let at = 0;
    for (let k = 0; k < c.length; k++) at += (c[k] ?? 0) * (step[k] ?? 0);
    out[i] = at;
  });
  return out;
}

/** A plan of moving elements: where each element of the result comes from; OUTSIDE means nowhere. */
export interface IndexMap {
  readonly shape: Shape;
  readonly from: Uint32Array;
}
export const OUTSIDE = 0xffffffff;

/** A move given by the coordinates in the source, -1 in any of them for nowhere. */
export function indexMap(source: Shape, shape: Shape, at: (c: readonly number[], axis: number) => number): IndexMap {
  if (!(size(shape) <= mostMoved(source)))
    throw onnxError(`a value [${shape.join(', ')}] is too large to be rearranged`);
  const s = strides(source);
  const from = new Uint32Array(size(shape));
  each(shape, (c, i) => {
    let sum = 0;
    for (let k = 0; k < source.length; k++) {
      const v = at(c, k);
      if (v < 0) {
        from[i] = OUTSIDE;
        return;
      }
      sum += v * (s[k] ?? 0);
    }
    from[i] = sum;
  });
  return { shape, from };
}

/** A moved constant; what comes from nowhere is `value`. */
export function gatherConst(name: string, t: OnnxTensor, { shape, from }: IndexMap, value = 0): OnnxTensor {
  checkFolded(name, shape);
  const data = numbers(t);
  return constTensor(
    name,
    t.type,
    shape,
    Float64Array.from(from, (k) => (k === OUTSIDE ? value : elementAt(data, k))),
  );
}

/** An axis counted from the front; negative ones count from the back. */
export function axisOf(who: string, axis: number, rank: number): number {
  const k = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(k) || k < 0 || k >= Math.max(1, rank)) {
    throw onnxError(`${who} names axis ${axis} of a value with ${rank}`);
  }
  return k;
}
