import * as z from '../../base/zod';
import { regionMean } from '../../nets/statistics';
import { commonLoss, layersSchema } from './lib/layers';
import { defineLoss } from './lib/loss';
import { relativeError } from './lib/relative_error';
import { styleTerms } from './lib/style_terms';

const schema = z.strictObject({ kind: z.literal('mean'), ...commonLoss, layers: layersSchema.default('style') });

/**
 * mean_c ((mu_c - mu^_c) / rms(mu^))^2, mu the mean over pixels. Huang and Belongie, "AdaIN", ICCV 2017.
 */
export const mean = defineLoss({
  kind: 'mean',
  about:
    'Gives the canvas as much of every feature as the style has, wherever it is: its colours and overall character.',
  schema,
  build(c, { layers }) {
    const { g } = c;
    return styleTerms(c, layers, () => ({
      measure: (region) => regionMean(g, region),
      compare: (mu, target) => [['', relativeError(g, mu, target)]],
    }));
  },
});
