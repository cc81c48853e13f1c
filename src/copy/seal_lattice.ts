import type { Raster } from '../base/raster';
import { autocorrelation } from './autocorrelation';
import { findLattice, type Lattice, type Vector } from './lattice';

/** What repeats in a picture, as far as its size along an axis goes. */
export interface Repeats {
  /** How far, in pixels, a move by `dx` is from the nearest move that takes the picture onto itself. */
  miss(dx: number): number;
  /** Misses up to this are none: the lattice is known to a pixel or two. */
  readonly tolerance: number;
  /** A size that misses by more than this holds no whole repeats; up to it the picture is bent a little, or cut a little beside. */
  readonly most: number;
}

/** Share of the shorter move that a size may miss by, where none fits better. */
const BENT = 0.15;

/** The repeats of a picture along x and along y; null where it has none. */
export function repeatsOf(picture: Raster): { readonly x: Repeats; readonly y: Repeats } | null {
  const a = autocorrelation(picture);
  const lattice = findLattice(a);
  if (!lattice) return null;
  const limits = { tolerance: 1.25 * a.step, most: BENT * Math.hypot(...lattice.vectors[0]) };
  return {
    x: { miss: (dx) => missOf(lattice, [dx, 0]), ...limits },
    y: { miss: (dy) => missOf(lattice, [0, dy]), ...limits },
  };
}

/** Distance from a move to the nearest point of a lattice, or line of one that repeats across lines only; pixels. */
export function missOf({ vectors }: Lattice, [x, y]: Vector): number {
  const [u, v] = vectors;
  if (!v) {
    const lines = (x * u[0] + y * u[1]) / (u[0] ** 2 + u[1] ** 2);
    return Math.abs(lines - Math.round(lines)) * Math.hypot(...u);
  }
  const cell = u[0] * v[1] - u[1] * v[0];
  const m = Math.floor((x * v[1] - y * v[0]) / cell);
  const n = Math.floor((u[0] * y - u[1] * x) / cell);
  let least = Number.POSITIVE_INFINITY;
  for (const i of [m, m + 1]) {
    for (const j of [n, n + 1]) least = Math.min(least, Math.hypot(x - i * u[0] - j * v[0], y - i * u[1] - j * v[1]));
  }
  return least;
}
