import * as z from '../../base/zod';
import { type Region, regionCovariance, regionGram, regionMean } from '../../nets/statistics';
import type { Ref } from '../../shaders/op';
import { commonLoss, layersSchema } from './lib/layers';
import { defineLoss } from './lib/loss';
import { relativeError } from './lib/relative_error';
import { styleTerms } from './lib/style_terms';

const schema = z.strictObject({
  kind: z.literal('gram'),
  ...commonLoss,
  layers: layersSchema.default('style'),
  centring: z
    .enum(['origin', 'dynamic', 'static'])
    .default('origin')
    .describe(
      "what features are measured from: zero (origin), the canvas' own mean (dynamic: means are left to other losses), or the style's mean (static)",
    ),
});

/**
 * mean_ij ((G_ij - G^_ij) / rms(G^))^2, G the second moments of features divided by pixels only: about the origin (Gatys,
 * Ecker and Bethge 2015), about the canvas' own mean, through which the gradient goes, or about the style's mean. The
 * style's moments are about its own mean in both latter cases.
 */
export const gram = defineLoss({
  kind: 'gram',
  about: 'Lets features occur together as they do in the style: its strokes, its materials, its palette. The classic.',
  schema,
  build(c, { layers, centring }) {
    const { g } = c;
    const moments = (region: Region): Ref =>
      centring === 'origin' ? regionGram(g, region) : regionCovariance(g, region);
    return styleTerms<Region>(c, layers, () => ({
      measure: (region) => region,
      compare(canvas, target) {
        const G = centring === 'static' ? regionGram(g, canvas, regionMean(g, target)) : moments(canvas);
        return [['', relativeError(g, G, moments(target))]];
      },
    }));
  },
});
