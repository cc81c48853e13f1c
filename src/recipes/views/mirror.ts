import * as z from '../../base/zod';
import { sparseRemap } from '../../shaders/sparse_remap';
import { fold, type Motion } from './lib/fold';
import { closure } from './lib/groups';
import { defineView, mapOf } from './lib/view';

const across: Motion = { m: [-1, 0, 0, 1], t: [0, 0] };
const down: Motion = { m: [1, 0, 0, -1], t: [0, 0] };
const motions = { x: [across], y: [down], both: [across, down] } as const;

/** A canvas mirrored in itself: its left half, its upper half or its upper left quarter is used. Exact at any size. */
export const mirror = defineView({
  kind: 'mirror',
  about: 'Mirrors the picture in itself: left to right, top to bottom, or both. Faces, masks and ornaments appear.',
  schema: z.strictObject({
    kind: z.literal('mirror'),
    axes: z
      .enum(['x', 'y', 'both'])
      .default('x')
      .describe('x: left and right are alike; y: top and bottom are; both: all four quarters'),
    blend: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe('how softly the halves flow into one another at the mirror, in sides of the copied part; 0: a crease'),
  }),
  build(c, canvas, settings) {
    const { axes, blend } = settings;
    const [, H = 1, W = 1] = canvas.shape;
    const map = mapOf(W, H, settings, () => {
      const { rows, of } = fold(W, H, {
        motions: closure(motions[axes]),
        cells: [1, 1],
        blend,
        centre: [axes === 'y' ? 0.5 : 0.25, axes === 'x' ? 0.5 : 0.25],
      });
      return rows.map(of);
    });
    return sparseRemap(c.g, canvas, map);
  },
});
