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
    makeUnit(data, n, i);
  }
  return { ...map, data };
}

/** Makes one of n vectors in planes [3, n] a unit vector. Components -1..1 are stored as 0..1. */
export function makeUnit(planes: Float32Array, n: number, i: number): void {
  const [x, y, z] = [0, 1, 2].map((c) => 2 * (planes[c * n + i] ?? 0) - 1) as [number, number, number];
  const length = Math.hypot(x, y, z) || 1;
  for (const [c, v] of [x, y, z].entries()) planes[c * n + i] = (v / length + 1) / 2;
}
