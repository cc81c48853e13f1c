import { EngineError } from '../base/errors';
import { abortSignal, call, checkOptions, number } from '../base/known_options';
import type { Raster } from '../base/raster';
import type { Platform } from './platform';

export interface ReadPictureOptions {
  /** Shrink a picture with more pixels than this. Default 2^24. */
  readonly most?: number;
  readonly signal?: AbortSignal | undefined;
  /** Told of what was done to it: shrunk, opacity left out. */
  onWarning?(text: string): void;
}

/**
 * `readPicture()` of a platform: a picture as planes of red, green and blue, 0..1.
 * @throws EngineError `PictureError` for what is none, or cannot be read.
 */
export async function readPictureOn<Source>(
  platform: Platform<Source>,
  source: Source,
  options: ReadPictureOptions,
): Promise<Raster> {
  checkOptions('readPicture', options, { most: number, signal: abortSignal, onWarning: call });
  const { most = 2 ** 24, signal, onWarning = () => {} } = options;
  if (!(most >= 1)) throw new EngineError('SettingsError', `most is ${most}`, 'It is a number of pixels, at least 1.');
  const reading = { name: 'picture', least: 1, most, alpha: false, signal, onWarning };
  return (await platform.readPicture(source, reading)).raster;
}
