// The calls of the library in Node: as in a page (web/api), with files for pictures and names for networks.
import { isAbsolute } from 'node:path';
import { type Called, runOn, textureOn } from '../app/call';
import type { Inputs, RecipeLike, RecipeOptions, TextureOptions } from '../app/options';
import { type Making, Picture } from '../app/picture';
import type { Pixels } from '../base/pixels';
import { readText } from '../base/png';
import type { Raster } from '../base/raster';
import { type FoundRecord, findRecord, recordText } from '../recipes/picture_record';
import { type Bits, readMetadata, writePicture } from './picture';
import { bytesOf, nodePlatform, type PictureSource, pathOf } from './platform';

/** A picture that toroid made: what a program can store. */
export class NodePicture extends Picture {
  /** Where the pictures of the recipe are, as whole paths; they go into no record but of a file that is saved here. */
  readonly #places: ReadonlyMap<string, string>;

  constructor(raster: Raster, making: Making, places: ReadonlyMap<string, string> = new Map()) {
    super(raster, making);
    this.#places = places;
  }

  /** What `ImageData` would be. */
  toImageData(): Pixels {
    return this.toPixels();
  }

  /**
   * Writes .png, .webp, .tiff or .jpg, with the recipe inside.
   * @throws EngineError `PictureError`
   */
  async save(path: string, { bits = 8 }: { readonly bits?: Bits } = {}): Promise<void> {
    const { record } = this.making;
    const inputs = { ...record.recipe.inputs };
    for (const [name, place] of this.#places) {
      const file = inputs[name];
      if (typeof file === 'object') inputs[name] = { ...file, path: nodePlatform.inputPath(place, path) };
    }
    const metadata = recordText({ ...record, recipe: { ...record.recipe, inputs } });
    await writePicture(path, this.raster, { bits, metadata });
  }
}

/** What toroid wrote into a picture: the recipe and how it was run; null for any other picture. `run` takes it. */
export async function readRecord(picture: string | URL | Blob | ArrayBuffer | Uint8Array): Promise<FoundRecord | null> {
  if (typeof picture === 'string' || picture instanceof URL) return findRecord(await readMetadata(pathOf(picture)));
  return findRecord(readText(await bytesOf(picture, 'picture')));
}

/**
 * Grows a texture that looks like a picture and tiles without a seam.
 * @throws EngineError with a stable `code`: `PictureError`, `SettingsError`, `RecipeError`, `AdapterError`, `LimitError`,
 *   `DeviceError`; the `signal`'s reason when it is aborted.
 */
export async function texture(image: PictureSource, options: TextureOptions = {}): Promise<NodePicture> {
  return made(await textureOn(nodePlatform, image, options));
}

/**
 * Runs a recipe.
 * @param inputs pictures, by the names that the recipe has for them: `{ style: 'stone.jpg' }`
 * @throws EngineError as `texture` does
 */
export async function run(
  recipe: RecipeLike,
  inputs: Inputs<PictureSource>,
  options: RecipeOptions = {},
): Promise<NodePicture> {
  return made(await runOn(nodePlatform, recipe, inputs, options));
}

function made({ raster, making, inputs }: Called): NodePicture {
  const places = inputs.flatMap(({ name, path }) =>
    path !== undefined && isAbsolute(path) ? [[name, path] as const] : [],
  );
  return new NodePicture(raster, making, new Map(places));
}
