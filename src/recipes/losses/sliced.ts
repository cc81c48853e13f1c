import * as z from 'zod';
import { more } from '../later';
import { commonLoss, layersSchema } from './layers';
import { defineLoss } from './loss';

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
export type SlicedSettings = z.output<typeof schema>;

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
  part: more,
  build: (c, settings) => more().slicedTerms(c, settings),
});
