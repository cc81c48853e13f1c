import { chw } from '../../../base/shape';
import type { Graph } from '../../../graph/graph';
import { gram } from '../../../shaders/gram';
import { matmul } from '../../../shaders/matmul';
import type { Ref } from '../../../shaders/op';
import { orthonormalRows } from '../../../shaders/orthonormal_rows';
import { random } from '../../../shaders/random';

/**
 * Times that directions are multiplied by the covariance. What is left of a wrong direction falls by the ratio of the
 * variances each time: 60 times bring a ratio of 0.9 to 0.002, and directions closer than that hold about as much.
 */
const ITERATIONS = 60;

/**
 * The first n principal components of a feature map [C, H, W]: rows [n, C] of unit length, the directions in which its
 * pixels vary most, most first. By orthogonal iteration (Golub and Van Loan, "Matrix Computations", 8.2.4) on the
 * covariance. Made for features that depend on constants alone: then it is done once, as the plan is compiled.
 */
export function principalComponents(g: Graph, features: Ref, n: number): Ref {
  const [C] = chw('principal components', features.shape);
  const covariance = gram(g, features, { centred: true });
  const start = random(
    g,
    [n, C],
    { seed: 1, stream: 900, distribution: 'normal' },
    g.constant([1], new Float32Array(1), 'counter'),
  );
  let rows = orthonormalRows(g, start);
  for (let k = 0; k < ITERATIONS; k++) rows = orthonormalRows(g, matmul(g, rows, covariance));
  return rows;
}
