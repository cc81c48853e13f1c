import type { Raster } from '../base/raster';
import type { Device } from '../gpu/device';
import type { TuneStore } from '../gpu/tune';
import type { Net } from '../nets/weights';
import type { Recipe } from '../recipes/recipe';

export interface ReadWishes {
  /** For messages. */
  readonly name: string;
  /** Refuse a picture with a side below this. */
  readonly least: number;
  /** Shrink one with more pixels than this, and say so. */
  readonly most: number;
  /** Give the opacity besides. */
  readonly alpha: boolean;
  readonly signal?: AbortSignal | undefined;
  onWarning(text: string): void;
}

/** A picture, and which file it was, where it was one: for the record. */
export interface ReadPicture {
  readonly raster: Raster;
  readonly path?: string | undefined;
  readonly sha256?: string | undefined;
}

/** What Node and browsers each do their own way. */
export interface ApiPlatform<Source> {
  open(wishes: { readonly device?: GPUDevice }): Promise<Device>;
  read(source: Source, wishes: ReadWishes): Promise<ReadPicture>;
  /** The recipe with its net named, where it says `auto`. */
  nameNet(recipe: Recipe, warn: (text: string) => void): Recipe;
  loadNet(name: string): Promise<Net>;
  tuneStore(): TuneStore;
}
