import { resample } from '../../base/resample';
import { toEncoded, toLinear } from '../../base/srgb';
import type { MapKind, Material, MaterialMap } from '../maps';

/** A material and its halves, down to one pixel. */
export function mipsOf(material: Material): Material[] {
  const all = [material];
  for (let m = material; m.width > 1 || m.height > 1; all.push(m)) m = halved(m);
  return all;
}

/**
 * At half the size, rounded down. A pixel is the mean of the area it covers, so nothing reaches over the border, and a tile
 * stays one: of light, not of sRGB, in colours; of vectors in normals, whose lost length goes into the roughness
 * (Toksvig 2005, "Mipmapping normal maps": lengths of 1 - d are a spread of about d of a lobe).
 */
export function halved(material: Material): Material {
  const { width, height, maps } = material;
  const size = [Math.max(1, width >> 1), Math.max(1, height >> 1)] as const;
  const shrunk = (planes: Float32Array): Float32Array => resample(planes, [width, height], size, 'soft');
  const n = size[0] * size[1];
  const out = new Map<MapKind, MaterialMap>();
  for (const [kind, map] of maps) {
    const light = kind === 'color' || kind === 'emission';
    const data = light ? shrunk(map.data.map(toLinear)).map(toEncoded) : shrunk(map.data);
    out.set(kind, { ...map, data });
  }
  const normal = out.get('normal');
  const roughness = out.get('roughness');
  if (normal) {
    const lengths = madeUnit(normal.data, n);
    if (roughness)
      for (let i = 0; i < n; i++) roughness.data[i] = rougher(roughness.data[i] as number, lengths[i] as number);
  }
  return { ...material, width: size[0], height: size[1], maps: out };
}

/** Makes [3, n] normals of 0..1 unit vectors; returns their lengths before. */
function madeUnit(planes: Float32Array, n: number): Float32Array {
  return Float32Array.from({ length: n }, (_, i) => {
    const v = [0, 1, 2].map((c) => 2 * (planes[c * n + i] as number) - 1);
    const length = Math.hypot(...v);
    for (const [c, x] of v.entries()) planes[c * n + i] = (length > 0 ? x / length : c === 2 ? 1 : 0) / 2 + 0.5;
    return Math.min(1, length);
  });
}

/** A lobe's alpha squared, which is the fourth power of the roughness, widened by the spread of the normals. */
const rougher = (roughness: number, length: number): number =>
  length <= 0 ? 1 : Math.min(1, roughness ** 4 + (2 * (1 - length)) / length) ** 0.25;
