import * as z from 'zod';
import { more } from '../later';
import { blendSetting } from './common';
import { defineView } from './view';

export const LATTICES = ['brick', 'half_drop', 'hex', 'sheared'] as const;

const count = z.int().min(1).max(64);

/** Copies of one motif on a lattice that is not that of the tile. All moves are by whole pixels: exact. */
export const lattice = defineView({
  kind: 'lattice',
  about:
    'Repeats one motif within the tile the way cloth and paper are printed, so that the repeat shows less than on a ' +
    'plain grid: rows moved sideways (brick), columns moved down (half_drop), a honeycomb (hex), or any slant (sheared).',
  schema: z.strictObject({
    kind: z.literal('lattice'),
    lattice: z
      .enum(LATTICES)
      .default('half_drop')
      .describe(
        'brick: each row moved on by 1/rows; half_drop: one more copy in the middle; hex: the same in a honeycomb, for canvases of 1 to 1.73; sheared: each row moved on by shear/rows',
      ),
    rows: z.int().min(1).max(24).default(2).describe('rows of copies in a repeat, for brick and sheared'),
    shear: z.int().min(0).max(23).default(1).describe('for sheared: how many of these steps a row is moved on by'),
    cells: z.tuple([count, count]).default([1, 1]).describe('repeats over the tile, [across, down]'),
    blend: blendSetting,
  }),
  part: more,
  multiple: (settings) => more().latticeMultiple(settings),
  build: (c, canvas, settings) => more().lattice(c, canvas, settings),
});
