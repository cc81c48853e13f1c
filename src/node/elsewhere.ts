import { existsSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, parse, resolve } from 'node:path';

/**
 * Writes what could not be written where it should be (no space, a folder that takes no files any more) into the first
 * other folder that takes it: the working folder, the home of the user, that for temporary files.
 * @param write writes to the place that it is given
 * @returns the place
 * @throws `error` where no folder takes it
 */
export async function writeElsewhere(
  path: string,
  error: unknown,
  write: (place: string) => Promise<void>,
  onElsewhere: (error: unknown, place: string) => void,
): Promise<string> {
  const folders = [resolve(), homedir(), tmpdir()].filter((f) => f !== resolve(parse(path).dir));
  for (const folder of new Set(folders)) {
    const place = freePlace(folder, path);
    try {
      await write(place);
    } catch {
      continue;
    }
    onElsewhere(error, place);
    return place;
  }
  throw error;
}

/** Nothing that is there is written over. */
function freePlace(folder: string, path: string): string {
  const { name, ext } = parse(path);
  for (let k = 1; ; k++) {
    const place = join(folder, k === 1 ? `${name}${ext}` : `${name}-${k}${ext}`);
    if (!existsSync(place)) return place;
  }
}
