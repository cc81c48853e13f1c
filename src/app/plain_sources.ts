// Pictures that need no decoder: the same on all platforms.
import { EngineError } from '../base/errors';
import { flatten, type Interleaved, type Pixels } from '../base/pixels';
import type { Raster } from '../base/raster';
import { shrunkSize, shrunkText } from './inputs';
import type { ReadOptions } from './platform';

/** Those with pixels in memory: a raster, or what `ImageData` is. */
export type PlainSource = Raster | Omit<Pixels, 'colorSpace'>;

/** An exemplar beyond this is a mistake: as floats it would take 0.8 GB. */
const MOST_PIXELS = 8192 * 8192;

export function isPlain(source: unknown): source is PlainSource {
  if (typeof source !== 'object' || source === null) return false;
  const { width, height, data } = source as Partial<Raster>;
  return typeof width === 'number' && typeof height === 'number' && ArrayBuffer.isView(data);
}

/** Whether it is a raster of ours: planes of 0..1. */
export const isRaster = (source: PlainSource): source is Raster => source.data instanceof Float32Array;

/**
 * The size to shrink a picture to, with a warning where that is not its own.
 * @throws EngineError `PictureError` when it is too small or too large.
 */
export function wantedSize(
  width: number,
  height: number,
  { name, least, most, onWarning }: ReadOptions,
): readonly [width: number, height: number] {
  if (width < least || height < least) {
    throw new EngineError(
      'PictureError',
      `${name} is ${width}x${height} pixels; at least ${least}x${least} are needed`,
      'Use a larger picture.',
    );
  }
  const small = shrunkSize(width, height, { most, least });
  if (small[0] !== width || small[1] !== height) onWarning(shrunkText(name, [width, height], small));
  return small;
}

/**
 * A picture in memory as a raster; null for pixels that a decoder should shrink first.
 * @throws EngineError `PictureError`
 */
export function plainRaster(source: PlainSource, options: ReadOptions): Raster {
  const { width, height, data } = source;
  if (width * height > MOST_PIXELS) {
    throw new EngineError(
      'PictureError',
      `${options.name} is ${width}x${height} pixels; at most ${MOST_PIXELS / 2 ** 20} million are read`,
      'Crop or shrink it first: a few hundred pixels a side show the texture.',
    );
  }
  if (!isRaster(source)) {
    if (data.length !== 4 * width * height) throw ofLength(options.name, width, height, data.length, 4);
    return withoutAlpha({ width, height, channels: 4, values: data, most: 255 }, options);
  }
  if (data.length !== 3 * width * height) throw ofLength(options.name, width, height, data.length, 3);
  return source;
}

const ofLength = (name: string, width: number, height: number, is: number, channels: number): EngineError =>
  new EngineError(
    'PictureError',
    `${name} has ${is} values, not the ${channels * width * height} of ${width}x${height} pixels`,
    channels === 3 ? 'A raster is planes of red, green and blue, 0..1.' : 'Pixels are red, green, blue and opacity.',
  );

/** Interleaved values as a raster, transparency filled in and, where it is wanted, given besides. */
export function withoutAlpha(pixels: Interleaved, { name, alpha, onWarning }: ReadOptions): Raster {
  const { flat, opacity } = flatten(pixels, name, onWarning, alpha === 'straight');
  return alpha && opacity ? { ...flat, alpha: opacity } : flat;
}
