import * as z from '../../base/zod';
import { diagonal, EPS, regionCovariance, regionMean } from '../../nets/statistics';
import { matmul } from '../../shaders/matmul';
import type { Ref } from '../../shaders/op';
import { add, affine, div, scale, sqrt } from '../../shaders/pointwise';
import { expand, mean as meanOf } from '../../shaders/sum';
import { commonLoss, layersSchema } from './lib/layers';
import { defineLoss } from './lib/loss';
import { relativeError } from './lib/relative_error';
import { styleTerms } from './lib/style_terms';

const schema = z.strictObject({
  kind: z.literal('moments'),
  ...commonLoss,
  layers: layersSchema.default('style'),
  mean: z.number().default(1).describe('weight of the means: how much of each feature there is'),
  deviation: z.number().default(1).describe('weight of the standard deviations: contrast'),
  correlation: z.number().default(1).describe('weight of the correlations: which features go together'),
});

/**
 * Added to variances, relative to the mean variance of the style's channels: correlations of channels that hardly vary
 * are noise, and so would be their gradients. 1e-4: channels below a hundredth of the usual deviation do not count.
 */
const QUIET = 1e-4;

/**
 * Mean, standard deviation and correlation of features, each relative to the style's: with s_c^2 = var_c + q, q = 1e-4 mean
 * var^, and R_ij = cov_ij / (s_i s_j),
 *
 *   mean_c ((mu_c - mu^_c) / rms(mu^))^2,  mean_c ((s_c - s^_c) / rms(s^))^2,  mean_ij ((R_ij - R^_ij) / rms(R^))^2.
 *
 * Gram matrices mix the three, so a canvas can trade contrast for correlation (Risser et al. 2017 saw it oscillate).
 */
export const moments = defineLoss({
  kind: 'moments',
  about:
    "Matches the mean, the contrast and the correlation of features one by one: like gram, but steadier, and without gram's blotches of wrong contrast.",
  schema,
  build(c, settings) {
    const { g } = c;
    return styleTerms<{ readonly mu: Ref; readonly covariance: Ref }>(c, settings.layers, () => ({
      measure: (region) => ({ mu: regionMean(g, region), covariance: regionCovariance(g, region) }),
      compare(canvas, target) {
        const variance = diagonal(g, target.covariance);
        const quiet = expand(g, meanOf(g, variance), variance.shape, QUIET);
        const deviation = (covariance: Ref): Ref => sqrt(g, add(g, diagonal(g, covariance), affine(g, quiet, 1, EPS)));
        const [s, t] = [deviation(canvas.covariance), deviation(target.covariance)];
        const correlation = (covariance: Ref, d: Ref): Ref => div(g, covariance, matmul(g, d, d, { tb: true }));
        const parts: [string, Ref][] = [];
        const part = (name: 'mean' | 'deviation' | 'correlation', a: Ref, b: Ref): void => {
          parts.push([` ${name}`, scale(g, relativeError(g, a, b), settings[name])]);
        };
        if (settings.mean !== 0) part('mean', canvas.mu, target.mu);
        if (settings.deviation !== 0) part('deviation', s, t);
        if (settings.correlation !== 0) {
          part('correlation', correlation(canvas.covariance, s), correlation(target.covariance, t));
        }
        return parts;
      },
    }));
  },
});
