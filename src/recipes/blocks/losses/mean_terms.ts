import { regionMean } from '../../../nets/statistics';
import type { LossContext, Term } from '../loss';
import type { MeanSettings } from './mean';
import { relativeError } from './relative';
import { styledTerms } from './styled';

/** The formula is in mean.ts. */
export function meanTerms(c: LossContext, { layers }: MeanSettings): readonly Term[] {
  const { g } = c;
  return styledTerms(c, layers, () => ({
    measure: (region) => regionMean(g, region),
    compare: (mu, target) => [['', relativeError(g, mu, target)]],
  }));
}
