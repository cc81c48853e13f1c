import { accessSync, closeSync, constants, openSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, extname, join, parse } from 'node:path';
import type { Metadata, Sharp } from 'sharp';
import { EngineError } from '../base/errors';
import { type Raster, repeat } from '../base/raster';
import { lookUp, notThere, probeFile, quoted, reason, writeWhole } from './files';
import { insertText, readText } from './png_text';

export type Bits = 8 | 16;

export interface ReadOptions {
  /** Refuse pictures with a side below this. Default 16: less is no exemplar. */
  readonly least?: number;
  /** Shrink pictures with more pixels than this, keeping their proportions. Default: do not. */
  readonly most?: number;
  /** Told what was changed on the way in: transparency flattened, pages left out. */
  onNotice?(text: string): void;
}

export interface WriteOptions {
  readonly bits?: Bits;
  /** Text kept inside the file: PNG text chunks, XMP in the others. */
  readonly metadata?: Readonly<Record<string, string>>;
}

const READS = ['png', 'jpeg', 'webp', 'tiff', 'gif', 'heif'];
const NAMES = 'PNG, JPEG, WebP, TIFF, GIF and AVIF';
/** An exemplar beyond this is a mistake: as floats it would take 0.8 GB. */
const MOST_PIXELS = 8192 * 8192;
const PREVIEW_SIDE = 16384;

/** Suffixes that can be written, and the bits a channel that they hold. */
const WRITES: Readonly<Record<string, { bits: readonly Bits[]; encode(s: Sharp): Sharp }>> = {
  '.png': { bits: [8, 16], encode: (s) => s.png() },
  '.webp': { bits: [8], encode: (s) => s.webp({ lossless: true }) },
  '.jpg': { bits: [8], encode: (s) => s.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }) },
  '.jpeg': { bits: [8], encode: (s) => s.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }) },
  '.tif': { bits: [8, 16], encode: (s) => s.tiff({ compression: 'deflate', predictor: 'horizontal' }) },
  '.tiff': { bits: [8, 16], encode: (s) => s.tiff({ compression: 'deflate', predictor: 'horizontal' }) },
};

// Loaded when first needed: it takes 0.1 s, and --help needs no pictures.
const sharp = async (): Promise<typeof import('sharp')['default']> => (await import('sharp')).default;

/**
 * Reads a picture as sRGB: orientation applied, grey as three equal planes, CMYK and other profiles converted,
 * 16 bits a channel kept, transparency flattened over the picture's mean colour (white or black would become
 * part of the texture).
 * @throws EngineError `PictureError` for what is missing, no picture, damaged, too small or too large.
 */
