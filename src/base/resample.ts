import type { Raster } from './raster';

type Size = readonly [width: number, height: number];

/**
 * How planes change size. `cubic`: Catmull-Rom (Keys 1981, a = -0.5), crisp, may overshoot. `soft`: the mean over the
 * area a pixel covers where it shrinks, linear between pixels where it grows; never leaves the range of the values.
 */
export type Filter = 'cubic' | 'soft';

/** Pixels a new one is made of: `count` weights from index `first` on, past the ends too. */
interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

const catmullRom = (x: number): number => {
  const t = Math.abs(x);
  if (t >= 2) return 0;
  return t < 1 ? (1.5 * t - 2.5) * t * t + 1 : ((-0.5 * t + 2.5) * t - 4) * t + 2;
};
const tent = (x: number): number => Math.max(0, 1 - Math.abs(x));

/** The taps of each of `to` samples over `from` ones; kernels widen as the picture shrinks, so nothing aliases. */
function tapsOf(from: number, to: number, filter: Filter): Taps[] {
  const step = from / to;
  return Array.from({ length: to }, (_, i) => {
    const left = i * step;
    if (filter === 'soft' && step > 1) {
      const first = Math.floor(left);
      const count = Math.ceil(left + step - 1e-9) - first;
      const share = (k: number): number => Math.min(left + step, first + k + 1) - Math.max(left, first + k);
      return scaled(
        first,
        Float64Array.from({ length: count }, (_, k) => Math.max(0, share(k))),
      );
    }
    const wide = Math.max(1, step);
    const centre = left + step / 2 - 0.5;
    const reach = (filter === 'cubic' ? 2 : 1) * wide;
    const first = Math.ceil(centre - reach);
    const kernel = filter === 'cubic' ? catmullRom : tent;
    const count = Math.floor(centre + reach) - first + 1;
    return scaled(
      first,
      Float64Array.from({ length: count }, (_, k) => kernel((first + k - centre) / wide)),
    );
  });
}

function scaled(first: number, weights: Float64Array): Taps {
  const total = weights.reduce((a, b) => a + b, 0);
  return { first, weights: weights.map((w) => w / total) };
}

/** Planes [C, H, W] at another size. Outside, the outermost pixels go on. One axis after the other, in f64. */
export function resample(planes: Float32Array, from: Size, to: Size, filter: Filter): Float32Array {
  const [w, h] = from;
  const [W, H] = to;
  const channels = planes.length / (w * h);
  if (w === W && h === H) return planes.slice();
  const across = tapsOf(w, W, filter);
  const down = tapsOf(h, H, filter);
  const out = new Float32Array(channels * W * H);
  const half = new Float64Array(W * h);
  const line = new Float64Array(W);
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < h; y++) {
      const row = (c * h + y) * w;
      for (const [x, { first, weights }] of across.entries()) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) {
          const at = Math.min(w - 1, Math.max(0, first + k));
          sum += (weights[k] ?? 0) * (planes[row + at] ?? 0);
        }
        half[y * W + x] = sum;
      }
    }
    for (const [y, { first, weights }] of down.entries()) {
      line.fill(0);
      for (let k = 0; k < weights.length; k++) {
        const row = Math.min(h - 1, Math.max(0, first + k)) * W;
        const weight = weights[k] ?? 0;
        for (let x = 0; x < W; x++) line[x] = (line[x] ?? 0) + weight * (half[row + x] ?? 0);
      }
      out.set(line, (c * H + y) * W);
    }
  }
  return out;
}

/** A picture at another size, stretched where the shape differs; clipped to 0..1, as the crisp filter overshoots. */
export function resized(picture: Raster, [width, height]: Size): Raster {
  if (picture.width === width && picture.height === height) return picture;
  const data = resample(picture.data, [picture.width, picture.height], [width, height], 'cubic');
  return { width, height, data: data.map((v) => Math.min(1, Math.max(0, v))) };
}
