import { z } from 'zod';
import { expand } from '../../../shaders/broadcast';
import { gram } from '../../../shaders/gram';
import { clamp, div, mul, scale } from '../../../shaders/pointwise';
import { mean } from '../../../shaders/reduce';
import { commonLoss, layersSchema } from '../layers';
import { defineLoss } from '../loss';
import { rootWeighted } from './masked';
import { power, weightedSum } from './relative';

/**
 * mean_ij clamp(-G_ij G^_ij / rms(G^)^2, lo, hi) at each layer, with G the second moments of the canvas about the origin,
 * divided by pixels only, and G^ those of the style. A positive weight enhances: each pair of channels that the style has
 * together is made stronger, as far as -lo times the mean square of the style's moments, and no further: where a product
 * is out of bounds it has no gradient.
 */
export const gramEnhance = defineLoss({
  kind: 'gram_enhance',
  about:
    'Strengthens what picture and style have in common, up to a bound: richer and more contrasted than the style itself, without burning out.',
  schema: z.strictObject({
    kind: z.literal('gram_enhance'),
    ...commonLoss,
    layers: layersSchema.default('style'),
    clamp: z
      .tuple([z.number(), z.number()])
      .readonly()
      .refine(([lo, hi]) => lo < hi, 'must be [low, high] with low below high')
      .default([-1, 1])
      .describe('bounds of the product of two moments; the lower one says how far to enhance'),
  }),
  build(c, settings) {
    const { g } = c;
    const [lo, hi] = settings.clamp;
    return [...c.layers(settings.layers)].map(([layer, weight]) => {
      const parts = c.styles(layer).map((s) => {
        const target = gram(g, rootWeighted(g, s.target));
        const balanced = div(g, target, expand(g, power(g, target), target.shape));
        const product = mul(g, gram(g, rootWeighted(g, s.canvas)), balanced);
        return { weight: s.weight, value: mean(g, clamp(g, scale(g, product, -1), lo, hi)) };
      });
      return { name: layer, value: scale(g, weightedSum(g, parts), weight) };
    });
  },
});
