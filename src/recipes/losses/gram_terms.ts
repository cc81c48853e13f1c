import { type Region, regionCovariance, regionGram, regionMean } from '../../nets/statistics';
import type { Ref } from '../../shaders/op';
import type { GramSettings } from './gram';
import type { LossContext, Term } from './loss';
import { relativeError } from './relative_error';
import { styleTerms } from './style_terms';

/** The formula is in gram.ts. */
export function gramTerms(c: LossContext, { layers, centring }: GramSettings): readonly Term[] {
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
}
