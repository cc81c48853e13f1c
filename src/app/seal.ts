// Sealing a picture so that it tiles: what command line, library and pages share. src/copy/seal.ts does the work.
import { EngineError } from '../base/errors';
import { abortSignal, call, checkOptions, flag, group, list, number, type OptionNames } from '../base/known_options';
import type { Bits } from '../base/pixels';
import type { Raster } from '../base/raster';
import { VERSION } from '../base/version';
import type { Corners } from '../copy/rectify';
import { type Sealed, sealWarnings, unchangedShare } from '../copy/seal';
import { renormalised } from '../copy/seal_maps';
import { seamScore, verdict } from '../recipes/scores/seam';
import { sealTile } from '../recipes/seal_tile';
import { readStraight } from './inputs';
import { StoredPicture } from './picture';
import type { Platform, ReadPicture } from './platform';
import { fileName } from './record';
import { type SealedForm, SealedPicture, type SealReport } from './sealed_picture';

export interface SealSettings {
  /** The axes along which the result is to join itself. Default: both. */
  readonly tile?: 'both' | 'x' | 'y' | undefined;
  /** Keep the picture's size: a strip of it is laid over each join. Default: the tile is taken out of the picture. */
  readonly keepSize?: boolean | undefined;
  /** 0 .. 1, how far the blend about the cuts reaches: 0 leaves bare cuts, 1 goes twice as far as usual. Default 0.5. */
  readonly strength?: number | undefined;
}

export interface SealOptions<Source> extends SealSettings {
  /** Pictures of the same thing and size, by names of yours: cut along the same lines. Those with "normal" in their name keep unit length. */
  readonly maps?: Readonly<Record<string, Source>> | undefined;
  /** Take the part between four corners, straightened, of picture and maps: x and y of each, pixels, from its top left clockwise. */
  readonly rectify?: Corners | undefined;
  readonly signal?: AbortSignal | undefined;
  onWarning?(text: string): void;
}

/** The least side of a picture that is sealed. */
const LEAST = 16;
/** Pixels; larger pictures are shrunk, and it is said: all of one is in memory several times over. */
const MOST = 2 ** 24;
/** Names that `checkOptions` knows `seal` by. */
const SEAL_OPTIONS: OptionNames<SealOptions<unknown>> = {
  tile: ['both', 'x', 'y'],
  keepSize: flag,
  ...{ strength: number, maps: group, rectify: list, signal: abortSignal, onWarning: call },
};

export interface SealedRaster extends Sealed {
  readonly report: SealReport;
}

/**
 * Seals a picture along the axes that do not tile yet, and rolls the result so that its border runs along an ordinary line.
 * @param maps [name, picture]
 * @throws EngineError `PictureError` for pictures that are too small, or maps of another size; `SettingsError`
 */
export function sealRaster(
  picture: Raster,
  { tile = 'both', keepSize = false, strength = 0.5 }: SealSettings = {},
  maps: readonly (readonly [name: string, map: Raster])[] = [],
  bits: Bits = 8,
): SealedRaster {
  const { width, height } = picture;
  if (!(strength >= 0 && strength <= 1)) {
    throw new EngineError('SettingsError', `strength is ${strength}`, 'It is 0 to 1.');
  }
  if (width < LEAST || height < LEAST) {
    throw new EngineError(
      'PictureError',
      `the picture is ${width}x${height} pixels; at least ${LEAST}x${LEAST} are needed`,
      'Use a larger picture.',
    );
  }
  for (const [name, map] of maps) checkSameSize(name, map, picture);
  const wanted = { x: tile !== 'y', y: tile !== 'x' };
  const rasters = maps.map(([, map]) => map);
  const made = sealTile(picture, wanted, { keepSize, strength, maps: rasters });
  const placed = {
    ...made,
    maps: made.maps.map((map, k) =>
      /normal/i.test(maps[k]?.[0] ?? '') ? renormalised(map, rasters[k] ?? map, made.field) : map,
    ),
  };
  const score = seamScore(placed.raster);
  return {
    ...placed,
    report: {
      from: [width, height],
      size: [placed.raster.width, placed.raster.height],
      sealed: made.axes,
      unchanged: unchangedShare(picture, placed, bits),
      z: { ...(wanted.x && { x: score.x.z }), ...(wanted.y && { y: score.y.z }) },
      seams: (['x', 'y'] as const).filter((axis) => wanted[axis] && verdict(score[axis]) !== 'seamless'),
      rough: placed.roughShare,
      covered: placed.covered,
      light: placed.light,
    },
  };
}

