// Polished terrazzo: marble chips of many sizes and colours, cut flat, in a pale ground of cement and sand.
import { hex, mix, type Rgb, scale, vary, weighted } from './colour';
import { cellular, fractal, gradientNoise, hash, lerp, smooth } from './noise';
import { pack, type Spot } from './scatter';
import { shade } from './shade';
import { Surface } from './surface';

const SEED = 83;
const marbles = weighted([
  ['#b5654a', 3],
  ['#d39a7d', 2.4],
  ['#5f7a6d', 2.6],
  ['#8fa396', 2],
  ['#3d4448', 2.4],
  ['#d1a04e', 2],
  ['#efe9df', 3],
  ['#8c5a52', 1.6],
  ['#6d7f92', 1.8],
  ['#b9ac9c', 2],
]);

const wide = fractal(gradientNoise(SEED, 1), 4);
const fine = fractal(gradientNoise(SEED, 2), 4, 0.6);
const vein = fractal(gradientNoise(SEED, 3), 4);
const sand = cellular(SEED, 4);
const crystal = cellular(SEED, 5);

function marble(base: Rgb, kind: number, at: number, u: number, v: number): Rgb {
  let c = vary(
    base,
    0.05 * wide(u / 8 + at, v / 8) + 0.022 * fine(u / 1.6, v / 1.6 + at),
    1 + 0.2 * wide(u / 6, v / 6 - at),
  );
  if (kind < 0.45) {
    const line = Math.abs(vein(u / 17 + at, v / 17)) * 17;
    c = mix(c, vary(c, kind < 0.2 ? 0.17 : -0.14, 0.7), 0.75 * smooth(1.1, 0.1, line));
  } else if (kind < 0.75) {
    const cell = crystal(u / 2.1 + at, v / 2.1);
    const own = hash(SEED, 6, cell.i, cell.j)[0];
    c = vary(c, 0.13 * (own - 0.5) - 0.05 * smooth(0.12, 0, cell.border), 0.9);
  }
  return c;
}

function chip(surface: Surface, spot: Spot): void {
  const [pick, kind, light, hue] = hash(SEED, 7, spot.index);
  const base = vary(marbles(pick), 0.07 * (light - 0.5), 0.85 + 0.3 * hue, 0.2 * (hue - 0.5));
  const sides = 5 + Math.floor(3.99 * kind);
  // half-planes about the ellipse, none quite where a regular polygon would have it
  const planes = Array.from({ length: sides }, (_, k) => {
    const [wobble, depth] = hash(SEED, 8, spot.index, k);
    const angle = (2 * Math.PI * (k + 0.75 * (wobble - 0.5))) / sides;
    const x = Math.cos(angle);
    const y = Math.sin(angle);
    return { x, y, far: Math.hypot(spot.a * x, spot.b * y) * lerp(0.66, 0.98, depth) };
  });
  const cos = Math.cos(spot.turn);
  const sin = Math.sin(spot.turn);
  const at = 60 * pick + 30 * light;
  surface.stamp(spot.x, spot.y, 1.35 * spot.a, (dx, dy, i) => {
    const u = dx * cos + dy * sin;
    const v = dy * cos - dx * sin;
    const bu = u + 0.35 * wide(dx / 3 + at, dy / 3);
    const bv = v + 0.35 * wide(dx / 3, dy / 3 + at);
    let inside = 99;
    for (const p of planes) inside = Math.min(inside, p.far - bu * p.x - bv * p.y);
    if (inside < 0) return;
    const edge = smooth(0, 0.5, inside);
    surface.height[i] = lerp(surface.height[i] ?? 0, 0.18 + 0.012 * fine(dx, dy), edge);
    surface.paint(i, mix(scale(base, 0.62), marble(base, kind, at, u, v), smooth(0.1, 0.8, inside)));
    surface.rough[i] = 0.3;
  });
}

export function terrazzo(): Uint8Array {
  const surface = new Surface();
  const bubbles = cellular(SEED, 9);
  surface.each((x, y, i) => {
    const cell = sand(x / 1.05, y / 1.05);
    const [own, tint] = hash(SEED, 10, cell.i, cell.j);
    let c = vary(hex('#cfc5b6'), 0.03 * wide(x / 26, y / 26) + 0.02 * fine(x / 1.5, y / 1.5));
    if (own > 0.72) c = mix(c, vary(marbles(tint), 0, 0.75), 0.5 * smooth(0.62, 0.3, cell.f1));
    const bubble = bubbles(x / 6.5, y / 6.5);
    const size = hash(SEED, 11, bubble.i, bubble.j)[0];
    const hole = size > 0.6 ? smooth(0.05 + 0.14 * (size - 0.6), 0.01, bubble.f1) : 0;
    surface.paint(i, scale(c, 1 - 0.55 * hole));
    surface.height[i] = 0.12 * wide(x / 5, y / 5) + 0.05 * fine(x / 1.4, y / 1.4) - 0.7 * hole;
    surface.rough[i] = 0.5;
  });
  for (const spot of pack({ seed: SEED, from: 15, to: 1.3, stretch: 1.9, attempts: 16000, overlap: 0.005 })) {
    if (hash(SEED, 12, spot.index)[0] < 0.82) chip(surface, spot);
  }
  return shade(surface, { azimuth: 2.2, elevation: 0.95, softness: 0.25, exposure: 0.7, reach: 6 });
}
