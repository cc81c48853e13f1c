import * as z from '../../base/zod';
import { type Region, rootWeighted, rowsOf, sortedRows, wasserstein1d } from '../../nets/statistics';
import type { Ref } from '../../shaders/op';
import { div } from '../../shaders/pointwise';
import { commonLoss, layersSchema } from './lib/layers';
import { defineLoss } from './lib/loss';
import { power } from './lib/relative_error';
import { styleTerms } from './lib/style_terms';

const schema = z.strictObject({ kind: z.literal('histogram'), ...commonLoss, layers: layersSchema.default('style') });

/**
 * mean_c mean_i (sort(a_c)_i - quantile(sort(a^_c), (i + 0.5) / N))^2 / mean(a^^2): each channel's histogram against that of the
 * style. Risser, Wilmot and Barnes, "Stable and Controllable Neural Texture Synthesis and Style Transfer Using
 * Histogram Losses", 2017, take the distance of a map to its own remapping to the style's histogram; remapping gives a
 * value the quantile of its rank, so with ranks instead of bins the two are the same, value and gradient.
 */
export const histogram = defineLoss({
  kind: 'histogram',
  about:
    "Gives every feature the style's whole histogram: not only how much of it there is but how it is spread. Keeps contrast from washing out; goes well with gram.",
  schema,
  build(c, { layers }) {
    const { g } = c;
    return styleTerms<{ readonly sorted: Ref; readonly region: Region }>(c, layers, () => ({
      measure: (region) => ({ sorted: sortedRows(g, rowsOf(g, region.x), region.pick), region }),
      compare(canvas, target) {
        const size = power(g, rootWeighted(g, target.region));
        return [['', div(g, wasserstein1d(g, canvas.sorted, target.sorted, 'squared'), size)]];
      },
    }));
  },
});
