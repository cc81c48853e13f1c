/** A picture in memory: what files are read into and results are written from. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  /** [3, H, W] planes of red, green and blue, sRGB-encoded values 0..1 */
  readonly data: Float32Array;
  /** [H, W] plane of opacity 0..1; absent: opaque. The colours are not multiplied by it. */
  readonly alpha?: Float32Array;
}

/** The picture repeated `nx` times to the right and `ny` times down. */
export function repeat(tile: Raster, nx: number, ny: number): Raster {
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
  return { width: wide, height: high, data, ...(tile.alpha && { alpha: tiled(tile.alpha, 1) }) };
}
