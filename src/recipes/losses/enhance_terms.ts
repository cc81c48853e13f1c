import { regionGram } from '../../nets/statistics';
import { div, log, scale } from '../../shaders/pointwise';
import type { EnhanceSettings } from './enhance';
import type { LossContext, Term } from './loss';
import { perLayer, power, rms, stylesIfAny } from './relative_error';
import { weightedSum } from './weighted_sum';

/** The formula is in enhance.ts. */
export function enhanceTerms(c: LossContext, settings: EnhanceSettings): readonly Term[] {
  const { g } = c;
  return perLayer(c, settings.layers, (layer) => {
    const styles = stylesIfAny(c, layer);
    const norm =
      styles.length > 0
        ? weightedSum(
            g,
            styles.map((s) => ({
              weight: Math.abs(s.weight),
              value: rms(g, regionGram(g, s.target)),
            })),
          )
        : power(g, c.start(layer, true));
    const strength = div(g, power(g, c.canvas(layer)), norm);
    return scale(g, settings.growth === 'log' ? log(g, strength) : strength, -1);
  });
}
