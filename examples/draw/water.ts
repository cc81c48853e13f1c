// Sunlit shallow water over a sandy bed: waves bend the sun's rays into a net of caustics, each colour a little
// differently, and bend the view of the bed as well.
import { Rng } from '../../src/base/rng';
import { ramp, vary } from './colour';
import { develop, RIM, WIDTH } from './develop';
import { cellular, fractal, gradientNoise, hash, smooth } from './noise';
import { SAMPLES, SIZE } from './surface';

const SEED = 113;
/** Pixels lit around the picture, from where rays may be bent into it. */
const MARGIN = 28;
const SIDE = (SIZE + 2 * MARGIN) * SAMPLES;
const WAVES = 64;
/** Depth times (refractive index - 1) / index for red, green and blue, pixels. */
const BEND = [29, 30.2, 31.4];
const VIEW = 13;

/** Slopes of the water at every sample: a sum of waves, the shorter the flatter. */
function slopes(): { gx: Float32Array; gy: Float32Array } {
  const gx = new Float32Array(SIDE * SIDE);
  const gy = new Float32Array(SIDE * SIDE);
  const rng = new Rng(SEED, 1);
  for (let n = 0; n < WAVES; n++) {
    const angle = 2 * Math.PI * rng.uniform();
    const length = 11 * (60 / 11) ** rng.uniform();
    const kx = (2 * Math.PI * Math.cos(angle)) / length;
    const ky = (2 * Math.PI * Math.sin(angle)) / length;
    const phase = 2 * Math.PI * rng.uniform();
    const steep = 0.0235 * (length / 30) ** 0.5;
    const ux = steep * Math.cos(angle);
    const uy = steep * Math.sin(angle);
    // cos of a phase growing evenly along a row, by turning a unit vector
    const c = Math.cos(kx / SAMPLES);
    const s = Math.sin(kx / SAMPLES);
    for (let y = 0; y < SIDE; y++) {
      const start = phase + (ky * y) / SAMPLES;
      let p = Math.cos(start);
      let q = Math.sin(start);
      for (let i = y * SIDE; i < (y + 1) * SIDE; i++) {
        gx[i] = (gx[i] ?? 0) + ux * p;
        gy[i] = (gy[i] ?? 0) + uy * p;
        const turned = p * c - q * s;
        q = p * s + q * c;
        p = turned;
      }
    }
  }
  return { gx, gy };
}

/** Where rays through every sample land on the bed: light per sample, 1 on average. */
function caustic(gx: Float32Array, gy: Float32Array, bend: number): Float32Array {
  const light = new Float32Array(SIDE * SIDE);
  const far = bend * SAMPLES;
  const drop = (x: number, y: number, share: number): void => {
    const i = Math.floor(x);
    const j = Math.floor(y);
    if (i < 0 || j < 0 || i >= SIDE - 1 || j >= SIDE - 1) return;
    const fx = x - i;
    const fy = y - j;
    const k = j * SIDE + i;
    light[k] = (light[k] ?? 0) + share * (1 - fx) * (1 - fy);
    light[k + 1] = (light[k + 1] ?? 0) + share * fx * (1 - fy);
    light[k + SIDE] = (light[k + SIDE] ?? 0) + share * (1 - fx) * fy;
    light[k + SIDE + 1] = (light[k + SIDE + 1] ?? 0) + share * fx * fy;
  };
  for (let y = 0; y < SIDE - 1; y++) {
    for (let x = 0; x < SIDE - 1; x++) {
      const k = y * SIDE + x;
      const a = gx[k] ?? 0;
      const b = gy[k] ?? 0;
      drop(x - far * a, y - far * b, 0.5);
      drop(
        x + 0.5 - (far * (a + (gx[k + SIDE + 1] ?? 0))) / 2,
        y + 0.5 - (far * (b + (gy[k + SIDE + 1] ?? 0))) / 2,
        0.5,
      );
    }
  }
  return light;
}

export function water(): Uint8Array {
  const { gx, gy } = slopes();
  const nets = BEND.map((bend) => caustic(gx, gy, bend));
  const bed = ramp('#3f7088', '#86a8a0', '#d6d0b0');
  const wide = fractal(gradientNoise(SEED, 2), 4);
  const fine = fractal(gradientNoise(SEED, 3), 4, 0.65);
  const stones = cellular(SEED, 4);
  const lit = new Float32Array(3 * WIDTH * WIDTH);
  const first = (MARGIN - RIM) * SAMPLES;
  for (let row = 0; row < WIDTH; row++) {
    for (let col = 0; col < WIDTH; col++) {
      const k = (row + first) * SIDE + col + first;
      const sx = gx[k] ?? 0;
      const sy = gy[k] ?? 0;
      // the point of the bed seen here
      const bx = col + first - VIEW * SAMPLES * sx;
      const by = row + first - VIEW * SAMPLES * sy;
      const spot = Math.round(by) * SIDE + Math.round(bx);
      const x = bx / SAMPLES;
      const y = by / SAMPLES;
      const stone = stones(x / 8 + 0.25 * wide(x / 9, y / 9), y / 8);
      const [is, tone] = hash(SEED, 5, stone.i, stone.j);
      const body = is < 0.2 ? smooth(0.12 + 0.75 * is, 0.05 + 0.75 * is, stone.f1) : 0;
      let c = bed(0.62 + 0.2 * wide(x / 30, y / 30) + 0.17 * fine(x / 2.2, y / 2.2));
      if (body > 0) c = vary(c, body * (0.34 * (tone - 0.85) - 0.2 * stone.dy), 1 - 0.4 * body);
      // the sky in the surface, brighter where it leans away from the eye
      const lean = -0.7 * sx + 0.7 * sy;
      const mirror = 0.035 + 0.16 * smooth(0.0, 0.4, lean) ** 2;
      const glint = 2.2 * smooth(0.24, 0.34, lean - 2.2 * Math.abs(0.7 * sx + 0.7 * sy));
      const o = 3 * (row * WIDTH + col);
      const through = [0.2, 0.58, 0.82];
      const haze = [0.006, 0.036, 0.085];
      const sky = [0.7, 0.85, 1];
      for (let ch = 0; ch < 3; ch++) {
        const sun = nets[ch]?.[spot] ?? 0;
        lit[o + ch] =
          (c[ch] ?? 0) * (through[ch] ?? 0) * (0.1 + 0.78 * Math.min(sun, 6)) +
          (haze[ch] ?? 0) +
          (sky[ch] ?? 0) * mirror +
          glint;
      }
    }
  }
  return develop(lit);
}
