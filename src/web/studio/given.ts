// Pictures on their way between page and worker: what was given, and what was made.
import type { Corners } from '../../copy/rectify';

/** A file as the page got it: the worker reads it. `mask`: painted by hand, white counts. */
export interface Given {
  readonly name: string;
  readonly file: Blob;
  /** What the engine makes of it as it reads it. */
  readonly as?: Changed;
  /** What it was cut out of, and how. */
  readonly of?: { readonly given: Given; readonly how: Preparation };
}

/** What a recipe says of a picture, and what that looks like. */
export interface Changed extends Retouching {
  /** The part between them is straightened. */
  readonly corners?: Corners | undefined;
  readonly preview: Blob;
}

export interface Retouching {
  /** Share of the light that is evened out, 0..1. */
  readonly flatten?: number | undefined;
  /** The picture whose colours it takes on. */
  readonly colours?: Given | undefined;
  /** How far it takes them on, 0..1; all the way unless told. */
  readonly strength?: number | undefined;
}

/** Pixels of the picture as it is turned. */
export interface Crop {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Preparation extends Retouching {
  /** Quarter turns clockwise, 0..3. */
  readonly turns: number;
  readonly crop: Crop;
  /** Degrees clockwise of the crop about its middle. */
  readonly angle?: number | undefined;
  /** In place of the crop: of what is seen at a slant, pixels of the picture as it is turned. */
  readonly corners?: Corners | undefined;
}

/** What a picture looks like as it is used. */
export const seenOf = (given: Given): Blob => given.as?.preview ?? given.file;

const halfWay = ({ strength = 1 }: Retouching): string => (strength < 1 ? `to ${Math.round(100 * strength)} % ` : '');

/** What is done to a picture as it is read, in words. */
export const changesOf = ({ as }: Given): string[] =>
  as
    ? [
        as.corners ? 'a part of it straightened' : '',
        as.flatten ? 'its light evened out' : '',
        as.colours ? `${halfWay(as)}in the colours of ${as.colours.name}` : '',
      ].filter(Boolean)
    : [];

/** Of a finished picture: a PNG of 8 bits with its record. */
export interface ResultFile {
  /** When it was made, ms; what it is found by. */
  readonly id: number;
  readonly file: Blob;
  readonly name: string;
}
