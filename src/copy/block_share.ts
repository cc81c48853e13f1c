import { boxSum, summed } from './planes';

/** Width and height of a block over the exemplar's shorter side. */
export type Share = readonly [x: number, y: number];

const LEAST = 0.3;
const MOST = 0.6;
/** Along an axis on which parts have more than this share of the side, blocks are larger, by so much for what is beyond it. */
const LARGE = 0.15;
const GROWTH = 4;
/** Where only a part may be copied from, blocks are so small that they fit it in so many places. */
const PLACES = 64;

/**
 * How large blocks are: large stones and long strands are kept whole by large and long ones; small ones repeat less.
 * @param parts size of what the exemplar is made of along each axis, over its shorter side
 */
export function blockShare(parts: Share, regular: boolean): Share {
  if (regular) return [MOST, MOST];
  const both = Math.sqrt(parts[0] * parts[1]);
  const share = (part: number): number =>
    Math.min(MOST, Math.max(LEAST, LEAST + GROWTH * (Math.max(part, both) - LARGE)));
  return [share(parts[0]), share(parts[1])];
}

/** The same, or smaller so that blocks have places to be copied from. */
export function roomFor(allowed: Uint8Array, width: number, height: number, [x, y]: Share): Share {
  const sums = summed(allowed, width, height);
  const shorter = Math.min(width, height);
  const hasRoom = (w: number, h: number): boolean => {
    let places = 0;
    for (let top = 0; top + h <= height; top++) {
      for (let left = 0; left + w <= width; left++) {
        if (boxSum(sums, width, left, top, left + w, top + h) === w * h) places++;
      }
    }
    return places >= PLACES;
  };
  let by = 1;
  while (by * Math.min(x, y) * shorter > 16 && !hasRoom(Math.round(by * x * shorter), Math.round(by * y * shorter))) {
    by *= 0.8;
  }
  return [by * x, by * y];
}
