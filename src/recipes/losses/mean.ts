import * as z from 'zod';
import { more } from '../later';
import { commonLoss, layersSchema } from './layers';
import { defineLoss } from './loss';

const schema = z.strictObject({ kind: z.literal('mean'), ...commonLoss, layers: layersSchema.default('style') });
export type MeanSettings = z.output<typeof schema>;

/**
 * mean_c ((mu_c - mu^_c) / rms(mu^))^2, mu the mean over pixels. Huang and Belongie, "AdaIN", ICCV 2017.
 */
export const mean = defineLoss({
  kind: 'mean',
  about:
    'Gives the canvas as much of every feature as the style has, wherever it is: its colours and overall character.',
  schema,
  part: more,
  build: (c, settings) => more().meanTerms(c, settings),
});
