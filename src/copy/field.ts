import { rolledPlanes } from '../base/raster';
import type { LinearMap } from './linear_map';

export type Size = readonly [width: number, height: number];

/** A picture that pixels of a tile came from. */
export interface FieldPicture {
  /** As it was given, pixels. */
  readonly width: number;
  readonly height: number;
  /** What was copied from: the picture seen through `map`, of this size. Where `map` is the identity, the picture itself. */
  readonly fitted: Size;
  /** From pixels of the fitted picture to those of the given one, middle to middle. */
  readonly map: LinearMap;
  /** Row of `Field.source` at which the fitted picture begins. */
  readonly top: number;
}

/** Where each pixel of a tile came from. */
export interface Field {
  readonly width: number;
  readonly height: number;
  /** What the coordinates are of: the fitted pictures one below another, and their size together, pixels. */
  readonly source: { readonly width: number; readonly height: number; readonly pictures: readonly FieldPicture[] };
  /** data[y * width + x] = sx | sy << 16, the pixel of the source; where several were mixed, the one that counts most. */
  readonly data: Uint32Array;
}

/** The field of a tile that was rolled: out[y, x] = in[y - dy, x - dx]. */
export function rolledField(field: Field, by: readonly [dx: number, dy: number]): Field {
  return { ...field, data: rolledPlanes(field.data, [field.width, field.height], by) };
}
