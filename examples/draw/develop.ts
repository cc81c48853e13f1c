// From light at samples to a picture: a shoulder for highlights, a sharp low-pass filter, 8-bit sRGB.
import { toSrgb } from './colour';
import { SAMPLES, SIZE } from './surface';

/** Pixels lit beyond the picture's edge, for the filter. */
export const RIM = 2;

/** Samples along a side of what is lit. */
export const WIDTH = (SIZE + 2 * RIM) * SAMPLES;

/** Straight up to 0.7, then a shoulder towards 1. */
const shoulder = (v: number): number => (v < 0.7 ? v : 1 - 0.3 * Math.exp((0.7 - v) / 0.3));

/** Mitchell and Netravali's cubic, a little sharper than their choice; reaches two pixels. */
function cubic(t: number): number {
  const B = 0.2;
  const C = 0.4;
  const x = Math.abs(t);
  if (x >= 2) return 0;
  return x < 1
    ? ((12 - 9 * B - 6 * C) * x ** 3 + (-18 + 12 * B + 6 * C) * x * x + 6 - 2 * B) / 6
    : ((-B - 6 * C) * x ** 3 + (6 * B + 30 * C) * x * x + (-12 * B - 48 * C) * x + 8 * B + 24 * C) / 6;
}

/** Light at WIDTH x WIDTH x 3 samples to SIZE x SIZE x 3 pixels of 8-bit sRGB; rows, then columns; the rim is used up. */
export function develop(lit: Float32Array): Uint8Array {
  for (const [i, v] of lit.entries()) lit[i] = shoulder(v);
  const taps = (2 * RIM + 1) * SAMPLES;
  const weights = Array.from({ length: taps }, (_, k) => cubic((k + 0.5) / SAMPLES - RIM - 0.5));
  const total = weights.reduce((a, b) => a + b, 0);
  const rows = new Float32Array(3 * SIZE * WIDTH);
  for (let y = 0; y < WIDTH; y++) {
    for (let x = 0; x < 3 * SIZE; x++) {
      const c = x % 3;
      const start = 3 * (y * WIDTH + ((x - c) / 3) * SAMPLES) + c;
      let sum = 0;
      for (let k = 0; k < taps; k++) sum += (weights[k] ?? 0) * (lit[start + 3 * k] ?? 0);
      rows[3 * SIZE * y + x] = sum / total;
    }
  }
  const out = new Uint8Array(3 * SIZE * SIZE);
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < 3 * SIZE; x++) {
      const start = 3 * SIZE * y * SAMPLES + x;
      let sum = 0;
      for (let k = 0; k < taps; k++) sum += (weights[k] ?? 0) * (rows[start + 3 * SIZE * k] ?? 0);
      out[3 * SIZE * y + x] = Math.round(255 * toSrgb(Math.min(1, Math.max(0, sum / total))));
    }
  }
  return out;
}
