// The calls of the library in Node: as in a page (web/api), with files for pictures and names for networks.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runOn, textureOn, type Worked } from '../app/job';
import type { Inputs, RecipeLike, RecipeOptions, TextureOptions } from '../app/options';
import { type Making, Picture } from '../app/picture';
import { isPlain, type PlainSource, plainRaster, wantedSize } from '../app/plain_sources';
import type { ApiPlatform, ReadPicture, ReadWishes } from '../app/platform';
import { EngineError } from '../base/errors';
import type { Pixels } from '../base/pixels';
import { readText } from '../base/png';
import type { Raster } from '../base/raster';
import { open } from '../gpu/open.node';
import { TuneFile } from '../gpu/tune_cache.node';
import { type FoundRecord, findRecord, recordText } from '../recipes/picture_record';
import { availableNet } from './nets';
import { type Bits, decodePicture, readMetadata, readPicture, writePicture } from './picture';
import { loadNet } from './weights/find';

/** The path of a file (or a file: URL), its bytes (Buffer, Blob), or pixels. */
export type PictureSource = string | URL | Blob | ArrayBuffer | Uint8Array | PlainSource;

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
      // As seen from the folder that it is saved to, so that `toroid run` finds it.
      const seen = relative(dirname(resolve(path)), place)
        .split(sep)
        .join('/');
      if (typeof file === 'object') inputs[name] = { ...file, path: seen };
    }
    const metadata = recordText({ ...record, recipe: { ...record.recipe, inputs } });
    await writePicture(path, this.raster, { bits, metadata });
  }
}

/**
 * Reads a picture.
 * @throws EngineError `PictureError`
 */
export async function readSource(source: PictureSource, wishes: ReadWishes): Promise<ReadPicture> {
  const { name, least, most, alpha, onWarning } = wishes;
  const options = { least, most, alpha, onWarning };
  if (typeof source === 'string' || source instanceof URL) {
    const path = pathOf(source);
    const raster = await readPicture(path, options);
    return { raster, path: resolve(path), sha256: digest(await readFile(path)) };
  }
  if (isPlain(source)) {
    wantedSize(source.width, source.height, { ...wishes, most: Number.POSITIVE_INFINITY });
    return { raster: plainRaster(source, wishes) };
  }
  const bytes = await bytesOf(source, name);
  const path = typeof File !== 'undefined' && source instanceof File ? source.name : undefined;
  return { raster: await decodePicture(bytes, path ?? name, options), path, sha256: digest(bytes) };
}

function pathOf(source: string | URL): string {
  if (typeof source === 'string' && !source.startsWith('file:')) return source;
  try {
    return fileURLToPath(source);
  } catch {
    throw new EngineError('PictureError', `${source} is no address of a file here`, 'Fetch it, and give its bytes.');
  }
}

async function bytesOf(source: Blob | ArrayBuffer | Uint8Array, name: string): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  throw new EngineError('PictureError', `${name} is no picture`, 'Give a path, the bytes of a file, or pixels.');
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What toroid wrote into a picture: the recipe and how it was run; null for any other picture. `run` takes it. */
export async function readRecord(picture: string | URL | Blob | ArrayBuffer | Uint8Array): Promise<FoundRecord | null> {
  if (typeof picture === 'string' || picture instanceof URL) return findRecord(await readMetadata(pathOf(picture)));
  return findRecord(readText(await bytesOf(picture, 'picture')));
}

const platform: ApiPlatform<PictureSource> = {
  open,
  read: readSource,
  nameNet: availableNet,
  loadNet,
  tuneStore: () => new TuneFile(),
};

/**
 * Grows a texture that looks like a picture and tiles without a seam.
 * @throws EngineError with a stable `code`: `PictureError`, `SettingsError`, `RecipeError`, `AdapterError`, `LimitError`,
 *   `DeviceError`; the `signal`'s reason when it is aborted.
 */
export async function texture(image: PictureSource, options: TextureOptions = {}): Promise<NodePicture> {
  return made(await textureOn(platform, image, options));
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
  return made(await runOn(platform, recipe, inputs, options));
}

/** A picture from what the work left; where a file is elsewhere, the record keeps its name only. */
function made({ raster, ...making }: Worked): NodePicture {
  const { recipe } = making.record;
  const files = Object.entries(recipe.inputs).flatMap(([name, f]) =>
    typeof f === 'object' ? [[name, f.path] as const] : [],
  );
  const places = new Map(files.filter(([, path]) => isAbsolute(path)));
  const inputs = Object.fromEntries(
    Object.entries(recipe.inputs).map(([name, file]) => [
      name,
      typeof file === 'object' ? { ...file, path: basename(file.path) } : file,
    ]),
  );
  return new NodePicture(raster, { ...making, record: { ...making.record, recipe: { ...recipe, inputs } } }, places);
}
