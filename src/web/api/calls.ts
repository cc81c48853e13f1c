import { type Called, runOn, textureOn } from '../../app/call';
import type { MadeMaterial, MaterialOptions } from '../../app/material';
import type { Inputs, RecipeLike, RecipeOptions, TextureOptions } from '../../app/options';
import { type ReadPictureOptions, readPictureOn } from '../../app/read_picture';
import type { SealOptions } from '../../app/seal';
import type { Raster } from '../../base/raster';
import { webPlatform } from '../platform';
import { WebPicture, WebSealedPicture } from './picture';
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

/**
 * Reads a picture as planes of red, green and blue, 0..1.
 * @throws EngineError `PictureError` for what is none, or cannot be read or fetched.
 */
export const readPicture = (source: PictureSource, options: ReadPictureOptions = {}): Promise<Raster> =>
  readPictureOn(platform, source, options);

/**
 * Makes a picture itself tile, out of its own pixels, along cuts where its ends agree. Needs no device; it computes on the thread
 * that calls it, so give large pictures to a worker.
 * @throws EngineError `PictureError` for pictures that cannot be read, are too small, or maps of another size; the `signal`'s
 *   reason when it is aborted before the work begins.
 */
export async function seal(
  picture: PictureSource,
  options: SealOptions<PictureSource> = {},
): Promise<WebSealedPicture> {
  const { sealOn } = await import('../../app/seal');
  const { raster, text, report, field, rough, maps, forms } = await sealOn(platform, picture, options);
  return new WebSealedPicture(raster, text, report, field, rough, maps, forms);
}

/**
 * Makes the maps of a material from a picture of a surface: colour without light, height, normal, occlusion, roughness. All of
 * them tile; the picture is made a tile first where it is none.
 * @throws EngineError as `texture` does
 */
export async function material(picture: PictureSource, options: MaterialOptions = {}): Promise<MadeMaterial> {
  const { materialOn } = await import('../../app/material');
  return materialOn(platform, picture, options);
}

const made = ({ raster, making }: Called): WebPicture => new WebPicture(raster, making);
