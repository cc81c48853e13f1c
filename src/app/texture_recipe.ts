import { EngineError } from '../base/errors';
import { builtinRecipe } from '../recipes/builtin';
import { fillRecipe, type RecipeText } from '../recipes/recipe';
import { fillTexture } from '../recipes/texture';
import { fillSettings, type TextureSettingsText } from '../recipes/texture_settings';
import { inputPolicy, readStraight } from './inputs';
import type { Platform } from './platform';

/** The settings of a texture as callers have them: what is undefined is left out. */
export interface TextureChoice
  extends Omit<{ [K in keyof TextureSettingsText]?: TextureSettingsText[K] | undefined }, 'size'> {
  /** Width and height, pixels; one number: square. */
  readonly size?: number | readonly [width: number, height: number] | undefined;
  /** The name of a recipe with one style, or such a recipe. Default: `texture`, or `texture-net` where a net is given. */
  readonly recipe?: string | RecipeText | undefined;
}

type Method = NonNullable<TextureChoice['method']>;

/**
 * The method that a choice means: settings that only copying has mean that, those of optimising mean that; else `auto`. Null:
 * that of a recipe.
 */
export function methodOf(choice: TextureChoice): Method | null {
  const { method, net, recipe, steps, scales, canvas, layers, pooling, polish, variety, fit, flatten } = choice;
  const copying = polish === true || [variety, fit, flatten].some((v) => v !== undefined);
  if (method !== undefined) return method === 'auto' && copying ? 'copy' : method;
  if (recipe !== undefined) return null;
  if (copying) return 'copy';
  if (!usesPatches(net)) return 'net';
  const optimising = [net, steps, scales, canvas, layers, pooling].some((v) => v !== undefined);
  return optimising ? 'patches' : 'auto';
}

/** Side of a tile where nobody says. */
const AUTO_SIZE = 512;

/**
 * The recipe of a texture; where the method is to be chosen, the exemplar is looked at.
 * @throws EngineError as of `textureRecipe`; `PictureError` for an exemplar that cannot be read
 */
export async function chosenTexture<Source>(
  platform: Pick<Platform<Source>, 'readPicture'>,
  choice: TextureChoice,
  exemplar: Source,
  { signal, warn }: { readonly signal?: AbortSignal | undefined; warn(text: string): void },
): Promise<RecipeText> {
  const method = methodOf(choice);
  if (method !== 'auto') return textureRecipe({ ...choice, ...(method && { method }) });
  const { size: asked = AUTO_SIZE, fit } = choice;
  // What is wrong with the settings is said before any work. The picture is looked at as it will be copied.
  const copying = fillRecipe(textureRecipe({ ...choice, size: asked, method: 'copy' }));
  const options = { name: 'style', ...inputPolicy(copying, 'style'), signal, onWarning: () => {} };
  const { raster: picture } = await readStraight(platform, exemplar, options, choice.rectify);
  const { analyse, chooseMethod } = await import('../copy/analyse');
  const analysis = analyse(picture);
  const wanted: readonly [number, number] = typeof asked === 'number' ? [asked, asked] : asked;
  const chosen = chooseMethod(analysis, wanted);
  warn(chosen.why);
  let size = wanted;
  if (choice.size === undefined && fit === undefined && chosen.method === 'copy') {
    size = (await import('../copy/fit')).closingSize(analysis.lattice, wanted, copying.tile);
    if (size !== wanted) {
      const [one, other] = [size, wanted].map((s) => s.join('x'));
      warn(`the tile is ${one}, as ${other} does not hold what repeats in the exemplar without a fault`);
    }
  }
  return textureRecipe({ ...choice, size, method: chosen.method });
}

/** `patches` stands for: no network. */
export const usesPatches = (net: string | undefined): boolean => net === undefined || net === 'patches';

/** The recipe that a choice is made in. */
export function baseRecipe(choice: Pick<TextureChoice, 'recipe' | 'net' | 'method'>): RecipeText {
  const { recipe, net, method } = choice;
  if (typeof recipe === 'object') return recipe;
  const optimising = method === 'net' || !usesPatches(net) ? 'texture-net' : 'texture';
  return builtinRecipe(recipe ?? (method === 'copy' || method === 'auto' ? 'texture-copy' : optimising));
}

/** @throws EngineError `SettingsError` for settings that another method has */
function checkMethod(choice: TextureChoice): void {
  const method = methodOf(choice);
  const { net, steps, scales, canvas, layers, pooling, polish, variety, fit, flatten } = choice;
  const refuse = (settings: object, why: string, remedy: string): void => {
    const [name] = Object.entries(settings).find(([, v]) => v !== undefined && v !== false) ?? [];
    if (name !== undefined) throw new EngineError('SettingsError', `${name} ${why}`, remedy);
  };
  if (method !== 'copy' && method !== 'auto') {
    const why = `is for the method copy, and the method is ${method ?? "the recipe's"}`;
    refuse({ polish, variety, fit, flatten }, why, 'Choose the method copy.');
    if (method === 'patches' && !usesPatches(net))
      refuse({ net }, 'is a network, and the method is patches', 'Choose the method net.');
    return;
  }
  refuse({ net, layers, pooling }, `is for the method net, and the method is ${method}`, 'Choose the method net.');
  refuse(
    { steps, scales, canvas },
    `is for optimising, and the method is ${method}`,
    'Choose the method patches or net.',
  );
}

/**
 * The recipe of a texture, with what was chosen put in.
 * @throws EngineError `SettingsError` in the words of the settings, `RecipeError` for a name that no recipe has
 */
export function textureRecipe(choice: TextureChoice): RecipeText {
  const { recipe: _, size, ...rest } = choice;
  const given = { ...rest, size: size === undefined || Array.isArray(size) ? size : [size, size] };
  const settings = Object.fromEntries(Object.entries(given).filter(([, v]) => v !== undefined)) as TextureSettingsText;
  fillSettings(settings);
  checkMethod(choice);
  return fillTexture(baseRecipe(choice), settings);
}
