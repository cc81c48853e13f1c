import type { Raster } from '../base/raster';

/**
 * A picture with no side above `most`, its proportions kept; one that fits already is returned as it is. Each new
 * pixel is the mean of the area it covers. That area never reaches beyond the picture, so what tiles still tiles: a
 * filter that needed neighbours would have to know which borders wrap, or draw a seam that the picture does not have.
 */
export function downscale(picture: Raster, most: number): Raster {
  const { width, height, data, alpha } = picture;
  const factor = most / Math.max(width, height);
  if (factor >= 1) return picture;
  const w = Math.max(1, Math.round(width * factor));
  const h = Math.max(1, Math.round(height * factor));
  const across = shares(width, w);
  const down = shares(height, h);
  const planes = (from: Float32Array, count: number): Float32Array => {
    const half = new Float32Array(count * height * w);
    for (let row = 0; row < count * height; row++) {
      for (const [x, { start, weights }] of across.entries()) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += (weights[k] ?? 0) * (from[row * width + start + k] ?? 0);
        half[row * w + x] = sum;
      }
    }
    const out = new Float32Array(count * h * w);
    for (let band = 0; band < count; band++) {
      for (const [y, { start, weights }] of down.entries()) {
        for (let x = 0; x < w; x++) {
          let sum = 0;
          for (let k = 0; k < weights.length; k++)
            sum += (weights[k] ?? 0) * (half[(band * height + start + k) * w + x] ?? 0);
          out[(band * h + y) * w + x] = sum;
        }
      }
    }
    return out;
  };
  return { width: w, height: h, data: planes(data, 3), ...(alpha && { alpha: planes(alpha, 1) }) };
}

/** For each of `to` pixels, how much of which of `from` pixels it covers; the shares of one add up to 1. */
function shares(from: number, to: number): { start: number; weights: number[] }[] {
  const ratio = from / to;
  return Array.from({ length: to }, (_, i) => {
    const [low, high] = [i * ratio, Math.min(from, (i + 1) * ratio)];
    const start = Math.floor(low + 1e-9); // 2.9999999999 is 3
    const weights: number[] = [];
    for (let k = start; k < high - 1e-9; k++) weights.push((Math.min(k + 1, high) - Math.max(k, low)) / ratio);
    return { start, weights };
  });
}
