import * as z from 'zod';
import { more } from '../later';
import { commonLoss, layersSchema } from './layers';
import { defineLoss } from './loss';

const schema = z.strictObject({
  kind: z.literal('shifted_gram'),
  ...commonLoss,
  layers: layersSchema.default('style'),
  offsets: z
    .array(z.tuple([z.int(), z.int()]))
    .min(1)
    .default([
      [0, 2],
      [2, 0],
      [0, 8],
      [8, 0],
    ])
    .describe(
      'distances compared, [down, right], in pixels of the layer (of 8 pixels of the picture at relu4_1); the time taken grows with their number',
    ),
});
export type ShiftedGramSettings = z.output<typeof schema>;

/**
 * mean over offsets d of mean_ij ((G^d_ij - G^^d_ij) / rms(G^^d))^2, with G^d = mean over pixels p of a(p) a(p - d)'. On a torus
 * the canvas is moved round; elsewhere, and on the style always, only pixels whose partner exists count. Berger and
 * Memisevic, "Incorporating long-range consistency in CNN-based texture generation", 2016.
 */
export const shiftedGram = defineLoss({
  kind: 'shifted_gram',
  about:
    'Compares features with those some pixels further on: for patterns that repeat, rows of bricks, weaves, tiles, which gram scatters.',
  schema,
  part: more,
  build: (c, settings) => more().shiftedGramTerms(c, settings),
});
