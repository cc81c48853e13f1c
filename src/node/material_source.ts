// Folders and archives of maps.
import { statSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join, parse, resolve, sep } from 'node:path';
import type { MaterialFile } from '../app/material_files';
import { isZip, zipEntries } from '../base/zip';
import { fileBytes, isPipe } from './file_bytes';

export interface MaterialSource {
  /** Of the folder or archive, without an ending. */
  readonly name: string;
  readonly files: readonly MaterialFile[];
}

/**
 * The files of a folder, with those of folders in it, or of a .zip; undefined for what is neither.
 * @throws EngineError `PictureError` for a .zip that is damaged
 */
export async function materialSource(path: string): Promise<MaterialSource | undefined> {
  if (isPipe(path)) return undefined;
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    // Folders are among them, and are no maps by their names.
    const names = (await readdir(path, { recursive: true })).sort();
    const files = names.map((name) => ({
      name: name.split(sep).join('/'),
      read: async (): Promise<Uint8Array<ArrayBuffer>> => new Uint8Array(await readFile(join(path, name))),
    }));
    return { name: basename(resolve(path)), files };
  }
  if (!/\.zip$/i.test(path)) return undefined;
  const bytes = await fileBytes(path);
  return isZip(bytes) ? { name: parse(path).name, files: zipEntries(bytes, path) } : undefined;
}
