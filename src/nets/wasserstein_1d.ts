import { rowsCols } from '../base/shape';
import type { Graph } from '../graph/graph';
import { argsort } from '../shaders/argsort';
import { gather } from '../shaders/gather';
import { matmul } from '../shaders/matmul';
import { l1Loss, mseLoss } from '../shaders/mse_loss';
import { mulMask } from '../shaders/mul_mask';
import type { Ref } from '../shaders/op';
import { padGradOp } from '../shaders/pad';
import { add } from '../shaders/pointwise';
import { quantile } from '../shaders/quantile';
import { reshape } from '../shaders/reshape';

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
