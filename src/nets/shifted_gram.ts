import type { Graph } from '../graph/graph';
import { concat, slice } from '../shaders/concat';
import { gram } from '../shaders/gram';
import type { Ref, Roll } from '../shaders/op';
import { padGradOp } from '../shaders/pad';
import { affine, div, mul, sqrt } from '../shaders/pointwise';
import { roll } from '../shaders/roll';
import { mean, mulScalar } from '../shaders/sum';
import { transpose } from '../shaders/transpose';
import { EPS, type Region, rootWeighted } from './statistics';

/** Moments [C, C] between pixels and those a step away, and how much of a mask's weight has such a partner, [1]. */
export interface ShiftedMoments {
  readonly gram: Ref;
  /** Only of masked regions. */
  readonly overlap?: Ref;
}

/**
 * G_ij = sum_p w(p) x_i(p) x_j(p - by) / sum_p w(p), with w = sqrt(mask(p) mask(p - by)), [C, C]. On the axes of a torus the
 * partner is found round the border; on others only pixels that have one count.
 *
 * Computed as a corner of the Gram matrix of both maps on top of each other: twice the arithmetic of a plain product, but
 * its kernel divides the pixels among workgroups, and matmul, with 64 x 64 results of a million terms, would not.
 * @param by [dy, dx] in pixels of the map; shorter than the map on axes that are no torus.
 */
export function shiftedMoments(
  g: Graph,
  region: Region,
  by: Roll,
  torus: readonly [vertical: boolean, horizontal: boolean],
): ShiftedMoments {
  const [dy, dx] = [torus[0] ? 0 : by[0], torus[1] ? 0 : by[1]];
  const crop = {
    pad: [Math.max(dy, 0), Math.max(dx, 0), Math.max(-dy, 0), Math.max(-dx, 0)],
    border: ['zeros', 'zeros'],
  } as const;
  const valid = (x: Ref): Ref => (dy === 0 && dx === 0 ? x : g.apply(padGradOp, [x], crop));
  const x = rootWeighted(g, region);
  const C = x.shape[0] ?? 1;
  const both = gram(g, concat(g, [valid(x), valid(roll(g, x, by))]));
  const product = slice(g, transpose(g, slice(g, both, C, C)), 0, C);
  if (!region.mask) return { gram: product };
  const root = sqrt(g, region.mask);
  const overlap = mean(g, mul(g, valid(root), valid(roll(g, root, by))));
  const one = g.constant([1], Float32Array.of(1), 'one');
  return { gram: mulScalar(g, product, div(g, one, affine(g, overlap, 1, EPS))), overlap };
}
