import { EngineError } from '../base/errors';
import { checkOptions, checkValues, flag, type Is, returnedBy } from '../base/known_options';
import { type Raster, rasterOf } from '../base/raster';
import type { Field, FieldPicture } from './field';
import type { LinearMap } from './linear_map';
import { makeUnit } from './seal_maps';
import { warpPlanes } from './warp';

export interface ApplyOptions {
  /** It is a map of normals, components -1..1 as 0..1: what is resampled is made a unit vector again. */
  readonly normals?: boolean | undefined;
}

const FIELD = { field: returnedBy('texture', 'source') };
const plain = rasterOf(0);
const MAPS: Is<Raster | readonly Raster[]> = {
  ...plain,
  is: (v): v is Raster => [v].flat().every(plain.is),
};

/**
 * A further map of a tile's exemplar (height, normals, roughness) laid out as the tile is: each pixel is the one of the map at the
 * place that the tile's came from. Values are unchanged, at whatever depth, where the exemplar was copied as it is; where it was fitted
 * to the tile first, the map is resampled in the same way, and stays within its own range.
 * @param map of the exemplar's size; `data` may have any number of planes, [C, H, W]. Of a tile made of several pictures, one each, in the
 *   order of `field.source.pictures`.
 * @throws EngineError `PictureError` for maps of another size or another number
 */
export function applyField(field: Field, map: Raster | readonly Raster[], options: ApplyOptions = {}): Raster {
  checkOptions('applyField', options, { normals: flag });
  checkValues('applyField', { field, map }, { ...FIELD, map: MAPS });
  const { normals = false } = options;
  const maps = 'data' in map ? [map] : map;
  const { width, height, source, data } = field;
  const { pictures } = source;
  if (maps.length !== pictures.length) {
    throw new EngineError(
      'PictureError',
      `the tile is made of ${pictures.length} ${pictures.length === 1 ? 'picture' : 'pictures'}, and the maps given are ${maps.length}`,
      'Give one map for each picture, in the order of field.source.pictures.',
    );
  }
  const fitted = pictures.map((p, k) => fittedMap(maps[k] as Raster, p, normals));
  const planes = planesOf(fitted[0] as Raster);
  for (const f of fitted) {
    if (planesOf(f) === planes) continue;
    throw new EngineError(
      'PictureError',
      `one map has ${planes} planes, another ${planesOf(f)}`,
      'Give maps of one kind.',
    );
  }
  const owners = ownersOf(pictures, source.height);
  const gathered = (of: (map: Raster) => Float32Array | undefined, count: number): Float32Array => {
    const out = new Float32Array(count * width * height).fill(1);
    for (let i = 0; i < width * height; i++) {
      const place = data[i] as number;
      const owner = owners[place >>> 16] as number;
      const { top, fitted: size } = pictures[owner] as FieldPicture;
      const from = of(fitted[owner] as Raster);
      if (!from) continue;
      const at = ((place >>> 16) - top) * size[0] + (place & 0xffff);
      for (let c = 0; c < count; c++) out[c * width * height + i] = from[c * size[0] * size[1] + at] as number;
    }
    return out;
  };
  const alpha = maps.some((m) => m.alpha) && gathered((m) => m.alpha, 1);
  return { width, height, data: gathered((m) => m.data, planes), ...(alpha && { alpha }) };
}

/** @throws EngineError `PictureError` for a map that is not of its exemplar's size */
export function checkMapSize(
  map: { readonly width: number; readonly height: number },
  exemplar: { readonly width: number; readonly height: number },
  name = '',
): void {
  if (map.width === exemplar.width && map.height === exemplar.height) return;
  throw new EngineError(
    'PictureError',
    `the map ${name && `${name} `}is ${map.width}x${map.height} pixels, the exemplar ${exemplar.width}x${exemplar.height}`,
    'Resize the map to the size of the exemplar first.',
  );
}

/**
 * Planes [3, H, W] of a field: column and row of each pixel in the picture as it was given, in pixels, with fractions where that was
 * fitted to the tile; and which of `field.source.pictures` it is.
 */
export function exemplarPlaces(field: Field): Float32Array {
  const { width, height, source, data } = checkValues('exemplarPlaces', { field }, FIELD).field;
  const n = width * height;
  const owners = ownersOf(source.pictures, source.height);
  const out = new Float32Array(3 * n);
  for (let i = 0; i < n; i++) {
    const place = data[i] as number;
    const owner = owners[place >>> 16] as number;
    const { width: w, height: h, fitted, map, top } = source.pictures[owner] as FieldPicture;
    const x = (place & 0xffff) + 0.5 - fitted[0] / 2;
    const y = (place >>> 16) - top + 0.5 - fitted[1] / 2;
    out[i] = map.a * x + map.b * y + w / 2 - 0.5;
    out[n + i] = map.c * x + map.d * y + h / 2 - 0.5;
    out[2 * n + i] = owner;
  }
  return out;
}

/** By values: a map that was read from a checkpoint is another object. */
const isIdentity = ({ a, b, c, d }: LinearMap): boolean => a === 1 && b === 0 && c === 0 && d === 1;

const planesOf = ({ width, height, data }: Raster): number => data.length / (width * height);

/** The map as the picture was seen when it was copied. */
function fittedMap(map: Raster, picture: FieldPicture, normals: boolean): Raster {
  checkMapSize(map, picture);
  if (isIdentity(picture.map)) return map;
  const [width, height] = picture.fitted;
  const through = (planes: Float32Array): Float32Array =>
    clampPlanes(warpPlanes(planes, [map.width, map.height], picture.map, picture.fitted), planes, width * height);
  const data = through(map.data);
  if (normals) for (let i = 0; i < width * height; i++) makeUnit(data, width * height, i);
  return { width, height, data, ...(map.alpha && { alpha: through(map.alpha) }) };
}

/** Planes of n values, each kept within the range of what it was made from: a sharp kernel overshoots. */
function clampPlanes(planes: Float32Array, from: Float32Array, n: number): Float32Array {
  const count = planes.length / n;
  const m = from.length / count;
  for (let c = 0; c < count; c++) {
    let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = c * m; i < (c + 1) * m; i++) {
      least = Math.min(least, from[i] as number);
      most = Math.max(most, from[i] as number);
    }
    for (let i = c * n; i < (c + 1) * n; i++) planes[i] = Math.min(most, Math.max(least, planes[i] as number));
  }
  return planes;
}

/** For each row of the source the picture that it is of. */
function ownersOf(pictures: readonly FieldPicture[], rows: number): Uint8Array {
  const owners = new Uint8Array(rows);
  for (const [k, { top }] of pictures.entries()) owners.fill(k, top);
  return owners;
}
