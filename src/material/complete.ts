import type { Raster } from '../base/raster';
import type { Device } from '../gpu/device';
import { type Derived, type DeriveSettings, derive } from './derive';
import type { MapKind, Material, MaterialMap } from './maps';
import { integrate } from './slopes';
import { normalsOf, occlusionOf, slopesOf, slopesOfNormals } from './surface';

/**
 * A material with the maps that it lacks: heights of its normals, normals and occlusion of its heights, and of its colour what is left.
 * Maps that it has stay as they are.
 * @param settings what is assumed of the surface; its colour is taken for free of light
 */
export async function completed(device: Device, material: Material, settings: DeriveSettings = {}): Promise<Derived> {
  const { width, height, name } = material;
  const size = [width, height] as const;
  const maps = new Map(material.maps);
  const assumed: Record<string, string> = { ...material.assumed };
  let { relief } = material;
  const add = (kind: MapKind, map: Omit<MaterialMap, 'kind'>, how: string): void => {
    maps.set(kind, { kind, ...map });
    assumed[kind] = how;
  };
  const colour = maps.get('color');
  const lacks = (...kinds: MapKind[]): boolean => kinds.some((k) => !maps.has(k));
  const seen: Raster | undefined = colour && { width, height, data: colour.data };
  const derived =
    seen && (lacks('roughness') || (lacks('height') && lacks('normal')) || (settings.maps ?? []).some((k) => lacks(k)))
      ? await derive(device, seen, { ...settings, delight: 0 }, name)
      : undefined;
  const given = maps.get('normal');
  if (lacks('height') && given) {
    const [p, q] = slopesOfNormals(given.data);
    const heights = await integrate(device, p, q, size);
    const least = heights.reduce((a, v) => Math.min(a, v), Number.POSITIVE_INFINITY);
    const range = heights.reduce((a, v) => Math.max(a, v), Number.NEGATIVE_INFINITY) - least;
    relief = Math.max(1e-4, range / width);
    const data = heights.map((v) => (range > 0 ? (v - least) / range : 0.5));
    add('height', { channels: 1, data, bits: 16 }, 'from the normals');
  }
  if (derived) {
    if (lacks('height')) relief = derived.material.relief;
    for (const [kind, map] of derived.material.maps) {
      if (kind === 'normal' || kind === 'occlusion' || !lacks(kind)) continue;
      add(kind, map, derived.material.assumed[kind] ?? 'estimated from the colour');
    }
  }
  const heights = maps.get('height')?.data;
  if (heights) {
    const pixels = relief * width;
    if (lacks('normal')) {
      const [p, q] = await slopesOf(device, heights, size);
      const data = normalsOf([p.map((v) => v * pixels), q.map((v) => v * pixels)]);
      add('normal', { channels: 3, data, bits: 16 }, 'from the height');
    }
    if (lacks('occlusion')) {
      const data = await occlusionOf(device, heights, size, pixels);
      add('occlusion', { channels: 1, data, bits: 8 }, 'from the height');
    }
  }
  return { material: { ...material, relief, maps, assumed }, clipped: {} };
}
