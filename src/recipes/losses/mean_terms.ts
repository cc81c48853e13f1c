import { regionMean } from '../../nets/statistics';
import type { LossContext, Term } from './loss';
import type { MeanSettings } from './mean';
import { relativeError } from './relative_error';
import { styleTerms } from './style_terms';

/** The formula is in mean.ts. */
export function meanTerms(c: LossContext, { layers }: MeanSettings): readonly Term[] {
  const { g } = c;
  return styleTerms(c, layers, () => ({
    measure: (region) => regionMean(g, region),
    compare: (mu, target) => [['', relativeError(g, mu, target)]],
  }));
}
