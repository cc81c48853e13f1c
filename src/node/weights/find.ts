import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { basename, delimiter, dirname, join, sep } from 'node:path';
import { bytesText, EngineError } from '../../base/errors';
import { checkOptions, checkValues, flag, list, text } from '../../base/known_options';
import { setting } from '../../base/wording';
import { cacheFolder } from '../../gpu/swiftshader.node';
import type { ByteSource } from '../../nets/onnx/byte_source';
import { externalFiles } from '../../nets/onnx/external';
import { onnxError } from '../../nets/onnx/model';
import { parseOnnx } from '../../nets/onnx/parse';
import type { ReadExternal } from '../../nets/onnx/tensor';
import { type KnownWeights, knownWeights, missing, type Net, netOf, weightsNamed } from '../../nets/weights';
import { randomNets } from '../../nets/weights_random';
import { readRecord, type WeightsRecord } from './record';

/** A weight file on this machine. */
export interface FoundWeights {
  readonly name: string;
  readonly path: string;
  /** Its entry in the manifest, or in the record beside it; null for a file that toroid does not know. */
  readonly known: KnownWeights | null;
  /** The file that this one was cut out of, if it was. */
  readonly of?: WeightsRecord['of'];
  /** What the record says of files that it keeps weights in. */
  readonly external?: WeightsRecord['external'];
}

export interface SearchOptions {
  /** Where to look. Default: `weightFolders()`. */
  readonly folders?: readonly string[];
}

/** Folders that weights are looked for in: those of TOROID_WEIGHTS, ./weights, and the user's cache. */
export function weightFolders(): string[] {
  const own = (process.env.TOROID_WEIGHTS ?? '').split(delimiter).filter(Boolean);
  return [...own, 'weights', join(cacheFolder(), 'weights')];
}

/** Where new files go: TOROID_WEIGHTS, ./weights where there is such a folder, else the user's cache. */
export function storeFolder(): string {
  const [own] = (process.env.TOROID_WEIGHTS ?? '').split(delimiter).filter(Boolean);
  const isHere = statSync('weights', { throwIfNoEntry: false })?.isDirectory() === true;
  return own ?? (isHere ? 'weights' : join(cacheFolder(), 'weights'));
}

/** All files here that have a record beside them: added, made, or cut out of another. */
export function recordedWeights(folders: readonly string[] = weightFolders()): FoundWeights[] {
  return folders.flatMap((folder) => [folder, ...within(folder)]).flatMap(recordedIn);
}

/** Every name that a recipe may give its net: those of the manifest, those of files here, those that can be made. */
export function weightNames(): string[] {
  const names = [...knownWeights, ...recordedWeights()].map((w) => w.name);
  return [...new Set([...names, ...randomNets])];
}

function recordedIn(folder: string): FoundWeights[] {
  let files: string[];
  try {
    files = readdirSync(folder);
  } catch {
    return [];
  }
  return files
    .filter((f) => f.endsWith('.onnx.json'))
    .sort()
    .flatMap((f) => recorded(join(folder, f.slice(0, -'.json'.length))) ?? []);
}

/** A file by the record beside it. One cut out of a known file is known by all that the manifest says of that. */
function recorded(path: string): FoundWeights | null {
  const record = isFile(path) ? readRecord(path) : null;
  if (!record || record.weights.file !== basename(path)) return null;
  const { weights, of, external } = record;
  const whole = of && knownWeights.find((w) => w.name === weights.name && w.sha256 === of.sha256);
  const { file, size, sha256 } = weights;
  const known = whole ? { ...whole, file, size, sha256 } : weights;
  return { name: weights.name, path, known, of, ...(external && { external }) };
}

/**
 * Finds a weight file: the path of an .onnx file, or a name of the manifest, whose file is looked for in each folder
 * and in the folders within it.
 * @throws EngineError `WeightsError`: no such name, or the file is nowhere (says which, how large, and its address).
 */
