// A strip floor of oiled oak and walnut: every board is cut from its own log, with year rings, pores and rays.
import { mix, ramp, scale, vary } from './colour';
import { fractal, gradientNoise, hash, lerp, smooth } from './noise';
import { shade } from './shade';
import { Surface } from './surface';

const SEED = 53;
/** Width and mean length of a board, pixels. */
const BOARD = 21.4;
const LENGTH = 74;

const logs = [
  ramp('#c7a67e', '#ab835a', '#815a38'),
  ramp('#c99c66', '#a87545', '#7a4c2a'),
  ramp('#b98352', '#8f5d37', '#643c22'),
  ramp('#9a6b45', '#744a2e', '#4a2d1d'),
  ramp('#cdb48f', '#b5946a', '#8f6a46'),
  ramp('#a9744b', '#80502f', '#56331f'),
];

const warp = fractal(gradientNoise(SEED, 1), 3);
const fibre = fractal(gradientNoise(SEED, 2), 4, 0.65);
const pore = fractal(gradientNoise(SEED, 3), 2, 0.6);
const cloud = fractal(gradientNoise(SEED, 4), 3);

export function wood(): Uint8Array {
  const surface = new Surface();
  surface.each((x, y, i) => {
    const row = Math.floor(y / BOARD);
    const [slide, , ,] = hash(SEED, 5, row);
    // boards end at a jittered place, so no two lengths agree
    const run = x / LENGTH + 3.3 * slide;
    let col = Math.floor(run);
    if (run - col < 0.36 * hash(SEED, 6, row, col)[0]) col--;
    const start = (col + 0.36 * hash(SEED, 6, row, col)[0] - 3.3 * slide) * LENGTH;
    const end = (col + 1 + 0.36 * hash(SEED, 6, row, col + 1)[0] - 3.3 * slide) * LENGTH;
    const [pick, off, deep, lean] = hash(SEED, 7, row, col);
    const [width, tone, hue, level] = hash(SEED, 8, row, col);
    const v = y - (row + 0.5) * BOARD;
    const own = 37 * off + 11 * pick;
    // year rings: distance from a pith lying somewhere below or beside the board
    const side = v + lerp(-30, 30, off) + (lean - 0.5) * 0.1 * x;
    const below = 4 + 26 * deep + 3 * warp(x / 60 + own, 0.5);
    const bend = 2.6 * warp(x / 55 + own, y / 18) + 0.5 * warp(x / 16, y / 4 + own);
    const ring = (Math.hypot(side, below) + bend) / lerp(1.9, 3.3, width);
    const year = ring - Math.floor(ring);
    const dense = hash(SEED, 9, Math.floor(ring), row * 31 + col)[0];
    // slow growth to dark late wood, then a sharp step
    const late = smooth(0.15, 0.85, year) * smooth(1, 0.9, year) * lerp(0.45, 1, dense);
    const streak = fibre(x / 13 + own, y / 0.62);
    const hair = pore(x / 7.5, y / 0.5 + 9 * own);
    // vessels gather in the early wood
    const vessel = smooth(0.42, 0.72, hair + 0.28 * (1 - late)) * lerp(0.35, 1, 1 - late);
    const fleck = smooth(0.45, 0.75, pore(x / 3.4 + own, y / 2.2)) * smooth(0.1, 0.5, cloud(x / 26, y / 9 + own));
    const of = logs[Math.floor(pick * logs.length)] ?? logs[0];
    if (!of) return;
    let c = of(0.18 + 0.52 * late + 0.13 * streak + 0.16 * cloud(x / 34 + own, y / 8));
    c = vary(c, 0.06 * (tone - 0.5), 0.9 + 0.25 * hue, 0.12 * (hue - 0.5));
    c = mix(c, vary(c, 0.1, 0.9), 0.6 * fleck);
    c = scale(c, 1 - 0.6 * vessel);
    // eased edges and the dark gap between boards
    const edge = Math.min(BOARD / 2 - Math.abs(v), x - start, end - x) + 0.12 * warp(x / 6, y / 6);
    const gap = smooth(0.75, 0.2, edge);
    c = scale(c, lerp(1, 0.25, gap) * lerp(0.86, 1, smooth(0.3, 2.2, edge)));
    surface.paint(i, c);
    surface.height[i] =
      0.5 * (level - 0.5) +
      0.02 * (lean - 0.5) * v -
      1.1 * smooth(1.3, 0.25, edge) -
      0.34 * vessel +
      0.12 * late +
      0.07 * streak +
      0.3 * cloud(x / 60, y / 30);
    surface.rough[i] = lerp(0.38, 0.6, vessel) + 0.08 * streak;
    surface.shine[i] = 0.045;
  });
  return shade(surface, { azimuth: 2.1, elevation: 0.85, softness: 0.2, exposure: 0.92, reach: 8 });
}
