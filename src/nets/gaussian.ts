import type { Graph } from '../graph/graph';
import { detach } from '../shaders/detach';
import { matmul } from '../shaders/matmul';
import { mseLoss } from '../shaders/mse_loss';
import type { Ref } from '../shaders/op';
import { add, div, linearCombine, scale, sqrt, sub } from '../shaders/pointwise';
import { dot, mulScalar } from '../shaders/sum';
import { EPS, trace, unit } from './statistics';

/** A normal distribution: mean [C] and covariance [C, C]. */
export interface Gaussian {
  readonly mean: Ref;
  readonly covariance: Ref;
}

/**
 * Added to both covariances, relative to the Frobenius norm of the target's: variance in directions in which features
 * hardly vary does not count. The product whose root is taken has the square of their condition, and f32 has seven
 * digits: measured in f32 on covariances of 512 channels, the gradient between equal distributions is off by 1e-3 of the
 * features' size with this, by 3e-2 with a tenth of it (2026-11-23, numpy).
 */
const FLOOR = 1e-3;
/**
 * Iterations of Newton and Schulz. A small eigenvalue grows by (3/2)^2 in each: 2.25^20 = 1e7 resolves all that FLOOR
 * leaves; with 12 the distance between equal distributions came out as half of their variance.
 */
const ITERATIONS = 20;

/** Root and inverse root of a symmetric positive matrix, both scaled: a = norm root^2, a^-1 = inverse^2 / norm. */
interface Roots {
  readonly root: Ref;
  readonly inverse: Ref;
  /** Frobenius norm of a, [1]. */
  readonly norm: Ref;
}

/**
 * Y_0 = A / |A|, Z_0 = 1; T = (3 - Z Y) / 2; Y <- Y T, Z <- T Z. Converges to the root of A / |A| and its inverse. Higham,
 * "Functions of Matrices", SIAM 2008, (6.35); the scaling keeps eigenvalues in (0, 1], where it converges.
 */
function roots(g: Graph, a: Ref): Roots {
  const one = unit(g, a.shape[0] ?? 1);
  const norm = sqrt(g, dot(g, a, a));
  let root = mulScalar(g, a, inverse(g, norm));
  let inv = one;
  for (let k = 0; k < ITERATIONS; k++) {
    const t = linearCombine(g, one, k === 0 ? root : matmul(g, inv, root), 1.5, -0.5);
    root = matmul(g, root, t);
    inv = k === 0 ? t : matmul(g, t, inv);
  }
  return { root, inverse: inv, norm };
}

const inverse = (g: Graph, s: Ref): Ref => div(g, g.constant([1], Float32Array.of(1), 'one'), s);

/**
 * The square of the 2-Wasserstein distance between two normal distributions,
 *
 *   |m - n|^2 + tr(S + T - 2 (T^1/2 S T^1/2)^1/2),
 *
 * with S and T raised by FLOOR |T| on the diagonal. Dowson and Landau 1982; Olkin and Pukelsheim 1982.
 *
 * With M = T^1/2 S T^1/2, 2 tr(M^1/2) is the least of tr(M Z) + tr(Z^-1) over positive Z, at Z = M^-1/2. So the iteration is
 * not differentiated: with its Z held fixed the derivative by S is 1 - T^1/2 Z T^1/2 (the envelope theorem), and the value
 * is off by the square of the error of Z only. Gradients through the iteration take three times the work, and amplify
 * its rounding.
 * @param b the target: it gets no gradient.
 * @returns [1]
 */
export function gaussianDistance(g: Graph, a: Gaussian, b: Gaussian): Ref {
  const C = a.mean.shape[0] ?? 1;
  const one = unit(g, C);
  const target = detach(g, b.covariance);
  const floor = mulScalar(g, one, sqrt(g, dot(g, target, target)), FLOOR);
  const T = add(g, target, add(g, floor, scale(g, one, EPS)));
  const S = add(g, a.covariance, add(g, floor, scale(g, one, EPS)));
  const { root: rootT, norm: normT } = roots(g, T);
  // Everything in units of |T|, so that squares of the moments of large features stay finite in f32.
  const M = matmul(g, matmul(g, rootT, mulScalar(g, detach(g, S), inverse(g, normT))), rootT);
  const { root, inverse: Z, norm } = roots(g, M);
  const rootNorm = sqrt(g, norm);
  const sums = add(g, trace(g, detach(g, S)), trace(g, T));
  const both = mulScalar(g, add(g, div(g, dot(g, M, Z), norm), trace(g, root)), rootNorm);
  const value = sub(g, sums, mulScalar(g, both, normT));
  const spread = mulScalar(g, matmul(g, matmul(g, rootT, Z), rootT), inverse(g, rootNorm));
  // A value with a derivative of its own: the linear part is added and taken off again, exactly.
  const linear = dot(g, a.covariance, sub(g, one, spread));
  const means = scale(g, mseLoss(g, a.mean, detach(g, b.mean)), C);
  return add(g, means, add(g, value, sub(g, linear, detach(g, linear))));
}
