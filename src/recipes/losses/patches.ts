import { bytesText } from '../../base/errors';
import * as z from '../../base/zod';
import { patchLoss } from '../../nets/patches';
import { commonLoss } from './lib/layers';
import { defineLoss } from './lib/loss';
import { weightedSum } from './lib/style_terms';

/**
 * Sliced Wasserstein distance between the k x k patches of canvas and style, in colour, of the pictures themselves: the
 * formula and its source are in src/nets/patches.ts. Distances are in the picture's own units (0..1), as a mean over
 * projections and pixels, so they do not grow with the canvas. Styles add up, each times its weight; with masks only
 * patches count whose middle is in the mask.
 */
export const patches = defineLoss({
  kind: 'patches',
  mostPixels: 2 ** 22, // `quantile` is exact up to there
  about: 'Makes small squares of the picture look like those of the style. Needs no network, and gives sharp textures.',
  schema: z.strictObject({
    kind: z.literal('patches'),
    ...commonLoss,
    patch: z
      .int('must be a whole number')
      .min(1, 'must be at least 1')
      .max(31, 'must be at most 31')
      .refine((k) => k % 2 === 1, 'must be odd')
      .default(7)
      .describe('side of the squares, pixels: odd'),
    projections: z
      .int('must be a whole number')
      .min(1, 'must be at least 1')
      .max(256, 'must be at most 256')
      .default(16) // few, and many steps: measured in bench/NOTES.md
      .describe('random directions a step in which patches are compared; fewer where the adapter has no room'),
    localised: z
      .union([z.literal('auto'), z.boolean()])
      .default('auto')
      .describe('some directions look at a part of the patch only, which sharpens; auto: on fine scales'),
  }),
  build(c, { patch, projections, localised }) {
    const parts = c.pixels().map(({ weight, canvas, target }) => {
      const pixels = Math.max(...[canvas, target].map(({ x: { shape } }) => (shape[1] ?? 1) * (shape[2] ?? 1)));
      // Large pictures need fewer directions a step: each has more values to say the same with. Sorting takes 8 bytes a
      // value, a key and where it came from.
      const fit = Math.max(1, Math.min(projections, Math.floor(c.largest / (8 * pixels))));
      if (fit < projections) {
        c.warn(
          `${fit} projections a step instead of ${projections}: the adapter binds ${bytesText(c.largest)} at most`,
        );
      }
      const value = patchLoss(c.g, canvas.x, target.x, c.counter, {
        ...c.random(),
        patch,
        projections: fit,
        localised: localised === 'auto' ? c.fine : localised,
        torus: c.torus,
        canvasPick: canvas.pick,
        exemplarPick: target.pick,
      });
      return { weight, value };
    });
    return [{ name: 'patches', value: weightedSum(c.g, parts) }];
  },
});
