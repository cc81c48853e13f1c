/** Where each pixel of a tile came from. */
export interface Field {
  readonly width: number;
  readonly height: number;
  /** The exemplar's size, pixels. */
  readonly source: { readonly width: number; readonly height: number };
  /** data[y * width + x] = sx | sy << 16, the pixel of the exemplar. */
  readonly data: Uint32Array;
}