type Sized = Pick<Raster, 'width' | 'height'>;

function checkSameSize(name: string, map: Sized, { width, height }: Sized): void {
  if (map.width === width && map.height === height) return;
  throw new EngineError(
    'PictureError',
    `the map ${name} is ${map.width}x${map.height} pixels, the picture ${width}x${height}`,
    'Maps are cut along the same lines as the picture: resize it to the same size first.',
  );
}

/** `cropped to 912x700, 96 % of the pixels unchanged, it tiles` */
export function reportText({ from, size, sealed, unchanged, seams, covered }: SealReport): string {
  if (sealed.length === 0) return 'it tiles already: nothing is changed';
  const same = from[0] === size[0] && from[1] === size[1];
  const share = unchanged === 1 ? 'all' : `${Math.min(99, Math.round(100 * unchanged))} %`;
  const joins = seams.length > 0 ? `a seam still shows along ${seams.join(' and ')}` : 'it tiles';
  return `${same ? 'kept at' : 'cropped to'} ${size.join('x')}, ${share} of the pixels unchanged, ${joins}${covered > 0 ? `; pieces of it cover ${Math.ceil(100 * covered)} % of the cuts, which showed` : ''}`;
}

/** `seal()` of a platform: reads, seals, and puts the record together. */
export async function sealOn<Source>(
  platform: Pick<Platform<Source>, 'readPicture'>,
  source: Source,
  options: SealOptions<Source>,
): Promise<SealedPicture> {
  checkOptions<SealOptions<unknown>>('seal', options, SEAL_OPTIONS);
  const { maps = {}, rectify, signal, onWarning, ...settings } = options;
  signal?.throwIfAborted();
  const read = (name: string, from: Source): Promise<ReadPicture> =>
    readStraight(
      platform,
      from,
      { name, least: LEAST, most: MOST, alpha: 'straight', signal, onWarning: (text) => onWarning?.(text) },
      rectify,
    );
  const picture = await read('picture', source);
  const others: (readonly [string, ReadPicture])[] = [];
  for (const [name, map] of Object.entries(maps)) {
    const other = await read(name, map);
    checkSameSize(name, other.whole ?? other.raster, picture.whole ?? picture.raster);
    others.push([name, other]);
  }
  signal?.throwIfAborted();
  const bits = picture.bits ?? 8;
  const sealed = sealRaster(
    picture.raster,
    settings,
    others.map(([name, { raster }]) => [name, raster]),
    bits,
  );
  for (const text of sealWarnings(sealed.report)) onWarning?.(text);
  const { tile = 'both', keepSize = false, strength = 0.5 } = settings;
  const recorded = ({ path, sha256, measures }: ReadPicture): object => ({
    ...(measures && { measures }),
    ...(path !== undefined && { path: fileName(path) }),
    ...(sha256 !== undefined && { sha256 }),
  });
  const record = {
    version: VERSION,
    command: 'seal',
    settings: { tile, keepSize, strength, ...(rectify && { rectify }) },
    inputs: {
      picture: recorded(picture),
      ...Object.fromEntries(others.map(([name, map]) => [fileName(name), recorded(map)])),
    },
  };
  const text = { Software: `toroid ${VERSION}`, toroid: JSON.stringify(record) };
  const like = (raster: Raster, from: ReadPicture): Raster => ({ ...raster, ...(from.raster.grey && { grey: true }) });
  const written = ({ bits: own = 8, measures }: ReadPicture): SealedForm => ({ bits: own, measures });
  return new SealedPicture(
    like(sealed.raster, picture),
    text,
    sealed.report,
    sealed.field,
    sealed.rough,
    new Map(
      others.map(([name, map], k) => [name, new StoredPicture(like(sealed.maps[k] ?? sealed.raster, map), text)]),
    ),
    { picture: written(picture), maps: new Map(others.map(([name, map]) => [name, written(map)])) },
  );
}
