import { chw } from '../../base/shape';
import * as z from '../../base/zod';
import { slice } from '../../shaders/concat';
import { div, scale } from '../../shaders/pointwise';
import { dot } from '../../shaders/sum';
import { checkChannels, commonLoss } from './lib/layers';
import { defineLoss } from './lib/loss';
import { rms } from './lib/relative_error';

const along = z.number().min(0, 'must be at least 0').max(1, 'must be at most 1');

const schema = z.strictObject({
  kind: z.literal('neuron'),
  ...commonLoss,
  layer: z.string().min(1).describe('layer of the net'),
  channel: z.int('must be a whole number').min(0, 'must be at least 0').describe('number of the channel, from 0'),
  position: z
    .tuple([along, along])
    .readonly()
    .default([0.5, 0.5])
    .describe('[x, y] on the canvas: [0, 0] is its upper left corner, [1, 1] its lower right'),
});

/**
 * -a[c, y, x] / rms(a_start): one channel at one position, relative to the whole layer when the stage began. A positive
 * weight enhances. The position is one of the layer's pixels, the one that holds the given point of the canvas as the net
 * sees it: where the canvas is jittered, that is where the jitter puts it. A neuron that is silent there (ReLU) has no
 * gradient, and nothing happens: start from another canvas. Erhan et al., "Visualizing Higher-Layer Features of a Deep
 * Network", 2009.
 */
export const neuron = defineLoss({
  kind: 'neuron',
  about: 'Dreams of what a channel looks for at one place of the picture, and leaves the rest alone.',
  schema,
  layers: ({ layer }) => [[layer]],
  positional: true,
  build(c, { layer, channel, position: [across, down] }) {
    const { g } = c;
    const features = c.canvas(layer);
    checkChannels('neuron', layer, features, [channel]);
    const [, H, W] = chw('neuron', features.shape);
    const x = Math.min(W - 1, Math.floor(across * W));
    const y = Math.min(H - 1, Math.floor(down * H));
    const here = new Float32Array(H * W);
    here[y * W + x] = 1;
    const value = dot(g, slice(g, features, channel, 1), g.constant([1, H, W], here, 'position'));
    return [{ name: `${layer}:${channel}`, value: scale(g, div(g, value, rms(g, c.start(layer, true))), -1) }];
  },
});
