import { abortSignal, call, number, type OptionNames, text } from '../base/known_options';
import type { Measures } from '../base/measures';
import type { Bits } from '../base/pixels';
import type { Raster } from '../base/raster';
import type { Device } from '../gpu/device';
import type { TuneStore } from '../gpu/tune';
import type { Net } from '../nets/weights';

export interface ReadOptions {
  /** For messages. */
  readonly name: string;
  /** Refuse a picture with a side below this. */
  readonly least: number;
  /** Shrink one with more pixels than this, and say so. */
  readonly most: number;
  /** Give the opacity besides; `straight`: with the colours that the file has under it. */
  readonly alpha: boolean | 'straight';
  readonly signal?: AbortSignal | undefined;
  onWarning(text: string): void;
}

/** Names that `checkOptions` knows them by. */
export const READ_OPTIONS: OptionNames<ReadOptions> = {
  ...{
    name: text,
    least: number,
    most: number,
    alpha: [true, false, 'straight'],
    signal: abortSignal,
    onWarning: call,
  },
};
export const READ_NEEDS = ['name', 'least', 'most', 'alpha', 'onWarning'] as const;

/** A picture, and which file it was, where it was one: for the record. */
export interface ReadPicture {
  readonly raster: Raster;
  /** In Node the whole path; in a page the file's name. */
  readonly path?: string | undefined;
  readonly sha256?: string | undefined;
  /** Bits a channel of the file, where that is known. */
  readonly bits?: Bits | undefined;
  /** Size of the picture that `raster` is a part of, straightened. */
  readonly whole?: { readonly width: number; readonly height: number } | undefined;
  /** What the numbers of the file were, where they are no 8 or 16 bits of brightness. */
  readonly measures?: Measures | undefined;
}

export interface WriteOptions {
  readonly bits?: Bits;
  /** Write numbers, not brightness: `.tif` alone holds them. */
  readonly measures?: Measures | undefined;
  /** With `measures`: lay the numbers out so that the least and the greatest are those of it. */
  readonly stretch?: boolean | undefined;
  /** Text kept inside the file. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Told what the file cannot hold. */
  onWarning?(text: string): void;
}

/** Where results go. */
export interface Files {
  /** Writes a picture, whole or not at all. */
  writePicture(path: string, raster: Raster, options?: WriteOptions): Promise<void>;
  /** Writes any other file, whole or not at all. In a page it is handed to the person as a download. */
  keepFile(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /**
   * Finds another place for what could not be written, and says so; without it that is an error.
   * @param write writes it to the place that it is given
   * @returns where it is
   * @throws `error` where there is no other place
   */
  elsewhere?(path: string, error: unknown, write: (place: string) => Promise<void>): Promise<string>;
  /** How the record inside a file at `result` names an input, so that whoever has both finds it. */
  inputPath(input: string, result: string): string;
}

/** Where networks come from. */
export interface Nets {
  /** The name of one that is here, for recipes that take any; undefined where there is none. */
  first(): string | undefined | Promise<string | undefined>;
  /**
   * Finds out whether a network is here, without reading it.
   * @throws EngineError `WeightsError`
   */
  check(name: string): void | Promise<void>;
  load(name: string, options: { readonly unchecked: boolean }): Promise<Net>;
  /** What to say, and to advise, when a recipe needs a network and there is none. */
  none(recipe: string): Error;
}

/** What Node and pages each do in their own way. All else of a job is the same everywhere. */
export interface Platform<Source> extends Files {
  /** A device for a job; null where there is nothing left to do (it was stopped, or another process did the work). */
  openDevice(options: { readonly device?: GPUDevice }): Promise<Device | null>;
  /** What becomes of a device when a job is over, or has lost it. Default: it is closed. */
  closeDevice?(device: Device): void;
  readPicture(source: Source, options: ReadOptions): Promise<ReadPicture>;
  readonly nets: Nets;
  tuneStore(): TuneStore;
}
