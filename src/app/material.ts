// A material from one photograph: what command line, library and pages share. src/material derives the maps.

import { EngineError } from '../base/errors';
import { abortSignal, call, checkOptions, list, number, type OptionNames } from '../base/known_options';
import type { Bits } from '../base/pixels';
import { type Raster, rolledPlanes } from '../base/raster';
import { VERSION } from '../base/version';
import type { Corners } from '../copy/rectify';
import { sealWarnings } from '../copy/seal';
import { Device } from '../gpu/device';
import { checkDerive, type Derived, type DeriveSettings, derive } from '../material/derive';
import type { Exported, ExportOptions } from '../material/export/export';
import type { TargetName } from '../material/export/targets';
import type { MapKind, Material, MaterialMap } from '../material/maps';
import { type MaterialScores, scoreMaterial } from '../material/scores';
import {
  type AxisScore,
  alreadyTiles,
  lineGradients,
  ordinaryShift,
  seamScore,
  type Verdict,
  verdict,
} from '../recipes/scores/seam';
import { textureOn } from './call';
import { readStraight } from './inputs';
import { anyDevice } from './options';
import { StoredPicture } from './picture';
import type { Platform, ReadPicture } from './platform';
import { fileName } from './record';
import { reportText, sealRaster } from './seal';

export const TILE_METHODS = ['auto', 'none', 'seal', 'copy', 'patches', 'net'] as const;
export type TileMethod = (typeof TILE_METHODS)[number];

export interface MaterialSettings extends DeriveSettings {
  /**
   * How a picture that does not tile is made to: `seal` keeps it, the others grow a tile like it, `none` takes it as it is. Default
   * auto: as it is where it tiles, else sealed, or copied where its sides are too unlike.
   */
  readonly method?: TileMethod | undefined;
  /** Of a tile that is grown, pixels; one number: square. Default 512. */
  readonly size?: number | readonly [width: number, height: number] | undefined;
  readonly seed?: number | undefined;
  /** Take the part of the photograph between four corners, straightened: x and y of each, pixels, from its top left clockwise. */
  readonly rectify?: Corners | undefined;
  /** Of the tile on a wall; of maps that are laid anew, of theirs. Files that can hold it do. */
  readonly widthCm?: number | undefined;
}

export interface MaterialOptions extends MaterialSettings {
  /** What to compute on, and to leave open. Default: a device for this call alone. */
  readonly device?: Device | GPUDevice | undefined;
  readonly signal?: AbortSignal | undefined;
  onWarning?(text: string): void;
}

/** Names that `checkOptions` knows `material` by. */
export const MATERIAL_OPTIONS: OptionNames<MaterialOptions> = {
  ...{ preset: true, delight: number, light: number, high: ['light', 'dark'], relief: number, maps: list },
  ...{
    method: TILE_METHODS,
    size: true,
    seed: number,
    rectify: list,
    widthCm: { wanted: 'a number above 0', is: (v): v is number => number.is(v) && v > 0 },
    device: anyDevice,
    signal: abortSignal,
    onWarning: call,
  },
};

/** The maps of a surface, how sound they are, and what was done. */
export class MadeMaterial {
  constructor(
    readonly material: Material,
    readonly scores: MaterialScores & { readonly seams: Readonly<Partial<Record<MapKind, Seams>>> },
    /** How the picture was made a tile. */
    readonly tiling: string,
    /** What files of its maps carry. */
    readonly text: Readonly<Record<string, string>>,
  ) {}

  /**
   * A map as a picture.
   * @throws EngineError `PictureError` where there is no such map
   */
  picture(kind: MapKind): StoredPicture {
    const map = this.material.maps.get(kind);
    if (!map) {
      const kinds = [...this.material.maps.keys()].join(', ');
      throw new EngineError('PictureError', `the material has no map ${kind}`, `It has ${kinds}.`);
    }
    return new StoredPicture(mapRaster(map, this.material), this.text);
  }

