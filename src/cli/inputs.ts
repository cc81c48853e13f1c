import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { didYouMean } from '../base/did_you_mean';
import { EngineError } from '../base/errors';
import type { Raster } from '../base/raster';
import { reason } from '../node/files';
import { readPicture } from '../node/picture';
import type { Recipe } from '../recipes/recipe';
import { checkRecipe, inputPlaces } from '../recipes/resolve';

/** A picture that a recipe names, as it is on this machine. */
export interface InputFile {
  readonly name: string;
  readonly path: string;
  readonly sha256: string;
  readonly raster: Raster;
}

/** More pixels say nothing more of a style, and cost time and memory at every step. */
const STYLE_PIXELS = 2 ** 20;
const CONTENT_PIXELS = 2 ** 24;
/** A style with a side below this shows no texture. */
const STYLE_SIDE = 16;

/**
 * Reads the pictures of a recipe: those it has paths for, and those given by `--input name=path`, which come first.
 * @throws EngineError `RecipeError` for one that moved or changed, with its name; `PictureError` for one that is none.
 */
export async function readInputs(
  recipe: Recipe,
  folder: string | null,
  given: readonly string[],
  onWarning: (text: string) => void,
): Promise<InputFile[]> {
  const overrides = new Map(given.map(parseInput));
  checkNames(recipe, [...overrides.keys()]);
  const names = new Set([...Object.keys(recipe.inputs), ...overrides.keys()]);
  checkRecipe(recipe, [...names]);
  const files: InputFile[] = [];
  for (const name of names) {
    const own = recipe.inputs[name];
    const { path: recorded, sha256 } =
      typeof own === 'string' ? { path: own, sha256: undefined } : { path: own?.path ?? '', sha256: own?.sha256 };
    const path = overrides.get(name) ?? found(name, recorded, folder);
    const actual = digest(path);
    if (!overrides.has(name) && sha256 !== undefined && actual !== sha256) {
      throw new EngineError(
        'RecipeError',
        `input ${name}: ${path} is not the file it was (its sha256 is ${actual.slice(0, 12)}..., not ${sha256.slice(0, 12)}...)`,
        `Use it all the same: --input ${name}=${path}`,
      );
    }
    const kept = name === recipe.content || name === recipe.pin?.picture;
    const most = kept ? CONTENT_PIXELS : STYLE_PIXELS;
    const least = recipe.styles.some((s) => s.input === name) ? STYLE_SIDE : 1;
    const raster = await readPicture(path, { most, least, alpha: name === recipe.content, onWarning });
    files.push({ name, path, sha256: actual, raster });
  }
  return files;
}

function parseInput(text: string): [string, string] {
  const cut = text.indexOf('=');
  if (cut > 0) return [text.slice(0, cut), text.slice(cut + 1)];
  throw new EngineError('RecipeError', `--input ${text}: wants name=picture`, 'Such as --input style=stone.jpg.');
}

/** A name that nothing in the recipe asks for is a slip of the pen. */
function checkNames(recipe: Recipe, names: readonly string[]): void {
  const text = JSON.stringify(recipe);
  for (const name of names) {
    if (Object.hasOwn(recipe.inputs, name) || new RegExp(`["\\W]${name.replaceAll(/[^\w]/g, '\\$&')}["\\W]`).test(text))
      continue;
    const wanted = wantedInputs(recipe);
    const near = didYouMean(name, wanted);
    throw new EngineError(
      'RecipeError',
      `--input ${name}: nothing in the recipe ${recipe.name} asks for it.${near ? ` Did you mean ${near}?` : ''}`,
      wanted.length > 0 ? `It asks for: ${wanted.join(', ')}.` : 'It asks for no input.',
    );
  }
}

/** Names of the inputs that a recipe's settings mention. */
export function wantedInputs(recipe: Recipe): string[] {
  return [...new Set([...Object.keys(recipe.inputs), ...inputPlaces(recipe).map(([, name]) => name)])];
}

/** Where a recorded path is now: beside the recipe, or where the command runs. */
function found(name: string, path: string, folder: string | null): string {
  const places = isAbsolute(path) || folder === null ? [path] : [join(folder, path), path];
  const place = places.find((p) => existsSync(p));
  if (place !== undefined) return place;
  throw new EngineError(
    'RecipeError',
    `input ${name}: there is no file ${places[0]}`,
    `Say where it is now: --input ${name}=path/to/picture`,
  );
}

function digest(path: string): string {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EISDIR') return ''; // readPicture says it better
    throw new EngineError('PictureError', `cannot read ${path}: ${reason(cause)}`, 'Check the path.');
  }
}

/** The recipe with its inputs recorded: paths as seen from the folder that the result goes to. */
export function recorded(recipe: Recipe, files: readonly InputFile[], folder: string): Recipe {
  const inputs = Object.fromEntries(
    files.map(({ name, path, sha256 }) => [
      name,
      { path: relative(resolve(folder), resolve(path)).split(sep).join('/'), sha256 },
    ]),
  );
  return { ...recipe, inputs };
}
