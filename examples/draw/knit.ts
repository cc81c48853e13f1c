// Stockinette in a hand-dyed wool: columns of Vs, each leg a plied yarn, with a halo of loose fibres.
import { Rng } from '../../src/base/rng';
import { mix, ramp, scale, vary } from './colour';
import { clamp, fractal, gradientNoise, hash, lerp, smooth } from './noise';
import { curve, ribbon } from './ribbon';
import { shade } from './shade';
import { MARGIN, SIZE, Surface } from './surface';

const SEED = 127;
/** Width of a stitch and height of a row, pixels. */
const PITCH = 13.6;
const ROW = 9.6;
const dye = ramp('#2b2440', '#4f2c55', '#7d3457', '#a24f55', '#c08a6a', '#a2566e', '#5b3a63', '#35405f');

export function knit(): Uint8Array {
  const surface = new Surface();
  const wide = fractal(gradientNoise(SEED, 1), 3);
  const fuzz = fractal(gradientNoise(SEED, 2), 4, 0.65);
  surface.shine.fill(0.012);
  surface.rough.fill(0.85);
  surface.each((x, y, i) => {
    const wx = x + 1.6 * wide(x / 60, y / 50);
    const wy = y + 1.6 * wide(x / 50 + 40, y / 60);
    const col = Math.floor(wx / PITCH);
    const u = wx - (col + 0.5) * PITCH;
    const hand = u < 0 ? -1 : 1;
    const side = Math.abs(u) / (PITCH / 2);
    // legs rise outwards from the middle of their column, bending over at the top
    const climb = (wy + 8.6 * side - 1.6 * side * side) / ROW;
    const row = Math.floor(climb);
    const [a, b, c, d] = hash(SEED, 3 + hand, row, col);
    const thick = lerp(0.86, 1, Math.sin(Math.PI * lerp(0.08, 0.92, side))) + 0.1 * (d - 0.5);
    const s = clamp((2 * (climb - row) - 1 + 0.14 * (a - 0.5)) / thick, -1, 1);
    const round = Math.sqrt(1 - s * s);
    const along = 10.5 * side;
    const own = 17 * a + 29 * d;
    const wind = along * 1.25 + Math.asin(s) * 1.3 + 0.8 * fuzz(side + own, own) + own;
    const ply = Math.sin(wind);
    const hair = fuzz(along / 3.2 + own - s * 0.9, s * 4.2 + 0.3 * wind);
    surface.height[i] =
      3 * round * (0.75 + 0.25 * Math.sin(Math.PI * side)) +
      2.1 * Math.sin(Math.PI * lerp(0.05, 0.95, side)) ** 0.8 +
      0.26 * ply * round +
      0.32 * hair +
      0.5 * (c - 0.5);
    // the dyer's brush runs along the yarn: stitch by stitch, row by row
    const tone =
      0.5 +
      0.4 * wide((col + 0.25 * hand) / 5 + 31 * hash(SEED, 9, row)[0], row * 0.37) +
      0.1 * (c - 0.5) +
      0.05 * hair;
    const furrow = smooth(0.1, -0.95, ply);
    const yarn = vary(dye(tone), 0.07 * hair + 0.05 * (b - 0.5), 0.86 + 0.3 * furrow);
    const pale = mix(yarn, vary(yarn, 0.12, 0.6), 0.5 * smooth(0.25, 0.75, hair));
    surface.paint(i, scale(pale, (1 - 0.28 * furrow) * lerp(0.55, 1, smooth(0, 0.6, round))));
  });
  const rng = new Rng(SEED, 5);
  const wideSide = SIZE + 2 * MARGIN;
  for (let n = 0; n < 1100; n++) {
    const x = rng.uniform() * wideSide - MARGIN;
    const y = rng.uniform() * wideSide - MARGIN;
    const start = surface.at(x, y);
    const colour = vary(surface.colourAt(start), 0.07 + 0.04 * rng.normal(), 0.85);
    const level = (surface.height[start] ?? 0) + 0.05;
    const way = curve(x, y, 2 * Math.PI * rng.uniform(), 3 + 6 * rng.uniform(), rng.normal() * 0.6);
    const rise = 0.1 + 0.3 * rng.uniform();
    ribbon(
      surface,
      way,
      () => 0.1,
      (t, _, i) => {
        const h = level + 4 * rise * t * (1 - t);
        if (h <= (surface.height[i] ?? 0)) return;
        surface.height[i] = h;
        surface.paint(i, colour);
      },
    );
  }
  return shade(surface, { azimuth: 2.3, elevation: 0.8, softness: 0.22, exposure: 1, reach: 9 });
}
