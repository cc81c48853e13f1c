// A material in the sun, without a window.
import { checkValues, returnedBy } from '../base/known_options';
import { type Raster, repeat } from '../base/raster';
import { resample } from '../base/resample';
import { toEncoded } from '../base/srgb';
import { type Device, openDevice } from '../gpu/device';
import { computed } from '../graph/computed';
import { Graph } from '../graph/graph';
import type { Ref } from '../shaders/op';
import { shade } from '../shaders/shade';
import type { MapKind, Material } from './maps';
import { SUN, type Sun, towards } from './sun';

/** Tiles along each axis. */
const TIMES = 3;
/** Longest side of a render, pixels. */
const MOST = 2048;

/** Values of maps that a material does not have: grey, flat, open, rough, no metal. */
const PLAIN: Partial<Record<MapKind, readonly number[]>> = {
  color: [0.5, 0.5, 0.5],
  normal: [0.5, 0.5, 1],
  occlusion: [1],
  roughness: [0.8],
  metalness: [0],
};

/**
 * A tile of the material as seen from above, in linear light; a flat white one is 1.
 * @returns [3, H, W]
 */
export async function shadedTile(
  device: Device,
  { maps, width, height }: Material,
  sun: Sun = SUN,
): Promise<Float32Array> {
  const n = width * height;
  const plane = (kind: MapKind): Float32Array => {
    const given = maps.get(kind)?.data;
    if (given) return given;
    const values = PLAIN[kind] ?? [0];
    return Float32Array.from({ length: values.length * n }, (_, i) => values[Math.floor(i / n)] ?? 0);
  };
  const surface = new Float32Array(3 * n);
  for (const [k, kind] of (['occlusion', 'roughness', 'metalness'] as const).entries()) surface.set(plane(kind), k * n);
  const g = new Graph();
  const constant = (data: Float32Array): Ref => g.constant([3, height, width], data);
  const y = shade(g, constant(plane('color')), constant(plane('normal')), constant(surface), { sun: towards(sun) });
  return (await computed(device, g, [y] as const))[0];
}

/** What linear light looks like on a screen; what is brighter than white is white. */
const seen = (light: Float32Array): Float32Array => light.map((v) => toEncoded(Math.min(1, Math.max(0, v))));

/** A tile of the material, lit, from above. */
export async function litTile(device: Device, material: Material, sun: Sun = SUN): Promise<Raster> {
  const { width, height } = material;
  return { width, height, data: seen(await shadedTile(device, material, sun)) };
}

/** The material repeated 3 x 3, lit, from above; of large tiles smaller. */
export async function renderMaterial(device: Device, material: Material, sun: Sun = SUN): Promise<Raster> {
  checkValues('renderMaterial', { device, material }, { device: openDevice, material: returnedBy('material', 'maps') });
  const { width, height } = material;
  const by = Math.min(1, MOST / TIMES / Math.max(width, height));
  const [w, h] = [Math.max(1, Math.round(width * by)), Math.max(1, Math.round(height * by))];
  const tile = resample(await shadedTile(device, material, sun), [width, height], [w, h], 'soft');
  return repeat({ width: w, height: h, data: seen(tile) }, TIMES, TIMES);
}
