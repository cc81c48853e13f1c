import { diagonal, regionCovariance, regionMean } from '../../nets/statistics';
import { expand } from '../../shaders/broadcast';
import { matmul } from '../../shaders/matmul';
import type { Ref } from '../../shaders/op';
import { add, affine, div, scale, sqrt } from '../../shaders/pointwise';
import { mean as meanOf } from '../../shaders/reduce';
import type { LossContext, Term } from './loss';
import type { MomentsSettings } from './moments';
import { relativeError } from './relative_error';
import { styleTerms } from './style_terms';

/**
 * Added to variances, relative to the mean variance of the style's channels: correlations of channels that hardly vary
 * are noise, and so would be their gradients. 1e-4: channels below a hundredth of the usual deviation do not count.
 */
const QUIET = 1e-4;
const SILENCE = 1e-12;

/** The formula is in moments.ts. */
export function momentsTerms(c: LossContext, settings: MomentsSettings): readonly Term[] {
  const { g } = c;
  return styleTerms<{ readonly mu: Ref; readonly covariance: Ref }>(c, settings.layers, () => ({
    measure: (region) => ({ mu: regionMean(g, region), covariance: regionCovariance(g, region) }),
    compare(canvas, target) {
      const variance = diagonal(g, target.covariance);
      const quiet = expand(g, meanOf(g, variance), variance.shape, QUIET);
      const deviation = (covariance: Ref): Ref =>
        sqrt(g, add(g, diagonal(g, covariance), affine(g, quiet, 1, SILENCE)));
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
}
