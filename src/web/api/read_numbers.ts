// Pictures that browsers do not decode, and that need no library: TIFF (the command line reads more of them), OpenEXR, Radiance HDR, PFM, .npy.
import { wantedSize, withoutAlpha } from '../../app/plain_sources';
import type { ReadOptions, ReadPicture } from '../../app/platform';
import { DamagedFile, EngineError } from '../../base/errors';
import { isTiff } from '../../base/first_bytes';
import { numberFile } from '../../base/number_files';
import { isUnusual, type NumberFile, readNumbers } from '../../base/numbers';
import { resample } from '../../base/resample';
import { readTiffHeader, unusualTiff } from '../../base/tiff_header';
import { isReadable, tiffNumbers } from '../../base/tiff_read';

/**
 * Reads such a picture as Node does; `isNumbers` says which.
 * @throws EngineError `PictureError`
 */
export async function readNumberPicture(bytes: Uint8Array, options: ReadOptions): Promise<ReadPicture> {
  try {
    return await read(bytes, isTiff(bytes) ? tiffFile(bytes, options) : await numberFile(bytes, options.name), options);
  } catch (cause) {
    if (!(cause instanceof DamagedFile || cause instanceof RangeError)) throw cause;
    throw new EngineError(
      'PictureError',
      `${options.name} is damaged or cut short (${cause.message})`,
      'Download or save it again.',
    );
  }
}

function tiffFile(bytes: Uint8Array, { name }: ReadOptions): NumberFile {
  const header = readTiffHeader(bytes);
  if (isReadable(header)) return tiffNumbers(bytes, header);
  throw new EngineError(
    'PictureError',
    `${name} is a TIFF ${unusualTiff(header)?.what ?? 'of indexed colours'}, which pages do not read`,
    'Convert it to PNG, or use the command line, which reads most kinds.',
  );
}

async function read(bytes: Uint8Array, file: NumberFile, options: ReadOptions): Promise<ReadPicture> {
  const { name, onWarning } = options;
  const { width: across, height: down, orientation, bits } = file.kind;
  const [w, h] = orientation > 4 ? [down, across] : [across, down];
  const size = wantedSize(w, h, options);
  if ((file.pages ?? 1) > 1) onWarning(`${name} has ${file.pages} pages or frames: only the first is used`);
  const shrink = Math.max(1, Math.floor(Math.sqrt((w * h) / (size[0] * size[1]))));
  const pixels = await readNumbers(file, name, bytes.length, shrink);
  for (const note of pixels.notes) onWarning(`${name} ${note}`);
  const { width, height, data, alpha } = withoutAlpha(pixels, options);
  const sized = (planes: Float32Array): Float32Array => resample(planes, [width, height], size, 'soft');
  const grey = pixels.channels < 3;
  return {
    raster: {
      width: size[0],
      height: size[1],
      data: sized(data),
      ...(alpha && { alpha: sized(alpha) }),
      ...(grey && { grey: true as const }),
    },
    bits: bits > 8 ? 16 : 8,
    ...(isUnusual(file.kind) && { measures: pixels.measures }),
  };
}
