import * as z from 'zod';
import { more } from '../later';
import { commonLoss, layersSchema } from './layers';
import { defineLoss } from './loss';

const schema = z.strictObject({ kind: z.literal('gaussian'), ...commonLoss, layers: layersSchema.default('style') });
export type GaussianSettings = z.output<typeof schema>;

/**
 * W_2^2(N(mu, S), N(mu^, S^)) / (|mu^|^2 + tr S^): how far features would have to be moved, if they were normally
 * distributed, relative to how large the style's are. Formula and numerics in nets/gaussian.ts.
 */
export const gaussian = defineLoss({
  kind: 'gaussian',
  about:
    'Moves features the shortest way to the mean and covariance of the style: like gram, fairer to faint features, and with smoother progress.',
  schema,
  part: more,
  build: (c, settings) => more().gaussianTerms(c, settings),
});
