import * as z from 'zod';
import { more } from '../later';
import { commonLoss, layersSchema } from './layers';
import { defineLoss } from './loss';

const schema = z.strictObject({
  kind: z.literal('content'),
  ...commonLoss,
  layers: layersSchema.default('content'),
  pca: z
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(256, 'must be at most 256')
    .optional()
    .describe('compare this many principal components of the content only; without it, every channel'),
});
export type ContentSettings = z.output<typeof schema>;

/**
 * mean(((a - a^) / rms(a^))^2) at each layer, position for position, with a^ the content picture's features. With `pca: n`
 * both are first projected on the n principal components of the content's features, and rms is of the projection; with as
 * many components as channels that is a rotation, and changes nothing. Gatys, Ecker and Bethge 2016, relative to the
 * target, so that a weight means the same in every layer and at every size.
 */
export const content = defineLoss({
  kind: 'content',
  about:
    'Keeps what the content picture shows, and where. With pca only its main traits, which leaves the style more room.',
  schema,
  positional: true,
  part: more,
  build: (c, settings) => more().contentTerms(c, settings),
});