export function resolveWeights(nameOrPath: string, options: SearchOptions = {}): FoundWeights {
  if (/\.onnx$/i.test(nameOrPath)) {
    if (!isFile(nameOrPath)) {
      const what = existsSync(nameOrPath) ? `${nameOrPath} is not a file` : `there is no file ${nameOrPath}`;
      throw new EngineError(
        'WeightsError',
        what,
        'Give the path of an .onnx file, or a name of `toroid weights list`.',
      );
    }
    const own = recorded(nameOrPath);
    if (own) return own;
    const known = knownWeights.find((w) => w.file === basename(nameOrPath)) ?? null;
    return { name: known?.name ?? basename(nameOrPath), path: nameOrPath, known };
  }
  const folders = options.folders ?? weightFolders();
  const listed = knownWeights.find((w) => w.name === nameOrPath);
  for (const folder of folders) {
    for (const place of [folder, ...within(folder)]) {
      const path = listed && join(place, listed.file);
      if (listed && path !== undefined && isFile(path)) return { name: listed.name, path, known: listed };
      const other = recordedIn(place).find((f) => f.name === nameOrPath);
      if (other) return other;
    }
  }
  throw missing(weightsNamed(nameOrPath), folders);
}

/** The folders within one; none where that may not be looked into, or is a file. */
function within(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((e) => e.isDirectory()).map((e) => join(folder, e.name));
  } catch {
    return [];
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false; // not there, or not to be looked at
  }
}

/**
 * Compares a known file's size and SHA-256 with the manifest, and those of the files it keeps weights in with its record;
 * reads them in pieces. Unknown files pass where all that they need is there.
 * @throws EngineError `WeightsError`, or `OnnxError` where a file of weights is missing or too short
 */
export async function verifyWeights({ path, known, external = [] }: FoundWeights): Promise<void> {
  if (known) await verifyFile(path, known.name, known);
  for (const { file, location } of externalFilesOf(path)) {
    const listed = external.find((e) => e.file === location);
    if (listed) await verifyFile(file, `${location} of ${known?.name ?? basename(path)}`, listed);
  }
}

async function verifyFile(path: string, name: string, want: { size: number; sha256: string }): Promise<void> {
  const { size } = statSync(path);
  const remedy = `Download it again, or pass ${setting('unchecked', true)} if you changed it on purpose.`;
  if (size !== want.size) {
    throw new EngineError(
      'WeightsError',
      `${path} has ${size} bytes (${bytesText(size)}), not the ${want.size} (${bytesText(want.size)}) of ${name}`,
      remedy,
    );
  }
  const sha256 = await hashOf(path);
  if (sha256 !== want.sha256) {
    throw new EngineError(
      'WeightsError',
      `${path} is ${bytesText(size)} as expected, but its sha256 is ${sha256}, not ${want.sha256}`,
      remedy,
    );
  }
}

export async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece);
  return hash.digest('hex');
}

/**
 * The files that a model keeps weights in, and how large they are; none of what is no model: reading it says so.
 * @throws EngineError `OnnxError` when one is missing, leads elsewhere, or is shorter than the model says.
 */
export function externalFilesOf(path: string): { location: string; file: string; size: number }[] {
  let files: ReadonlyMap<string, number>;
  try {
    files = externalFiles(fileSource(path), basename(path));
  } catch (error) {
    if (error instanceof EngineError) return [];
    throw error;
  }
  return [...files].map(([location, least]) => {
    const file = externalFile(path, location);
    const { size } = statSync(file);
    if (size < least) {
      throw onnxError(
        `${basename(path)} keeps ${least} bytes of weights in ${file}, which has ${size}`,
        'Download or copy that file again: it is cut short, or a git-LFS pointer.',
      );
    }
    return { location, file, size };
  });
}

