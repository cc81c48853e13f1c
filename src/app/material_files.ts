// A finished set of maps, read from the files of a folder or an archive.
import { EngineError } from '../base/errors';
import { choiceOf, readExr } from '../base/exr_read';
import { isExr } from '../base/first_bytes';
import type { Raster } from '../base/raster';
import { resample } from '../base/resample';
import { toEncoded } from '../base/srgb';
import { checkRatio, isNormalMap, normalsPoint, reliefOf } from '../material/check_maps';
import { downwards, rangeOf } from '../material/export/packed';
import type { MapKind, Material, MaterialMap } from '../material/maps';
import { type FoundMap, findMaps, type Held, saidOf } from '../material/names';
import { seamScore, verdict } from '../recipes/scores/seam';
import type { Platform, ReadPicture } from './platform';

/** A file that is read when it is a map. */
export interface MaterialFile {
  readonly name: string;
  read(): Promise<Uint8Array<ArrayBuffer>>;
}

/** What was taken for what, for people and for the record. */
export interface TakenMap {
  readonly file: string;
  readonly as: string;
  readonly sha256?: string | undefined;
}

export interface ReadMaterial {
  readonly material: Material;
  readonly taken: readonly TakenMap[];
}

export interface ReadMaterialOptions {
  /** Where names of files say none. */
  readonly name: string;
  readonly signal?: AbortSignal | undefined;
  onWarning(text: string): void;
}

const LEAST = 16;
/** All maps are in memory, as floats. */
const MOST = 2 ** 24;
/** Assumed where heights and normals do not tell. */
const RELIEF = 0.05;

const THREE: readonly MapKind[] = ['color', 'normal', 'emission'];

/** A map and the file it is of. */
interface Part extends Omit<MaterialMap, 'bits'> {
  readonly file: string;
  readonly bits: 8 | 16;
  readonly width: number;
  readonly height: number;
}

/**
 * Reads the maps among files, by their names.
 * @throws EngineError `PictureError` where no name is a map's, two are the same map's, one cannot be read, or their shapes differ
 */
export async function readMaterial<Source>(
  { readPicture }: Pick<Platform<Source | Uint8Array<ArrayBuffer>>, 'readPicture'>,
  files: readonly MaterialFile[],
  { name, signal, onWarning }: ReadMaterialOptions,
): Promise<ReadMaterial> {
  const found = findMaps(files.map((f) => f.name));
  for (const { file, why } of found.left) onWarning(`${file} is left out: ${why}`);
  const parts: Part[] = [];
  const taken: TakenMap[] = [];
  for (const map of found.maps) {
    signal?.throwIfAborted();
    const bytes = await (files.find((f) => f.name === map.file) as MaterialFile).read();
    const options = { name: map.file, least: LEAST, most: MOST, alpha: 'straight', signal, onWarning } as const;
    const picture = isExr(bytes) ? await readExrMap(bytes, map) : await readPicture(bytes, options);
    const own = partsOf(map, picture, onWarning);
    parts.push(...own.parts);
    if (own.parts.length > 0) taken.push({ file: map.file, as: own.as, sha256: picture.sha256 });
  }
  const opacities = parts.filter((p) => p.kind === 'opacity');
  const kept = opacities.length > 1 ? parts.filter((p) => p.kind !== 'opacity' || p !== opacities[0]) : parts;
  return { material: joined(kept, found.name ?? name, onWarning), taken };
}

/** Floats as they are in the file: light is encoded, directions of -1..1 are put into 0..1, heights too where they are not. */
async function readExrMap(bytes: Uint8Array<ArrayBuffer>, { file, holds }: FoundMap): Promise<ReadPicture> {
  const picture = await readExr(bytes, file);
  const { width, height, planes } = picture;
  const choice = choiceOf(picture);
  if (!choice) throw new EngineError('PictureError', `${file} has no channels`, 'Export it anew.');
  const data = new Float32Array(3 * width * height);
  for (const c of [0, 1, 2])
    data.set(planes.get(choice.colours[c] ?? choice.colours[0]) as Float32Array, c * width * height);
  const [least, most] = rangeOf(data);
  if (holds === 'color' || holds === 'emission')
    for (const [i, v] of data.entries()) data[i] = toEncoded(Math.min(1, Math.max(0, v)));
  else if (holds === 'normal' && least < -0.1) for (const [i, v] of data.entries()) data[i] = (v + 1) / 2;
  else if (holds === 'height' && (least < 0 || most > 1))
    for (const [i, v] of data.entries()) data[i] = most > least ? (v - least) / (most - least) : 0.5;
  const alpha = choice.opacity === undefined ? undefined : planes.get(choice.opacity);
  return {
    raster: {
      width,
      height,
      data,
      ...(choice.colours.length === 1 && { grey: true as const }),
      ...(alpha?.some((v) => v < 1) && { alpha }),
    },
    bits: 16,
  };
}

