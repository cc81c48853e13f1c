// Fish scales: overlapping, ridged and ringed, with an oily play of colour.
import { hex, mix, ramp, scale, vary } from './colour';
import { fractal, gradientNoise, hash, lerp, smooth } from './noise';
import { shade } from './shade';
import { MARGIN, SIZE, Surface } from './surface';

const SEED = 71;
/** Distance of scales along a row and of rows, pixels. */
const PITCH = 19.3;
const ROW = 9.1;
const hue = ramp('#14284f', '#0f4a63', '#126a66', '#3f7f55', '#98893f', '#a8663a');

export function scales(): Uint8Array {
  const surface = new Surface();
  const wide = fractal(gradientNoise(SEED, 1), 3);
  const fine = fractal(gradientNoise(SEED, 2), 4, 0.6);
  surface.height.fill(-20);
  const rows = Math.ceil((SIZE + 2 * MARGIN) / ROW) + 4;
  const columns = Math.ceil((SIZE + 2 * MARGIN) / PITCH) + 2;
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < columns; col++) {
      const [a, b, c, d] = hash(SEED, 3, row, col);
      const [e, f, g, k] = hash(SEED, 4, row, col);
      const gx = (col + (row & 1 ? 0.5 : 0)) * PITCH - MARGIN;
      const gy = row * ROW - MARGIN - 12;
      const cx = gx + 1.2 * (a - 0.5) + 2 * wide(gx / 45, gy / 45);
      const cy = gy + 1.2 * (b - 0.5) + 2 * wide(gx / 45 + 30, gy / 45);
      const half = 10.7 + 0.9 * (c - 0.5);
      const long = 13.2 + 1.2 * (d - 0.5);
      const turn = 0.16 * (e - 0.5) + 0.1 * wide(gx / 60, gy / 60 + 9);
      const cos = Math.cos(turn);
      const sin = Math.sin(turn);
      const tone = 0.46 + 0.3 * (f - 0.5) + 0.3 * wide(gx / 34 + 5, gy / 34);
      const light = 0.07 * (g - 0.5);
      const lift = 0.6 * (k - 0.5);
      surface.stamp(cx, cy, 16, (dx, dy, i) => {
        const u = dx * cos + dy * sin + 0.35 * wide(dx / 5 + col, dy / 5 + row);
        const v = dy * cos - dx * sin + 0.35 * wide(dx / 5 + row, dy / 5 - col);
        const rho = Math.hypot(u / half, v / long) * (1 - 0.05 * Math.cos(2 * Math.atan2(v, u)));
        if (rho > 1) return;
        const back = v + 15;
        const rays = Math.sin(46 * Math.atan2(u, back) + 2 * wide(u / 9 + col, v / 9));
        const reach = Math.hypot(u, back);
        const rings = Math.sin(reach * 2.1 + 1.4 * wide(u / 6 + row, v / 6));
        const near = smooth(-3, 9, v);
        const rim = smooth(0.8, 0.97, rho);
        const h =
          lift +
          0.34 * v -
          0.03 * u * u -
          1.2 * smooth(0.86, 1, rho) -
          0.012 * v * v +
          0.1 * rays * (1 - 0.6 * rim) * near +
          0.02 * rings +
          0.12 * fine(dx / 2 + 9 * f, dy / 2);
        if (h <= (surface.height[i] ?? 0)) return;
        surface.height[i] = h;
        let c = hue(tone + 0.16 * near - 0.1 * (u / half) + 0.1 * wide(u / 7 + 9 * f, v / 7) + 0.02 * rings);
        c = vary(c, light + 0.02 * rays * near + 0.04 * fine(dx + 20 * g, dy), 0.95);
        c = scale(c, lerp(0.4, 1, near));
        c = mix(c, hex('#d8c48d'), 0.5 * smooth(0.87, 0.95, rho) * smooth(1, 0.96, rho) * smooth(0, 5, v));
        surface.paint(i, c);
        surface.rough[i] = 0.27 + 0.08 * rays + 0.1 * rim;
        surface.shine[i] = 0.075;
      });
    }
  }
  return shade(surface, { azimuth: 2.3, elevation: 0.72, softness: 0.16, exposure: 0.92, reach: 10 });
}
