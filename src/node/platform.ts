// What the library and the command line need of Node: files, pictures by sharp, weights by name, Dawn's devices.

import { createHash } from 'node:crypto';
import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isPlain, type PlainSource, plainRaster, wantedSize } from '../app/plain_sources';
import {
  type Nets,
  type Platform,
  READ_NEEDS,
  READ_OPTIONS,
  type ReadOptions,
  type ReadPicture,
} from '../app/platform';
import { EngineError } from '../base/errors';
import { checkOptions } from '../base/known_options';
import { setting } from '../base/wording';
import { open } from '../gpu/open.node';
import { TuneFile } from '../gpu/tune_cache.node';
import { fileBytes, isPipe } from './file_bytes';
import { writeWhole } from './files';
import { decodePicture, writePicture } from './picture';
import { loadNet, resolveWeights, weightFolders, weightNames } from './weights/find';

/** The path of a file (or a file: URL; `-` is the standard input), its bytes (Buffer, Blob), or pixels. */
export type PictureSource = string | URL | Blob | ArrayBuffer | Uint8Array | PlainSource;

/**
 * Reads a picture.
 * @throws EngineError `PictureError`
 */
export async function readSource(source: PictureSource, options: ReadOptions): Promise<ReadPicture> {
  checkOptions('readSource', options, READ_OPTIONS, READ_NEEDS);
  const { name } = options;
  if (typeof source === 'string' || source instanceof URL) {
    const path = pathOf(source);
    const bytes = await fileBytes(path);
    const picture = await decodePicture(bytes, path, options);
    return { ...picture, sha256: digest(bytes), ...(!isPipe(path) && { path: resolve(path) }) };
  }
  if (isPlain(source)) {
    wantedSize(source.width, source.height, { ...options, most: Number.POSITIVE_INFINITY });
    return { raster: plainRaster(source, options) };
  }
  const bytes = await bytesOf(source, name);
  const path = typeof File !== 'undefined' && source instanceof File ? source.name : undefined;
  return { ...(await decodePicture(bytes, path ?? name, options)), path, sha256: digest(bytes) };
}

export function pathOf(source: string | URL): string {
  if (typeof source === 'string' && !source.startsWith('file:')) return source;
  try {
    return fileURLToPath(source);
  } catch {
    throw new EngineError('PictureError', `${source} is no address of a file here`, 'Fetch it, and give its bytes.');
  }
}

export async function bytesOf(source: Blob | ArrayBuffer | Uint8Array, name: string): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  throw new EngineError('PictureError', `${name} is no picture`, 'Give a path, the bytes of a file, or pixels.');
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Weight files on this machine. */
export const nodeNets: Nets = {
  first: () => weightNames().find(isHere),
  check: (name) => void resolveWeights(name),
  load: (name, options) => loadNet(name, options),
  none: (recipe) =>
    new EngineError(
      'WeightsError',
      `the recipe ${recipe} needs the weights of a network, and there are none in ${weightFolders().join(' or ')}`,
      `Run \`toroid weights pull vgg19\`, or \`toroid weights make vgg19-random\` to try it without; or give ${setting('net', 'file.onnx')}.`,
    ),
};

function isHere(name: string): boolean {
  try {
    resolveWeights(name);
    return true;
  } catch {
    return false;
  }
}

/** As seen from the folder that the result is in, so that `toroid run` finds it. */
const inputPath = (input: string, result: string): string =>
  relative(resolve(dirname(result)), resolve(input))
    .split(sep)
    .join('/');

export const nodePlatform: Platform<PictureSource> = {
  openDevice: open,
  readPicture: readSource,
  writePicture,
  keepFile: (path, bytes) => writeWhole(path, async () => bytes),
  inputPath,
  nets: nodeNets,
  tuneStore: () => new TuneFile(),
};
