import { size } from '../../base/shape';
import * as z from '../../base/zod';
import { nearestFeature } from '../../shaders/nearest_feature';
import { div, scale } from '../../shaders/pointwise';
import { dot } from '../../shaders/sum';
import { commonLoss, layersSchema } from './lib/layers';
import { defineLoss } from './lib/loss';
import { perLayer, power } from './lib/relative_error';

const schema = z.strictObject({
  kind: z.literal('guide'),
  ...commonLoss,
  input: z.string().min(1).default('guide').describe('name of the input that is the guide'),
  layers: layersSchema.default('dream'),
});

/**
 * -mean over pixels and channels of a b* / mean(b^2), where b* is, for each pixel of the canvas, the feature of that pixel
 * of the guide whose dot product with it is largest. Its gradient at a pixel is that feature: the canvas is pulled
 * towards whichever part of the guide it looks most like already. A positive weight enhances; without a bound. Guided
 * dreaming as in Google's deepdream notebook, 2015.
 *
 * Every pixel is compared with every other: at a layer of N canvas and M guide pixels that takes N M products of features
 * a step. Deep layers have few pixels.
 */
export const guide = defineLoss({
  kind: 'guide',
  about:
    'Dreams of the parts of another picture: flowers, faces, machines grow where the canvas looks a little like them.',
  schema,
  build(c, settings) {
    const { g } = c;
    return perLayer(c, settings.layers, (layer) => {
      const features = c.canvas(layer);
      const target = c.input(settings.input, layer);
      const pulled = dot(g, features, nearestFeature(g, features, target));
      return scale(g, div(g, pulled, power(g, target)), -1 / size(features.shape));
    });
  },
});
