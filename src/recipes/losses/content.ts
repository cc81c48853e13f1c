import { EngineError } from '../../base/errors';
import { chw } from '../../base/shape';
import * as z from '../../base/zod';
import type { Graph } from '../../graph/graph';
import { matmul } from '../../shaders/matmul';
import type { Ref } from '../../shaders/op';
import { reshape } from '../../shaders/reshape';
import { commonLoss, layersSchema } from './lib/layers';
import { defineLoss } from './lib/loss';
import { principalComponents } from './lib/pca';
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
