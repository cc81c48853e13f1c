import { runOn, textureOn, type Worked } from '../../app/job';
import type { Inputs, RecipeLike, RecipeOptions, TextureOptions } from '../../app/options';
import type { ApiPlatform } from '../../app/platform';
import { EngineError } from '../../base/errors';
import { open } from '../../gpu/open.browser';
import { TuneTable } from '../../gpu/tune_cache.browser';
import { WebPicture } from './picture';
import { type PictureSource, readSource } from './read';

const platform: ApiPlatform<PictureSource> = {
  open,
  read: readSource,
  nameNet: (recipe) => recipe,
  loadNet: (name) => Promise.reject(notLoaded(name)),
  tuneStore: () => new TuneTable(),
};

const notLoaded = (name: string): EngineError =>
  new EngineError(
    'WeightsError',
    `the recipe looks through the network ${name === 'auto' ? 'of your choice' : name}, and none was given`,
    'Load one: net: await loadNet("vgg19.onnx"), from an address or a file.',
  );

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

const made = ({ raster, ...making }: Worked): WebPicture => new WebPicture(raster, making);
