/** Where each pixel of a tile came from. */
export interface Field {
  readonly width: number;
  readonly height: number;
  /** The exemplar's size, pixels. */
  readonly source: { readonly width: number; readonly height: number };
  /** data[y * width + x] = sx | sy << 16, the pixel of the exemplar. */
  readonly data: Uint32Array;
}

export type Size = readonly [width: number, height: number];

/** The field of a tile that was rolled: out[y, x] = in[y - dy, x - dx]. */
export function rolledField(field: Field, [dx, dy]: readonly [dx: number, dy: number]): Field {
  if (dx === 0 && dy === 0) return field;
  const { width: W, height: H } = field;
  const data = new Uint32Array(W * H);
  for (let y = 0; y < H; y++) {
    const to = ((y + dy) % H) * W;
    data.set(field.data.subarray(y * W, (y + 1) * W - dx), to + dx);
    data.set(field.data.subarray((y + 1) * W - dx, (y + 1) * W), to);
  }
  return { ...field, data };
}
