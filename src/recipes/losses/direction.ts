import { EngineError } from '../../base/errors';
import { chw } from '../../base/shape';
import * as z from '../../base/zod';
import type { Graph } from '../../graph/graph';
import { matmul } from '../../shaders/matmul';
import { normalizeRows } from '../../shaders/normalize_rows';
import type { Ref } from '../../shaders/op';
import { div, mul, relu, scale, square } from '../../shaders/pointwise';
import { random } from '../../shaders/random';
import { reshape } from '../../shaders/reshape';
import { channelMean, dot, mean } from '../../shaders/sum';
import { transpose } from '../../shaders/transpose';
import { commonLoss } from './lib/layers';
import { defineLoss, type LossContext } from './lib/loss';
import { rms } from './lib/relative_error';

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
  build(c, settings) {
    const { g } = c;
    const { layer } = settings;
    const features = c.canvas(layer);
    const d = unit(c, layer, features, settings.direction);
    if (settings.measure === 'cosine') return [{ name: layer, value: scale(g, meanCosine(g, features, d), -1) }];
    const along = dot(g, channelMean(g, features), reshape(g, d, [d.shape[1] ?? 1]));
    return [{ name: layer, value: scale(g, div(g, along, rms(g, c.start(layer, true))), -1) }];
  },
});

/** [1, C], of length 1, from constants only. */
function unit(c: LossContext, layer: string, features: Ref, given: 'random' | readonly number[]): Ref {
  const { g } = c;
  const [C] = chw('direction', features.shape);
  if (given === 'random') {
    const draw = random(g, [1, C], { ...c.random(), distribution: 'normal' }, g.constant([1], new Float32Array(1)));
    const positive = relu(g, draw);
    return normalizeRows(g, mul(g, positive, square(g, positive)));
  }
  if (given.length !== C || given.every((v) => v === 0)) {
    const what = given.length === C ? 'only zeros' : `${given.length} numbers`;
    throw new EngineError(
      'RecipeError',
      `direction: layer ${layer} has ${C} channels, and the direction has ${what}`,
      `Give ${C} numbers that are not all 0, or "random".`,
    );
  }
  return normalizeRows(g, g.constant([1, C], Float32Array.from(given), 'direction'));
}

/** Mean over pixels of <a, d> / |a|. */
function meanCosine(g: Graph, features: Ref, d: Ref): Ref {
  const [C, H, W] = chw('direction', features.shape);
  const pixels = normalizeRows(g, transpose(g, reshape(g, features, [C, H * W])));
  return mean(g, matmul(g, pixels, d, { tb: true }));
}
