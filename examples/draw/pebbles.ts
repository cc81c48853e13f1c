// River pebbles: two layers of worn stones over grit. Each is granite, banded, veined or plain.
import { hex, mix, type Rgb, scale, vary, weighted } from './colour';
import { cellular, clamp, fractal, gradientNoise, hash, lerp, smooth } from './noise';
import { pack, type Spot } from './scatter';
import { shade } from './shade';
import { Surface } from './surface';

const SEED = 11;
const stones = weighted([
  ['#8d8b88', 4],
  ['#6c7378', 4],
  ['#4f565c', 3],
  ['#a9a196', 3],
  ['#b59a7a', 3],
  ['#9a6a4c', 2.4],
  ['#7c4b3a', 1.4],
  ['#d3c8b6', 2],
  ['#e2d9c8', 0.8],
  ['#5d6a63', 1.6],
  ['#3b3d42', 1.6],
  ['#c58f63', 1],
]);

const wide = fractal(gradientNoise(SEED, 1), 3);
const fine = fractal(gradientNoise(SEED, 2), 4, 0.6);
const grains = cellular(SEED, 3);
const vein = fractal(gradientNoise(SEED, 4), 3);

/** The colour of a stone at a place in its own frame. */
function mineral(kind: number, base: Rgb, own: readonly number[], u: number, v: number): Rgb {
  const at = 31 * (own[0] ?? 0);
  const mottle = 0.04 * wide(u / 9 + at, v / 9) + 0.045 * fine(u / 2.2, v / 2.2 + at);
  const plain = vary(base, mottle, 1 + 0.25 * wide(u / 7, v / 7 - at));
  if (kind < 0.28) {
    // granite: crystals of three kinds
    const cell = grains(u / 1.15 + at, v / 1.15);
    const pick = hash(SEED, 5, cell.i, cell.j)[0];
    const speck = pick < 0.18 ? vary(base, -0.16, 0.6) : pick > 0.82 ? vary(base, 0.13, 0.5) : plain;
    return mix(plain, speck, 0.75);
  }
  if (kind < 0.4) {
    // strata, seen edge on
    const bend = 2.2 * wide(u / 14 + at, v / 14);
    const band = Math.sin((v + bend) * (0.7 + 0.6 * (own[1] ?? 0)) + 6 * (own[2] ?? 0));
    return mix(plain, vary(plain, (own[3] ?? 0) < 0.5 ? -0.12 : 0.12, 0.85), 0.8 * smooth(-0.3, 0.9, band));
  }
  if (kind < 0.54) {
    // quartz in a crack or two
    const line = Math.abs(vein(u / 26 + at, v / 26 - at) + 0.12 * ((own[1] ?? 0) - 0.5)) * 26;
    const width = 0.5 + 0.9 * (own[2] ?? 0);
    return mix(plain, hex('#e9e3d8'), 0.85 * smooth(width + 0.7, width * 0.5, line));
  }
  return plain;
}

function drop(surface: Surface, spot: Spot, layer: number): void {
  const own = hash(SEED, 10 + layer, spot.index);
  const [kind, shape, tilt, lift] = hash(SEED, 20 + layer, spot.index);
  const [light, hue, polish, angle] = hash(SEED, 30 + layer, spot.index);
  const base = vary(stones(own[3]), 0.1 * (light - 0.5), 0.8 + 0.4 * hue, 0.25 * (hue - 0.5));
  const { a, b } = spot;
  const c = Math.cos(spot.turn);
  const s = Math.sin(spot.turn);
  const power = 2 + 0.7 * shape;
  const thick = lerp(0.5, 0.72, lift) * b;
  const bottom = layer === 0 ? -4 : 0.16 * b;
  const lean = 0.22 * tilt;
  const leanX = lean * Math.cos(6.28 * angle);
  const leanY = lean * Math.sin(6.28 * angle);
  const apart = 50 * own[0];
  surface.stamp(spot.x, spot.y, 1.3 * a, (dx, dy, i) => {
    const u = dx * c + dy * s;
    const v = dy * c - dx * s;
    // no stone is an ellipse: bend its outline
    const bu = u + 0.16 * a * wide(u / (1.7 * a) + apart, v / (1.7 * a));
    const bv = v + 0.16 * a * wide(u / (1.7 * a), v / (1.7 * a) - apart);
    const rho = (Math.abs(bu / a) ** power + Math.abs(bv / b) ** power) ** (1 / power) * 0.96;
    if (rho >= 1) return;
    const dome = thick * (1 - rho ** 2.3) ** 0.56;
    const skin = 0.1 * fine(u / 2.6 + apart, v / 2.6) + 0.35 * wide(u / 8, v / 8 + apart);
    const h = bottom + dome + leanX * u + leanY * v + skin;
    if (h <= (surface.height[i] ?? 0)) return;
    surface.height[i] = h;
    // worn tops are paler, sides keep their dirt
    const worn = smooth(1, 0.55, rho);
    surface.paint(i, scale(mineral(kind, base, own, u, v), lerp(0.62, 1.04, worn)));
    surface.rough[i] = clamp(lerp(0.34, 0.62, polish) + 0.12 * fine(u / 1.5, v / 1.5) + 0.2 * (1 - worn), 0.2, 1);
  });
}

export function pebbles(): Uint8Array {
  const surface = new Surface();
  const sand = cellular(SEED, 6);
  surface.each((x, y, i) => {
    const cell = sand(x / 1.7, y / 1.7);
    const tone = hash(SEED, 7, cell.i, cell.j)[0];
    surface.height[i] = -5 + 0.9 * (0.6 - cell.f1) + 1.2 * wide(x / 15, y / 15);
    surface.paint(i, vary(hex('#6b5a48'), 0.25 * (tone - 0.5), 0.6 + 0.6 * tone));
    surface.rough[i] = 0.9;
  });
  for (const spot of pack({ seed: SEED, from: 11, to: 3, stretch: 1.5, attempts: 9000, overlap: 0.06 })) {
    drop(surface, spot, 0);
  }
  for (const spot of pack({ seed: SEED + 1, from: 17, to: 4.2, stretch: 1.6, attempts: 14000, overlap: 0.02 })) {
    drop(surface, spot, 1);
  }
  return shade(surface, { azimuth: 2.3, elevation: 0.76, softness: 0.14, exposure: 0.95 });
}
