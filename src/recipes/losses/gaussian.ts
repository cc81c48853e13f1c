import * as z from '../../base/zod';
import { type Gaussian, gaussianDistance } from '../../nets/gaussian';
import { EPS, regionCovariance, regionMean, trace } from '../../nets/statistics';
import { add, affine, div } from '../../shaders/pointwise';
import { dot } from '../../shaders/sum';
import { commonLoss, layersSchema } from './lib/layers';
import { defineLoss } from './lib/loss';
import { styleTerms } from './lib/style_terms';

const schema = z.strictObject({ kind: z.literal('gaussian'), ...commonLoss, layers: layersSchema.default('style') });

/**
 * W_2^2(N(mu, S), N(mu^, S^)) / (|mu^|^2 + tr S^): how far features would have to be moved, if they were normally
 * distributed, relative to how large the style's are. Formula and numerics in nets/gaussian.ts.
 */
export const gaussian = defineLoss({
  kind: 'gaussian',
  about:
    'Moves features the shortest way to the mean and covariance of the style: like gram, fairer to faint features, and with smoother progress.',
  schema,
  build(c, { layers }) {
    const { g } = c;
    return styleTerms<Gaussian>(c, layers, () => ({
      measure: (region) => ({ mean: regionMean(g, region), covariance: regionCovariance(g, region) }),
      compare(canvas, target) {
        const size = add(g, dot(g, target.mean, target.mean), trace(g, target.covariance));
        return [['', div(g, gaussianDistance(g, canvas, target), affine(g, size, 1, EPS))]];
      },
    }));
  },
});
