import { checkValues, type Is, whole } from './known_options';

/** A picture in memory: what files are read into and results are written from. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  /** [3, H, W] planes of red, green and blue, sRGB-encoded values 0..1 */
  readonly data: Float32Array;
  /** [H, W] plane of opacity 0..1; absent: opaque. The colours are not multiplied by it. */
  readonly alpha?: Float32Array;
  /** It is of one channel, as a file that it came from: the planes are about equal, and files get one. */
  readonly grey?: true | undefined;
}

/** For `checkValues`: planes of a picture, or with 0 any number of them. */
export const rasterOf = (planes: number): Is<Raster> => ({
  wanted: `a picture of ${planes || ''} planes, { width, height, data: Float32Array },`,
  is(v): v is Raster {
    const { width, height, data } = Object(v) as Partial<Raster>;
    if (!whole(1).is(width) || !whole(1).is(height) || !(data instanceof Float32Array)) return false;
    const n = data.length / (width * height);
    return n === (planes || Math.max(1, Math.floor(n)));
  },
});
export const picture = rasterOf(3);

/** The picture repeated `nx` times to the right and `ny` times down. */
export function repeat(tile: Raster, nx: number, ny: number): Raster {
  checkValues('repeat', { tile, nx, ny }, { tile: picture, nx: whole(1), ny: whole(1) });
  const { width, height } = tile;
  const wide = width * nx;
  const high = height * ny;
  const tiled = (planes: Float32Array, count: number): Float32Array => {
    const data = new Float32Array(count * wide * high);
    for (let row = 0; row < count * high; row++) {
      const plane = Math.floor(row / high);
      const from = (plane * height + ((row % high) % height)) * width;
      const line = planes.subarray(from, from + width);
      for (let k = 0; k < nx; k++) data.set(line, row * wide + k * width);
    }
    return data;
  };
  const data = tiled(tile.data, 3);
  const { alpha, grey } = tile;
  return { width: wide, height: high, data, ...(alpha && { alpha: tiled(alpha, 1) }), ...(grey && { grey }) };
}

type Plane = Float32Array | Uint32Array | Uint8Array;

/** Planes [.., H, W] rolled on the torus: out[y, x] = in[y - dy, x - dx], with 0 <= dx < W and 0 <= dy < H. */
export function rolledPlanes<P extends Plane>(
  planes: P,
  [width, height]: readonly [width: number, height: number],
  [dx, dy]: readonly [dx: number, dy: number],
): P {
  const out = planes.slice() as P;
  for (let row = 0; row < planes.length / width; row++) {
    const y = row % height;
    const to = (row - y + ((y + dy) % height)) * width;
    out.set(planes.subarray(row * width, (row + 1) * width - dx), to + dx);
    out.set(planes.subarray((row + 1) * width - dx, (row + 1) * width), to);
  }
  return out;
}
