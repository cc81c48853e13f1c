import { didYouMean } from '../../base/did_you_mean';
import { EngineError } from '../../base/errors';
import { checkValues, text } from '../../base/known_options';
import type { RecipeText } from '../recipe';
import { builtinRecipes } from './list';

export { builtinRecipes };

/**
 * A recipe that comes with toroid.
 * @throws EngineError `RecipeError`: `there is no recipe called textur. Did you mean texture?`
 */
export function builtinRecipe(name: string): RecipeText {
  checkValues('builtinRecipe', { name }, { name: text });
  const found = builtinRecipes.find((r) => r.name === name);
  if (found) return structuredClone(found);
  const names = builtinRecipes.map((r) => r.name ?? '');
  const near = didYouMean(name, names);
  throw new EngineError(
    'RecipeError',
    `there is no recipe called ${name}.${near ? ` Did you mean ${near}?` : ''}`,
    `Known: ${names.join(', ')}; or give a recipe of your own, or a picture made by toroid.`,
  );
}
