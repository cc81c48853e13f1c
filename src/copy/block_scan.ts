// Samples of an overlap, and how much the exemplar differs from them place by place: whole numbers, so that sums are exact.
import type { Rng } from '../base/rng';
import { lowest } from './block_search';
import { type Guided, packed } from './pyramid';

/** A picture as the kernels take it, [h, w]: a word RGBA8 for each pixel. */
export interface Words {
  readonly width: number;
  readonly height: number;
  readonly data: Int32Array;
}

export const wordsOf = (picture: Guided): Words => ({
  width: picture.width,
  height: picture.height,
  data: new Int32Array(packed(picture).buffer),
});

/** The sum of the squared differences of two such pixels. */
export function squares(p: number, q: number): number {
  const r = (p & 255) - (q & 255);
  const g = ((p >>> 8) & 255) - ((q >>> 8) & 255);
  const b = ((p >>> 16) & 255) - ((q >>> 16) & 255);
  const o = (p >>> 24) - (q >>> 24);
  return Math.imul(r, r) + Math.imul(g, g) + Math.imul(b, b) + Math.imul(o, o);
}

/** Of each pixel two numbers: its index in the exemplar, from that of the block's corner, and its word. */
export type Sample = Int32Array;

/** Every `stride`th place of an exemplar, row by row. */
export interface PlaceGrid {
  readonly stride: number;
  readonly across: number;
  readonly down: number;
}

/** Numbers of a sample compared at a place before it is asked whether that can still be among the best. */
const AT_ONCE = 16;

/**
 * At most `count` of the given pixels of a block, one of each of so many equal parts.
 * @param at of a pixel of the block: its index in the exemplar, from that of the block's corner; word: what lies there
 */
export function sampled(
  filled: readonly number[],
  count: number,
  { at, word }: { at(i: number): number; word(i: number): number },
  rng: Rng,
): Sample {
  const n = Math.min(filled.length, count);
  const out = new Int32Array(2 * n);
  for (let k = 0; k < n; k++) {
    const i = filled[Math.min(filled.length - 1, Math.floor(((k + rng.uniform()) * filled.length) / n))] as number;
    out[2 * k] = at(i);
    out[2 * k + 1] = word(i);
  }
  return out;
}

/** Sums of the squared differences at all places of a grid; row by row, so that they stay in the cache. */
export function scan(sample: Sample, { width, data }: Words, { stride, across, down }: PlaceGrid): Int32Array {
  const sums = new Int32Array(across * down);
  for (let row = 0; row < down; row++) {
    const start = row * across;
    for (let k = 0; k < sample.length; k += 2) {
      const wanted = sample[k + 1] as number;
      let p = row * stride * width + (sample[k] as number);
      for (let i = start; i < start + across; i++) {
        sums[i] = (sums[i] as number) + squares(wanted, data[p] as number);
        p += stride;
      }
    }
  }
  return sums;
}

/** The sum of the squared differences of numbers from..to of a sample at a place, given as a pixel's index. */
function apart(sample: Sample, { data }: Words, place: number, from: number, to: number): number {
  let sum = 0;
  for (let k = from; k < to; k += 2) {
    sum += squares(sample[k + 1] as number, data[place + (sample[k] as number)] as number);
  }
  return sum;
}

/** Mean squared difference of a sample and the exemplar at a place. */
export const difference = (sample: Sample, exemplar: Words, place: number): number =>
  sample.length === 0 ? 0 : (2 * apart(sample, exemplar, place, 0, sample.length)) / sample.length;

/**
 * The `count` of the given places that cost least by a sample, in their order, and their costs, in `costs`: `sides` of each, plus
 * the mean squared difference by `variance`. A place is left as soon as it costs more than that many others.
 */
export function narrowed(
  among: Int32Array,
  count: number,
  { sample, exemplar, variance }: { readonly sample: Sample; readonly exemplar: Words; readonly variance: number },
  { sides, costs, pixelOf }: { readonly sides: Float64Array; readonly costs: Float64Array; pixelOf(i: number): number },
): Int32Array {
  const n = sample.length;
  const scale = n === 0 ? 1 : 2 / (n * variance);
  // The places with the least costs so far, as a heap with the greatest one first.
  const least = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  for (const i of among) {
    const side = sides[i] as number;
    const place = pixelOf(i);
    const bound = ((least[0] as number) - side) / scale;
    let sum = 0;
    for (let k = 0; k < n && sum <= bound; k += AT_ONCE) {
      sum += apart(sample, exemplar, place, k, Math.min(n, k + AT_ONCE));
    }
    const cost = side + sum * scale;
    costs[i] = cost;
    if (cost < (least[0] as number)) replaceGreatest(least, cost);
  }
  return lowest(costs, among, count);
}

/** Puts a smaller value into a heap for its greatest one. */
function replaceGreatest(heap: Float64Array, value: number): void {
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && (heap[child + 1] as number) > (heap[child] as number)) child++;
    if ((heap[child] as number) <= value) break;
    heap[at] = heap[child] as number;
    at = child;
  }
  heap[at] = value;
}
