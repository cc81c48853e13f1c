// TIFF files in a page, which browsers do not decode: those that need no library. The command line reads more of them.
import { wantedSize, withoutAlpha } from '../../app/plain_sources';
import type { ReadOptions, ReadPicture } from '../../app/platform';
import { EngineError } from '../../base/errors';
import { resample } from '../../base/resample';
import { DamagedFile, readTiffHeader, unusualTiff } from '../../base/tiff_header';
import { isReadable, isUnusual, readTiff } from '../../base/tiff_read';

/**
 * Reads a TIFF file as Node does.
 * @throws EngineError `PictureError`
 */
export async function readTiffPicture(bytes: Uint8Array, options: ReadOptions): Promise<ReadPicture> {
  try {
    return await read(bytes, options);
  } catch (cause) {
    if (!(cause instanceof DamagedFile || cause instanceof RangeError)) throw cause;
    throw new EngineError(
      'PictureError',
      `${options.name} is damaged or cut short (${cause.message})`,
      'Download or save it again.',
    );
  }
}

async function read(bytes: Uint8Array, options: ReadOptions): Promise<ReadPicture> {
  const { name, onWarning } = options;
  const header = readTiffHeader(bytes);
  if (!isReadable(header)) {
    throw new EngineError(
      'PictureError',
      `${name} is a TIFF ${unusualTiff(header)?.what ?? 'of indexed colours'}, which pages do not read`,
      'Convert it to PNG, or use the command line, which reads most kinds.',
    );
  }
  const turned = header.orientation > 4;
  const [w, h] = turned ? [header.height, header.width] : [header.width, header.height];
  const size = wantedSize(w, h, options);
  if (header.pages > 1) onWarning(`${name} has ${header.pages} pages or frames: only the first is used`);
  const pixels = await readTiff(bytes, header, Math.max(1, Math.floor(Math.sqrt((w * h) / (size[0] * size[1])))));
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
    bits: header.bits > 8 ? 16 : 8,
    ...(isUnusual(header) && { measures: pixels.measures }),
  };
}
