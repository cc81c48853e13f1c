import { EngineError } from '../../base/errors';
import { type Is, number, numbers } from '../../base/known_options';
import type { Graph, Node } from '../graph';

/** One bound for everything, or one for each channel. */
export type Bound = number | readonly number[];

/** For `checkOptions`. */
export const bound: Is<Bound> = {
  wanted: 'a number, or one for each channel',
  is: (v): v is Bound => number.is(v) || numbers(0).is(v),
};

/**
 * Bounds as the ops want them: [2, C] or [2, 1], lowest and highest; infinite where there are none.
 * @throws EngineError `ShapeError` when there are more of the one than of the other, and not just one.
 */
export function bounds(
  g: Graph,
  who: string,
  lo: Bound = Number.NEGATIVE_INFINITY,
  hi: Bound = Number.POSITIVE_INFINITY,
): Node {
  const given = [lo, hi].map((b) => (typeof b === 'number' ? [b] : b));
  const count = Math.max(...given.map((b) => b.length));
  const rows = given.map((b) => {
    if (b.length !== count && b.length !== 1) {
      throw new EngineError(
        'ShapeError',
        `${who} wants as many lowest as highest values, got ${given.map((v) => v.length).join(' and ')}`,
      );
    }
    return Array.from({ length: count }, (_, c) => b[b.length === 1 ? 0 : c] ?? 0);
  });
  return g.constant([2, count], Float32Array.from(rows.flat()), 'bounds');
}
