// The calls of the library in Node: as in a page (web/api), with files for pictures and names for networks.
import { isAbsolute, join } from 'node:path';
import { type Called, runOn, textureOn } from '../app/call';
import { MadeMaterial, type MaterialOptions, mapBits, mapRaster, materialOn } from '../app/material';
import type { Inputs, RecipeLike, RecipeOptions, TextureOptions } from '../app/options';
import { type Making, Picture, type StoredPicture } from '../app/picture';
import { type ReadPictureOptions, readPictureOn } from '../app/read_picture';
import { type SealOptions, sealOn } from '../app/seal';
import { SealedPicture } from '../app/sealed_picture';
import { EngineError } from '../base/errors';
import { checkOptions, flag, type OptionNames } from '../base/known_options';
import type { Pixels } from '../base/pixels';
import { readText } from '../base/png_read';
import type { Raster } from '../base/raster';
import { type FoundRecord, findRecord, recordText, withForm } from '../recipes/picture_record';
import { materialSource } from './material_source';
import { type Bits, readMetadata, writePicture } from './picture';
import { bytesOf, nodePlatform, type PictureSource, pathOf } from './platform';

export interface SaveOptions {
  /** Bits a channel. */
  readonly bits?: Bits;
  /** Write numbers in the units of the picture that it is made from (heights in metres), as the same kind, into a .tif. */
  readonly keepRange?: boolean;
}

const SAVE_OPTIONS: OptionNames<SaveOptions> = { bits: [8, 16], keepRange: flag };

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
  async save(path: string, options: SaveOptions = {}): Promise<void> {
    checkOptions('save', options, SAVE_OPTIONS);
    const { bits = 8, keepRange = false } = options;
    const { record } = this.making;
    const styles = record.recipe.styles.map((s) => record.measures?.[s.input]);
    const measures = keepRange ? styles.find((m) => m !== undefined) : undefined;
    const inputs = { ...record.recipe.inputs };
    for (const [name, place] of this.#places) {
      const file = inputs[name];
      if (typeof file === 'object') inputs[name] = { ...file, path: nodePlatform.inputPath(place, path) };
    }
    const metadata = recordText(withForm({ ...record, recipe: { ...record.recipe, inputs } }, { bits, keepRange }));
    await writePicture(path, this.raster, { bits, measures, stretch: true, metadata });
  }
}

/** A picture that `seal` made tile: what a program can store. */
export class NodeSealedPicture extends SealedPicture {
  /** What `ImageData` would be. */
  toImageData(): Pixels {
    return this.toPixels();
  }

  /**
   * Writes .png, .webp, .tiff or .jpg, with what was done inside.
   * @param bits default: those of the picture that was sealed, 8 where the format holds no more
   * @param keepRange write numbers in the units of the picture (heights in metres) as they were, where the file is a TIFF
   * @throws EngineError `PictureError`
   */
  async save(path: string, options: SaveOptions = {}): Promise<void> {
    checkOptions('save', options, SAVE_OPTIONS);
    const { bits, keepRange = false } = options;
    const own = this.forms.picture;
    const measures = keepRange ? own.measures : undefined;
    const form = { bits: bits ?? bitsFor(path, own.bits), measures, metadata: this.text };
    await writePicture(path, this.raster, form);
  }

  /**
   * Writes one of the maps, by its name, as `save` does.
   * @throws EngineError `PictureError`
   */
  async saveMap(name: string, path: string, options: SaveOptions = {}): Promise<void> {
    checkOptions('saveMap', options, SAVE_OPTIONS);
    const { bits, keepRange = false } = options;
    const map: StoredPicture | undefined = this.maps.get(name);
    if (!map)
      throw new EngineError(
        'PictureError',
        `there is no map ${name}`,
        `There are: ${[...this.maps.keys()].join(', ') || 'none'}.`,
      );
    const own = this.forms.maps.get(name) ?? { bits: 8 };
    const measures = keepRange ? own.measures : undefined;
    const form = { bits: bits ?? bitsFor(path, own.bits), measures, metadata: map.text };
    await writePicture(path, map.raster, form);
  }
}

/** Bits for a file that is to keep those of another. */
const bitsFor = (path: string, bits: Bits): Bits => (/\.(png|tiff?)$/i.test(path) ? bits : 8);

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

/**
 * Reads a picture from a file, or its bytes, as planes of red, green and blue, 0..1.
 * @throws EngineError `PictureError` for what is none, or cannot be read.
 */
export const readPicture = (source: PictureSource, options: ReadPictureOptions = {}): Promise<Raster> =>
  readPictureOn(nodePlatform, source, options);

/**
 * Makes a picture itself tile, out of its own pixels, along cuts where its ends agree. Needs no device.
 * @throws EngineError `PictureError` for pictures that cannot be read, are too small, or maps of another size; the `signal`'s
 *   reason when it is aborted before the work begins.
 */
export async function seal(
  picture: PictureSource,
  options: SealOptions<PictureSource> = {},
): Promise<NodeSealedPicture> {
  const { raster, text, report, field, rough, maps, forms } = await sealOn(nodePlatform, picture, options);
  return new NodeSealedPicture(raster, text, report, field, rough, maps, forms);
}

/** A material whose maps a program can store. */
export class NodeMaterial extends MadeMaterial {
  /**
   * Writes each map as <kind>.png, with what was done inside.
   * @returns the files
   * @throws EngineError `PictureError`
   */
  async save(folder: string): Promise<string[]> {
    const files: string[] = [];
    for (const [kind, map] of this.material.maps) {
      const file = join(folder, `${kind}.png`);
      const form = { bits: mapBits(map), metadata: this.text };
      await writePicture(file, mapRaster(map, this.material), form);
      files.push(file);
    }
    return files;
  }
}

/**
 * Makes the maps of a material from a picture of a surface: colour without light, height, normal, occlusion, roughness. All of
 * them tile; the picture is made a tile first where it is none. Of the path of a folder or .zip of maps: lays them all anew as one
 * larger tile, and makes those that are missing.
 * @throws EngineError as `texture` does
 */
export async function material(picture: PictureSource, options: MaterialOptions = {}): Promise<NodeMaterial> {
  const path = typeof picture === 'string' || picture instanceof URL ? pathOf(picture) : undefined;
  const set = path === undefined ? undefined : await materialSource(path);
  const {
    material: maps,
    scores,
    tiling,
    text,
  } = set
    ? await (await import('../app/material_set')).materialSetOn(nodePlatform, set.files, { ...options, name: set.name })
    : await materialOn(nodePlatform, picture, options);
  return new NodeMaterial(maps, scores, tiling, text);
}

function made({ raster, making, inputs }: Called): NodePicture {
  const places = inputs.flatMap(({ name, path }) =>
    path !== undefined && isAbsolute(path) ? [[name, path] as const] : [],
  );
  return new NodePicture(raster, making, new Map(places));
}
