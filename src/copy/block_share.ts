import type { Lattice } from './lattice';
import { boxSum, summed } from './planes';

/** Width and height of a block over the exemplar's shorter side. */
export type Share = readonly [x: number, y: number];

const LEAST = 0.3;
const MOST = 0.6;
/** Along an axis on which parts have more than this share of the side, blocks are larger, by so much for what is beyond it. */
const LARGE = 0.15;
const GROWTH = 4;
/**
 * Blocks of courses are long, as a cut across a course often ends a board without a joint, and low, some courses high, so that each
 * course is cut where that suits it; they overlap by more than a course there, as a cut between two is not seen.
 */
const LONG = 0.75;
const COURSES = 2.75;
const LOW = 0.12;
const ALONG_OVERLAP = 0.25;
const ACROSS_OVERLAP = 0.5;
/** Courses are level, or upright, to this slope: they leave a block of that length within its overlap. */
const LEVEL = 0.05;
/** Blocks of a regular exemplar can be moved in it over so much of what repeats: one of any phase is then found there, also where sizes are rounded. */
const REPEATS = 1.1;
/** Where only a part may be copied from, blocks are so small that they fit it in so many places. */
const PLACES = 64;

/** How blocks are cut from an exemplar. */
export interface BlockShape {
  readonly share: Share;
  /** By what share of their sides they overlap, where that is not the usual one. */
  readonly overlap?: Share;
  /** Lines hide cuts, such as joints, and edges do not. */
  readonly lines?: boolean;
}

/**
 * How large blocks are: large stones and long strands are kept whole by large and long ones; small ones repeat less.
 * @param parts size of what the exemplar is made of along each axis, over its shorter side
 * @param lattice of a regular exemplar, where it has to be kept
 * @param size of the exemplar, in the lattice's pixels
 */
export function blockShape(
  parts: Share,
  regular: boolean,
  lattice: Lattice | null = null,
  size: Share = [1, 1],
): BlockShape {
  if (regular) {
    const [across, down] = lattice ? roomBeside(lattice, size) : [MOST, MOST];
    const courses = lattice && coursesOf(lattice);
    if (!courses) return { share: [across, down] };
    const low = Math.max(LOW, (COURSES * courses.height) / Math.min(...size));
    const turned = ([along, across]: Share): Share => (courses.level ? [along, across] : [across, along]);
    return {
      share: turned([LONG, Math.min(low, courses.level ? down : across)]),
      overlap: turned([ALONG_OVERLAP, ACROSS_OVERLAP]),
      lines: true,
    };
  }
  const both = Math.sqrt(parts[0] * parts[1]);
  const share = (part: number): number =>
    Math.min(MOST, Math.max(LEAST, LEAST + GROWTH * (Math.max(part, both) - LARGE)));
  return { share: [share(parts[0]), share(parts[1])] };
}

/** What blocks of an exemplar with a lattice may have of the shorter side, `MOST` at most: they can be moved by `REPEATS`. */
function roomBeside({ vectors: [u, v] }: Lattice, [width, height]: Share): Share {
  const across = Math.max(Math.abs(u[0]), Math.abs(v?.[0] ?? 0));
  const down = Math.max(Math.abs(u[1]), Math.abs(v?.[1] ?? 0));
  const shorter = Math.min(width, height);
  const room = (side: number, cell: number): number =>
    Math.min(MOST, Math.max(LEAST, (side - REPEATS * cell) / shorter));
  return [room(width, across), room(height, down)];
}

/** The courses of an exemplar that repeats across them and not along: whether they are level, or upright, and how high. */
function coursesOf({
  vectors: [[x, y], second],
}: Lattice): { readonly level: boolean; readonly height: number } | null {
  if (second) return null;
  const [across, down] = [Math.abs(x), Math.abs(y)];
  if (across <= LEVEL * down) return { level: true, height: down };
  return down <= LEVEL * across ? { level: false, height: across } : null;
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
