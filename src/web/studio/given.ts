// Pictures on their way between page and worker: what was given, and what was made.
import type { Corners } from '../../copy/rectify';

/** A file as the page got it: the worker reads it. `mask`: painted by hand, white counts. */
export interface Given {
  readonly name: string;
  readonly file: Blob;
  /** The part of it that is straightened as it is read, and what that looks like. */
  readonly straight?: { readonly corners: Corners; readonly preview: Blob };
  /** What it was cut out of, and how. */
  readonly of?: { readonly given: Given; readonly how: Preparation };
}

/** Pixels of the picture as it is turned. */
export interface Crop {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Preparation {
  /** Quarter turns clockwise, 0..3. */
  readonly turns: number;
  readonly crop: Crop;
  /** Degrees clockwise of the crop about its middle. */
  readonly angle?: number | undefined;
  /** In place of the crop: of what is seen at a slant, pixels of the picture as it is turned. */
  readonly corners?: Corners | undefined;
}

/** What a picture looks like as it is used. */
export const seenOf = (given: Given): Blob => given.straight?.preview ?? given.file;

/** Of a finished picture: a PNG of 8 bits with its record. */
export interface ResultFile {
  /** When it was made, ms; what it is found by. */
  readonly id: number;
  readonly file: Blob;
  readonly name: string;
}
