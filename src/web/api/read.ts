// Everything a page may have a picture in, as a raster.

import { isPlain, isRaster, type PlainSource, plainRaster, wantedSize, withoutAlpha } from '../../app/plain_sources';
import { READ_NEEDS, READ_OPTIONS, type ReadOptions, type ReadPicture } from '../../app/platform';
import { EngineError } from '../../base/errors';
import { isNumbers, isPng } from '../../base/first_bytes';
import { checkOptions } from '../../base/known_options';
import type { Raster } from '../../base/raster';
import { type FoundRecord, findRecord } from '../../recipes/picture_record';
import { sha256 } from './sha256';

/** A file, its address, its bytes, something drawn, or pixels. Bitmaps stay open: they are the caller's. */
export type PictureSource =
  | string
  | URL
  | Blob
  | ArrayBuffer
  | Uint8Array<ArrayBuffer>
  | ImageBitmap
  | ImageData
  | HTMLCanvasElement
  | OffscreenCanvas
  | HTMLImageElement
  | HTMLVideoElement
  | VideoFrame
  | PlainSource;

/**
 * Reads a picture.
 * @throws EngineError `PictureError` for what is none, cannot be fetched, is too small, too large, or all transparent.
 */
export async function readSource(source: PictureSource, options: ReadOptions): Promise<ReadPicture> {
  checkOptions('readSource', options, READ_OPTIONS, READ_NEEDS);
  if (isPlain(source)) return { raster: await plain(source, options) };
  const blob = await asBlob(source, options);
  if (blob) {
    const bytes = await blob.arrayBuffer();
    const path = pathOf(source) ?? pathOf(blob);
    const named = { ...options, name: path ?? options.name };
    const [picture, hash] = await Promise.all([decode(blob, new Uint8Array(bytes), named), sha256(bytes)]);
    return { ...picture, path, sha256: hash };
  }
  return { raster: await drawn(source as DrawnSource, options), path: pathOf(source) };
}

type DrawnSource = Exclude<PictureSource, string | URL | Blob | ArrayBuffer | Uint8Array | PlainSource>;

/** `stone.jpg`, of a file or an address. */
function pathOf(source: unknown): string | undefined {
  if (typeof File !== 'undefined' && source instanceof File) return source.name || undefined;
  const isImage = typeof HTMLImageElement !== 'undefined' && source instanceof HTMLImageElement;
  const text = isImage ? source.currentSrc || source.src : source;
  if (typeof text !== 'string' && !(text instanceof URL)) return undefined;
  const url = addressOf(text);
  if (!url || url.protocol === 'data:' || url.protocol === 'blob:') return undefined;
  return decoded(url.pathname.split('/').at(-1) ?? '') || undefined;
}

function addressOf(text: string | URL): URL | null {
  try {
    return new URL(text, globalThis.location?.href);
  } catch {
    return null; // where there is no such file, reading it says so
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray % is part of the name
  }
}

async function asBlob(source: unknown, { name, signal }: Pick<ReadOptions, 'name' | 'signal'>): Promise<Blob | null> {
  if (source instanceof Blob) return source;
  if (source instanceof ArrayBuffer || source instanceof Uint8Array) return new Blob([source as BlobPart]);
  if (typeof source !== 'string' && !(source instanceof URL)) return null;
  const fault = (what: string): EngineError =>
    new EngineError(
      'PictureError',
      `${name}: cannot fetch ${source}: ${what}`,
      'Check the address; another site has to allow it (CORS).',
    );
  let answer: Response;
  try {
    answer = await fetch(source, { signal: signal ?? null });
  } catch (cause) {
    signal?.throwIfAborted();
    throw fault((cause as Error).message);
  }
  if (!answer.ok) throw fault(`${answer.status} ${answer.statusText}`.trim());
  return answer.blob();
}

