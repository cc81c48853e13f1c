import { z } from 'zod';
import { EngineError } from '../../../base/errors';
import { reshape } from '../../../shaders/reshape';
import { warp } from '../../../shaders/warp';
import { defineView } from '../view';
import { type Fold, fold, type Motion } from './fold';
import { closure } from './groups';
import { addTaps, Rows, share, type Tap } from './rows';

interface Choice {
  readonly n: number;
  readonly mirrored: boolean;
  readonly colours: 'same' | 'turn';
  readonly centre: readonly [number, number];
  readonly radius?: number | undefined;
  readonly fade: number;
  readonly blend: number;
}

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
    const around = surroundings(W, H, settings);
    if (around.whole) return warp(c.g, canvas, around.rows.map(around.of));
    const sector = sectors(W, H, settings);
    if (colours === 'same') {
      const { rows, of } = faded(W, H, sector, around, 0);
      return warp(c.g, canvas, rows.map(of));
    }
    // Channels change places, so the map is over all of them at once.
    const rows = new Rows();
    const of = new Uint32Array(C * H * W);
    for (let channel = 0; channel < C; channel++) {
      const one = faded(W, H, sector, around, channel);
      one.of.forEach((row, i) => {
        of[channel * H * W + i] = rows.push(one.rows.taps(row));
      });
    }
    return reshape(c.g, warp(c.g, reshape(c.g, canvas, [1, C * H, W]), rows.map(of)), [C, H, W]);
  },
});

/** The pixel on which the sectors centre: a whole one, so that exact symmetries stay exact. */
const middle = ([u, v]: readonly [number, number], W: number, H: number): readonly [x: number, y: number] => [
  Math.round(u * W - 0.5),
  Math.round(v * H - 0.5),
];

/** The sector that is used: its direction, clockwise from straight up, and its width. */
function wedge({ n, mirrored }: Choice): { readonly direction: number; readonly width: number } {
  if (!mirrored) return { direction: Math.PI / 4, width: (2 * Math.PI) / n };
  // Of the n-fold wedges, which begin straight up, the one that points to the corner: the only direction in which a
  // square tile has room for the largest radius.
  return { direction: ((Math.floor(n / 4) + 0.5) * Math.PI) / n, width: Math.PI / n };
}

/** The part of the symmetry that the torus keeps, and whether that is all of it. */
function surroundings(W: number, H: number, s: Choice): Fold & { readonly whole: boolean } {
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
  readonly add: (taps: Tap[], x: number, y: number, weight: number, channel: number) => void;
}

function sectors(W: number, H: number, s: Choice): Sectors {
  const { n, mirrored, colours, centre, radius, fade, blend } = s;
  const [cx, cy] = middle(centre, W, H);
  const { direction, width } = wedge(s);
  const everywhere = radius === undefined && mirrored && n % 2 === 0 && W === H && colours === 'same';
  const R = ((radius ?? 1) * Math.min(W, H)) / 2;
  const reach = (blend * width) / 2;
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
    add(taps, x, y, weight, channel) {
      const [r, angle] = polar(x, y);
      // Copies are at angle + k turns, and at -angle + k turns.
      const copies: { away: number; channel: number }[] = [];
      for (const sign of mirrored ? [1, -1] : [1]) {
        for (let k = 0; k < n; k++) {
          const away = sign * angle + (2 * Math.PI * k) / n - direction;
          const turned = colours === 'turn' ? (sign * channel + k + 3 * n) % 3 : 0;
          copies.push({ away: away - 2 * Math.PI * Math.round(away / (2 * Math.PI)), channel: turned });
        }
      }
      const nearest = copies.reduce((a, b) => (Math.abs(b.away) < Math.abs(a.away) - 1e-9 ? b : a));
      const shares = copies.map((c) => {
        if (reach === 0) return c === nearest ? 1 : 0;
        return share(Math.abs(c.away) - Math.abs(nearest.away), reach);
      });
      const total = shares.reduce((a, b) => a + b, 0);
      copies.forEach((c, k) => {
        const part = ((shares[k] ?? 0) / total) * weight;
        if (part === 0) return;
        const [px, py] = [cx + r * Math.sin(direction + c.away), cy - r * Math.cos(direction + c.away)];
        addTaps(taps, px, py, part, W, H, c.channel);
      });
    },
  };
}

/** Sectors where the disc is, surroundings where it is not, for one channel of the result. */
function faded(W: number, H: number, sector: Sectors, around: Fold, channel: number): { rows: Rows; of: Uint32Array } {
  const rows = new Rows();
  const of = new Uint32Array(W * H);
  for (let i = 0; i < W * H; i++) {
    const [x, y] = [i % W, Math.floor(i / W)];
    const inside = sector.share(x, y);
    const taps: Tap[] = [];
    if (inside > 0) sector.add(taps, x, y, inside, channel);
    if (inside < 1) {
      for (const t of around.rows.taps(around.of[i] ?? 0)) {
        taps.push({ index: t.index + channel * W * H, weight: t.weight * (1 - inside) });
      }
    }
    of[i] = rows.push(taps);
  }
  return { rows, of };
}
