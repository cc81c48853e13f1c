import { type Called, runOn, textureOn } from '../../app/call';
import type { Inputs, RecipeLike, RecipeOptions, TextureOptions } from '../../app/options';
import { webPlatform } from '../platform';
import { WebPicture } from './picture';
import type { PictureSource } from './read';

const platform = webPlatform();

/**
 * Grows a texture that looks like a picture and tiles without a seam.
 * @throws EngineError with a stable `code`: `PictureError`, `SettingsError`, `RecipeError`, `AdapterError`, `LimitError`,
 *   `DeviceError`; the `signal`'s reason when it is aborted.
 */
export async function texture(image: PictureSource, options: TextureOptions = {}): Promise<WebPicture> {
  return made(await textureOn(platform, image, options));
}

/**
 * Runs a recipe.
 * @param inputs pictures, by the names that the recipe has for them: `{ style: file }`
 * @throws EngineError as `texture` does
 */
export async function run(
  recipe: RecipeLike,
  inputs: Inputs<PictureSource>,
  options: RecipeOptions = {},
): Promise<WebPicture> {
  return made(await runOn(platform, recipe, inputs, options));
}

const made = ({ raster, making }: Called): WebPicture => new WebPicture(raster, making);
