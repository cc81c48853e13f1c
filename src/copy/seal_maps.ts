import type { Raster } from '../base/raster';
import type { Field } from './field';

/**
 * A map of normals with those made unit vectors again that a blend has changed; all others stay as they are, to the bit.
 * Components -1..1 are stored as 0..1.
 * @param source the map before, whose pixels `field` names
 */
export function renormalised(map: Raster, source: Raster, field: Field): Raster {
  const n = map.width * map.height;
  const m = source.width * source.height;
  const data = map.data.slice();
  for (const [i, packed] of field.data.entries()) {
    const was = (packed >>> 16) * source.width + (packed & 0xffff);
    const now = [0, 1, 2].map((c) => data[c * n + i] ?? 0);
    if (now.every((v, c) => v === source.data[c * m + was])) continue;
    const length = Math.hypot(...now.map((v) => 2 * v - 1)) || 1;
    for (const [c, v] of now.entries()) data[c * n + i] = ((2 * v - 1) / length + 1) / 2;
  }
  return { ...map, data };
}
