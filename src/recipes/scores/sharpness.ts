import type { Raster } from '../../base/raster';
import type { Wraps } from './patch_descriptors';

/**
 * Mean length of the gradient of brightness, (R + G + B) / 3 by forward differences, of a tile over that of its exemplar:
 * 1 is as sharp. A picture of one colour has none; two of them score 1.
 */
export function relativeSharpness(tile: Raster, exemplar: Raster, wraps: Wraps): number {
  const own = meanGradient(exemplar, { x: false, y: false });
  const made = meanGradient(tile, wraps);
  return own === 0 && made === 0 ? 1 : made / own;
}

function meanGradient({ width, height, data }: Raster, wraps: Wraps): number {
  const n = width * height;
  const at = (x: number, y: number): number => {
    const i = (y % height) * width + (x % width);
    return ((data[i] ?? 0) + (data[n + i] ?? 0) + (data[2 * n + i] ?? 0)) / 3;
  };
  const w = wraps.x ? width : width - 1;
  const h = wraps.y ? height : height - 1;
  let sum = 0;
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const v = at(x, y);
      sum += Math.hypot(at(x + 1, y) - v, at(x, y + 1) - v);
    }
  }
  return sum / (w * h);
}
