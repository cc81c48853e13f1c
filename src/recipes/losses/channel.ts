import * as z from '../../base/zod';
import { concat, slice } from '../../shaders/concat';
import { meanSquare } from '../../shaders/mse_loss';
import { div, scale } from '../../shaders/pointwise';
import { checkChannels, commonLoss } from './lib/layers';
import { defineLoss } from './lib/loss';
import { power } from './lib/relative_error';

const index = z.int('must be a whole number').min(0, 'must be at least 0');

const schema = z.strictObject({
  kind: z.literal('channel'),
  ...commonLoss,
  layer: z.string().min(1).describe('layer of the net'),
  channels: z
    .union([z.literal('all'), index, z.array(index).min(1, 'must name a channel').max(64).readonly()])
    .describe('number of a channel, from 0, a list of them, or "all"'),
});

/**
 * -mean(a_c^2) / mean(a_start^2): the power of the chosen channels over pixels and channels, relative to that of the whole
 * layer when the stage began (a channel that is silent at first is then no reason for an infinite loss). A positive weight
 * enhances. Olah, Mordvintsev and Schubert, "Feature Visualization", 2017.
 */
export const channel = defineLoss({
  kind: 'channel',
  about: 'Dreams of what one channel of a layer looks for: eyes, scales, spirals; of several at once, or of all.',
  schema,
  layers: ({ layer }) => [[layer]],
  build(c, { layer, channels }) {
    const { g } = c;
    const features = c.canvas(layer);
    const chosen = channels === 'all' ? [] : typeof channels === 'number' ? [channels] : [...new Set(channels)];
    checkChannels('channel', layer, features, chosen);
    const parts = chosen.map((k) => slice(g, features, k, 1));
    const [first = features, ...rest] = parts;
    const looked = rest.length > 0 ? concat(g, parts) : first;
    const name = chosen.length > 0 ? `${layer}:${chosen.join('+')}` : layer;
    return [{ name, value: scale(g, div(g, meanSquare(g, looked), power(g, c.start(layer, true))), -1) }];
  },
});
