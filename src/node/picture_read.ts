import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Metadata, Sharp } from 'sharp';
import { shrunkSize, shrunkText } from '../app/inputs';
import { DamagedFile, EngineError } from '../base/errors';
import { fileKind } from '../base/file_kinds';
import { isNumbers, isTiff } from '../base/first_bytes';
import { profileToSrgb, type ToSrgb } from '../base/icc';
import type { Measures } from '../base/measures';
import { numberFile } from '../base/number_files';
import { isUnusual, type NumberFile, readNumbers } from '../base/numbers';
import { type Bits, flatten, type Interleaved } from '../base/pixels';
import { type PngColours, pngColours } from '../base/png_colours';
import { readText } from '../base/png_read';
import type { Raster } from '../base/raster';
import { resample } from '../base/resample';
import { readTiffHeader, type TiffHeader, unusualTiff } from '../base/tiff_header';
import { isReadable, tiffNumbers } from '../base/tiff_read';
import { fileBytes } from './file_bytes';
import { loadSharp } from './sharp';
import { readComment, recordBeside, unpackXmp } from './xmp';

export interface ReadOptions {
  /** Refuse pictures with a side below this. Default 16: less is no exemplar. */
  readonly least?: number;
  /** Shrink pictures with more pixels than this, keeping their proportions, and say so. Default: 64 million. */
  readonly most?: number;
  /**
   * Also give the opacity, where something is transparent. The colours are the same with and without, filled in where it is;
   * `straight`: they are those of the file.
   */
  readonly alpha?: boolean | 'straight';
  /** Told what was changed on the way in: transparency flattened, pages left out. */
  onWarning?(text: string): void;
}

/** A picture, and what its file is. */
export interface DecodedPicture {
  readonly raster: Raster;
  readonly bits: Bits;
  /** What its numbers were, where they are no 8 or 16 bits of brightness. */
  readonly measures?: Measures;
}

const READS = ['png', 'jpeg', 'webp', 'tiff', 'gif', 'heif'];
const NAMES = 'PNG, JPEG, WebP, TIFF, GIF, AVIF, OpenEXR, Radiance HDR, PFM and .npy';
/** As floats a picture of these takes 0.8 GB. */
const MOST_PIXELS = 8192 * 8192;
/** A picture that says it is larger is a mistake, or made to do harm. */
const MOST_READ = 2 ** 30;

/**
 * Reads a picture as sRGB: orientation applied, grey as three equal planes, CMYK and other profiles converted,
 * 16 bits a channel kept, floats and other numbers as 0..1, transparency flattened over the picture's mean colour (white or
 * black would become part of the texture), and given besides as `alpha` when asked for.
 * @param path `-` is the standard input
 * @throws EngineError `PictureError` for what is missing, no picture, damaged, too small or too large.
 */
export async function readPicture(path: string, options: ReadOptions = {}): Promise<Raster> {
  return (await decodePicture(await fileBytes(path), path, options)).raster;
}

/**
 * Reads a picture from the bytes of its file, as `readPicture` does.
 * @param path for messages
 * @throws EngineError `PictureError` for what is no picture, damaged, too small or too large.
 */
export async function decodePicture(bytes: Uint8Array, path: string, options: ReadOptions): Promise<DecodedPicture> {
  const tiff = isTiff(bytes) ? tiffHeader(bytes, path) : undefined;
  const numbers = await numbersOf(bytes, tiff, path);
  if (numbers) return decodeNumbers(bytes, numbers, path, options);
  try {
    return await decodeUsual(bytes, path, options);
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    if (!tiff || unusualTiff(tiff) || !isReadable(tiff)) throw unreadable(bytes, tiff, path, cause as Error);
    return decodeNumbers(bytes, tiffNumbers(bytes, tiff), path, options);
  }
}

/** Of a file that sharp would clip, or does not know. */
async function numbersOf(
  bytes: Uint8Array,
  tiff: TiffHeader | undefined,
  path: string,
): Promise<NumberFile | undefined> {
  if (!tiff)
    return !isNumbers(bytes)
      ? undefined
      : numberFile(bytes, path).catch((cause: unknown) => Promise.reject(named(cause, path)));
  if (!isUnusual(tiff)) return undefined;
  if (!isReadable(tiff)) throw unreadable(bytes, tiff, path, new Error('its tags make no sense'));
  return tiffNumbers(bytes, tiff);
}

