// What happens to files that are there already, where a command writes.
import { existsSync, readdirSync, renameSync } from 'node:fs';
import { join, parse } from 'node:path';
import { type Command, Option } from 'commander';
import type { Output } from '../app/output';
import { EngineError } from '../base/errors';
import { isStdout, lookUp } from '../node/files';

export interface ClobberOptions {
  /** false by --no-clobber. */
  clobber?: boolean;
  force?: boolean;
  /** The name that was asked for. */
  out?: string;
}

export const addClobberOptions = (command: Command): Command =>
  command
    .option('--no-clobber', 'write over nothing: fail before the work where a file of that name is there')
    .addOption(
      new Option(
        '--force',
        'write over the picture whatever its name (default: over one named with -o, and it is said; else the old one is kept beside it)',
      ).conflicts('clobber'),
    );

/** A file, or a folder with something in it. */
function isThere(path: string): boolean {
  if (isStdout(path)) return false;
  const found = lookUp(path);
  return found?.isFile() === true || (found?.isDirectory() === true && readdirSync(path).length > 0);
}

/**
 * @param files that the command will write, or folders of them
 * @throws EngineError `OutputError` where --no-clobber was given and one of them is there
 */
export function checkClobber(files: readonly (string | undefined)[], { clobber }: ClobberOptions): void {
  const there = clobber === false && files.find((file) => file !== undefined && isThere(file));
  if (there)
    throw new EngineError(
      'OutputError',
      `${there} is there already, and --no-clobber keeps it`,
      'Name another with -o.',
    );
}

/**
 * To be called right before a file, or a folder of files, is written. A name that nobody chose must cost nobody a picture: what has it is renamed.
 * @returns what to say of it; undefined where nothing is there, or --force was given
 */
export function makeWay(file: string, { force, out }: ClobberOptions): string | undefined {
  if (force === true || !isThere(file)) return undefined;
  if (out !== undefined) return `${file} was there, and is replaced`;
  const { dir, name, ext } = parse(file);
  let n = 1;
  while (existsSync(join(dir, `${name}.old${n}${ext}`))) n++;
  const kept = join(dir, `${name}.old${n}${ext}`);
  try {
    renameSync(file, kept);
  } catch {
    return `${file} was there, and is replaced`; // where it cannot be renamed it may still be written over
  }
  return `${file} was there: the old one is now ${kept}`;
}

/** Makes way for a picture, when there is one. Comes before the output that writes it. */
export const makeWayOutput = (file: string, options: ClobberOptions, say: (text: string) => void): Output => ({
  finish: () => {
    const text = makeWay(file, options);
    if (text !== undefined) say(text);
    return undefined;
  },
});
