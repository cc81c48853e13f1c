// An old wall of hand-made bricks in running bond: every brick a little off its place and of its own firing, edges
// chipped, faces pitted, sandy mortar set back, some lime bloom.
import { hex, mix, scale, vary, weighted } from './colour';
import { cellular, clamp, fractal, gradientNoise, hash, lerp, smooth } from './noise';
import { shade } from './shade';
import { Surface } from './surface';

const SEED = 23;
/** Pitch of the courses and of the bricks along them, pixels; half a joint. */
const COURSE = 14.2;
const PITCH = 35;
const JOINT = 0.85;

const firing = weighted([
  ['#87513f', 4],
  ['#774537', 3],
  ['#96604a', 3],
  ['#683d35', 2],
  ['#a67860', 1.6],
  ['#543737', 1.3],
  ['#b08e74', 0.8],
  ['#463a3e', 0.8],
]);

const wide = fractal(gradientNoise(SEED, 1), 3);
const fine = fractal(gradientNoise(SEED, 2), 4, 0.6);
const chips = fractal(gradientNoise(SEED, 3), 3, 0.55);
const bloom = fractal(gradientNoise(SEED, 4), 5, 0.6);
const grains = cellular(SEED, 5);
const pits = cellular(SEED, 6);

export function brick(): Uint8Array {
  const surface = new Surface();
  surface.each((x, y, i) => {
    // courses are laid by eye
    const wy = y + 0.9 * wide(x / 46, y / 40);
    const row = Math.floor(wy / COURSE);
    const [slide, drop] = hash(SEED, 7, row);
    const wx = x + (row & 1 ? 0.5 : 0) * PITCH + 5 * (slide - 0.5) + 0.5 * wide(x / 30 + 9, y / 30);
    const col = Math.floor(wx / PITCH);
    const [turn, thick, high, tone] = hash(SEED, 8, row, col);
    const [kind, grey, lean, patch] = hash(SEED, 9, row, col);
    const u = wx - (col + 0.5) * PITCH + 1.3 * (drop - 0.5);
    const v = wy - (row + 0.5) * COURSE + 0.035 * (turn - 0.5) * u + 0.5 * (thick - 0.5);
    // distance inwards from the brick's rounded outline, eaten by chips
    const halfLong = PITCH / 2 - JOINT - 0.5 * grey;
    const halfHigh = COURSE / 2 - JOINT - 0.35 * thick;
    const qx = Math.abs(u) - halfLong + 1.9;
    const qy = Math.abs(v) - halfHigh + 1.9;
    const outside = Math.hypot(Math.max(qx, 0), Math.max(qy, 0)) + Math.min(Math.max(qx, qy), 0) - 1.9;
    const chip = 0.5 * chips(x / 4.3, y / 4.3) + 1.9 * smooth(0.25, 0.8, chips(x / 11 + 40, y / 11));
    const inside = -outside - 0.2 - chip * 0.75;

    const sandCell = grains(x / 0.95, y / 0.95);
    const sandTone = hash(SEED, 10, sandCell.i, sandCell.j)[0];
    const mortar = -2.3 + 0.8 * wide(x / 7, y / 7) + 0.45 * fine(x / 2, y / 2) + 0.28 * (0.6 - sandCell.f1);
    const pit = pits(x / 3.4, y / 3.4);
    const pitSize = hash(SEED, 11, pit.i, pit.j)[0];
    const hole = pitSize > 0.68 ? smooth(0.14 + 0.22 * (pitSize - 0.5), 0.02, pit.f1) : 0;
    const face =
      0.9 * (high - 0.5) +
      0.05 * (lean - 0.5) * u +
      0.06 * (patch - 0.5) * v +
      0.55 * wide(x / 6 + 3, y / 5) +
      0.26 * fine(x / 1.7, y / 2.1) -
      0.9 * hole;
    const rise = smooth(-0.5, 1.5, inside);
    const top = mortar + (face - mortar) * rise;
    surface.height[i] = top;

    let clay = vary(firing(kind), 0.08 * (tone - 0.5), 0.85 + 0.35 * grey, 0.14 * (turn - 0.5));
    // smoke from the kiln darkens one end of some bricks
    const smoke = smooth(
      0.1,
      0.9,
      patch * 1.2 + (0.035 * u * (lean < 0.5 ? 1 : -1)) / 1.2 + 0.35 * wide(x / 9, y / 7) - 0.45,
    );
    clay = mix(clay, vary(clay, -0.13, 0.55), 0.8 * smoke);
    clay = vary(clay, 0.045 * fine(x / 1.4, y / 1.4) + 0.05 * wide(x / 5, y / 5), 1 + 0.2 * wide(x / 8, y / 8 + 5));
    const speck = grains(x / 1.3 + 80, y / 1.3);
    const pick = hash(SEED, 12, speck.i, speck.j)[0];
    if (pick > 0.955) clay = mix(clay, hex('#d9b493'), 0.5 * smooth(0.5, 0.25, speck.f1));
    else if (pick < 0.05) clay = mix(clay, hex('#2c1d1b'), 0.6 * smooth(0.55, 0.3, speck.f1));
    clay = scale(clay, lerp(0.72, 1, smooth(0.2, 2.2, inside)) * (1 - 0.45 * hole));
    const lime = 0.75 * smooth(0.2, 0.95, bloom(x / 24, y / 24) + 0.25 * fine(x / 2, y / 2));
    clay = mix(clay, hex('#c9b7a6'), 0.55 * lime);
    const joint = vary(
      hex('#978a79'),
      0.13 * (sandTone - 0.5) + 0.06 * bloom(x / 16, y / 16 + 7),
      0.7 + 0.6 * sandTone,
    );
    surface.paint(i, mix(joint, clay, smooth(0.1, 0.6, rise)));
    surface.rough[i] = clamp(0.72 + 0.15 * fine(x, y), 0.5, 1);
  });
  return shade(surface, { azimuth: 2.15, elevation: 0.62, softness: 0.1, exposure: 1.05, reach: 10 });
}
