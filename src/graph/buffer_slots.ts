import { BufferPool } from '../gpu/pool';

/** A value that needs memory from step `from` to step `to` of a plan, both included. */
export interface LiveRange {
  readonly id: number;
  readonly bytes: number;
  readonly from: number;
  readonly to: number;
}

export interface SlotAssignment {
  /** Value id -> slot number. */
  readonly slotOf: ReadonlyMap<number, number>;
  /** Slot number -> bytes. */
  readonly slots: readonly number[];
}

/**
 * Shares memory between values whose live ranges do not meet: a value takes the smallest free slot that holds it without
 * wasting more than half, or a free one that grows to fit, or a new one. Values are placed in order of birth.
 * @param most how many times too large a slot may be.
 */
export function assignSlots(ranges: readonly LiveRange[], most = 2): SlotAssignment {
  const slots: number[] = [];
  const busyUntil: number[] = [];
  const slotOf = new Map<number, number>();
  const inOrder = [...ranges].sort((a, b) => a.from - b.from || b.bytes - a.bytes || a.id - b.id);
  for (const { id, bytes, from, to } of inOrder) {
    let best = -1;
    let leastWaste = Number.POSITIVE_INFINITY;
    for (const [k, size] of slots.entries()) {
      if ((busyUntil[k] ?? -1) >= from) continue;
      // A slot too small may grow: the growth is what it costs. One far too large is better kept for larger values.
      const waste = size >= bytes ? (size > most * bytes ? Number.POSITIVE_INFINITY : size - bytes) : bytes - size;
      if (waste < leastWaste && waste < (most - 1) * bytes) {
        best = k;
        leastWaste = waste;
      }
    }
    if (best < 0) best = slots.push(0) - 1;
    slots[best] = Math.max(slots[best] ?? 0, bytes);
    busyUntil[best] = to;
    slotOf.set(id, best);
  }
  return { slotOf, slots };
}

/**
 * Shares memory as `assignSlots` does, but places the largest values first (Pisarchyk, Lee 2020, "Efficient Memory Management for
 * Deep Neural Net Inference", greedy by size): slots never grow, so what is small finds room in what is there for the
 * large. Of several free slots it takes the smallest.
 */
export function assignBySize(ranges: readonly LiveRange[]): SlotAssignment {
  const slots: number[] = [];
  const held: LiveRange[][] = [];
  const slotOf = new Map<number, number>();
  for (const range of [...ranges].sort((a, b) => b.bytes - a.bytes || a.from - b.from || a.id - b.id)) {
    let best = -1;
    for (const [k, size] of slots.entries()) {
      if (best >= 0 && size >= (slots[best] ?? 0)) continue;
      if (held[k]?.every((other) => other.to < range.from || range.to < other.from)) best = k;
    }
    if (best < 0) {
      best = slots.push(range.bytes) - 1;
      held.push([]);
    }
    held[best]?.push(range);
    slotOf.set(range.id, best);
  }
  return { slotOf, slots };
}

/** The assignment that takes least, of several ways to go about it: for those who count every byte. */
export function assignTight(ranges: readonly LiveRange[]): SlotAssignment {
  return [
    assignBySize(ranges),
    assignSlots(ranges),
    assignSlots(ranges, 4),
    assignSlots(ranges, Number.POSITIVE_INFINITY),
  ].reduce((best, l) => (memoryIn(l) < memoryIn(best) ? l : best));
}

/** Bytes that an assignment takes from a device's pool. */
export const memoryIn = ({ slots }: SlotAssignment): number =>
  slots.reduce((n, bytes) => n + BufferPool.classOf(bytes), 0);
