import { size } from '../../base/shape';
import { nearestFeature } from '../../shaders/nearest_feature';
import { div, scale } from '../../shaders/pointwise';
import { dot } from '../../shaders/reduce';
import type { GuideSettings } from './guide';
import type { LossContext, Term } from './loss';
import { perLayer, power } from './relative_error';

/** The formula is in guide.ts. */
export function guideTerms(c: LossContext, settings: GuideSettings): readonly Term[] {
  const { g } = c;
  return perLayer(c, settings.layers, (layer) => {
    const features = c.canvas(layer);
    const target = c.input(settings.input, layer);
    const pulled = dot(g, features, nearestFeature(g, features, target));
    return scale(g, div(g, pulled, power(g, target)), -1 / size(features.shape));
  });
}
