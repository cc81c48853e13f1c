import * as z from 'zod';
import { more } from '../later';
import { commonLoss, layersSchema } from './layers';
import { defineLoss } from './loss';

const schema = z.strictObject({
  kind: z.literal('gram'),
  ...commonLoss,
  layers: layersSchema.default('style'),
  centring: z
    .enum(['origin', 'dynamic', 'static'])
    .default('origin')
    .describe(
      "what features are measured from: zero (origin), the canvas' own mean (dynamic: means are left to other losses), or the style's mean (static)",
    ),
});
export type GramSettings = z.output<typeof schema>;

/**
 * mean_ij ((G_ij - G^_ij) / rms(G^))^2, G the second moments of features divided by pixels only: about the origin (Gatys,
 * Ecker and Bethge 2015), about the canvas' own mean, through which the gradient goes, or about the style's mean. The
 * style's moments are about its own mean in both latter cases.
 */
export const gram = defineLoss({
  kind: 'gram',
  about: 'Lets features occur together as they do in the style: its strokes, its materials, its palette. The classic.',
  schema,
  part: more,
  build: (c, settings) => more().gramTerms(c, settings),
});