/** By sharp. */
async function decodeUsual(bytes: Uint8Array, path: string, options: ReadOptions): Promise<DecodedPicture> {
  const make = await loadSharp();
  const open = (): Sharp => make(bytes, { failOn: 'error', limitInputPixels: false });
  const meta = await open().metadata();
  if (!READS.includes(meta.format)) {
    throw new EngineError('PictureError', `${path} is ${meta.format}; toroid reads ${NAMES}`, 'Convert it to PNG.');
  }
  if (meta.compression === 'hevc') throw notRead(path, fileKind(bytes));
  const { width, height } = meta.autoOrient;
  const [w, h] = sizeToRead([width, height], path, options);
  const warn = warnings(path, options);
  if (meta.pages !== undefined && meta.pages > 1) warn(pagesText(path, meta.pages));
  const deep = isDeep(meta);
  const upright = open().autoOrient();
  const sized = w !== width || h !== height ? upright.resize({ width: w, height: h, fit: 'fill' }) : upright;
  const { data, info } = await pixels(sized, meta, deep);
  const most = deep ? 65535 : 255;
  const stored = deep ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data;
  const grey = meta.space === 'b-w' || meta.space === 'grey16';
  const { toSrgb, note } = coloursLeft(meta, bytes, grey);
  if (note) warn(`${path} ${note}`);
  const values = toSrgb ? converted(stored, info.channels, most, grey, toSrgb) : stored;
  return { raster: flattened({ ...info, values, most }, grey, path, options), bits: deep ? 16 : 8 };
}

/** By a reader of our own. */
async function decodeNumbers(
  bytes: Uint8Array,
  file: NumberFile,
  path: string,
  options: ReadOptions,
): Promise<DecodedPicture> {
  const { width, height, orientation, bits } = file.kind;
  const size = orientation > 4 ? ([height, width] as const) : ([width, height] as const);
  const wanted = sizeToRead(size, path, options);
  const warn = warnings(path, options);
  if (file.pages !== undefined && file.pages > 1) warn(pagesText(path, file.pages));
  const shrink = Math.max(1, Math.floor(Math.sqrt((size[0] * size[1]) / (wanted[0] * wanted[1]))));
  const pixels = await readNumbers(file, path, bytes.length, shrink).catch((cause: unknown) => {
    throw named(cause, path);
  });
  for (const note of pixels.notes) warn(`${path} ${note}`);
  const raster = resized(flattened(pixels, pixels.channels < 3, path, options), wanted);
  if (isUnusual(file.kind)) return { raster, bits: 16, measures: pixels.measures };
  return { raster, bits: bits > 8 ? 16 : 8 };
}

const pagesText = (path: string, pages: number): string =>
  `${path} has ${pages} pages or frames: only the first is used`;

/** What is wrong with a file, with its name. */
const named = (cause: unknown, path: string): unknown =>
  cause instanceof DamagedFile || cause instanceof RangeError ? damaged(path, cause.message) : cause;

function tiffHeader(bytes: Uint8Array, path: string): TiffHeader {
  try {
    return readTiffHeader(bytes);
  } catch (cause) {
    throw named(cause, path);
  }
}

const warnings =
  (path: string, { onWarning }: ReadOptions): ((text: string) => void) =>
  (text) =>
    onWarning?.(text.replace(path, basename(path)));

/**
 * The size that a picture is read at.
 * @throws EngineError `PictureError` when it is too small or too large.
 */
function sizeToRead(
  [width, height]: readonly [number, number],
  path: string,
  options: ReadOptions,
): readonly [number, number] {
  const { least = 16, most = MOST_PIXELS } = options;
  if (width * height > MOST_READ) {
    throw new EngineError(
      'PictureError',
      `${path} is ${width}x${height} pixels; at most ${MOST_READ / 2 ** 20} million are read`,
      'Crop or shrink it first: a few hundred pixels a side show the texture.',
    );
  }
  if (width < least || height < least) {
    throw new EngineError(
      'PictureError',
      `${path} is ${width}x${height} pixels; at least ${least}x${least} are needed`,
      'Use a larger picture.',
    );
  }
  const size = shrunkSize(width, height, { most: Math.min(most, MOST_PIXELS), least });
  if (size[0] !== width || size[1] !== height) options.onWarning?.(shrunkText(basename(path), [width, height], size));
  return size;
}

function flattened(pixels: Interleaved, grey: boolean, path: string, options: ReadOptions): Raster {
  const { alpha = false } = options;
  const { flat, opacity } = flatten(pixels, path, warnings(path, options), alpha === 'straight');
  return { ...flat, ...(alpha && opacity && { alpha: opacity }), ...(grey && { grey: true as const }) };
}

/** At a smaller size, each pixel the mean of what it covers. */
function resized(raster: Raster, [w, h]: readonly [number, number]): Raster {
  const { width, height, data, alpha } = raster;
  if (w === width && h === height) return raster;
  const smaller = (planes: Float32Array): Float32Array => resample(planes, [width, height], [w, h], 'soft');
  return { ...raster, width: w, height: h, data: smaller(data), ...(alpha && { alpha: smaller(alpha) }) };
}

const isDeep = ({ depth }: Metadata): boolean => depth !== 'uchar' && depth !== 'char';

