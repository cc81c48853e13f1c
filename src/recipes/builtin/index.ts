import { didYouMean } from '../../base/did_you_mean';
import { EngineError } from '../../base/errors';
import type { RecipeText } from '../recipe';
import collage from './collage.json';
import dream from './dream.json';
import dreamGuided from './dream-guided.json';
import halfDrop from './half-drop.json';
import honeycomb from './honeycomb.json';
import inpaint from './inpaint.json';
import kaleidoscope from './kaleidoscope.json';
import mindseye from './mindseye.json';
import mix from './mix.json';
import ornament from './ornament.json';
import recolour from './recolour.json';
import regular from './regular.json';
import reverie from './reverie.json';
import seamless from './seamless.json';
import style from './style.json';
import styleLarge from './style-large.json';
import texture from './texture.json';
import textureNet from './texture-net.json';
import textureSliced from './texture-sliced.json';
import textureW2 from './texture-w2.json';
import twoLands from './two-lands.json';
import wallpaper from './wallpaper.json';

/** The recipes that come with toroid, in the order in which they are listed. */
export const builtinRecipes: readonly RecipeText[] = [
  texture,
  regular,
  textureNet,
  textureW2,
  textureSliced,
  recolour,
  mix,
  twoLands,
  seamless,
  inpaint,
  kaleidoscope,
  wallpaper,
  halfDrop,
  honeycomb,
  collage,
  style,
  styleLarge,
  mindseye,
  dream,
  dreamGuided,
  reverie,
  ornament,
] as readonly RecipeText[];

/**
 * A recipe that comes with toroid.
 * @throws EngineError `RecipeError`: `there is no recipe called textur. Did you mean texture?`
 */
export function builtinRecipe(name: string): RecipeText {
  const found = builtinRecipes.find((r) => r.name === name);
  if (found) return structuredClone(found);
  const names = builtinRecipes.map((r) => r.name ?? '');
  const near = didYouMean(name, names);
  throw new EngineError(
    'RecipeError',
    `there is no recipe called ${name}.${near ? ` Did you mean ${near}?` : ''}`,
    `Known: ${names.join(', ')}; or give the path of a .json or .yaml file, or of a picture made by toroid.`,
  );
}