  /**
   * Its files as engines, programs and libraries want them: names, packing, bits, which way normals point.
   * @param options `ktx2`: an encoder of your own; the command line has one
   */
  async files(targets: readonly TargetName[], options: ExportOptions = {}): Promise<Exported> {
    checkOptions('files', options, { exr: true, ktx2: true, glb: true, text: true });
    const { exportMaterial } = await import('../material/export/export');
    return exportMaterial(this.material, targets, { text: this.text, ...options });
  }
}

export interface Seams {
  readonly x: AxisScore & { readonly verdict: Verdict };
  readonly y: AxisScore & { readonly verdict: Verdict };
}

/** Bits of a map in a file that holds 8 or 16. */
export const mapBits = ({ bits }: MaterialMap): Bits => (bits === 8 ? 8 : 16);

/** A map as a picture; one of one channel is grey. */
export function mapRaster({ channels, data }: MaterialMap, { width, height }: Material): Raster {
  if (channels === 3) return { width, height, data };
  const planes = new Float32Array(3 * data.length);
  for (const k of [0, 1, 2]) planes.set(data, k * data.length);
  return { width, height, data: planes, grey: true };
}

/** The least side of a picture, and the most pixels, in which all maps are in memory several times over. */
const LEAST = 16;
const MOST = 2 ** 24;
/** From this share of cuts on that show, a copy looks better than a seal. */
const ROUGH = 0.03;

interface Tile {
  readonly raster: Raster;
  readonly tiling: string;
  /** Nobody knows the picture as it lies: it may be rolled. */
  readonly made: boolean;
}

/** A border where a map is so many deviations from its other lines is moved to a line that is ordinary in all of them. */
const UNUSUAL = 1;

/** The maps rolled together, so that none has an unusual line of its own along the border, which would pass for a seam. */
export function wellLaid(derived: Derived): Derived {
  const { material } = derived;
  const { width, height } = material;
  const lines = [...material.maps.values()].map((map) => lineGradients(mapRaster(map, material)));
  const dx = ordinaryShift(
    lines.map(({ x }) => x),
    UNUSUAL,
  );
  const dy = ordinaryShift(
    lines.map(({ y }) => y),
    UNUSUAL,
  );
  const maps = [...material.maps].map(
    ([kind, map]) => [kind, { ...map, data: rolledPlanes(map.data, [width, height], [dx, dy]) }] as const,
  );
  return { ...derived, material: { ...material, maps: new Map(maps) } };
}

/** The picture as a tile, and a line that says how and why. */
async function tileOf<Source>(
  platform: Platform<Source | Raster>,
  source: Source,
  { raster, bits }: ReadPicture,
  options: MaterialOptions & { readonly device: Device },
): Promise<Tile> {
  const { method = 'auto', size, seed, rectify, device, signal, onWarning } = options;
  const warn = (text: string): void => onWarning?.(text);
  if (method === 'none') return { raster, tiling: 'taken as it is', made: false };
  const tiles = alreadyTiles(raster);
  if (method === 'auto' && size === undefined && tiles.x && tiles.y)
    return { raster, tiling: 'it tiles already: taken as it is', made: false };
  let why = '';
  if (method === 'seal' || (method === 'auto' && size === undefined)) {
    const sealed = sealRaster(raster, {}, [], bits);
    const { rough } = sealed.report;
    if (method === 'seal' || rough <= ROUGH) {
      for (const text of sealWarnings(sealed.report)) warn(text);
      const [made, how] = [sealed.report.sealed.length > 0, reportText(sealed.report)];
      return { raster: sealed.raster, tiling: made ? `it does not tile: sealed, ${how}` : how, made };
    }
    why = `it does not tile, and sealed its cuts would show on ${Math.round(100 * rough)} %: `;
  }
  const copied = method === 'auto' || method === 'copy';
  // With opacity it is copied as it lies; else what is seen through would be left out.
  const { width, height, data, alpha } = raster;
  const whole = copied && alpha ? { width, height, data } : undefined;
  const grown = await textureOn(platform, whole ?? source, {
    method: copied ? 'copy' : method,
    size,
    seed,
    ...(!whole && { rectify }),
    device,
    signal,
    onWarning: warn,
  });
  const tiling = `${why}${copied ? 'copied' : `grown by ${method}`} to ${grown.raster.width}x${grown.raster.height}`;
  const { field } = grown.making;
  if (!whole || !alpha || !field) return { raster: grown.raster, tiling, made: true };
  const { applyField } = await import('../copy/apply_field');
  const opacity = applyField(field, { width, height, data: alpha }).data;
  return { raster: { ...grown.raster, alpha: opacity }, tiling, made: true };
}

