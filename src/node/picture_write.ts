import { basename, extname, join, parse } from 'node:path';
import type { Sharp } from 'sharp';
import { bytesText, EngineError } from '../base/errors';
import type { Measures } from '../base/measures';
import { type Bits, channelsOf, interleave } from '../base/pixels';
import { insertText } from '../base/png';
import { type Raster, repeat } from '../base/raster';
import { encodeTiff } from '../base/tiff_write';
import { isStdout, lookUp, probeFile, writeWhole } from './files';
import { loadSharp } from './sharp';
import { packXmp, recordBeside } from './xmp';

export type { Bits };

export interface WriteOptions {
  readonly bits?: Bits;
  /** Write numbers, not brightness: `.tif` alone holds them. */
  readonly measures?: Measures | undefined;
  /** With `measures`: lay the numbers out so that the least and the greatest are those of it. */
  readonly stretch?: boolean | undefined;
  /** Text kept inside the file: PNG text chunks, XMP in the others. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Told what the file cannot hold. */
  onWarning?(text: string): void;
}

const PREVIEW_SIDE = 16384;

interface Format {
  readonly bits: readonly Bits[];
  /** Pixels a side at most. */
  readonly side?: number;
  readonly opaque?: true;
  encode(s: Sharp): Sharp;
}
/** Suffixes that can be written, and what they hold. */
const WRITES: Readonly<Record<string, Format>> = {
  '.png': { bits: [8, 16], encode: (s) => s.png() },
  '.webp': { bits: [8], side: 16383, encode: (s) => s.webp({ lossless: true, exact: true }) },
  '.jpg': { bits: [8], side: 65535, opaque: true, encode: (s) => s.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }) },
  '.jpeg': { bits: [8], side: 65535, opaque: true, encode: (s) => s.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }) },
  '.tif': { bits: [8, 16], encode: (s) => s.tiff({ compression: 'deflate', predictor: 'horizontal' }) },
  '.tiff': { bits: [8, 16], encode: (s) => s.tiff({ compression: 'deflate', predictor: 'horizontal' }) },
};

/**
 * Finds out before any work whether a picture can be written: the suffix is known and holds the bits and the size, and
 * the folder (made where missing) takes files.
 * @param side the longer one, pixels
 * @throws EngineError `PictureError`
 */
export function ensureWritable(path: string, bits: Bits | 'measures' = 8, side = 1): void {
  if (isStdout(path)) {
    checkStdout();
    return;
  }
  if (/[\\/]$/.test(path) || lookUp(path)?.isDirectory()) {
    throw new EngineError(
      'PictureError',
      `cannot write ${path}: it is a folder`,
      `Name a file in it: ${join(path, 'tile.png')}`,
    );
  }
  const suffix = extname(path).toLowerCase();
  const kind = WRITES[suffix];
  if (kind && bits === 'measures' && !/^\.tiff?$/.test(suffix)) {
    throw new EngineError('PictureError', `${path}: ${suffix} holds no floats or signed numbers`, 'Use .tif.');
  }
  if (!kind) {
    const known = Object.keys(WRITES).join(', ');
    throw new EngineError(
      'PictureError',
      `${path || '""'}: cannot write ${suffix || 'a file without suffix'}`,
      `Known: ${known}.`,
    );
  }
  if (bits !== 'measures' && !kind.bits.includes(bits)) {
    throw new EngineError(
      'PictureError',
      `${path}: ${suffix} holds 8 bits a channel, not ${bits}`,
      'Use .png or .tiff.',
    );
  }
  if (side > (kind.side ?? Number.POSITIVE_INFINITY)) {
    throw new EngineError(
      'PictureError',
      `${path}: ${suffix} holds ${kind.side} pixels a side, not ${side}`,
      'Use .png or .tiff.',
    );
  }
  probeFile(path);
}

function checkStdout(): void {
  if (!process.stdout.isTTY) return;
  throw new EngineError(
    'PictureError',
    'a picture would be printed on the terminal',
    'Name a file, or pipe it: toroid ... -o - > out.png',
  );
}

/**
 * Writes a picture, whole or not at all: to a temporary name in the same folder, renamed when complete. A symbolic
 * link stays, and what it leads to is written. A grey raster makes a file of one channel; with `alpha`, it is transparent where it
 * can be. The same raster and options give the same bytes.
 * @param path `-` is the standard output: PNG, or TIFF of measures
 * @throws EngineError `PictureError`
 */
export async function writePicture(path: string, raster: Raster, options: WriteOptions = {}): Promise<void> {
  const { bits = 8, measures, stretch = false, metadata = {}, onWarning } = options;
  const suffix = isStdout(path) ? '.png' : extname(path).toLowerCase();
  const any = Object.keys(metadata).length > 0;
  const { width, height } = raster;
  ensureWritable(path, measures ? 'measures' : bits, Math.max(width, height));
  if (measures) {
    const xmp = any ? { xmp: packXmp(metadata) } : {};
    return writeWhole(path, () => encodeTiff(raster, { measures, stretch, ...xmp }));
  }
  const make = await loadSharp();
  const opaque = WRITES[suffix]?.opaque === true || !raster.alpha;
  if (raster.alpha && opaque) onWarning?.(`${basename(path)} is opaque: ${suffix} holds no transparency`);
  const channels = channelsOf(raster, opaque);
  const grey = channels < 3;
  let whole = true;
  await writeWhole(path, async () => {
    let s = make(interleave(raster, bits, channels), { raw: { width, height, channels }, limitInputPixels: false });
    s = s.toColourspace(grey ? (bits === 16 ? 'grey16' : 'b-w') : bits === 16 ? 'rgb16' : 'srgb');
    if (any && suffix !== '.png') s = s.withXmp(packXmp(metadata));
    const bytes = await (WRITES[suffix]?.encode(s) ?? s).toBuffer();
    if (!any) return bytes;
    if (suffix === '.png') return insertText(bytes, metadata);
    // libvips leaves out what is too large for the format, and says nothing: in JPEG some 64 KB.
    whole = (await make(bytes).metadata()).xmp !== undefined;
    return bytes;
  });
  if (whole) return;
  const record = recordBeside(path);
  const text = metadata.toroid ?? JSON.stringify(metadata);
  await writeWhole(record, async () => Buffer.from(text, 'utf8'));
  onWarning?.(
    `${basename(path)} cannot hold its record of ${bytesText(text.length)}: that is beside it, in ${basename(record)}`,
  );
}

/** `out/stone.png` to `out/stone.3x3.png` */
export function previewName(path: string, [nx, ny]: readonly [number, number]): string {
  const { dir, name } = parse(path);
  return join(dir, `${name}.${nx}x${ny}.png`);
}

/** @throws EngineError `PictureError` when the preview would be too large to write or to look at. */
export function checkPreview([width, height]: readonly [number, number], [nx, ny]: readonly [number, number]): void {
  if (Math.max(width * nx, height * ny) > PREVIEW_SIDE) {
    throw new EngineError(
      'PictureError',
      `a ${nx}x${ny} preview of ${width}x${height} is ${width * nx}x${height * ny} pixels; the most is ${PREVIEW_SIDE} a side`,
      'Use a preview of 2x2, or none.',
    );
  }
}

/** Writes the tile repeated, to look at its joins; returns the file's name. */
export async function writePreview(path: string, raster: Raster, times: readonly [number, number]): Promise<string> {
  checkPreview([raster.width, raster.height], times);
  const file = previewName(path, times);
  await writePicture(file, repeat(raster, ...times));
  return file;
}
