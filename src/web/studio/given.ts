// Pictures on their way between page and worker: what was given, and what was made.

/** A file as the page got it: the worker reads it. `mask`: painted by hand, white counts. */
export interface Given {
  readonly name: string;
  readonly file: Blob;
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
}

/** Of a finished picture: a PNG of 8 bits with its record. */
export interface ResultFile {
  /** When it was made, ms; what it is found by. */
  readonly id: number;
  readonly file: Blob;
  readonly name: string;
}
