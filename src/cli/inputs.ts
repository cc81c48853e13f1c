import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { wantedInputs } from '../app/inputs';
import { type Job, prepareJob } from '../app/job';
import { didYouMean } from '../base/did_you_mean';
import { EngineError } from '../base/errors';
import { nodePlatform } from '../node/platform';
import type { Recipe } from '../recipes/recipe';
import { checkRecipe, withoutSpare } from '../recipes/resolve';

/** A job as a command has it, before it is known which process does the work. */
export interface Prepared extends Job {
  readonly warnings: readonly string[];
}

/**
 * A recipe with its net named and its pictures read: those it has paths for, and those given as `name=path`.
 * @param folder that the recipe's paths are relative to
 * @throws EngineError `RecipeError` for a picture that moved or changed, with its name; what `prepareJob` throws.
 */
export async function prepare(
  recipe: Recipe,
  folder: string | null,
  given: readonly string[],
  resuming = false,
): Promise<Prepared> {
  const overrides = new Map(given.map(parseInput));
  checkNames(recipe, [...overrides.keys()]);
  const names = [...new Set([...Object.keys(recipe.inputs), ...overrides.keys()])];
  checkRecipe(withoutSpare(recipe, names), names);
  const sources = new Map(names.map((name) => [name, overrides.get(name) ?? found(recipe, name, folder)]));
  const warnings: string[] = [];
  const warn = (text: string): void => void warnings.push(text);
  const job = await prepareJob(nodePlatform, recipe, sources, { given: new Set(overrides.keys()), resuming, warn });
  return { ...job, warnings };
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

/** Where a recorded path is now: beside the recipe, or where the command runs. */
function found({ inputs }: Recipe, name: string, folder: string | null): string {
  const input = inputs[name];
  const path = typeof input === 'string' ? input : (input?.path ?? '');
  const places = isAbsolute(path) || folder === null ? [path] : [join(folder, path), path];
  const place = places.find((p) => existsSync(p));
  if (place !== undefined) return place;
  throw new EngineError(
    'RecipeError',
    `input ${name}: there is no file ${places[0]}`,
    `Say where it is now: --input ${name}=path/to/picture`,
  );
}
