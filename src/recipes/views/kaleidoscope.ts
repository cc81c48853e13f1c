import { EngineError } from '../../base/errors';
import * as z from '../../base/zod';
import { reshape } from '../../shaders/reshape';
import { type SparseMap, sparseRemap } from '../../shaders/sparse_remap';
import { type Fold, fold, type Motion } from './lib/fold';
import { closure } from './lib/groups';
import { addTaps, Rows, share } from './lib/rows';
import { defineView, mapOf } from './lib/view';

const schema = z.strictObject({
  kind: z.literal('kaleidoscope'),
  n: z.int().min(2).max(36).default(6).describe('sectors'),
  mirrored: z.boolean().default(true).describe('each sector is its own mirror image; otherwise they turn like a wheel'),
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
    .describe('radius of the rosette, in halves of the shorter side; default: the whole tile where that joins, else 1'),
  fade: z.number().min(0).max(1).default(0.25).describe('part of the radius over which the rosette fades at its rim'),
  blend: z
    .number()
    .min(0)
    .max(1)
    .default(0.25)
    .describe('how softly sectors flow into one another, in halves of a sector; 0: cut (a crease where mirrored)'),
});
type Settings = z.output<typeof schema>;

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
  schema,
  build(c, canvas, settings) {
    const { n, colours } = settings;
    if (colours === 'turn' && n % 3 !== 0) {
      throw new EngineError(
        'RecipeError',
        `kaleidoscope: ${n} sectors cannot take turns in three colours`,
        `Use n = ${3 * Math.max(1, Math.round(n / 3))}, or colours: "same".`,
      );
    }
    const [C = 3, H = 1, W = 1] = canvas.shape;
    // Where colours change places, so do channels, and the map is over all of them at once.
    const planes = colours === 'same' ? 1 : C;
    const map = mapOf(W, H, { ...settings, planes }, () => {
      const around = surroundings(W, H, settings);
      return around.whole ? around.rows.map(around.of) : faded(W, H, sectors(W, H, settings), around, planes);
    });
    const whole = map.start.length === H * W + 1;
    if (whole) return sparseRemap(c.g, canvas, map);
    return reshape(c.g, sparseRemap(c.g, reshape(c.g, canvas, [1, C * H, W]), map), [C, H, W]);
  },
});

/** The pixel on which the sectors centre: a whole one, so that exact symmetries stay exact. */
const middle = ([u, v]: readonly [number, number], W: number, H: number): readonly [x: number, y: number] => [
  Math.round(u * W - 0.5),
  Math.round(v * H - 0.5),
];

/** The sector that is used: its direction, clockwise from straight up, and its width. */
function wedge({ n, mirrored }: Settings): { readonly direction: number; readonly width: number } {
  if (!mirrored) return { direction: Math.PI / 4, width: (2 * Math.PI) / n };
  // Of the n-fold wedges, which begin straight up, the one that points to the corner: the only direction in which a
  // square tile has room for the largest radius.
  return { direction: ((Math.floor(n / 4) + 0.5) * Math.PI) / n, width: Math.PI / n };
}

/** The part of the symmetry that the torus keeps, and whether that is all of it. */
function surroundings(W: number, H: number, s: Settings): Fold & { readonly whole: boolean } {
  const { n, mirrored, colours, centre, radius, blend } = s;
  const [x, y] = middle(centre, W, H);
  const about = (m: Motion['m']): Motion => {
    // p -> M (p - centre) + centre, in fractions of the tile, to 1/24 of a tile only if taken through `closure`.
    const [p, q] = [x / W, y / H];
    return { m, t: [p - m[0] * p - m[1] * q, q - m[2] * p - m[3] * q] };
  };
  const square = W === H && n % 4 === 0;
  const some: Motion['m'][] = [];
  if (colours === 'same') {
    if (square) some.push([0, -1, 1, 0]);
    else if (n % 2 === 0) some.push([-1, 0, 0, -1]);
    if (mirrored) some.push([-1, 0, 0, 1]);
  }
  const motions = closure(some.map((m): Motion => ({ m, t: [0, 0] }))).map(({ m }) => about(m));
  const { direction } = wedge(s);
  const [u, v] = [x / W + Math.sin(direction) / 4, y / H - Math.cos(direction) / 4];
  const whole = radius === undefined && motions.length === (mirrored ? 2 * n : n);
  return { ...fold(W, H, { motions, cells: [1, 1], blend: blend / 2, centre: [u, v] }), whole };
}