/** The checksum of a model and the files that it keeps weights in. */
async function withExternal(own: string, path: string): Promise<string> {
  const files = externalFilesOf(path);
  if (files.length === 0) return own;
  const hash = createHash('sha256').update(own);
  for (const { file } of files) hash.update(await hashOf(file));
  return hash.digest('hex');
}

/**
 * Finds, checks and reads a network.
 * @throws EngineError `WeightsError` when it is nowhere or not what the manifest says; `OnnxError` when it cannot be
 *   read.
 */
export async function loadNet(
  nameOrPath: string,
  options: SearchOptions & { readonly unchecked?: boolean } = {},
): Promise<Net> {
  checkValues('loadNet', { nameOrPath }, { nameOrPath: text });
  checkOptions('loadNet', options, { folders: list, unchecked: flag });
  const found = resolveWeights(nameOrPath, options);
  if (!options.unchecked) await verifyWeights(found);
  const model = parseOnnx(weightsSource(found.path), { name: found.name, readExternal: reader(found.path) });
  const { known, of, path } = found;
  const own = known && !options.unchecked ? (of?.sha256 ?? known.sha256) : await hashOf(path);
  return { ...netOf(model, known), sha256: await withExternal(own, path) };
}

function weightsSource(path: string): ByteSource {
  const source = fileSource(path);
  if (source.size === 0) throw onnxError(`${path} is empty`, 'Download the file again, or export it again.');
  return source;
}

/**
 * A file that is read in parts, whenever they are needed, and never as a whole.
 * @throws EngineError `WeightsError` when it cannot be read, or, as parts are read, when it has changed since.
 */
export function fileSource(path: string): ByteSource {
  const failed = (cause: unknown): Error =>
    new EngineError('WeightsError', `cannot read ${path}: ${(cause as Error).message}`, 'Check its permissions.');
  const look = <T>(work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      throw cause instanceof EngineError ? cause : failed(cause);
    }
  };
  const first = look(() => statSync(path));
  return {
    size: first.size,
    read: (offset, length) =>
      look(() => {
        const file = openSync(path, 'r');
        try {
          const now = fstatSync(file);
          if (now.size !== first.size || now.mtimeMs !== first.mtimeMs) {
            throw new EngineError('WeightsError', `${path} has changed while it was in use`, 'Start again.');
          }
          return readAt(file, offset, length);
        } finally {
          closeSync(file);
        }
      }),
  };
}

/** As many bytes as there are, up to `length`. */
function readAt(file: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    // A single read gives 2 GiB at most, and may give less than is there.
    const more = readSync(file, bytes, done, Math.min(length - done, 2 ** 30), offset + done);
    if (more === 0) return bytes.subarray(0, done);
    done += more;
  }
  return bytes;
}

/**
 * A file that a model keeps weights in: in the model's folder or, where the model is a link, in that of the file itself.
 * One that leads out of both is refused.
 */
function externalFile(model: string, location: string): string {
  const folders = [dirname(model), ...(isFile(model) ? [dirname(realpathSync(model))] : [])];
  const path = folders.map((folder) => join(folder, location)).find(isFile);
  if (path === undefined) {
    throw onnxError(
      `the model keeps weights in ${join(dirname(model), location)}, which does not exist`,
      `Put ${basename(location)} there: it came with ${basename(model)}.`,
    );
  }
  const real = realpathSync(path);
  if (!folders.some((folder) => real.startsWith(realpathSync(folder) + sep))) {
    throw onnxError(`the model keeps weights in ${path}, which leads out of its folder`, 'Put the file itself there.');
  }
  return path;
}

/** Reads parts of the files that a model keeps weights in. */
export function reader(model: string): ReadExternal {
  return (location, offset, length) => {
    const file = openSync(externalFile(model, location), 'r');
    try {
      return readAt(file, offset, Math.min(length, Math.max(0, fstatSync(file).size - offset)));
    } finally {
      closeSync(file);
    }
  };
}
