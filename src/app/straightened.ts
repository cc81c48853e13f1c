import { EngineError } from '../base/errors';
import { resample } from '../base/resample';
import { type Corners, rectified } from '../copy/rectify';
import { shrunkSize, shrunkText } from './inputs';
import type { Platform, ReadOptions, ReadPicture } from './platform';

/** More than cameras have: corners are of the picture as it is, not shrunk. */
const WHOLE = 2 ** 26;

/**
 * Reads the part of a picture between four corners, straightened, and shrunk only then.
 * @throws EngineError `PictureError` as of `readPicture` and `rectified`
 */
export async function readStraightened<Source>(
  platform: Pick<Platform<Source>, 'readPicture'>,
  source: Source,
  options: ReadOptions,
  corners: Corners,
): Promise<ReadPicture> {
  const { name, least } = options;
  const picture = await platform.readPicture(source, { ...options, least: 1, most: WHOLE });
  const whole = { width: picture.raster.width, height: picture.raster.height };
  const raster = rectified(picture.raster, corners);
  const { width, height } = raster;
  if (Math.min(width, height) < least) {
    throw new EngineError(
      'PictureError',
      `${name}: between its corners are ${width}x${height} pixels; at least ${least}x${least} are needed`,
      'Take a larger part, or a larger picture.',
    );
  }
  const size = shrunkSize(width, height, options);
  if (size[0] === width && size[1] === height) return { ...picture, raster, whole };
  options.onWarning(shrunkText(name, [width, height], size));
  const small = (planes: Float32Array): Float32Array => resample(planes, [width, height], size, 'soft');
  const alpha = raster.alpha && small(raster.alpha);
  const shrunk = { ...raster, width: size[0], height: size[1], data: small(raster.data), ...(alpha && { alpha }) };
  return { ...picture, raster: shrunk, whole };
}
