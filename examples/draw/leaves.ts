// Fallen leaves, many deep: ribbed, curled and spotted, from green through gold and rust to brown.
import { Rng } from '../../src/base/rng';
import { hex, mix, scale, vary, weighted } from './colour';
import { cellular, fractal, gradientNoise, lerp, smooth } from './noise';
import { curve, ribbon } from './ribbon';
import { shade } from './shade';
import { MARGIN, SIZE, Surface } from './surface';

const SEED = 61;
const LEAVES = 2100;
const turned = weighted([
  ['#b56f33', 3],
  ['#9c5029', 3],
  ['#bd9040', 2.4],
  ['#7d3c24', 2.6],
  ['#644329', 3],
  ['#cdae5c', 1.1],
  ['#7f7d3c', 1.3],
  ['#566130', 0.9],
  ['#84312a', 1.5],
  ['#94795a', 2.2],
  ['#4d3426', 1.8],
]);

export function leaves(): Uint8Array {
  const surface = new Surface();
  const rng = new Rng(SEED);
  const wide = fractal(gradientNoise(SEED, 1), 3);
  const fine = fractal(gradientNoise(SEED, 2), 3, 0.65);
  const spots = cellular(SEED, 3);
  surface.each((x, y, i) => {
    surface.height[i] = -6 + fine(x / 4, y / 4);
    surface.paint(i, vary(hex('#33261a'), 0.07 * fine(x / 2, y / 2)));
    surface.rough[i] = 1;
  });
  const wideSide = SIZE + 2 * MARGIN;
  for (let n = 0; n < LEAVES; n++) {
    const length = lerp(17, 33, rng.uniform() ** 1.3);
    const half = length * lerp(0.2, 0.29, rng.uniform());
    const angle = 2 * Math.PI * rng.uniform();
    const cx = rng.uniform() * wideSide - MARGIN;
    const cy = rng.uniform() * wideSide - MARGIN;
    const way = curve(
      cx - 0.5 * length * Math.cos(angle),
      cy - 0.5 * length * Math.sin(angle),
      angle,
      length,
      0.28 * rng.normal(),
    );
    const base = vary(turned(rng.uniform()), 0.035 * rng.normal(), 0.92 + 0.1 * rng.normal(), 0.1 * rng.normal());
    const rim = vary(base, -0.11 + 0.05 * rng.normal(), 0.85, -0.15);
    const vein = vary(base, 0.12, 0.75, 0.1);
    const cup = 0.16 * half * rng.normal();
    const curl = 0.1 * length * rng.normal();
    const ribs = 5 + rng.below(3);
    const own = 20 * rng.uniform();
    const gloss = lerp(0.4, 0.65, rng.uniform());
    // it comes to rest on what lies there already
    let level = -6;
    let seen = 0;
    for (const [p, q] of [
      [0, 0],
      [0.3, 0],
      [-0.3, 0],
      [0, 0.5],
      [0, -0.5],
    ] as const) {
      const px = cx + p * length * Math.cos(angle) - q * half * Math.sin(angle);
      const py = cy + p * length * Math.sin(angle) + q * half * Math.cos(angle);
      const h = surface.height[surface.at(px, py)];
      if (h !== undefined) {
        level = seen === 0 ? h : Math.max(level, h);
        seen++;
      }
    }
    level = Math.min(level + 0.5, -6 + (15 * n) / LEAVES + 2);
    ribbon(
      surface,
      way,
      (t) => {
        if (t < 0.16) return 0.32;
        const k = (t - 0.16) / 0.84;
        const tooth = 1 + 0.06 * Math.abs(((k * 15) % 1) - 0.5);
        return 0.32 + half * 1.45 * (k ** 0.62 * (1 - k) ** 0.82 * 1.18) * tooth;
      },
      (t, s, i) => {
        const k = (t - 0.16) / 0.84;
        const u = Math.abs(s);
        const rib = ((k * 1.15 - 0.2 * u) * ribs + 0.5 * (s > 0 ? 1 : 0)) % 1;
        const side = smooth(0.17, 0.05, Math.abs(rib - 0.5)) * smooth(1, 0.7, u);
        const mid = k < 0 ? 1 : smooth(0.13, 0.04, u * (1 - 0.4 * k));
        const swell = Math.sin(Math.PI * (rib < 0 ? rib + 1 : rib));
        const bump = wide(k * 3 + own, s * 1.6);
        const grain = fine(k * 14 + own, s * 8);
        const h =
          level +
          cup * s * s +
          curl * (t - 0.5) * (t - 0.5) * 2 +
          (k < 0 ? 0.6 : 0.5 * (1 - swell) * -0.8 * (1 - u * 0.4) - 0.6 * mid) +
          0.8 * bump +
          0.2 * grain;
        if (h <= (surface.height[i] ?? 0)) return;
        surface.height[i] = h;
        let c = mix(base, rim, smooth(0.35, 1.05, u + 0.35 * bump + 0.25 * (k - 0.4)));
        c = vary(c, 0.05 * bump + 0.05 * grain, 1 + 0.15 * bump);
        const cell = spots(k * 8 + own * 3, s * 4);
        c = mix(c, hex('#3a2416'), 0.7 * smooth(0.3, 0.12, cell.f1) * smooth(0, 0.5, wide(own + k, own)));
        c = mix(c, vein, 0.65 * Math.max(mid, 0.7 * side));
        surface.paint(i, k < 0 ? scale(vein, 0.7) : c);
        surface.rough[i] = gloss;
      },
    );
  }
  return shade(surface, { azimuth: 2.3, elevation: 0.78, softness: 0.14, exposure: 0.98, reach: 14 });
}
