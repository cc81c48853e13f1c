// The bytes of a file, of a pipe or of the standard input, each read once: a pipe is empty the second time.
import { accessSync, constants, createReadStream, mkdtempSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineError } from '../base/errors';
import { temporary } from '../gpu/temp_files.node';
import { lookUp, notThere, quoted, reason } from './files';

/** Pipes hold no more than this, and a file that is read whole neither. */
const MOST_BYTES = 2 ** 31 - 1;

/** `-`, or a name of the standard input. */
export const isStdin = (path: string): boolean => ['-', '/dev/stdin', '/dev/fd/0'].includes(path);

/** Whether there is no file to come back to. */
export const isPipe = (path: string): boolean => {
  const stat = isStdin(path) ? undefined : lookUp(path);
  return isStdin(path) || stat?.isFIFO() === true || stat?.isSocket() === true;
};

const reading = new Map<string, Promise<Uint8Array>>();
const piped = new Map<string, Uint8Array>();

/** Under which a process that goes on with the work of this one finds what was piped into it: files by the pipes' names. */
const HANDED = 'TOROID_PIPED';

/** Puts what was read of pipes into files, for a process that is started to do the work; they go with this process. */
export function handOverPipes(): void {
  if (piped.size === 0) return;
  const folder = mkdtempSync(join(tmpdir(), 'toroid-piped-'));
  temporary(folder);
  const files = [...piped].map(([name, bytes], k) => {
    const file = join(folder, String(k));
    writeFileSync(file, bytes);
    return [name, file] as const;
  });
  process.env[HANDED] = JSON.stringify(Object.fromEntries(files));
}

/**
 * Reads a file whole.
 * @param path `-` is the standard input
 * @throws EngineError `PictureError` for what is missing, empty, a folder, or may not be read
 */
export async function fileBytes(path: string): Promise<Uint8Array> {
  if (isPipe(path)) {
    const name = isStdin(path) ? '-' : path;
    const before = reading.get(name) ?? pipeBytes(name);
    reading.set(name, before);
    piped.set(name, await before);
    return before;
  }
  const stat = lookUp(path);
  if (!stat) throw notThere(path);
  if (stat.isDirectory()) {
    throw new EngineError('PictureError', `${path} is a folder, not a picture`, 'Name a picture in it.');
  }
  if (!stat.isFile()) throw new EngineError('PictureError', `${path} is a device, not a picture`, 'Name a file.');
  if (stat.size === 0) throw new EngineError('PictureError', `${path} is empty`, 'Download or save it again.');
  if (stat.size > MOST_BYTES) throw tooLarge(path);
  try {
    accessSync(path, constants.R_OK);
  } catch (cause) {
    throw new EngineError('PictureError', `cannot read ${path}: ${reason(cause)}`, `Run: chmod u+r ${quoted(path)}`);
  }
  try {
    return await readFile(path);
  } catch (cause) {
    throw new EngineError('PictureError', `cannot read ${path}: ${reason(cause)}`, 'Check the file.');
  }
}

async function pipeBytes(path: string): Promise<Uint8Array> {
  const stdin = path === '-';
  const handed = (JSON.parse(process.env[HANDED] ?? '{}') as Record<string, string>)[path];
  if (handed !== undefined) return readFile(handed);
  if (stdin && process.stdin.isTTY) {
    throw new EngineError(
      'PictureError',
      '- is the standard input, and nothing is piped into it',
      'Pipe a picture: cat stone.png | toroid texture -',
    );
  }
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of (stdin ? process.stdin : createReadStream(path)) as AsyncIterable<Buffer>) {
      length += part.length;
      if (length > MOST_BYTES) throw tooLarge(path);
      parts.push(part);
    }
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    throw new EngineError('PictureError', `cannot read ${path}: ${reason(cause)}`, 'Check what is piped.');
  }
  if (length > 0) return Buffer.concat(parts);
  throw new EngineError(
    'PictureError',
    `${stdin ? 'the standard input' : path} is empty`,
    'Check the command that writes into the pipe.',
  );
}

const tooLarge = (path: string): EngineError =>
  new EngineError('PictureError', `${path} is larger than 2 GB`, 'Crop or shrink it first.');
