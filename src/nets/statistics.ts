import { chw, rowsCols } from '../base/shape';
import type { Graph } from '../graph/graph';
import { argsort } from '../shaders/argsort';
import { concat, slice } from '../shaders/concat';
import { detach } from '../shaders/detach';
import { gather } from '../shaders/gather';
import { gram } from '../shaders/gram';
import { matmul } from '../shaders/matmul';
import { l1Loss, mseLoss } from '../shaders/mse_loss';
import { mulMask } from '../shaders/mul_mask';
import type { Ref, Roll } from '../shaders/op';
import { padGradOp } from '../shaders/pad';
import { add, affine, div, mul, sqrt, sub } from '../shaders/pointwise';
import { quantile } from '../shaders/quantile';
import { reshape } from '../shaders/reshape';
import { roll } from '../shaders/roll';
import { channelMean, dot, expandChannels, mean, mulScalar } from '../shaders/sum';
import { transpose } from '../shaders/transpose';

/**
 * Added to what divides, a mean square of activations: a layer that is silent on the target then asks for silence, and
 * not for the impossible. Activations are of the order of 1 (normalised nets) or above.
 */
export const EPS = 1e-12;

/** A feature map [C, H, W], and how much each of its pixels counts where that differs. */
export interface Region {
  readonly x: Ref;
  /** [1, H, W], not negative, of mean 1; from constants only. Without it every pixel counts the same. */
  readonly mask?: Ref | undefined;
  /**
   * With every mask: the pixels (y W + x, ascending, at least one) where it is at least half of its largest value. For
   * losses that sort, which cannot count a pixel in part; on the host, as their number is part of a shape.
   */
  readonly pick?: Uint32Array | undefined;
}

/** Mean over the pixels of a region, [C]. */
export const regionMean = (g: Graph, { x, mask }: Region): Ref => channelMean(g, mask ? mulMask(g, x, mask) : x);

/** Features times the root of their mask, [C, H, W]: their second moments, divided by H W, are those of the region. */
export const rootWeighted = (g: Graph, { x, mask }: Region): Ref => (mask ? mulMask(g, x, sqrt(g, mask)) : x);

/**
 * Second moments of a region, [C, C], divided by its pixels only: about the origin, or about a centre [C]. The gradient
 * goes through the centre.
 */
export function regionGram(g: Graph, region: Region, centre?: Ref): Ref {
  const { x, mask } = region;
  if (!centre) return gram(g, rootWeighted(g, region));
  if (!mask) return gram(g, x, { centre });
  // Centred before it is multiplied: the difference of large moments would lose what f32 has.
  return gram(g, rootWeighted(g, { x: sub(g, x, expandChannels(g, centre, x.shape)), mask }));
}

/** Covariance of a region, [C, C]: second moments about its own mean, the same as without the mean's gradient. */
export function regionCovariance(g: Graph, region: Region): Ref {
  if (!region.mask) return gram(g, region.x, { centred: true });
  return regionGram(g, region, detach(g, regionMean(g, region)));
}

/** The unit matrix [n, n], a constant. */
export function unit(g: Graph, n: number): Ref {
  const data = new Float32Array(n * n);
  for (let i = 0; i < n; i++) data[i * (n + 1)] = 1;
  return g.constant([n, n], data, 'unit matrix');
}

/** Sum of the diagonal of a square matrix [n, n], [1]. */
export const trace = (g: Graph, a: Ref): Ref => dot(g, a, unit(g, a.shape[0] ?? 1));

/** The diagonal of a square matrix [n, n], as a column [n, 1]. */
export function diagonal(g: Graph, a: Ref): Ref {
  const n = a.shape[0] ?? 1;
  const ones = g.constant([n, 1], new Float32Array(n).fill(1), 'ones');
  return matmul(g, mul(g, a, unit(g, n)), ones);
}

/** A feature map as a row of pixels for each channel, [C, N]. */
export function rowsOf(g: Graph, x: Ref): Ref {
  const [C, H, W] = chw('rowsOf', x.shape);
  return reshape(g, x, [C, H * W]);
}

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

/** Larger than any feature; infinite in half floats, which sorts the same. */
const BEYOND = 3e38;

/**
 * The rows of x [P, N] in ascending order, those of the picked columns only: [P, M]. The gradient goes back to where
 * each element came from.
 * @param pick the M columns that count. Default: all.
 */
export function sortedRows(g: Graph, x: Ref, pick?: Uint32Array): Ref {
  const [P, N] = rowsCols('sortedRows', x.shape);
  if (!pick || pick.length === N) return gather(g, x, argsort(g, x), { permutation: true });
  // All columns are sorted, the others as if they were larger than anything, and then cut off. So the indices are a
  // permutation, whose gradient is one scatter; a gather of the picked ones alone would take N M steps a row backward.
  const keep = new Float32Array(N);
  for (const i of pick) keep[i] = 1;
  const kept = g.constant([1, 1, N], keep, 'picked');
  const others = g.constant(
    [1, N],
    keep.map((k) => (k === 1 ? 0 : BEYOND)),
    'others',
  );
  const ones = g.constant([P, 1], new Float32Array(P).fill(1), 'ones');
  const keys = add(g, reshape(g, mulMask(g, reshape(g, x, [P, 1, N]), kept), [P, N]), matmul(g, ones, others));
  const sorted = gather(g, x, argsort(g, keys), { permutation: true });
  const cut = { pad: [0, 0, 0, N - pick.length], border: ['zeros', 'zeros'] } as const;
  return reshape(g, g.apply(padGradOp, [reshape(g, sorted, [1, P, N])], cut), [P, pick.length]);
}

/**
 * Optimal transport in one dimension, row by row: the mean over rows and pixels of |a_i - quantile(b, (i + 0.5) / N)|, or
 * of its square. In one dimension the best plan matches equal ranks (Villani, "Topics in Optimal Transportation", 2003,
 * section 2.2), so sorting solves it.
 * @param a [P, N], @param b [P, M], of `sortedRows`.
 * @returns [1]
 */
export function wasserstein1d(g: Graph, a: Ref, b: Ref, distance: 'absolute' | 'squared'): Ref {
  const wanted = quantile(g, b, a.shape[1] ?? 1);
  return distance === 'absolute' ? l1Loss(g, a, wanted) : mseLoss(g, a, wanted);
}
