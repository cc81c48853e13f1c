import * as z from 'zod';
import { more } from '../later';
import { commonLoss, layersSchema } from './layers';
import { defineLoss } from './loss';

const schema = z.strictObject({
  kind: z.literal('moments'),
  ...commonLoss,
  layers: layersSchema.default('style'),
  mean: z.number().default(1).describe('weight of the means: how much of each feature there is'),
  deviation: z.number().default(1).describe('weight of the standard deviations: contrast'),
  correlation: z.number().default(1).describe('weight of the correlations: which features go together'),
});
export type MomentsSettings = z.output<typeof schema>;

/**
 * Mean, standard deviation and correlation of features, each relative to the style's: with s_c^2 = var_c + q, q = 1e-4 mean
 * var^, and R_ij = cov_ij / (s_i s_j),
 *
 *   mean_c ((mu_c - mu^_c) / rms(mu^))^2,  mean_c ((s_c - s^_c) / rms(s^))^2,  mean_ij ((R_ij - R^_ij) / rms(R^))^2.
 *
 * Gram matrices mix the three, so a canvas can trade contrast for correlation (Risser et al. 2017 saw it oscillate).
 */
export const moments = defineLoss({
  kind: 'moments',
  about:
    "Matches the mean, the contrast and the correlation of features one by one: like gram, but steadier, and without gram's blotches of wrong contrast.",
  schema,
  part: more,
  build: (c, settings) => more().momentsTerms(c, settings),
});
