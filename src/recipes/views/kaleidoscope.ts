import * as z from 'zod';
import { more } from '../later';
import { defineView } from './view';

/**
 * n sectors around a place, alike, each a mirror of itself when `mirrored` (the group D_n, else C_n). A torus has only
 * the turns by 180 degrees, on square tiles by 90, and mirrors along its axes. Hence:
 *
 * - n = 2, and n = 4 on a square, keep pixels and torus: the tile is folded as it is, exactly.
 * - other even n with mirrors on a square: the sectors go on to the tile's borders, which are mirrors of each other.
 * - everything else, and whenever there is a radius: sectors within a disc that fits the tile, fading at its rim into
 *   what the torus can keep of the symmetry (D_4, D_2, D_1, C_4, C_2; with turned colours the bare canvas).
 *
 * Sectors are read from one wedge of the canvas, at polar angle nearest to a fixed direction; copies at angles nearly as
 * near flow in by `blend` (see fold.ts).
 */
export const kaleidoscope = defineView({
  kind: 'kaleidoscope',
  about:
    'A rosette: sectors around a point, alike and mirrored, or turning like a wheel. Colours may change places from ' +
    'sector to sector. Odd numbers and oblong canvases keep it within a disc.',
  schema: z.strictObject({
    kind: z.literal('kaleidoscope'),
    n: z.int().min(2).max(36).default(6).describe('sectors'),
    mirrored: z
      .boolean()
      .default(true)
      .describe('each sector is its own mirror image; otherwise they turn like a wheel'),
    colours: z
      .enum(['same', 'turn'])
      .default('same')
      .describe('turn: red, green and blue change places from sector to sector (n = 3, 6, 9 ...)'),
    centre: z
      .tuple([z.number().min(0).max(1), z.number().min(0).max(1)])
      .default([0.5, 0.5])
      .describe('where the sectors meet: parts of the width and height'),
    radius: z
      .number()
      .min(0.05)
      .max(1)
      .optional()
      .describe(
        'radius of the rosette, in halves of the shorter side; default: the whole tile where that joins, else 1',
      ),
    fade: z.number().min(0).max(1).default(0.25).describe('part of the radius over which the rosette fades at its rim'),
    blend: z
      .number()
      .min(0)
      .max(1)
      .default(0.25)
      .describe('how softly sectors flow into one another, in halves of a sector; 0: cut (a crease where mirrored)'),
  }),
  part: more,
  build: (c, canvas, settings) => more().kaleidoscope(c, canvas, settings),
});