async function decode(blob: Blob, bytes: Uint8Array, options: ReadOptions): Promise<ReadPicture> {
  if (isNumbers(bytes)) return (await import('./read_numbers')).readNumberPicture(bytes, options);
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(blob);
  } catch {
    const kind = (await import('../../base/file_kinds')).fileKind(bytes);
    if (kind) throw new EngineError('PictureError', `${options.name} is ${kind.what}, which is not read`, kind.remedy);
    throw new EngineError(
      'PictureError',
      `${options.name} is not a picture that this browser can read, or it is damaged`,
      'Use a PNG, JPEG, WebP, AVIF, TIFF, OpenEXR, HDR, PFM or .npy file.',
    );
  }
  try {
    const raster = await drawn(bitmap, options);
    if (!isPng(bytes)) return { raster };
    // Its header, 25 bytes: depth, then the type, of which 0 and 4 are grey.
    if (bytes[24] === 16) options.onWarning(`${options.name} has 16 bits a channel, of which browsers give 8`);
    return { raster: bytes[25] === 0 || bytes[25] === 4 ? { ...raster, grey: true } : raster };
  } finally {
    bitmap.close();
  }
}

async function plain(source: PlainSource, options: ReadOptions): Promise<Raster> {
  const raster = (): Raster => plainRaster(source, options);
  const [w, h] = wantedSize(source.width, source.height, options);
  if ((w === source.width && h === source.height) || isRaster(source)) return raster();
  const data = new Uint8ClampedArray(source.data);
  const bitmap = await createImageBitmap(new ImageData(data, source.width, source.height));
  try {
    return onCanvas(bitmap, [w, h], options);
  } finally {
    bitmap.close();
  }
}

async function drawn(source: DrawnSource, options: ReadOptions): Promise<Raster> {
  if (typeof HTMLImageElement !== 'undefined' && source instanceof HTMLImageElement) {
    await source.decode().catch(() => {
      throw new EngineError(
        'PictureError',
        `${options.name}: the image element could not load ${source.src || 'anything: it has no src'}`,
        'Check its address.',
      );
    });
  }
  const [width, height] = sizeOf(source);
  if (!width || !height) throw notDrawable(options.name);
  return onCanvas(source, wantedSize(width, height, options), options);
}

function sizeOf(source: DrawnSource): readonly [number, number] {
  if ('naturalWidth' in source) return [source.naturalWidth, source.naturalHeight];
  if ('videoWidth' in source) return [source.videoWidth, source.videoHeight];
  if ('displayWidth' in source) return [source.displayWidth, source.displayHeight];
  return [source.width, source.height];
}

function onCanvas(source: CanvasImageSource, [width, height]: readonly [number, number], options: ReadOptions): Raster {
  const pen = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!pen) throw notDrawable(options.name);
  pen.imageSmoothingQuality = 'high';
  let values: Uint8ClampedArray;
  try {
    pen.drawImage(source, 0, 0, width, height);
    values = pen.getImageData(0, 0, width, height, { colorSpace: 'srgb' }).data;
  } catch (cause) {
    const { name } = cause as Error;
    if (name !== 'SecurityError') throw notDrawable(options.name);
    throw new EngineError(
      'PictureError',
      `${options.name} comes from another site, which does not let pages read it`,
      'Serve it with an Access-Control-Allow-Origin header, and give the element crossorigin="anonymous".',
    );
  }
  return withoutAlpha({ width, height, channels: 4, values, most: 255 }, options);
}

const notDrawable = (name: string): EngineError =>
  new EngineError('PictureError', `${name} is no picture, or an empty one`, 'Give a file, an address, or a canvas.');

/** What toroid wrote into a PNG: the recipe and how it was run; null for any other picture. `run` takes it. */
export async function readRecord(picture: Blob | string | URL | ArrayBuffer | Uint8Array): Promise<FoundRecord | null> {
  const blob = await asBlob(picture, { name: 'picture' });
  if (!blob) return null;
  const { readText } = await import('../../base/png_read');
  return findRecord(readText(new Uint8Array(await blob.arrayBuffer())));
}
