import { DIMENSIONS } from './patch_descriptors';

/** Descriptions in a leaf, at most. */
const LEAF = 24;
/** Descriptions that decide along which dimension a node is split. */
const LOOKED_AT = 64;

/**
 * A k-d tree over descriptions of patches (Friedman, Bentley and Finkel 1977), split at the median of the dimension that
 * varies most. Exact; what equals the best found so far does not replace it.
 */
export class PatchTree {
  /** Indices of descriptions, those of a node side by side, and the descriptions in that order. */
  readonly #order: Uint32Array;
  readonly #sorted: Float32Array;
  /** Of node k, whose children are 2k and 2k + 1. */
  readonly #dimension: Uint8Array;
  readonly #split: Float32Array;
  readonly #levels: number;
  #query: Float32Array = new Float32Array(DIMENSIONS);
  #allowed: ((at: number) => boolean) | null = null;
  #best = 0;
  #at = -1;
  /** How far the query is from the node's box along each dimension. */
  readonly #outside = new Float64Array(DIMENSIONS);

  /** @param descriptions [count, DIMENSIONS] */
  constructor(descriptions: Float32Array) {
    const n = descriptions.length / DIMENSIONS;
    this.#order = Uint32Array.from({ length: n }, (_, i) => i);
    this.#levels = Math.max(0, Math.ceil(Math.log2(n / LEAF)));
    this.#dimension = new Uint8Array(2 ** this.#levels);
    this.#split = new Float32Array(2 ** this.#levels);
    this.#build(descriptions, 1, 0, 0, n);
    this.#sorted = new Float32Array(descriptions.length);
    for (let k = 0; k < n; k++) {
      const from = (this.#order[k] ?? 0) * DIMENSIONS;
      this.#sorted.set(descriptions.subarray(from, from + DIMENSIONS), k * DIMENSIONS);
    }
  }

  /**
   * Index and squared distance of the nearest description that is nearer than `limit`, squared, and allowed; null if none
   * is.
   */
  nearest(
    query: Float32Array,
    limit: number,
    allowed: ((at: number) => boolean) | null,
  ): { readonly at: number; readonly squared: number } | null {
    this.#query = query;
    this.#allowed = allowed;
    this.#best = limit;
    this.#at = -1;
    this.#outside.fill(0);
    this.#search(1, 0, 0, this.#order.length, 0);
    return this.#at < 0 ? null : { at: this.#at, squared: this.#best };
  }

  #build(descriptions: Float32Array, node: number, level: number, low: number, high: number): void {
    if (level === this.#levels) return;
    const order = this.#order;
    const step = Math.max(1, Math.floor((high - low) / LOOKED_AT));
    let dimension = 0;
    let most = -1;
    for (let d = 0; d < DIMENSIONS; d++) {
      let count = 0;
      let sum = 0;
      let squares = 0;
      for (let k = low; k < high; k += step) {
        const v = descriptions[(order[k] ?? 0) * DIMENSIONS + d] ?? 0;
        count++;
        sum += v;
        squares += v * v;
      }
      const variance = squares / count - (sum / count) ** 2;
      if (variance > most) [most, dimension] = [variance, d];
    }
    const middle = (low + high) >> 1;
    select(order, descriptions, dimension, low, high - 1, middle);
    this.#dimension[node] = dimension;
    this.#split[node] = descriptions[(order[middle] ?? 0) * DIMENSIONS + dimension] ?? 0;
    this.#build(descriptions, 2 * node, level + 1, low, middle);
    this.#build(descriptions, 2 * node + 1, level + 1, middle, high);
  }

  /** @param bound the least squared distance from the query to anything in the node */
  #search(node: number, level: number, low: number, high: number, bound: number): void {
    if (level === this.#levels) {
      this.#scan(low, high);
      return;
    }
    const middle = (low + high) >> 1;
    const d = this.#dimension[node] ?? 0;
    const off = (this.#query[d] ?? 0) - (this.#split[node] ?? 0);
    const before = this.#outside[d] ?? 0;
    if (off < 0) this.#search(2 * node, level + 1, low, middle, bound);
    else this.#search(2 * node + 1, level + 1, middle, high, bound);
    const other = bound - before * before + off * off;
    if (other >= this.#best) return;
    this.#outside[d] = off;
    if (off < 0) this.#search(2 * node + 1, level + 1, middle, high, other);
    else this.#search(2 * node, level + 1, low, middle, other);
    this.#outside[d] = before;
  }

  #scan(low: number, high: number): void {
    const query = this.#query;
    const sorted = this.#sorted;
    for (let k = low; k < high; k++) {
      let sum = 0;
      for (let d = 0, at = k * DIMENSIONS; d < DIMENSIONS && sum < this.#best; d += 4, at += 4) {
        const p = (query[d] ?? 0) - (sorted[at] ?? 0);
        const q = (query[d + 1] ?? 0) - (sorted[at + 1] ?? 0);
        const r = (query[d + 2] ?? 0) - (sorted[at + 2] ?? 0);
        const s = (query[d + 3] ?? 0) - (sorted[at + 3] ?? 0);
        sum += p * p + q * q + r * r + s * s;
      }
      if (sum >= this.#best) continue;
      const index = this.#order[k] ?? 0;
      if (this.#allowed !== null && !this.#allowed(index)) continue;
      this.#best = sum;
      this.#at = index;
    }
  }
}

/** Orders indices so that those before `k` are not above it along a dimension, those after it not below (Hoare 1961). */
function select(
  order: Uint32Array,
  descriptions: Float32Array,
  dimension: number,
  low: number,
  high: number,
  k: number,
): void {
  const key = (i: number): number => descriptions[(order[i] ?? 0) * DIMENSIONS + dimension] ?? 0;
  while (low < high) {
    const pivot = key((low + high) >> 1);
    let i = low;
    let j = high;
    while (i <= j) {
      while (key(i) < pivot) i++;
      while (key(j) > pivot) j--;
      if (i > j) break;
      const kept = order[i] ?? 0;
      order[i++] = order[j] ?? 0;
      order[j--] = kept;
    }
    if (k <= j) high = j;
    else if (k >= i) low = i;
    else return;
  }
}
