// Looking at files before and after the work: what is there, what can be written, and how to say it.
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  readlinkSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { chmod, chown, copyFile, rename, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { didYouMean } from '../base/did_you_mean';
import { EngineError } from '../base/errors';
import { makeFolder, temporary } from '../gpu/temp_files.node';

/**
 * Finds out whether a file can be written; makes its folder where that is missing.
 * @throws EngineError `PictureError`
 */
export function probeFile(path: string): void {
  try {
    const target = throughLinks(path);
    makeFolder(dirname(target));
    if (statSync(target, { throwIfNoEntry: false })) accessSync(target, constants.W_OK); // throws for a name too long
    // A block, not nothing: an empty file fits on a full disk.
    const probe = temporaryName(target);
    const mark = temporary(probe);
    try {
      writeFileSync(probe, new Uint8Array(4096), { flag: 'wx' });
    } finally {
      mark.drop();
    }
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/**
 * Writes a file, whole or not at all: to a temporary name in the same folder, renamed when complete. A symbolic link
 * stays, and what it leads to is written; so do the mode and the owner of a file that was there. A folder that went
 * meanwhile is made again.
 * @throws EngineError `PictureError`, also when the bytes cannot be made.
 */
export async function writeWhole(path: string, bytes: () => Promise<Uint8Array>): Promise<void> {
  try {
    const all = await bytes();
    if (isStdout(path)) return await print(all);
    const target = throughLinks(path);
    if (lookUp(target)?.isFile() === false) return await writeFile(target, all); // a pipe stays one
    makeFolder(dirname(target));
    const fresh = temporaryName(target);
    const mark = temporary(fresh);
    try {
      await writeFile(fresh, all, { flag: 'wx' });
      await replace(fresh, target);
    } finally {
      mark.drop();
    }
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/** Puts a file where another may be, with the mode and the owner of that one. */
async function replace(fresh: string, target: string): Promise<void> {
  const old = lookUp(target);
  if (old) {
    const { uid, gid } = await stat(fresh);
    try {
      if (old.uid !== uid || old.gid !== gid) await chown(fresh, old.uid, old.gid);
      await chmod(fresh, old.mode & 0o7777);
    } catch {
      // Only the system's owner gives files away: what may be written, but is another's, is written in its place.
      const kept = await copyFile(fresh, target).catch(() => false);
      if (kept !== false) return;
    }
  }
  await rename(fresh, target);
}
/** Waits until it is through: a pipe takes it a piece at a time. */
const print = (bytes: Uint8Array): Promise<void> =>
  new Promise((done, fail) => process.stdout.write(bytes, (error) => (error ? fail(error) : done())));

/** Whether two names are of one file, be it by links or by different spelling. */
export function sameFile(a: string, b: string): boolean {
  if (resolve(a) === resolve(b)) return true;
  const [one, other] = [lookUp(a), lookUp(b)];
  return one !== undefined && other !== undefined && one.ino === other.ino && one.dev === other.dev;
}

/** Why there is nothing to read under a name. */
export function notThere(path: string): EngineError {
  if (/^(https?|ftp|s3):\/\//.test(path)) {
    return new EngineError(
      'PictureError',
      `${path} is an address, and files are read`,
      `Fetch it: curl -sL ${quoted(path)} | toroid ... -`,
    );
  }
  try {
    accessSync(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') {
      return new EngineError('PictureError', `cannot read ${path}: ${reason(cause)}`, 'Check the path.');
    }
  }
  return new EngineError('PictureError', `there is no file ${path || '""'}`, whereElse(path));
}

/** The file that was probably meant, or where was looked. */
function whereElse(path: string): string {
  const folder = dirname(path);
  if (!existsSync(folder)) return `There is no folder ${folder} either.`;
  try {
    const near = didYouMean(
      basename(path),
      readdirSync(folder).filter((name) => name !== basename(path)),
    );
    if (near !== undefined) return `Did you mean ${join(folder, near)}?`;
  } catch {
    // a folder that may not be listed
  }
  return isAbsolute(path) ? 'Check the path.' : `It is looked for in ${process.cwd()}.`;
}

/** `-`, or a name of the standard output. */
export const isStdout = (path: string): boolean => ['-', '/dev/stdout', '/dev/fd/1'].includes(path);

export const quoted = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);

export function lookUp(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // a part of its path is a file, or may not be searched: opening it tells more
  }
}

/** The file that a name leads to: a link's own place must not become a file. */
function throughLinks(path: string): string {
  if (/^[a-z][\w+.-]+:\/./i.test(path)) throw new Error('it is an address, and files are written');
  let at = resolve(path); // the working folder may go on the way
  for (let k = 0; k < 40; k++) {
    try {
      at = resolve(dirname(at), readlinkSync(at));
    } catch {
      return at; // no link, or nothing there yet
    }
  }
  throw Object.assign(new Error('too many links'), { code: 'ELOOP' });
}

const temporaryName = (path: string): string =>
  join(dirname(path), `.toroid-${randomBytes(6).toString('hex')}${extname(path)}.tmp`);

function unwritable(path: string, cause: unknown): EngineError {
  const { code } = cause as NodeJS.ErrnoException;
  const remedy =
    code === 'ENOSPC' || code === 'EDQUOT'
      ? 'Free some space there, or choose another place.'
      : 'Choose another place.';
  return new EngineError('PictureError', `cannot write ${path}: ${reason(cause)}`, remedy);
}

export function reason(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  const known: Record<string, string> = {
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EROFS: 'the file system is read-only',
    ENOSPC: 'no space left on the device',
    EDQUOT: 'the disk quota is used up',
    ENOENT: 'its folder cannot be made',
    ENOTDIR: 'a part of its path is a file, not a folder',
    EEXIST: 'a part of its path is a file, not a folder',
    ENAMETOOLONG: 'the name is too long',
    ELOOP: 'its links lead in a circle',
  };
  return known[code ?? ''] ?? message;
}
