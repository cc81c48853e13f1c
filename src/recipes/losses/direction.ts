import * as z from 'zod';
import { more } from '../later';
import { commonLoss } from './layers';
import { defineLoss } from './loss';

const schema = z.strictObject({
  kind: z.literal('direction'),
  ...commonLoss,
  layer: z.string().min(1).describe('layer of the net'),
  direction: z
    .union([z.literal('random'), z.array(z.number()).min(1, 'must have a number for each channel').readonly()])
    .default('random')
    .describe('a number for each channel, of any length as a whole; or random, by the seed of the recipe'),
  measure: z.enum(['dot', 'cosine']).default('dot').describe('cosine: the kind of feature only, not its strength'),
});
export type DirectionSettings = z.output<typeof schema>;

/**
 * A direction d of unit length in the space of channels, and the mean over pixels of
 *
 *   dot      -<a, d> / rms(a_start): linear, so it is the mean feature that moves
 *   cosine   -<a, d> / |a|: from -1 to 1; the kind of feature, not its strength (a silent pixel counts 0)
 *
 * A positive weight enhances. A random direction is max(0, z)^3 of normal numbers z, so it is led by a handful of channels
 * and has no negative share: features of a net are not negative (ReLU), so such shares would ask for silence, and get it.
 * Directions that are no channel's own are as meaningful as channels: Szegedy et al. 2013;
 * Olah, Mordvintsev and Schubert 2017.
 */
export const direction = defineLoss({
  kind: 'direction',
  about:
    'Dreams of a mixture of channels, given by numbers or drawn at random: each seed finds another kind of pattern.',
  schema,
  layers: ({ layer }) => [[layer]],
  part: more,
  build: (c, settings) => more().directionTerms(c, settings),
});