export async function readPicture(path: string, options: ReadOptions = {}): Promise<Raster> {
  const { least = 16, most: mostPixels = Number.POSITIVE_INFINITY, onNotice } = options;
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
  const make = await sharp();
  const open = (): Sharp => make(path, { failOn: 'error', limitInputPixels: false });
  const meta = await open()
    .metadata()
    .catch((cause: Error) => Promise.reject(unreadable(path, cause)));
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
  if ((meta.pages ?? 1) > 1) onNotice?.(`${basename(path)} has ${meta.pages} pages or frames: only the first is used`);
  const deep = meta.depth !== 'uchar' && meta.depth !== 'char';
  const factor = Math.min(1, Math.sqrt(mostPixels / (width * height)));
  const small = [width, height].map((side) => Math.max(least, Math.round(side * factor))) as [number, number];
  const upright = open().autoOrient();
  const sized = factor < 1 ? upright.resize({ width: small[0], height: small[1], fit: 'fill' }) : upright;
  if (factor < 1)
    onNotice?.(
      `${basename(path)} is ${width}x${height}: shrunk to ${small[0]}x${small[1]} before it is looked at; crop it to keep its finest detail`,
    );
  const { data, info } = await pixels(sized, meta, deep).catch((cause: Error) =>
    Promise.reject(unreadable(path, cause)),
  );
  const most = deep ? 65535 : 255;
  const values = deep ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data;
  return flatten(values, info, most, path, onNotice);
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

/** Interleaved values to planes of 0..1, without transparency. */
function flatten(
  values: ArrayLike<number>,
  { width, height, channels }: Info,
  most: number,
  path: string,
  onNotice?: (text: string) => void,
): Raster {
  const n = width * height;
  const colours = Math.min(3, channels);
  const alpha = channels === 2 || channels === 4 ? channels - 1 : -1;
  const plane = (band: number): number => (channels < 3 ? 0 : Math.min(band, colours - 1));
  const data = new Float32Array(3 * n);
  const sums = [0, 0, 0];
  let opaque = 0;
  for (let i = 0; i < n; i++) {
    const a = alpha < 0 ? 1 : (values[i * channels + alpha] ?? 0) / most;
    opaque += a;
    for (let band = 0; band < 3; band++) {
      const v = (values[i * channels + plane(band)] ?? 0) / most;
      data[band * n + i] = v;
      sums[band] = (sums[band] ?? 0) + a * v;
    }
  }
  if (opaque === 0) {
    throw new EngineError(
      'PictureError',
      `${path} is fully transparent: there is nothing to see`,
      'Use another picture.',
    );
  }
  if (opaque < n) {
    const mean = sums.map((s) => s / opaque);
    const hex = mean
      .map((v) =>
        Math.round(v * 255)
          .toString(16)
          .padStart(2, '0'),
      )
      .join('');
    onNotice?.(`${basename(path)} has transparent parts: they are filled with its mean colour, #${hex}`);
    for (let i = 0; i < n; i++) {
      const a = (values[i * channels + alpha] ?? 0) / most;
      for (let band = 0; band < 3; band++)
        data[band * n + i] = a * (data[band * n + i] ?? 0) + (1 - a) * (mean[band] ?? 0);
    }
  }
  return { width, height, data };
}

/** The first bytes of each format that is read: with them, a file that cannot be read is a damaged picture. */
const SIGNATURES = [/^\x89PNG/, /^\xff\xd8\xff/, /^RIFF....WEBP/s, /^II\*\0|^MM\0\*/, /^GIF8/, /^....ftyp/s];

function unreadable(path: string, cause: Error): EngineError {
  if (!SIGNATURES.some((s) => s.test(start(path)))) {
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

function start(path: string): string {
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

/**
 * Finds out before any work whether a picture can be written: the suffix is known and holds the bits, and the
 * folder (made where missing) takes files.
 * @throws EngineError `PictureError`
 */
export function ensureWritable(path: string, bits: Bits = 8): void {
  if (/[\\/]$/.test(path) || lookUp(path)?.isDirectory()) {
    throw new EngineError(
      'PictureError',
      `cannot write ${path}: it is a folder`,
      `Name a file in it: ${join(path, 'tile.png')}`,
    );
  }
  const suffix = extname(path).toLowerCase();
  const kind = WRITES[suffix];
  if (!kind) {
    const known = Object.keys(WRITES).join(', ');
    throw new EngineError(
      'PictureError',
      `${path || '""'}: cannot write ${suffix || 'a file without suffix'}`,
      `Known: ${known}.`,
    );
  }
  if (!kind.bits.includes(bits)) {
    throw new EngineError(
      'PictureError',
      `${path}: ${suffix} holds 8 bits a channel, not ${bits}`,
      'Use .png or .tiff.',
    );
  }
  probeFile(path);
}

/**
 * Writes a picture, whole or not at all: to a temporary name in the same folder, renamed when complete. A symbolic
 * link stays, and what it leads to is written. The same raster and options give the same bytes.
 * @throws EngineError `PictureError`
 */
export async function writePicture(path: string, raster: Raster, options: WriteOptions = {}): Promise<void> {
  const { bits = 8, metadata = {} } = options;
  ensureWritable(path, bits);
  const suffix = extname(path).toLowerCase();
  const { width, height } = raster;
  const make = await sharp();
  const any = Object.keys(metadata).length > 0;
  await writeWhole(path, async () => {
    let s = make(interleave(raster, bits), { raw: { width, height, channels: 3 }, limitInputPixels: false });
    s = s.toColourspace(bits === 16 ? 'rgb16' : 'srgb');
    if (any && suffix !== '.png') s = s.withXmp(xmp(metadata));
    const bytes = await (WRITES[suffix]?.encode(s) ?? s).toBuffer();
    return any && suffix === '.png' ? insertText(bytes, metadata) : bytes;
  });
}

/** The text that `writePicture` put into a file; empty when there is none. */
export async function readMetadata(path: string): Promise<Record<string, string>> {
  const make = await sharp();
  const meta = await make(path)
    .metadata()
    .catch((cause: Error) => Promise.reject(unreadable(path, cause)));
  if (meta.format === 'png') return readText(await readFile(path));
  const packet = meta.xmpAsString ?? '';
  const found = /<toroid:entries>([\s\S]*)<\/toroid:entries>/.exec(packet)?.[1];
  return found ? (JSON.parse(unescapeXml(found)) as Record<string, string>) : {};
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
      'Use --preview 2x2, or none.',
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

/** Planes of 0..1 to interleaved whole numbers, clamped and rounded to nearest. */
function interleave({ width, height, data }: Raster, bits: Bits): Uint8Array | Uint16Array {
  const n = width * height;
  const most = 2 ** bits - 1;
  const out = bits === 16 ? new Uint16Array(3 * n) : new Uint8Array(3 * n);
  for (let band = 0; band < 3; band++) {
    for (let i = 0; i < n; i++) {
      out[3 * i + band] = Math.round(Math.min(1, Math.max(0, data[band * n + i] ?? 0)) * most);
    }
  }
  return out;
}

const ENTITIES: readonly (readonly [string, string])[] = [
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
];
const escapeXml = (text: string): string => ENTITIES.reduce((t, [plain, coded]) => t.replaceAll(plain, coded), text);
const unescapeXml = (text: string): string =>
  ENTITIES.toReversed().reduce((t, [plain, coded]) => t.replaceAll(coded, plain), text);

/** An XMP packet that holds the entries as JSON. */
function xmp(entries: Readonly<Record<string, string>>): string {
  return (
    '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">' +
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" ' +
    `xmlns:toroid="urn:toroid:"><toroid:entries>${escapeXml(JSON.stringify(entries))}</toroid:entries>` +
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
  );
}