interface Sectors {
  /** How much of a pixel is the rosette's. */
  readonly share: (x: number, y: number) => number;
  /** Adds the rosette at a pixel, times weight, for one channel. */
  readonly add: (rows: Rows, x: number, y: number, weight: number, channel: number) => void;
}

function sectors(W: number, H: number, s: Settings): Sectors {
  const { n, mirrored, colours, centre, radius, fade, blend } = s;
  const [cx, cy] = middle(centre, W, H);
  const { direction, width } = wedge(s);
  const everywhere = radius === undefined && mirrored && n % 2 === 0 && W === H && colours === 'same';
  const R = ((radius ?? 1) * Math.min(W, H)) / 2;
  const reach = (blend * width) / 2;
  const step = (2 * Math.PI) / n;
  const away = new Float64Array(6);
  const turns = new Uint8Array(6);
  const parts = new Float64Array(6);
  // The shortest way around the torus.
  const offset = (v: number, side: number): number => v - side * Math.round(v / side);
  const polar = (x: number, y: number): readonly [r: number, angle: number] => {
    const [dx, dy] = [offset(x - cx, W), offset(y - cy, H)];
    return [Math.hypot(dx, dy), Math.atan2(dx, -dy)];
  };
  return {
    share(x, y) {
      const [r] = polar(x, y);
      return everywhere ? 1 : share(r - R * (1 - fade), R * fade);
    },
    add(rows, x, y, weight, channel) {
      const [r, angle] = polar(x, y);
      // Copies are at angle + k turns and at -angle + k turns; of each, the three nearest may be near enough.
      const signs = mirrored ? 2 : 1;
      let nearest = Number.POSITIVE_INFINITY;
      let best = 0;
      for (let e = 0; e < signs; e++) {
        const start = (e === 0 ? angle : -angle) - direction;
        const first = -Math.round(start / step);
        for (let k = -1; k <= 1; k++) {
          const j = 3 * e + k + 1;
          const d = start + (first + k) * step;
          away[j] = d;
          turns[j] = (((first + k) % n) + n) % n;
          // A tie goes to the first.
          if (Math.abs(d) < nearest - 1e-9) [nearest, best] = [Math.abs(d), j];
        }
      }
      let total = 0;
      for (let j = 0; j < 3 * signs; j++) {
        const more = Math.abs(away[j] ?? 0) - nearest;
        const part = reach === 0 ? Number(j === best) : share(more, reach);
        parts[j] = part;
        total += part;
      }
      for (let j = 0; j < 3 * signs; j++) {
        const part = ((parts[j] ?? 0) / total) * weight;
        if (part === 0) continue;
        const to = direction + (away[j] ?? 0);
        const from = colours === 'turn' ? ((j < 3 ? channel : 3 - channel) + (turns[j] ?? 0)) % 3 : channel;
        addTaps(rows, cx + r * Math.sin(to), cy - r * Math.cos(to), part, W, H, from);
      }
    },
  };
}

/** Sectors where the disc is, surroundings where it is not: a map of one channel like another, or of several at once. */
function faded(W: number, H: number, sector: Sectors, around: Fold, channels: number): SparseMap {
  const rows = new Rows();
  const N = W * H;
  const of = Uint32Array.from({ length: channels * N }, (_, i) => i);
  for (let i = 0; i < channels * N; i++) {
    const channel = Math.floor(i / N);
    const place = i % N;
    const [x, y] = [place % W, Math.floor(place / W)];
    const inside = sector.share(x, y);
    if (inside > 0) sector.add(rows, x, y, inside, channel);
    if (inside < 1) rows.addRow(around.rows, around.of[place] ?? 0, 1 - inside, channel * N);
    rows.end();
  }
  return rows.map(of);
}
