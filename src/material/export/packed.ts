import { EngineError } from '../../base/errors';
import type { Raster } from '../../base/raster';
import type { MapKind, Material } from '../maps';
import { ABSENT, type Channel, type TextureFile } from './targets';

/** What a file holds, as a picture, and how it is to be seen. */
export interface Packed {
  readonly raster: Raster;
  /** It is a colour, in sRGB; others are numbers. */
  readonly colour: boolean;
  readonly bits: 8 | 16 | 32;
}

/** A material's maps as one file wants them; undefined where the material has none of those. */
export function packed(material: Material, { from, bits, alpha, stretch }: TextureFile): Packed | undefined {
  const { width, height } = material;
  const size = { width, height };
  if (typeof from !== 'string') {
    const kinds = from.map(kindOf);
    if (!kinds.some((k) => k !== undefined && material.maps.has(k))) return undefined;
    const planes = from.map((c) => channel(material, c));
    const data = joined(planes.slice(0, 3));
    const opacity = planes[3];
    return {
      raster: { ...size, data, ...(opacity && { alpha: opacity }) },
      colour: false,
      bits: ownBits(material, kinds, bits),
    };
  }
  const kind = from.startsWith('normal') ? 'normal' : (from as MapKind);
  const map = material.maps.get(kind);
  if (!map) return undefined;
  const own = ownBits(material, [kind], bits);
  const colour = kind === 'color' || kind === 'emission';
  if (map.channels === 1) {
    const plane = stretch ? stretched(map.data) : map.data;
    return { raster: { ...size, data: joined([plane, plane, plane]), grey: true }, colour, bits: own };
  }
  const data = from === 'normal-dx' ? downwards(map.data) : map.data;
  const opacity = alpha && material.maps.get('opacity')?.data;
  return { raster: { ...size, data, ...(opacity && { alpha: opacity }) }, colour, bits: own };
}

const kindOf = (c: Channel): MapKind | undefined =>
  typeof c === 'number' ? undefined : c === 'smoothness' ? 'roughness' : c;

function channel({ maps, width, height }: Material, c: Channel): Float32Array {
  const kind = kindOf(c);
  const found = kind && maps.get(kind)?.data;
  if (found) return c === 'smoothness' ? found.map((v) => 1 - v) : found;
  const value = typeof c === 'number' ? c : c === 'smoothness' ? 1 - ABSENT.roughness : ABSENT[c];
  return new Float32Array(width * height).fill(value);
}

function ownBits({ maps }: Material, kinds: readonly (MapKind | undefined)[], bits: TextureFile['bits']): 8 | 16 | 32 {
  if (bits !== 'own') return bits;
  return Math.max(...kinds.map((k) => (k && maps.get(k)?.bits) ?? 8)) as 8 | 16 | 32;
}

function joined(planes: readonly Float32Array[]): Float32Array {
  const n = planes[0]?.length ?? 0;
  const out = new Float32Array(planes.length * n);
  for (const [k, plane] of planes.entries()) out.set(plane, k * n);
  return out;
}

/** Normals with y down, as DirectX has them, from y up; or back. */
export function downwards(normals: Float32Array): Float32Array {
  const n = normals.length / 3;
  return normals.map((v, i) => (i >= n && i < 2 * n ? 1 - v : v));
}

/** The least and the greatest value of a plane. */
export function rangeOf(plane: Float32Array): readonly [least: number, most: number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const v of plane) {
    if (v < least) least = v;
    if (v > most) most = v;
  }
  return [least, most];
}

function stretched(plane: Float32Array): Float32Array {
  const [least, most] = rangeOf(plane);
  return most > least ? plane.map((v) => (v - least) / (most - least)) : plane;
}

/** @throws EngineError `PictureError` where maps are not of the material's size */
export function checkMaterial({ name, width, height, maps }: Material): void {
  if (maps.size === 0) throw new EngineError('PictureError', `the material ${name} has no maps`, 'Give it one.');
  for (const { kind, channels, data } of maps.values()) {
    if (data.length === channels * width * height) continue;
    throw new EngineError(
      'PictureError',
      `the map ${kind} of ${name} has ${data.length} values, and ${channels} x ${width} x ${height} are needed`,
      'Give maps of one size.',
    );
  }
}
