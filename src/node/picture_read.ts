import { accessSync, closeSync, constants, existsSync, openSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Metadata, Sharp } from 'sharp';
import { shrunkSize, shrunkText } from '../app/inputs';
import { EngineError } from '../base/errors';
import { type Bits, flatten } from '../base/pixels';
import { readText } from '../base/png';
import type { Raster } from '../base/raster';
import { lookUp, notThere, quoted, reason } from './files';
import { loadSharp } from './sharp';
import { readComment, recordBeside, unpackXmp } from './xmp';

export interface ReadOptions {
  /** Refuse pictures with a side below this. Default 16: less is no exemplar. */
  readonly least?: number;
  /** Shrink pictures with more pixels than this, keeping their proportions. Default: do not. */
  readonly most?: number;
  /**
   * Also give the opacity, where something is transparent. The colours are the same with and without, filled in where it is;
   * `straight`: they are those of the file.
   */
  readonly alpha?: boolean | 'straight';
  /** Told what was changed on the way in: transparency flattened, pages left out. */
  onWarning?(text: string): void;
}

const READS = ['png', 'jpeg', 'webp', 'tiff', 'gif', 'heif'];
const NAMES = 'PNG, JPEG, WebP, TIFF, GIF and AVIF';
/** An exemplar beyond this is a mistake: as floats it would take 0.8 GB. */
const MOST_PIXELS = 8192 * 8192;
/**
 * Reads a picture as sRGB: orientation applied, grey as three equal planes, CMYK and other profiles converted,
 * 16 bits a channel kept, transparency flattened over the picture's mean colour (white or black would become
 * part of the texture), and given besides as `alpha` when asked for.
 * @throws EngineError `PictureError` for what is missing, no picture, damaged, too small or too large.
 */
export async function readPicture(path: string, options: ReadOptions = {}): Promise<Raster> {
  const { least = 16, most: mostPixels = Number.POSITIVE_INFINITY, alpha = false, onWarning } = options;
  const stat = lookUp(path);
  if (!stat) throw notThere(path);
  if (stat.isDirectory()) {
    throw new EngineError('PictureError', `${path} is a folder, not a picture`, 'Name a picture in it.');
  }
  if (stat.isFile() && stat.size === 0) {
    throw new EngineError('PictureError', `${path} is empty`, 'Download or save it again.');
  }
  try {
    accessSync(path, constants.R_OK);
  } catch (cause) {
    throw new EngineError('PictureError', `cannot read ${path}: ${reason(cause)}`, `Run: chmod u+r ${quoted(path)}`);
  }
  return decodePicture(path, path, { least, most: mostPixels, alpha, ...(onWarning && { onWarning }) });
}

/**
 * Reads a picture from a file, or from the bytes of one, as `readPicture` does.
 * @param path for messages
 * @throws EngineError `PictureError` for what is no picture, damaged, too small or too large.
 */
export async function decodePicture(from: string | Uint8Array, path: string, options: ReadOptions): Promise<Raster> {
  const { least = 16, most: mostPixels = Number.POSITIVE_INFINITY, alpha = false, onWarning } = options;
  const make = await loadSharp();
  const open = (): Sharp => make(from, { failOn: 'error', limitInputPixels: false });
  const meta = await open()
    .metadata()
    .catch((cause: Error) => Promise.reject(unreadable(from, path, cause)));
  const { width, height } = meta.autoOrient;
  if (!READS.includes(meta.format)) {
    throw new EngineError('PictureError', `${path} is ${meta.format}; toroid reads ${NAMES}`, 'Convert it to PNG.');
  }
  if (width * height > MOST_PIXELS) {
    throw new EngineError(
      'PictureError',
      `${path} is ${width}x${height} pixels; at most ${MOST_PIXELS / 2 ** 20} million are read`,
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
  if ((meta.pages ?? 1) > 1) onWarning?.(`${basename(path)} has ${meta.pages} pages or frames: only the first is used`);
  const deep = meta.depth !== 'uchar' && meta.depth !== 'char';
  const [w, h] = shrunkSize(width, height, { most: mostPixels, least });
  const shrunk = w !== width || h !== height;
  const upright = open().autoOrient();
  const sized = shrunk ? upright.resize({ width: w, height: h, fit: 'fill' }) : upright;
  if (shrunk) onWarning?.(shrunkText(basename(path), [width, height], [w, h]));
  const { data, info } = await pixels(sized, meta, deep).catch((cause: Error) =>
    Promise.reject(unreadable(from, path, cause)),
  );
  const most = deep ? 65535 : 255;
  const values = deep ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data;
  const warn = (text: string): void => onWarning?.(text.replace(path, basename(path)));
  const { flat, opacity } = flatten({ ...info, values, most }, path, warn, alpha === 'straight');
  return alpha && opacity ? { ...flat, alpha: opacity } : flat;
}

/** Bits a channel that a picture holds: 16 for all that is deeper than 8. */
export async function pictureBits(from: string | Uint8Array): Promise<Bits> {
  const make = await loadSharp();
  const { depth } = await make(from).metadata();
  return depth === 'uchar' || depth === 'char' ? 8 : 16;
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
const SIGNATURES = [/^\x89PNG/, /^\xff\xd8\xff/, /^RIFF....WEBP/s, /^II\*\0|^MM\0\*/, /^GIF8/, /^....ftyp/s];

function unreadable(from: string | Uint8Array, path: string, cause: Error): EngineError {
  if (!SIGNATURES.some((s) => s.test(start(from)))) {
    return new EngineError('PictureError', `${path} is not a picture, or not one toroid reads`, `It reads ${NAMES}.`);
  }
  const said = cause.message.replaceAll(`${path}: `, '').replace('Input file has corrupt header:', '');
  const detail = said.split('\n').find((line) => line.trim() !== '');
  return new EngineError(
    'PictureError',
    `${path} is damaged or cut short${detail ? ` (${detail.trim()})` : ''}`,
    'Download or save it again.',
  );
}

function start(path: string | Uint8Array): string {
  if (typeof path !== 'string') return Buffer.from(path.subarray(0, 12)).toString('latin1');
  const bytes = Buffer.alloc(12);
  try {
    const file = openSync(path, 'r');
    try {
      readSync(file, bytes);
    } finally {
      closeSync(file);
    }
  } catch {
    // what cannot even be opened is no picture
  }
  return bytes.toString('latin1');
}

/** The text that `writePicture` put into a file, or beside it where it was too large; empty when there is none. */
export async function readMetadata(path: string): Promise<Record<string, string>> {
  const make = await loadSharp();
  const meta = await make(path)
    .metadata()
    .catch((cause: Error) => Promise.reject(unreadable(path, path, cause)));
  if (meta.format === 'png') return readText(await readFile(path));
  if (meta.format === 'gif') return readComment(await readFile(path));
  if (meta.xmpAsString) return unpackXmp(meta.xmpAsString);
  const beside = recordBeside(path);
  return existsSync(beside) ? { toroid: await readFile(beside, 'utf8') } : {};
}
