// Pictures that a command made without a recipe, sealed ones and maps of materials: made again by the same command.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { EngineError } from '../base/errors';
import { fileBytes } from '../node/file_bytes';
import { materialSource } from '../node/material_source';
import { readMetadata } from '../node/picture';

interface RecordedFile {
  readonly path?: string;
  readonly sha256?: string;
}

/** What such a picture's record holds. */
export interface Made {
  readonly command: 'seal' | 'material';
  readonly settings: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, RecordedFile>>;
}

const isGroup = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** The record of a command among a picture's entries; null where there is none. */
export function commandRecord(text: string | undefined): Made | null {
  let record: unknown;
  try {
    record = JSON.parse(text ?? 'null');
  } catch {
    return null;
  }
  if (!isGroup(record) || (record.command !== 'seal' && record.command !== 'material')) return null;
  const { command, settings, inputs } = record;
  const files = Object.entries(isGroup(inputs) ? inputs : {}).flatMap(([name, file]) => {
    if (!isGroup(file)) return [];
    const { path, sha256 } = file;
    return [
      [
        name,
        { ...(typeof path === 'string' && { path: basename(path) }), ...(typeof sha256 === 'string' && { sha256 }) },
      ],
    ];
  });
  return { command, settings: isGroup(settings) ? settings : {}, inputs: Object.fromEntries(files) };
}

/** The record of the command that made a picture; null for a picture of a recipe, and for what is no picture. */
export async function madeByCommand(path: string): Promise<Made | null> {
  if (!/\.(png|webp|jpe?g|tiff?)$/i.test(path) || !existsSync(path)) return null;
  return commandRecord((await readMetadata(path)).toroid);
}

/** What to type: the picture comes last, behind `--`, whatever its name begins with. */
export interface Words {
  readonly command: Made['command'];
  readonly options: readonly string[];
  readonly picture: string;
}

/**
 * The words to type for the same again.
 * @param picture where the record was found: inputs are looked for beside it, in the folder above, and here
 * @param given `name=file` for inputs that moved or changed
 * @throws EngineError `RecipeError` for an input that is not there, or not the one it was
 */
export async function wordsFor(made: Made, picture: string, given: readonly string[]): Promise<Words> {
  const { command } = made;
  const overrides = new Map(given.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]));
  const places = [dirname(picture), dirname(dirname(join('.', picture))), '.'];
  const inputs = Object.entries(made.inputs);
  // A set of maps is named by its folder, which its files do not tell.
  const set = command === 'material' && !('picture' in made.inputs);
  const known = set ? ['maps'] : inputs.map(([name]) => name);
  const wrong = [...overrides.keys()].find((name) => !known.includes(name));
  if (wrong !== undefined)
    throw new EngineError(
      'RecipeError',
      `--input ${wrong}: nothing in ${picture} asks for it`,
      `It asks for: ${known.join(', ')}.`,
    );
  const found = new Map<string, string>();
  if (set) {
    const folder = overrides.get('maps');
    if (folder === undefined) {
      const files = inputs.map(([, { path }]) => path ?? '').join(', ');
      throw new EngineError(
        'RecipeError',
        `${picture} is of the material of ${files}, and does not say where those are`,
        'Name their folder or .zip: --input maps=folder',
      );
    }
    await checkSet(folder, inputs);
    found.set('maps', folder);
  } else {
    for (const [name, file] of inputs) found.set(name, overrides.get(name) ?? (await findFile(name, file, places)));
  }
  const [first = '', ...maps] = found.values();
  const options = [...(maps.length > 0 ? [`--with=${maps.join(',')}`] : []), ...optionsFor(made)];
  return { command, options, picture: first };
}

/** A file where it was recorded, and as it was. */
async function findFile(name: string, { path, sha256 }: RecordedFile, places: readonly string[]): Promise<string> {
  const file = places.map((p) => join(p, path ?? '')).find((p) => path !== undefined && existsSync(p));
  if (file === undefined)
    throw new EngineError(
      'RecipeError',
      `input ${name}: there is no file ${path ?? 'named in the record'} beside the picture`,
      `Say where it is now: --input ${name}=path/to/picture`,
    );
  if (sha256 !== undefined && digest(await fileBytes(file)) !== sha256)
    throw new EngineError(
      'RecipeError',
      `input ${name}: ${file} is not the file it was (its SHA-256 is another)`,
      `Use it all the same: --input ${name}=${file}`,
    );
  return file;
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function checkSet(folder: string, inputs: readonly (readonly [string, RecordedFile])[]): Promise<void> {
  const files = (await materialSource(folder))?.files ?? [];
  for (const [, { path, sha256 }] of inputs) {
    const file = files.find((f) => basename(f.name) === path);
    if (file && (sha256 === undefined || digest(await file.read()) === sha256)) continue;
    throw new EngineError(
      'RecipeError',
      `${folder} ${file ? `has another ${path} than there was` : `has no ${path}`}`,
      `Give the maps that there were; or make a material of these: toroid material ${folder}`,
    );
  }
}

/** What records hold of settings. A picture may be a stranger's: no other of its words becomes an option. */
const SETTINGS = {
  seal: ['tile', 'keepSize', 'strength', 'rectify'],
  material: 'method size seed preset delight light high relief maps widthCm rectify'.split(' '),
} as const;

/** Settings as options: `keepSize: true` is `--keep-size`, `size: [w, h]` is `--size=wxh`. */
function optionsFor({ command, settings }: Made): string[] {
  return SETTINGS[command].flatMap((name) => {
    const value = Object.hasOwn(settings, name) ? settings[name] : undefined;
    const flag = `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
    if (value === true) return [flag];
    if (Array.isArray(value)) return value.length === 0 ? [] : [`${flag}=${value.join(name === 'size' ? 'x' : ',')}`];
    return typeof value === 'string' || typeof value === 'number' ? [`${flag}=${value}`] : [];
  });
}
