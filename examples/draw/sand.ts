// Wind ripples in desert sand, forking as real ones do, with dark heavy grains in the troughs.
import { Rng } from '../../src/base/rng';
import { hex, mix, vary, weighted } from './colour';
import { cellular, fractal, gradientNoise, hash, lerp, smooth } from './noise';
import { shade } from './shade';
import { MARGIN, SIZE, Surface } from './surface';

const SEED = 103;
/** Distance of crests, pixels. */
const WAVE = 13.5;
const WIDE = SIZE + 2 * MARGIN + 2;

/**
 * Phasor noise (T. Tricard et al., "Procedural Phasor Noise", 2019): Gabor kernels of random phase summed as complex
 * numbers. The sum's argument is a wave's phase; where the sum vanishes, crests fork or end.
 */
function phasor(): { re: Float32Array; im: Float32Array } {
  const re = new Float32Array(WIDE * WIDE);
  const im = new Float32Array(WIDE * WIDE);
  const rng = new Rng(SEED, 1);
  const turn = gradientNoise(SEED, 2);
  const sigma = 15;
  const reach = 38;
  for (let n = 0; n < 900; n++) {
    const x = rng.uniform() * WIDE;
    const y = rng.uniform() * WIDE;
    const angle = 1.35 + 0.35 * turn(x / 90, y / 90) + 0.05 * rng.normal();
    const fx = ((2 * Math.PI) / WAVE) * Math.cos(angle);
    const fy = ((2 * Math.PI) / WAVE) * Math.sin(angle);
    const phase = 2 * Math.PI * rng.uniform();
    for (let j = Math.max(0, Math.ceil(y - reach)); j < Math.min(WIDE, y + reach); j++) {
      for (let i = Math.max(0, Math.ceil(x - reach)); i < Math.min(WIDE, x + reach); i++) {
        const dx = i - x;
        const dy = j - y;
        const w = Math.exp((-dx * dx - dy * dy) / (2 * sigma * sigma));
        const p = fx * dx + fy * dy + phase;
        re[j * WIDE + i] = (re[j * WIDE + i] ?? 0) + w * Math.cos(p);
        im[j * WIDE + i] = (im[j * WIDE + i] ?? 0) + w * Math.sin(p);
      }
    }
  }
  return { re, im };
}

const grains = weighted([
  ['#d3a56c', 5],
  ['#c4955d', 4],
  ['#e8cda0', 3],
  ['#a8744a', 2],
  ['#f0e2c6', 1.2],
  ['#6d4a36', 0.7],
]);

export function sand(): Uint8Array {
  const surface = new Surface();
  const { re, im } = phasor();
  const wide = fractal(gradientNoise(SEED, 3), 3);
  const fine = fractal(gradientNoise(SEED, 4), 4, 0.65);
  const seeds = cellular(SEED, 5);
  const at = (field: Float32Array, x: number, y: number): number => {
    const i = Math.floor(x);
    const j = Math.floor(y);
    const k = j * WIDE + i;
    const top = lerp(field[k] ?? 0, field[k + 1] ?? 0, x - i);
    return lerp(top, lerp(field[k + WIDE] ?? 0, field[k + WIDE + 1] ?? 0, x - i), y - j);
  };
  surface.each((x, y, i) => {
    const a = at(re, x + MARGIN, y + MARGIN);
    const b = at(im, x + MARGIN, y + MARGIN);
    // a long windward slope, a short lee one
    const phase = Math.atan2(b, a) / (2 * Math.PI) + 0.5;
    const p = phase + 0.018 * wide(x / 7, y / 7);
    const wave =
      p < 0.58 ? 0.5 - 0.5 * Math.cos((Math.PI * p) / 0.58) : 0.5 + 0.5 * Math.cos((Math.PI * (p - 0.58)) / 0.42);
    const strength = smooth(0, 0.9, Math.hypot(a, b)) * (1 + 0.4 * wide(x / 28, y / 28));
    const cell = seeds(x / 0.85, y / 0.85);
    const [pick, size] = hash(SEED, 6, cell.i, cell.j);
    const grain = (0.5 - cell.f1) * lerp(0.2, 0.75, size);
    surface.height[i] = 2.3 * wave * strength + 1.1 * wide(x / 40, y / 40) + 0.1 * fine(x / 3, y / 3) + 0.45 * grain;
    let c = mix(hex('#c2925c'), grains(pick), 0.72);
    c = vary(c, 0.04 * wide(x / 9, y / 9), 1, 0.05 * wide(x / 20, y / 20));
    const heavy = smooth(0.3, 0.02, wave) * smooth(0.35, 0.75, size + 0.25 * wide(x / 10, y / 10));
    c = mix(c, hex('#5f4030'), 0.45 * heavy * strength);
    surface.paint(i, vary(c, 0.06 * (wave - 0.5)));
    surface.rough[i] = lerp(0.45, 0.9, size);
  });
  return shade(surface, { azimuth: 1.95, elevation: 0.62, softness: 0.2, exposure: 0.8, reach: 10 });
}
