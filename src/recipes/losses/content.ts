import { EngineError } from '../../base/errors';
import { chw } from '../../base/shape';
import * as z from '../../base/zod';
import type { Graph } from '../../graph/graph';
import { gram } from '../../shaders/gram';
import { matmul } from '../../shaders/matmul';
import type { Ref } from '../../shaders/op';
import { orthonormalRows } from '../../shaders/orthonormal_rows';
import { random } from '../../shaders/random';
import { reshape } from '../../shaders/reshape';
import { commonLoss, layersSchema } from './lib/layers';
import { defineLoss } from './lib/loss';
import { perLayer, relativeError } from './lib/relative_error';

const schema = z.strictObject({
  kind: z.literal('content'),
  ...commonLoss,
  layers: layersSchema.default('content'),
  pca: z
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(256, 'must be at most 256')
    .optional()
    .describe('compare this many principal components of the content only; without it, every channel'),
});

/**
 * mean(((a - a^) / rms(a^))^2) at each layer, position for position, with a^ the content picture's features. With `pca: n`
 * both are first projected on the n principal components of the content's features, and rms is of the projection; with as
 * many components as channels that is a rotation, and changes nothing. Gatys, Ecker and Bethge 2016, relative to the
 * target, so that a weight means the same in every layer and at every size.
 */
export const content = defineLoss({
  kind: 'content',
  about:
    'Keeps what the content picture shows, and where. With pca only its main traits, which leaves the style more room.',
  schema,
  positional: true,
  build(c, { layers, pca }) {
    const { g } = c;
    return perLayer(c, layers, (layer) => {
      const a = c.canvas(layer);
      const target = c.content(layer);
      if (pca === undefined) return relativeError(g, a, target);
      const [C] = chw('content', target.shape);
      if (pca > C) {
        throw new EngineError(
          'RecipeError',
          `content: layer ${layer} has ${C} channels, so no ${pca} principal components`,
          `Use a pca up to ${C}.`,
        );
      }
      const axes = principalComponents(g, c.content(layer, true), pca);
      return relativeError(g, project(g, a, axes), project(g, target, axes));
    });
  },
});

/** Coordinates [n, H W] of a map [C, H, W] along the rows of `axes` [n, C]. */
function project(g: Graph, x: Ref, axes: Ref): Ref {
  const [C, H, W] = chw('content', x.shape);
  return matmul(g, axes, reshape(g, x, [C, H * W]));
}

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
