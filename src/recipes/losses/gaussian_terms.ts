import { type Gaussian, gaussianDistance } from '../../nets/gaussian';
import { EPS, regionCovariance, regionMean, trace } from '../../nets/statistics';
import { add, affine, div } from '../../shaders/pointwise';
import { dot } from '../../shaders/reduce';
import type { GaussianSettings } from './gaussian';
import type { LossContext, Term } from './loss';
import { styleTerms } from './style_terms';

/** The formula is in gaussian.ts. */
export function gaussianTerms(c: LossContext, { layers }: GaussianSettings): readonly Term[] {
  const { g } = c;
  return styleTerms<Gaussian>(c, layers, () => ({
    measure: (region) => ({ mean: regionMean(g, region), covariance: regionCovariance(g, region) }),
    compare(canvas, target) {
      const size = add(g, dot(g, target.mean, target.mean), trace(g, target.covariance));
      return [['', div(g, gaussianDistance(g, canvas, target), affine(g, size, 1, EPS))]];
    },
  }));
}
