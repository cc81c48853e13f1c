import * as z from 'zod';
import { more } from '../later';
import { BLEND, cellsSetting } from './common';
import { GROUPS } from './group_names';
import { defineView } from './view';

/**
 * A canvas folded by one of the 17 plane symmetry groups (International Tables for Crystallography, volume A; settings
 * with conventional cells, the hexagonal ones in a rectangle of two cells). Groups p1 .. p4g map pixels to pixels when
 * the sides are multiples of what `multiple` says and p4's cells are square: the picture is then symmetric to the bit.
 * The others are resampled between pixels, and so symmetric to that accuracy.
 */
export const wallpaper = defineView({
  kind: 'wallpaper',
  about:
    'Makes a pattern with one of the 17 wallpaper symmetries: a small part of the canvas is turned, mirrored and ' +
    'glided over the tile. p4m and p6m look like tiles and stars, p2, pgg and p4 like woven or whirling cloth, p3 and p6 like pinwheels.',
  schema: z.strictObject({
    kind: z.literal('wallpaper'),
    group: z
      .enum(GROUPS)
      .describe('symmetry: p turns 1, 2, 3, 4 or 6 times around, m has mirrors, g glides; p4... wants square cells'),
    cells: cellsSetting.default(2),
    blend: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe(
        `how softly copies flow into one another at their edges, in sides of the copied part; 0: cut; default: ${BLEND}, ` +
          'or 0 where every edge is a mirror (pmm, p4m, p3m1, p6m)',
      ),
  }),
  part: more,
  multiple: (settings) => more().wallpaperMultiple(settings),
  build: (c, canvas, settings) => more().wallpaper(c, canvas, settings),
});
