import * as z from '../../base/zod';
import { regionGram } from '../../nets/statistics';
import { clamp, div, mul, scale } from '../../shaders/pointwise';
import { expand, mean } from '../../shaders/sum';
import { commonLoss, layersSchema } from './lib/layers';
import { defineLoss } from './lib/loss';
import { power } from './lib/relative_error';
import { styleTerms } from './lib/style_terms';

const schema = z.strictObject({
  kind: z.literal('gram_enhance'),
  ...commonLoss,
  layers: layersSchema.default('style'),
  clamp: z
    .tuple([z.number(), z.number()])
    .readonly()
    .refine(([lo, hi]) => lo < hi, 'must be [low, high] with low below high')
    .default([-1, 1])
    .describe('bounds of the product of two moments; the lower one says how far to enhance'),
});

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
  schema,
  build(c, { layers, clamp: [lo, hi] }) {
    const { g } = c;
    return styleTerms(c, layers, () => ({
      measure: (region) => regionGram(g, region),
      compare(G, target) {
        const product = mul(g, G, div(g, target, expand(g, power(g, target), target.shape)));
        return [['', mean(g, clamp(g, scale(g, product, -1), lo, hi))]];
      },
    }));
  },
});
