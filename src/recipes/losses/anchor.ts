import * as z from '../../base/zod';
import { commonLoss, INPUT, layersSchema } from './lib/layers';
import { defineLoss } from './lib/loss';
import { perLayer, relativeError } from './lib/relative_error';

const schema = z.strictObject({
  kind: z.literal('anchor'),
  ...commonLoss,
  layers: layersSchema.default([INPUT]),
});

/**
 * mean(((a - a_start) / rms(a_start))^2) at each layer, with a_start the canvas as it was when the stage began,
 * position for position. 0 at the first step; the same at every size for the same relative change.
 */
export const anchor = defineLoss({
  kind: 'anchor',
  about:
    'Holds the picture near what it was when the stage began, so that dreams and textures grow over it without eating it up.',
  schema,
  positional: true,
  build(c, { layers }) {
    return perLayer(c, layers, (layer) => relativeError(c.g, c.canvas(layer), c.start(layer)));
  },
});
