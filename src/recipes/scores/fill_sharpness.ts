// Whether what was made anew within a mask is as sharp as what was kept around it.
import type { Raster } from '../../base/raster';
import { evenly } from './evenly';

/** Half sides of windows whose means are compared: a pixel with the least one for detail, the others for contrast of any size. */
const [FINE, MIDDLE, COARSE] = [1, 2, 7];
/** Pixels beside the edge that belong to neither side, and how far from it what is around goes. */
const [EDGE, AROUND] = [2, 14];
/** So many pixels say something, and so many are looked at. */
const [FEW, MANY] = [64, 4096];

/**
 * Detail of one pixel within a mask over that in the ring around it. Where the ring has more contrast altogether, as grass beside a
 * path, in proportion to that. 1 is as sharp; a blur of 1 px leaves about 0.4, one of 2 px 0.15. Null where either is too small.
 * @param mask 0..1, [H W]: white was made anew
 */
export function fillSharpness(raster: Raster, mask: Float32Array): number | null {
  const { width, height } = raster;
  const at = (i: number, dx: number, dy: number): number => {
    const x = Math.min(width - 1, Math.max(0, (i % width) + dx));
    const y = Math.min(height - 1, Math.max(0, Math.floor(i / width) + dy));
    return y * width + x;
  };
  /** Of the pixel and eight around it at a distance: the least and the greatest that the mask has. */
  const range = (i: number, by: number): readonly [least: number, most: number] => {
    let [least, most] = [1, 0];
    for (let dy = -by; dy <= by; dy += by) {
      for (let dx = -by; dx <= by; dx += by) {
        const m = mask[at(i, dx, dy)] ?? 0;
        least = Math.min(least, m);
        most = Math.max(most, m);
      }
    }
    return [least, most];
  };
  const [inside, around]: [number[], number[]] = [[], []];
  for (let i = 0; i < mask.length; i++) {
    const [least, most] = range(i, EDGE);
    if (least > 0.98) inside.push(i);
    else if (most < 0.02 && range(i, AROUND)[1] > 0.98) around.push(i);
  }
  if (Math.min(inside.length, around.length) < FEW) return null;
  const light = (i: number): number => {
    const n = mask.length;
    return ((raster.data[i] ?? 0) + (raster.data[n + i] ?? 0) + (raster.data[2 * n + i] ?? 0)) / 3;
  };
  const mean = (i: number, by: number): number => {
    let sum = 0;
    for (let dy = -by; dy <= by; dy++) for (let dx = -by; dx <= by; dx++) sum += light(at(i, dx, dy));
    return sum / (2 * by + 1) ** 2;
  };
  const of = (pixels: readonly number[]): { readonly detail: number; readonly contrast: number } => {
    let [detail, contrast] = [0, 0];
    for (const i of evenly(pixels, MANY)) {
      detail += Math.abs(light(i) - mean(i, FINE));
      contrast += Math.abs(mean(i, MIDDLE) - mean(i, COARSE));
    }
    const count = Math.min(pixels.length, MANY);
    return { detail: detail / count, contrast: contrast / count };
  };
  const [made, kept] = [of(inside), of(around)];
  if (kept.detail === 0) return null;
  return made.detail === 0 ? 0 : made.detail / kept.detail / Math.min(1, made.contrast / kept.contrast);
}