/** The maps of one file. */
function partsOf(
  map: FoundMap,
  { raster, bits = 8 }: ReadPicture,
  warn: (text: string) => void,
): { readonly parts: Part[]; readonly as: string } {
  const { file, holds, y } = map;
  const { width, height, alpha } = raster;
  const part = (kind: MapKind, data: Float32Array): Part => {
    const channels = THREE.includes(kind) ? 3 : 1;
    return { kind, channels, data, bits, file, width, height };
  };
  if (holds === 'normal') {
    if (!isNormalMap(raster.data)) {
      warn(`${file} is left out: its name is that of a map of normals, and its pixels are no directions`);
      return { parts: [], as: '' };
    }
    const seen = y ?? normalsPoint(raster.data, [width, height]);
    const how = y ? 'by its name' : seen ? 'by its curl' : 'assumed';
    const as = `normal, y ${seen ?? 'up'} (${how})`;
    return { parts: [part('normal', seen === 'down' ? downwards(raster.data) : raster.data)], as };
  }
  if (holds === 'color' || holds === 'emission') {
    const parts = [part(holds, raster.data), ...(holds === 'color' && alpha ? [part('opacity', alpha)] : [])];
    return { parts, as: parts.map((p) => p.kind).join(', ') };
  }
  const list = typeof holds === 'string' ? [holds] : holds;
  const parts = list.flatMap((h, c) => {
    const kind = h === 'smoothness' ? 'roughness' : h;
    if (kind === null) return [];
    const plane = c === 3 ? (alpha ?? new Float32Array(width * height).fill(1)) : planeOf(raster, c);
    return [part(kind, h === 'smoothness' ? plane.map((v) => 1 - v) : plane)];
  });
  return { parts, as: typeof holds === 'string' ? saidOf(map) : packedText(holds) };
}

const packedText = (holds: readonly Held[]): string =>
  holds.flatMap((h, c) => (h === null ? [] : [`${h} (${['red', 'green', 'blue', 'opacity'][c]})`])).join(', ');

const planeOf = ({ data, width, height }: Raster, c: number): Float32Array =>
  data.slice(c * width * height, (c + 1) * width * height);

/** All maps at the size of the colour, or of what there is first. */
function joined(parts: readonly Part[], name: string, warn: (text: string) => void): Material {
  const lead = parts.find((p) => p.kind === 'color') ?? parts[0];
  if (!lead) throw new EngineError('PictureError', `${name}: no map is left`, 'Give maps of a material.');
  const { width, height } = lead;
  const maps = new Map<MapKind, MaterialMap>();
  for (const { kind, channels, bits, file, width: w, height: h, data } of parts) {
    const same = w === width && h === height;
    if (!same) {
      checkRatio(file, [w, h], lead.file, [width, height]);
      warn(`${file} is ${w}x${h} pixels and is made ${width}x${height}, the size of ${lead.file}`);
    }
    if (kind === 'height' && data.every((v) => v === data[0])) warn(`${file}: the height is the same everywhere`);
    maps.set(kind, {
      kind,
      channels,
      bits,
      data: same ? data : resample(data, [w, h], [width, height], 'soft'),
    });
  }
  const [heights, normals] = [maps.get('height'), maps.get('normal')];
  const measured = heights && normals && reliefOf(heights.data, normals.data, [width, height]);
  const seams = maps.has('color') ? seamScore({ width, height, data: lead.data }) : undefined;
  const [x, y] = [seams?.x, seams?.y].map((s) => s !== undefined && verdict(s) === 'seamless');
  return {
    name,
    width,
    height,
    maps,
    tile: x ? (y ? 'both' : 'x') : y ? 'y' : 'none',
    relief: measured ?? RELIEF,
    assumed: heights ? { height: measured ? 'relief by the slopes of the normals' : `relief ${RELIEF}, assumed` } : {},
  };
}
