import { regionGram } from '../../nets/statistics';
import { expand } from '../../shaders/broadcast';
import { clamp, div, mul, scale } from '../../shaders/pointwise';
import { mean } from '../../shaders/reduce';
import type { GramEnhanceSettings } from './gram_enhance';
import type { LossContext, Term } from './loss';
import { power } from './relative_error';
import { styleTerms } from './style_terms';

/** The formula is in gram_enhance.ts. */
export function gramEnhanceTerms(c: LossContext, { layers, clamp: [lo, hi] }: GramEnhanceSettings): readonly Term[] {
  const { g } = c;
  return styleTerms(c, layers, () => ({
    measure: (region) => regionGram(g, region),
    compare(G, target) {
      const product = mul(g, G, div(g, target, expand(g, power(g, target), target.shape)));
      return [['', mean(g, clamp(g, scale(g, product, -1), lo, hi))]];
    },
  }));
}
