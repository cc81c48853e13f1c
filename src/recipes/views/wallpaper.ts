import * as z from '../../base/zod';
import { sparseRemap } from '../../shaders/sparse_remap';
import { fold } from './lib/fold';
import { closure, GROUPS, type Group, generatorsOf, onItsSide, shapeOf } from './lib/groups';
import { BLEND, cellsSetting, defineView, mapOf } from './lib/view';

const ROOT3 = Math.sqrt(3);
/** Distortion of a cell that deserves a word. */
const SEEN = 1.01;
/** Small canvases are off by this many pixels because sides are whole numbers. */
const ROUNDED = 1.5;

/** Groups whose fundamental domain has mirrors all around: nothing can tear at its edges. */
const CHAMBERS: readonly Group[] = ['pmm', 'p4m', 'p3m1', 'p6m'];

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
  multiple({ group, cells }) {
    if (shapeOf(group) === 'hex' && typeof cells === 'number') return [1, 1];
    const [nx, ny] = typeof cells === 'number' ? [cells, cells] : cells;
    // Glides and centred cells move by half a cell.
    const parts = closure(generatorsOf(group)).some(({ t }) => t.some((v) => v % 1 !== 0)) ? 2 : 1;
    return [parts * ny, parts * nx];
  },
  build(c, canvas, settings) {
    const { group, cells, blend } = settings;
    const [, H = 1, W = 1] = canvas.shape;
    const [nx, ny] = cellsFor(group, cells, W, H);
    const { by, right } = distortion(group, (W * ny) / (H * nx));
    const wanted = (W * ny) / (right * nx);
    if (by > SEEN && Math.abs(H - wanted) > ROUNDED) {
      // Without sizes, so that a run at many of them says it once.
      c.warn(
        `wallpaper ${group}: ${nx} x ${ny} cells are ${Math.round(100 * (by - 1))} % off their true shape; ` +
          `a canvas of 1 to ${Number((wanted / W).toPrecision(4))}, or other cells, would be nearer`,
      );
    }
    const some = generatorsOf(group);
    const flat = shapeOf(group) === 'hex' && right > 1;
    const map = mapOf(W, H, settings, () => {
      const { rows, of } = fold(W, H, {
        motions: closure(flat ? some.map(onItsSide) : some),
        cells: [nx, ny],
        aspect: right,
        blend: blend ?? (CHAMBERS.includes(group) ? 0 : BLEND),
      });
      return rows.map(of);
    });
    return sparseRemap(c.g, canvas, map);
  },
});

/** A count alone stands for cells as near as can be to the shape that the group wants. */
function cellsFor(group: Group, cells: number | readonly [number, number], W: number, H: number): [number, number] {
  if (typeof cells !== 'number') return [...cells];
  const down = (aspect: number): number => Math.max(1, Math.round((cells * H * aspect) / W));
  if (shapeOf(group) !== 'hex') return [cells, down(1)];
  const off = (ny: number): number => distortion(group, (W * ny) / (cells * H)).by;
  const [tall, flat] = [down(1 / ROOT3), down(ROOT3)];
  return [cells, off(tall) <= 1.005 * off(flat) ? tall : flat];
}

/** By how much a cell of this width over height is out of shape (1: not at all), and the right aspect next to it. */
function distortion(group: Group, aspect: number): { readonly by: number; readonly right: number } {
  const shape = shapeOf(group);
  if (shape === 'any') return { by: 1, right: aspect };
  const right = shape === 'square' ? 1 : aspect > 1 ? ROOT3 : 1 / ROOT3;
  return { by: Math.max(aspect / right, right / aspect), right };
}
