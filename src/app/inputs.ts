// The pictures of a recipe: how large, with or without opacity, and whether they are the files that they were.
import { EngineError } from '../base/errors';
import type { Raster } from '../base/raster';
import type { Recipe } from '../recipes/recipe';
import { inputPlaces } from '../recipes/resolve';
import type { Platform, ReadOptions, ReadPicture } from './platform';

/** A picture that a recipe names. */
export interface Input extends ReadPicture {
  readonly name: string;
}

/** More pixels say nothing more of a style, and cost time and memory at every step. */
const STYLE_PIXELS = 2 ** 20;
const CONTENT_PIXELS = 2 ** 24;
/** A style with a side below this shows no texture. */
const STYLE_SIDE = 16;

/** How an input of a recipe is read. Only pictures that the result is laid over keep their pixels: content and pinned ones. */
export function inputPolicy(recipe: Recipe, name: string): Pick<ReadOptions, 'most' | 'least' | 'alpha'> {
  const shown = name === recipe.content || name === recipe.pin?.picture;
  return {
    most: shown ? CONTENT_PIXELS : STYLE_PIXELS,
    least: recipe.styles.some((s) => s.input === name) ? STYLE_SIDE : 1,
    alpha: name === recipe.content,
  };
}

/** The size of a picture of at most `most` pixels, its proportions kept. */
export function shrunkSize(
  width: number,
  height: number,
  { most, least }: Pick<ReadOptions, 'most' | 'least'>,
): readonly [width: number, height: number] {
  const factor = Math.min(1, Math.sqrt(most / (width * height)));
  if (factor === 1) return [width, height];
  return [Math.max(least, Math.round(width * factor)), Math.max(least, Math.round(height * factor))];
}

/** What to say of a picture that is shrunk. */
export const shrunkText = (name: string, [w, h]: readonly number[], [sw, sh]: readonly number[]): string =>
  `${name} is ${w}x${h}: shrunk to ${sw}x${sh} before it is looked at; crop it to keep its finest detail`;

export interface ReadInputsOptions {
  readonly signal?: AbortSignal | undefined;
  /** Names of the pictures that the caller chose; others are where the recipe says. Default: all. */
  readonly given?: ReadonlySet<string>;
  warn(text: string): void;
}

/**
 * Reads pictures, in the order given.
 * @throws EngineError `RecipeError` for one that was found where the recipe says and has changed since; what
 *   `Platform.readPicture` throws.
 */
export async function readInputs<Source>(
  platform: Pick<Platform<Source>, 'readPicture'>,
  recipe: Recipe,
  sources: ReadonlyMap<string, Source>,
  { signal, given, warn }: ReadInputsOptions,
): Promise<Input[]> {
  const inputs: Input[] = [];
  for (const [name, source] of sources) {
    const picture = await platform.readPicture(source, {
      name,
      ...inputPolicy(recipe, name),
      signal,
      onWarning: warn,
    });
    signal?.throwIfAborted();
    const before = recipe.inputs[name];
    const was = typeof before === 'object' ? before.sha256 : undefined;
    const is = picture.sha256;
    if (was !== undefined && is !== undefined && is !== was) {
      if (given === undefined || given.has(name)) {
        warn(`input ${name} is not the file that the recipe was run with: the picture will be another`);
      } else {
        const path = typeof source === 'string' ? source : (picture.path ?? name);
        throw new EngineError(
          'RecipeError',
          `input ${name}: ${path} is not the file it was (its sha256 is ${is.slice(0, 12)}..., not ${was.slice(0, 12)}...)`,
          `Use it all the same: --input ${name}=${path}`,
        );
      }
    }
    inputs.push({ name, ...picture });
  }
  return inputs;
}

/** Names of the inputs that a recipe's settings mention. */
export function wantedInputs(recipe: Recipe): string[] {
  return [...new Set([...Object.keys(recipe.inputs), ...inputPlaces(recipe).map(([, name]) => name)])];
}

export const rastersOf = (inputs: readonly Input[]): ReadonlyMap<string, Raster> =>
  new Map(inputs.map((i) => [i.name, i.raster]));