/** How colours become sRGB where sharp leaves them: it converts profiles, those of grey at 8 bits only (0.35.5), and nothing else. */
function coloursLeft(meta: Metadata, bytes: Uint8Array, grey: boolean): PngColours {
  if (meta.icc) return { toSrgb: grey && isDeep(meta) ? profileToSrgb(meta.icc, 1) : undefined };
  return meta.format === 'png' ? pngColours(bytes, grey ? 1 : 3) : {};
}

function converted(
  stored: ArrayLike<number>,
  channels: number,
  most: number,
  grey: boolean,
  toSrgb: ToSrgb,
): ArrayLike<number> {
  const out = Float32Array.from(stored);
  const colours = channels - (channels % 2 === 0 ? 1 : 0);
  const colour = new Float64Array(grey ? 1 : colours);
  for (let i = 0; i < out.length; i += channels) {
    for (const k of colour.keys()) colour[k] = (out[i + k] as number) / most;
    toSrgb(colour);
    for (let k = 0; k < colours; k++) out[i + k] = most * (colour[grey ? 0 : k] as number);
  }
  return out;
}

/** How the numbers of a picture are kept: 8 bits a channel, 16 for all that is deeper, or measures. */
export async function pictureBits(path: string): Promise<Bits | 'measures'> {
  const bytes = await fileBytes(path);
  const numbers = await numbersOf(bytes, isTiff(bytes) ? tiffHeader(bytes, path) : undefined, path);
  if (numbers) return isUnusual(numbers.kind) ? 'measures' : numbers.kind.bits > 8 ? 16 : 8;
  const make = await loadSharp();
  return isDeep(await make(bytes).metadata()) ? 16 : 8;
}

function pixels(s: Sharp, meta: Metadata, deep: boolean): Promise<{ data: Buffer; info: Info }> {
  if (!deep) return s.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  // sharp takes 16-bit pictures with a profile to Display P3 first, and goes on to sRGB only when that is asked for;
  // asked for without a profile, it would convert what is sRGB already (sharp 0.35.5).
  const profiled = meta.hasProfile && meta.space === 'rgb16' ? s.withIccProfile('srgb') : s;
  return profiled.toColourspace('rgb16').raw({ depth: 'ushort' }).toBuffer({ resolveWithObject: true });
}

interface Info {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** The first bytes of each format that is read: with them, a file that cannot be read is a damaged picture. */
const SIGNATURES = [/^\x89PNG/, /^\xff\xd8\xff/, /^RIFF....WEBP/s, /^II[*+]\0|^MM\0[*+]/, /^GIF8/, /^....ftypavi/s];

/** Of a file that could not be read, why: a kind that is not read here, no picture at all, or damaged. */
function unreadable(bytes: Uint8Array, tiff: TiffHeader | undefined, path: string, cause: Error): EngineError {
  const unusual = tiff && unusualTiff(tiff);
  if (unusual) return notRead(path, { what: `a TIFF ${unusual.what}`, remedy: unusual.remedy });
  const kind = fileKind(bytes);
  if (kind) return notRead(path, kind);
  const start = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  if (!SIGNATURES.some((s) => s.test(start))) {
    return new EngineError('PictureError', `${path} is not a picture, or not one toroid reads`, `It reads ${NAMES}.`);
  }
  return damaged(path, cause.message.replace(/Input (file|buffer) has corrupt header:/, ''));
}

const notRead = (path: string, kind: ReturnType<typeof fileKind>): EngineError =>
  new EngineError(
    'PictureError',
    `${path} is ${kind?.what ?? 'a HEIF picture of a kind'}, which toroid does not read (it reads ${NAMES})`,
    kind?.remedy ?? 'Convert it to PNG.',
  );

function damaged(path: string, said: string): EngineError {
  const detail = said.split('\n').find((line) => line.trim() !== '');
  return new EngineError(
    'PictureError',
    `${path} is damaged or cut short${detail ? ` (${detail.trim()})` : ''}`,
    'Download or save it again.',
  );
}

/** The text that `writePicture` put into a file, or beside it where it was too large; empty when there is none. */
export async function readMetadata(path: string): Promise<Record<string, string>> {
  const bytes = await fileBytes(path);
  const tiff = isTiff(bytes) ? tiffHeader(bytes, path) : undefined;
  if (tiff) return unpackXmp(tiff.xmp ?? '');
  if (isNumbers(bytes)) return {};
  const make = await loadSharp();
  const meta = await make(bytes)
    .metadata()
    .catch((cause: Error) => Promise.reject(unreadable(bytes, tiff, path, cause)));
  if (meta.format === 'png') return readText(bytes);
  if (meta.format === 'gif') return readComment(Buffer.from(bytes));
  if (meta.xmpAsString) return unpackXmp(meta.xmpAsString);
  const beside = recordBeside(path);
  return existsSync(beside) ? { toroid: await readFile(beside, 'utf8') } : {};
}
