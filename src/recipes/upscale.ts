import { Rng } from '../base/rng';
import type { Device } from '../gpu/device';
import { enlarge, type Shifts } from './enlarge';
import type { Size } from './plan_stages';
import type { CarryOver, SavedState } from './stage';

export interface Transition {
  readonly from: Size;
  readonly to: Size;
  readonly rank: number;
  readonly torus: readonly [boolean, boolean];
  /** Where a place on the canvas means something it may not wander. */
  readonly placed: boolean;
  readonly seed: number;
  /** Which stage this leads to: chooses the random shifts. */
  readonly stage: number;
}

/**
 * Takes a canvas, and what its optimiser remembers of each pixel, from one resolution to the next. Random rolls before
 * and after keep the border a line like any other (see enlarge.ts); a canvas whose places mean something is rolled
 * back by what the first roll has become, to the nearest pixel.
 */
export async function enlargeMemory(device: Device, memory: CarryOver, t: Transition): Promise<CarryOver> {
  const shifts = shiftsOf(t);
  const at = async (data: Float32Array, planes: number): Promise<Float32Array> =>
    enlarge(device, data, [planes, t.from[1], t.from[0]], [t.to[1], t.to[0]], t.torus, shifts);
  const states: SavedState[] = [];
  for (const s of memory.states) {
    if (s.enlarged === 'keep') states.push(s);
    if (s.enlarged !== 'resize') continue;
    const planes = s.data.length / (t.from[0] * t.from[1]);
    const shape = [...s.shape.slice(0, -2), t.to[1], t.to[0]];
    states.push({ ...s, shape, data: within(s.data, await at(s.data, planes), planes) });
  }
  return { ...memory, canvas: await at(memory.canvas, t.rank), states };
}

/** The planes of an enlargement, kept between the least and the largest value they had: a mean of squares stays positive. */
function within(before: Float32Array, after: Float32Array, planes: number): Float32Array {
  const small = before.length / planes;
  const large = after.length / planes;
  for (let p = 0; p < planes; p++) {
    let lo = Number.POSITIVE_INFINITY;
    let hi = Number.NEGATIVE_INFINITY;
    for (let i = p * small; i < (p + 1) * small; i++) {
      lo = Math.min(lo, before[i] ?? lo);
      hi = Math.max(hi, before[i] ?? hi);
    }
    for (let i = p * large; i < (p + 1) * large; i++) after[i] = Math.min(hi, Math.max(lo, after[i] ?? lo));
  }
  return after;
}

function shiftsOf({ from, to, placed, seed, stage }: Transition): Shifts {
  const rng = new Rng(seed, 200 + stage);
  const place = ([w, h]: Size): [number, number] => [rng.below(Math.max(1, h)), rng.below(Math.max(1, w))];
  const before = place(from);
  const after = place(to);
  if (!placed) return { before, after };
  return {
    before,
    after: [-Math.round((before[0] * to[1]) / from[1]), -Math.round((before[1] * to[0]) / from[0])],
  };
}
