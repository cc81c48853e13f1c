import * as z from '../../base/zod';
import { sparseRemap } from '../../shaders/sparse_remap';
import { fold, type Motion } from './lib/fold';
import { blendSetting, defineView, mapOf } from './lib/view';

const LATTICES = ['brick', 'half_drop', 'hex', 'sheared'] as const;

const count = z.int().min(1).max(64);
const ROOT3 = Math.sqrt(3);

const schema = z.strictObject({
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
});
type Settings = z.output<typeof schema>;

/** Copies of one motif on a lattice that is not that of the tile. All moves are by whole pixels: exact. */
export const lattice = defineView({
  kind: 'lattice',
  about:
    'Repeats one motif within the tile the way cloth and paper are printed, so that the repeat shows less than on a ' +
    'plain grid: rows moved sideways (brick), columns moved down (half_drop), a honeycomb (hex), or any slant (sheared).',
  schema,
  // Its motif has no mirrors to end at: copies that know nothing of one another would fade through each other.
  losesCopies: true,
  multiple(settings) {
    const [nx, ny] = settings.cells;
    const { copies } = copiesOf(settings);
    return [copies * ny, copies * nx];
  },
  build(c, canvas, settings) {
    const [, H = 1, W = 1] = canvas.shape;
    const [nx, ny] = settings.cells;
    const aspect = (W * ny) / (H * nx);
    const rounded = Math.min(Math.abs(H - (W * ny * ROOT3) / nx), Math.abs(W - (H * nx * ROOT3) / ny));
    if (settings.lattice === 'hex' && Math.abs(Math.abs(Math.log(aspect)) - Math.log(ROOT3)) > 0.01 && rounded > 1.5) {
      c.warn(
        `lattice hex: a true honeycomb has repeats of 1 to 1.732, these are 1 to ${(1 / aspect).toPrecision(3)}; ` +
          `a canvas of 1 to ${Number(((ny * ROOT3) / nx).toPrecision(4))} would be one`,
      );
    }
    const { copies, by } = copiesOf(settings);
    const motions = Array.from({ length: copies }, (_, k): Motion => {
      return { m: [1, 0, 0, 1], t: [(k * by) / copies, k / copies] };
    });
    const map = mapOf(W, H, settings, () => {
      const { rows, of } = fold(W, H, { motions, cells: [nx, ny], blend: settings.blend });
      return rows.map(of);
    });
    return sparseRemap(c.g, canvas, map);
  },
});

/** Copies in a repeat, and by what part of it (of as many as there are copies) each is moved on beside the last. */
function copiesOf({ lattice, rows, shear }: Settings): {
  readonly copies: number;
  readonly by: number;
} {
  if (lattice === 'half_drop' || lattice === 'hex') return { copies: 2, by: 1 };
  return { copies: rows, by: lattice === 'brick' ? 1 : shear };
}
