// A meadow from above: blades of all ages over dark ground, some dry, and clover between them.
import { Rng } from '../../src/base/rng';
import { hex, mix, ramp, scale, vary } from './colour';
import { fractal, gradientNoise, lerp, smooth } from './noise';
import { curve, ribbon } from './ribbon';
import { shade } from './shade';
import { MARGIN, SIZE, Surface } from './surface';

const SEED = 31;
const BLADES = 5200;
const fresh = ramp('#24481c', '#3a6726', '#56852f', '#7aa03f', '#a5b95c');
const dry = ramp('#8a7440', '#b59f5c', '#d3c184');

export function grass(): Uint8Array {
  const surface = new Surface();
  const rng = new Rng(SEED);
  const fine = fractal(gradientNoise(SEED, 1), 4, 0.6);
  const lush = fractal(gradientNoise(SEED, 2), 3);
  surface.each((x, y, i) => {
    surface.height[i] = -3 + 0.8 * fine(x / 4, y / 4);
    surface.paint(i, vary(hex('#2b2416'), 0.06 * fine(x / 3, y / 3)));
    surface.rough[i] = 1;
  });
  const wide = SIZE + 2 * MARGIN;
  const put = (): number => rng.uniform() * wide - MARGIN;
  for (let n = 0; n < BLADES; n++) {
    const age = n / BLADES;
    const x = put();
    const y = put();
    // tufts lean together
    const angle = 2 * Math.PI * (rng.uniform() + 0.3 * lush(x / 30, y / 30));
    const length = lerp(13, 30, rng.uniform()) * lerp(0.75, 1.05, age);
    const width = lerp(0.7, 1.35, rng.uniform());
    const way = curve(x, y, angle, length, 0.7 * rng.normal() * 0.55);
    const isDry = rng.uniform() < 0.09;
    const tone = 0.42 + 0.2 * rng.normal() + 0.14 * lush(x / 22, y / 22 + 50) + 0.12 * age;
    const body = vary((isDry ? dry : fresh)(tone), 0.02 * rng.normal(), 0.95, 0.06 * rng.normal());
    const lift = lerp(3, 9, rng.uniform());
    const ground = -2.5 + 5 * age * rng.uniform();
    const twist = 0.5 * rng.normal();
    const brown = rng.uniform() < 0.12;
    ribbon(
      surface,
      way,
      (t) => width * (0.75 + 0.5 * t) * (1 - t ** 3.2) ** 0.8 + 0.08,
      (t, s, i) => {
        const h = ground + lift * t * (1.5 - 0.75 * t) + 0.42 * width * (s * s - 0.4) + twist * s * (0.4 + t);
        if (h <= (surface.height[i] ?? 0)) return;
        surface.height[i] = h;
        const rib = smooth(0.34, 0.05, Math.abs(s));
        let c = vary(body, 0.035 * Math.sin(9 * s) * 0.6 + 0.05 * rib, 1 - 0.15 * rib);
        c = mix(scale(c, 0.42), c, smooth(-0.05, 0.55, t));
        if (brown) c = mix(c, hex('#a98f52'), smooth(0.72, 1, t));
        surface.paint(i, c);
        surface.rough[i] = 0.48;
      },
    );
  }
  return shade(surface, {
    azimuth: 2.2,
    elevation: 0.85,
    softness: 0.12,
    exposure: 1.18,
    reach: 16,
    sun: [1.75, 1.62, 1.3],
    sky: [0.4, 0.47, 0.5],
  });
}
