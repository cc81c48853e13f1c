import { EngineError } from '../../base/errors';
import { nearest } from '../../base/nearest';
import type { RecipeText } from '../recipe';
import collage from './collage.json';
import dream from './dream.json';
import halfDrop from './half-drop.json';
import honeycomb from './honeycomb.json';
import kaleidoscope from './kaleidoscope.json';
import regular from './regular.json';
import style from './style.json';
import texture from './texture.json';
import textureNet from './texture-net.json';
import wallpaper from './wallpaper.json';

/** The recipes that come with toroid, in the order in which they are listed. */
export const builtinRecipes: readonly RecipeText[] = [
  texture,
  regular,
  textureNet,
  kaleidoscope,
  wallpaper,
  halfDrop,
  honeycomb,
  collage,
  style,
  dream,
] as readonly RecipeText[];

/**
 * A recipe that comes with toroid.
 * @throws EngineError `RecipeError`: `there is no recipe called textur. Did you mean texture?`
 */
export function builtinRecipe(name: string): RecipeText {
  const found = builtinRecipes.find((r) => r.name === name);
  if (found) return structuredClone(found);
  const names = builtinRecipes.map((r) => r.name ?? '');
  const near = nearest(name, names);
  throw new EngineError(
    'RecipeError',
    `there is no recipe called ${name}.${near ? ` Did you mean ${near}?` : ''}`,
    `Known: ${names.join(', ')}; or give the path of a .json or .yaml file, or of a picture made by toroid.`,
  );
}
