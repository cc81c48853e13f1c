// A weathered boulder grown over with lichens: orange rosettes with cups, grey-green lobes, and map lichen with its
// black borders.
import { hex, mix, type Rgb, scale, vary } from './colour';
import { cellular, clamp, fractal, gradientNoise, hash, lerp, smooth } from './noise';
import { pack, type Spot } from './scatter';
import { shade } from './shade';
import { Surface } from './surface';

const SEED = 97;
const wide = fractal(gradientNoise(SEED, 1), 4);
const fine = fractal(gradientNoise(SEED, 2), 4, 0.62);
const lobes = fractal(gradientNoise(SEED, 3), 3, 0.6);
const areoles = cellular(SEED, 4);
const cups = cellular(SEED, 5);
const grains = cellular(SEED, 6);
const cracks = cellular(SEED, 7);

interface Kind {
  share: number;
  rim: Rgb;
  middle: Rgb;
  cup: Rgb;
  cups: number;
  /** Size of the plates of the crust, pixels, and its thickness. */
  plate: number;
  thick: number;
  /** How deep the outline is lobed. */
  lobed: number;
  border: number;
}

const kinds: readonly Kind[] = [
  {
    share: 0.3,
    rim: hex('#cf9534'),
    middle: hex('#ad6d2a'),
    cup: hex('#96481a'),
    cups: 0.55,
    plate: 1.9,
    thick: 1.3,
    lobed: 0.42,
    border: 0,
  },
  {
    share: 0.35,
    rim: hex('#b9c3ae'),
    middle: hex('#8b9a86'),
    cup: hex('#5b4a3c'),
    cups: 0.2,
    plate: 2.4,
    thick: 1.5,
    lobed: 0.45,
    border: 0,
  },
  {
    share: 0.15,
    rim: hex('#9c9a58'),
    middle: hex('#8d8c55'),
    cup: hex('#23241f'),
    cups: 0.6,
    plate: 1.7,
    thick: 0.8,
    lobed: 0.24,
    border: 1,
  },
  {
    share: 0.2,
    rim: hex('#d6d3c6'),
    middle: hex('#b9b6aa'),
    cup: hex('#2e2d2c'),
    cups: 0.5,
    plate: 1.8,
    thick: 0.8,
    lobed: 0.22,
    border: 0,
  },
];

function kindOf(u: number): Kind | undefined {
  let left = u;
  return kinds.find((k) => {
    left -= k.share;
    return left < 0;
  });
}

function grow(surface: Surface, spot: Spot, order: number): void {
  const [pick, tone, hue, age] = hash(SEED, 8, spot.index, order);
  const kind = kindOf(pick);
  if (!kind) return;
  const cos = Math.cos(spot.turn);
  const sin = Math.sin(spot.turn);
  const at = 40 * tone;
  surface.stamp(spot.x, spot.y, 1.5 * spot.a, (dx, dy, i) => {
    const u = (dx * cos + dy * sin) / spot.a;
    const v = (dy * cos - dx * sin) / spot.b;
    const r = Math.hypot(u, v) + 1e-6;
    // lobes: the outline waves with the direction, more finely on larger colonies
    const many = 0.75 + spot.a / 7;
    const wave = lobes((u / r) * many + at, (v / r) * many + 0.35 * r * many);
    const inside = (1 - r + kind.lobed * (wave - 0.15)) * spot.b + 0.35 * fine(dx / 2, dy / 2);
    if (inside < -kind.border) return;
    if (inside < 0.15) {
      // the black fringe of the map lichen
      if (kind.border > 0) surface.paint(i, mix(surface.colourAt(i), hex('#25241f'), 0.85));
      return;
    }
    const plate = areoles((spot.x + dx) / kind.plate + at, (spot.y + dy) / kind.plate);
    const own = hash(SEED, 9, plate.i, plate.j)[0];
    const groove = smooth(0.16, 0.02, plate.border);
    const deep = smooth(0.6, 4.5, inside);
    const cup = cups((spot.x + dx) / 2.6 + at, (spot.y + dy) / 2.6);
    const cupSize = hash(SEED, 10, cup.i, cup.j)[0];
    const fruiting = cupSize < kind.cups * deep ? smooth(0.36, 0.26, cup.f1) : 0;
    const cupRim = cupSize < kind.cups * deep ? smooth(0.16, 0.05, Math.abs(cup.f1 - 0.34)) : 0;
    let c = mix(kind.rim, kind.middle, deep * lerp(0.6, 1, age));
    c = vary(
      c,
      0.05 * (tone - 0.5) + 0.08 * (own - 0.5) + 0.035 * fine(dx / 1.3 + at, dy / 1.3),
      0.95,
      0.2 * (hue - 0.5),
    );
    c = mix(scale(c, 1 - 0.5 * groove), kind.cup, 0.85 * fruiting);
    c = mix(c, kind.rim, 0.5 * cupRim);
    const edge = smooth(0.1, 0.5, inside);
    surface.paint(i, mix(surface.colourAt(i), c, edge));
    surface.height[i] =
      (surface.height[i] ?? 0) +
      kind.thick *
        edge *
        (0.45 +
          0.5 * smooth(3.2, 0.8, inside) +
          0.42 * (1 - groove) * (0.6 + own) +
          0.5 * cupRim -
          0.35 * fruiting +
          0.18 * fine(dx, dy));
    surface.rough[i] = 0.85;
  });
}

export function lichen(): Uint8Array {
  const surface = new Surface();
  surface.each((x, y, i) => {
    const wx = x + 5 * wide(x / 22, y / 22 + 30);
    const wy = y + 5 * wide(x / 22 + 30, y / 22);
    const crack = smooth(
      0.03,
      0.004,
      cracks(wx / 62, wy / 62).border + 0.03 * smooth(-0.1, 0.5, wide(x / 20, y / 20 + 80)),
    );
    const grain = grains(x / 1.5, y / 1.5);
    const own = hash(SEED, 11, grain.i, grain.j)[0];
    const rough = fine(x / 5, y / 5);
    let c = vary(
      hex('#77726b'),
      0.07 * wide(x / 14, y / 14) + 0.04 * rough + 0.14 * (own - 0.5) * (own > 0.8 || own < 0.2 ? 1 : 0.4),
      1,
    );
    c = mix(c, hex('#86705a'), 0.5 * smooth(0.1, 0.7, wide(x / 18 + 60, y / 18)));
    surface.paint(i, scale(c, 1 - 0.6 * crack));
    surface.height[i] = 2.6 * wide(x / 26, y / 26) + 0.95 * rough + 0.2 * fine(x / 1.4, y / 1.4) - 1.7 * crack;
    surface.rough[i] = clamp(0.65 + 0.2 * rough, 0.4, 1);
  });
  for (const spot of pack({ seed: SEED, from: 15, to: 2.6, stretch: 1.5, attempts: 4200, overlap: 0.2 })) {
    grow(surface, spot, 0);
  }
  return shade(surface, { azimuth: 2.3, elevation: 0.62, softness: 0.12, exposure: 1.1, reach: 9 });
}
