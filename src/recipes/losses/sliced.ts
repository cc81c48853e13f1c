import * as z from '../../base/zod';
import { type Region, rootWeighted, rowsOf, sortedRows, wasserstein1d } from '../../nets/statistics';
import { matmul } from '../../shaders/matmul';
import { normalizeRows } from '../../shaders/normalize_rows';
import type { Ref } from '../../shaders/op';
import { div } from '../../shaders/pointwise';
import { random } from '../../shaders/random';
import { commonLoss, layersSchema } from './lib/layers';
import { defineLoss, type LossContext, type StylePair } from './lib/loss';
import { power, rms } from './lib/relative_error';
import { styleTerms } from './lib/style_terms';

/** Directions a step where the recipe does not say. An average over steps sees all directions, whatever their number. */
export const ENOUGH = 64;

const schema = z.strictObject({
  kind: z.literal('sliced'),
  ...commonLoss,
  layers: layersSchema.default('style'),
  projections: z
    .int()
    .min(1)
    .optional()
    .describe(`random directions each step; by default one for each channel of the layer, at most ${ENOUGH}`),
  distance: z
    .enum(['squared', 'absolute'])
    .default('squared')
    .describe('squared pulls hardest at what is furthest off; absolute pulls evenly, and forgives outliers'),
});

/**
 * With P random unit directions u_p in the space of features, drawn anew each step, and r = rms(a^),
 *
 *   mean_p mean_i (|sort(u_p a)_i - quantile(sort(u_p a^), (i + 0.5) / N)| / r)^e,  e = 2 or 1.
 *
 * A random direction sees a share 1 / C of |a^|^2, whose root is r: values are of the order of 1 in every layer.
 * Heitz, Vanhoey, Chambon and Belcour, "A Sliced Wasserstein Loss for Neural Texture Synthesis", CVPR 2021.
 */
export const sliced = defineLoss({
  kind: 'sliced',
  about:
    'Matches everything about how features are distributed, not only averages and correlations: the most faithful texture, and the slowest.',
  schema,
  build(c, { layers, projections, distance }) {
    const { g } = c;
    return styleTerms<{ readonly sorted: Ref; readonly region: Region }>(c, layers, (layer, pairs) => {
      const C = pairs[0]?.canvas.x.shape[0] ?? 1;
      const most = affordable(c, pairs);
      const P = Math.min(projections ?? Math.min(C, ENOUGH), most);
      if (projections && P < projections) {
        c.warn(`sliced: ${P} projections instead of ${projections} at ${layer}: more do not fit into one buffer`);
      }
      const noise = random(g, [P, C], { ...c.random(), distribution: 'normal' }, c.counter);
      const directions = normalizeRows(g, noise);
      return {
        measure: (region) => ({
          sorted: sortedRows(g, matmul(g, directions, rowsOf(g, region.x)), region.pick),
          region,
        }),
        compare(canvas, target) {
          const a = rootWeighted(g, target.region);
          const size = distance === 'squared' ? power(g, a) : rms(g, a);
          return [['', div(g, wasserstein1d(g, canvas.sorted, target.sorted, distance), size)]];
        },
      };
    });
  },
});

/** Rows that can be sorted at once: a sort keeps two words for each element. */
function affordable(c: LossContext, pairs: readonly StylePair[]): number {
  const pixels = pairs
    .flatMap(({ canvas, target }) => [canvas, target])
    .map(({ x: { shape } }) => {
      const [, H = 1, W = 1] = shape;
      return H * W;
    });
  return Math.max(1, Math.floor(c.largest / (8 * Math.max(...pixels))));
}