/**
 * `material()` of a platform.
 * @throws EngineError; an `AbortError` where the platform opened no device
 */
export async function materialOn<Source>(
  platform: Platform<Source | Raster>,
  source: Source,
  given: MaterialOptions,
): Promise<MadeMaterial> {
  checkOptions('material', given, MATERIAL_OPTIONS);
  const { device: own, ...options } = given;
  const { signal, onWarning, ...settings } = options;
  signal?.throwIfAborted();
  checkDerive(settings);
  const picture = await readStraight(
    platform,
    source,
    { name: 'picture', least: LEAST, most: MOST, alpha: 'straight', signal, onWarning: (text) => onWarning?.(text) },
    settings.rectify,
  );
  signal?.throwIfAborted();
  return onDevice(platform, own, async (device) => {
    const { raster, tiling, made } = await tileOf(platform, source, picture, { ...options, device });
    signal?.throwIfAborted();
    const name = picture.path === undefined ? 'material' : fileName(picture.path).replace(/\.[^.]+$/, '');
    const found = await derive(device, raster, settings, name);
    const derived = made ? wellLaid(found) : found;
    const material = { ...derived.material, widthCm: settings.widthCm };
    if (constant(material.maps.get('height')))
      onWarning?.('nothing of a relief is to be seen: the height is the same everywhere');
    signal?.throwIfAborted();
    return new MadeMaterial(
      material,
      await scoresOf(device, derived, raster.data),
      tiling,
      recordOf(settings, { picture: inputOf(picture) }, material),
    );
  });
}

/** Does the work on the device that was given, or on one that is closed again. */
export async function onDevice<Source, T>(
  platform: Platform<Source>,
  given: Device | GPUDevice | undefined,
  work: (device: Device) => Promise<T>,
): Promise<T> {
  const device =
    given instanceof Device ? given : await platform.openDevice({ ...(given !== undefined && { device: given }) });
  if (!device) throw new DOMException('no device was opened', 'AbortError');
  try {
    return await work(device);
  } finally {
    if (device !== given) {
      if (given === undefined && platform.closeDevice) platform.closeDevice(device);
      else device.close();
    }
  }
}

/** @param before the colour that the maps were made from, [3, H, W] */
export async function scoresOf(
  device: Device,
  derived: Derived,
  before: Float32Array,
): Promise<MadeMaterial['scores']> {
  const { material } = derived;
  const scores = await scoreMaterial(device, derived, before);
  const seams = [...material.maps].map(([kind, map]) => [kind, seamsOf(mapRaster(map, material))] as const);
  return { ...scores, seams: Object.fromEntries(seams) };
}

const constant = (map: MaterialMap | undefined): boolean => map?.data.every((v) => v === map.data[0]) === true;

function seamsOf(raster: Raster): Seams {
  const { x, y } = seamScore(raster);
  return { x: { ...x, verdict: verdict(x) }, y: { ...y, verdict: verdict(y) } };
}

/** A file, for the record. */
export const inputOf = ({ path, sha256 }: Pick<ReadPicture, 'path' | 'sha256'>): object => ({
  ...(path !== undefined && { path: fileName(path) }),
  ...(sha256 !== undefined && { sha256 }),
});

/** What files of the maps carry. */
export function recordOf(
  settings: MaterialSettings,
  inputs: Readonly<Record<string, object>>,
  { assumed }: Material,
): Readonly<Record<string, string>> {
  const record = { version: VERSION, command: 'material', settings, inputs, assumed };
  return { Software: `toroid ${VERSION}`, toroid: JSON.stringify(record) };
}
