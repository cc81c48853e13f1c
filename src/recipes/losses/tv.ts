import * as z from '../../base/zod';
import { totalVariation } from '../../shaders/total_variation';
import { commonLoss, INPUT } from './lib/layers';
import { defineLoss } from './lib/loss';

/**
 * Total variation of the picture in RGB 0..1: the sum, over every pixel and channel, of the squared differences to the
 * right and to the lower neighbour, divided by the number of pixels and channels. On an axis of the torus the last pixel
 * has the first for its neighbour. The mean over pixels makes it independent of size in the sense that matters for
 * grain: a tile and four copies of it score the same, so the same weight takes off the same grain at any size. (The same
 * picture enlarged k times scores 1 / k^2 to 1 / k: it is smoother.) Rudin, Osher and Fatemi 1992, with squares, as in
 * Mahendran and Vedaldi 2015.
 */
export const tv = defineLoss({
  kind: 'tv',
  about: 'Smooths: takes off the grain from pixel to pixel. A negative weight roughens.',
  schema: z.strictObject({ kind: z.literal('tv'), ...commonLoss }),
  build(c) {
    const [rows, columns] = c.torus;
    const border = [rows ? 'wrap' : 'none', columns ? 'wrap' : 'none'] as const;
    return [{ name: 'tv', value: totalVariation(c.g, c.canvas(INPUT), { border }) }];
  },
});
