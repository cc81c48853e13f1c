import { builtinRecipe } from '../recipes/builtin';
import type { RecipeText } from '../recipes/recipe';
import { fillTexture } from '../recipes/texture';
import { fillSettings, type TextureSettingsText } from '../recipes/texture_settings';

/** The settings of a texture as callers have them: what is undefined is left out. */
export interface TextureChoice
  extends Omit<{ [K in keyof TextureSettingsText]?: TextureSettingsText[K] | undefined }, 'size'> {
  /** Width and height, pixels; one number: square. */
  readonly size?: number | readonly [width: number, height: number] | undefined;
  /** The name of a recipe with one style, or such a recipe. Default: `texture`, or `texture-net` where a net is given. */
  readonly recipe?: string | RecipeText | undefined;
}

/** `patches` stands for: no network. */
export const usesPatches = (net: string | undefined): boolean => net === undefined || net === 'patches';

/** The recipe that a choice is made in. */
export function baseRecipe({ recipe, net }: Pick<TextureChoice, 'recipe' | 'net'>): RecipeText {
  return typeof recipe === 'object' ? recipe : builtinRecipe(recipe ?? (usesPatches(net) ? 'texture' : 'texture-net'));
}

/**
 * The recipe of a texture, with what was chosen put in.
 * @throws EngineError `SettingsError` in the words of the settings, `RecipeError` for a name that no recipe has
 */
export function textureRecipe(choice: TextureChoice): RecipeText {
  const { recipe: _, size, ...rest } = choice;
  const given = { ...rest, size: typeof size === 'number' ? ([size, size] as const) : size };
  const settings = Object.fromEntries(Object.entries(given).filter(([, v]) => v !== undefined)) as TextureSettingsText;
  fillSettings(settings);
  return fillTexture(baseRecipe(choice), settings);
}
