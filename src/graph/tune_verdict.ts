// How a benchmark between candidates is decided: what drops one, and which of the rest is the best.
import { fromHalf } from '../base/half';
import type { Scalar } from '../gpu/kernel';
import type { TuneCandidate } from '../gpu/tune';
import type { Dtype } from '../shaders/op';

export const WARM_UPS = 3;
export const RUNS = 7;
/** A candidate this many times slower than variant 0 is not timed to the end. */
export const TOO_SLOW = 3;
/** A variant has to be this much faster than the untuned one: less is noise, and would come and go. */
const LEAD = 1.05;
/** And by this many milliseconds: clocks of adapters tick no finer. */
const TICK = 1e-3;
/** Difference from variant 0's output against its largest element: sums may be taken in another order. */
const TOLERANCE = { f32: 1e-4, f16: 1e-2 } as const;

/** The fastest, unless it is not worth leaving the untuned one for. */
export function bestOf(candidates: readonly TuneCandidate[], untuned: string): string {
  const sound = candidates.filter((c) => c.dropped === undefined);
  const msOf = ({ ms = Number.POSITIVE_INFINITY }: TuneCandidate): number => ms;
  const fastest = sound.reduce<TuneCandidate | undefined>((a, b) => (a && msOf(a) <= msOf(b) ? a : b), undefined);
  const usual = sound.find((c) => c.variant === untuned);
  if (!fastest) return untuned;
  const worth = usual && msOf(usual) > LEAD * msOf(fastest) && msOf(usual) > msOf(fastest) + TICK;
  return usual && !worth ? untuned : fastest.variant;
}

/** Why a candidate is out. */
export class Dropped extends Error {}

/** In one line. */
export const reasonOf = ({ message }: Error): string =>
  message.split('\n').slice(0, 2).join(' ').replaceAll(/\s+/g, ' ').trim();

/** Milliseconds as records hold them. */
export const rounded = (ms: number): number => Number(ms.toPrecision(4));

/** A value that a candidate computed. */
export interface Output {
  readonly dtype: Dtype;
  readonly data: ArrayBuffer;
}

/** How an output differs from variant 0's; null where it does not. `real`: how real values are stored. */
export function difference(
  truth: readonly Output[],
  found: readonly Output[],
  scalar: Scalar,
  real: Scalar = scalar,
): string | null {
  for (const [k, { dtype, data }] of truth.entries()) {
    const other = found[k]?.data ?? new ArrayBuffer(0);
    const [a, b] = [numbers(data, dtype, real), numbers(other, dtype, real)];
    let [largest, apart] = [0, 0];
    for (let i = 0; i < a.length; i++) {
      const [x = Number.NaN, y = Number.NaN] = [a[i], b[i]];
      if (Number.isFinite(x)) largest = Math.max(largest, Math.abs(x));
      if (Object.is(x, y) || x === y) continue;
      const off = Math.abs(x - y);
      apart = Number.isNaN(off) ? Number.POSITIVE_INFINITY : Math.max(apart, off);
    }
    if (dtype === 'u32' ? apart > 0 : apart > TOLERANCE[scalar] * largest) {
      const by = Number.isFinite(apart) ? apart.toPrecision(3) : 'no number';
      return `differs from variant 0: by ${by} where the largest element is ${largest.toPrecision(3)}`;
    }
  }
  return null;
}

function numbers(data: ArrayBuffer, dtype: Dtype, real: Scalar): Float32Array | Uint32Array {
  if (dtype === 'u32') return new Uint32Array(data);
  return dtype === 'f16' || real === 'f16' ? fromHalf(new Uint16Array(data)) : new Float32Array(data);
}
