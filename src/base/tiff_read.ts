// TIFF files of any numbers, line by line.
import { DamagedFile } from './errors';
import { type Line, MOST_UNPACKED, type NumberFile } from './numbers';
import { type TiffHeader, UNPACKED } from './tiff_header';
import { lineReader } from './tiff_samples';
import { unpackPiece } from './tiff_unpack';

const MOST_SAMPLES = 1000;

/** Whether `tiffNumbers` can read a file with such a header. */
export const isReadable = (t: TiffHeader): boolean =>
  UNPACKED.includes(t.compression) &&
  t.photometric <= 2 &&
  t.samples >= (t.photometric === 2 ? 3 : 1) &&
  t.samples <= MOST_SAMPLES &&
  lineReader(t) !== undefined &&
  (t.predictor === 1 ||
    (t.predictor === 2 && [8, 16, 32, 64].includes(t.bits)) ||
    (t.predictor === 3 && t.format === 'float'));

/** The first picture of a TIFF file. */
export const tiffNumbers = (bytes: Uint8Array, header: TiffHeader): NumberFile => {
  const { width, height, samples, bits, format, photometric, orientation, icc, noData, extra } = header;
  const colours = photometric === 2 ? 3 : 1;
  const opacity = samples > colours ? ([undefined, 'multiplied', 'beside'] as const)[extra[0] ?? 0] : undefined;
  const inverted = photometric === 0 && format === 'uint';
  const kind = { width, height, samples, bits, format, colours, opacity, inverted, orientation, icc, noData } as const;
  return { kind, pages: header.pages, lines: () => lines(bytes, header) };
};

/** Pieces of lines, each with the numbers that begin at a pixel: one plane at a time where the file has planes. */
async function* lines(
  bytes: Uint8Array,
  header: TiffHeader,
): AsyncGenerator<readonly [x: number, y: number, line: Line]> {
  const { width, height, piece, bits, samples, planar, tiled } = header;
  const [w, h] = piece;
  if (w < 1 || h < 1) throw new DamagedFile('it says no size');
  const read = lineReader(header);
  if (!read) throw new DamagedFile('its numbers are of no known kind');
  const across = planar ? 1 : samples;
  const stride = Math.ceil((w * across * bits) / 8);
  const [columns, rows] = [Math.ceil(width / w), Math.ceil(height / h)];
  if (stride * h > MOST_UNPACKED * bytes.length) throw new DamagedFile('it ends early');
  const numbers = new Float64Array(w * across);
  for (let k = 0; k < columns * rows * (planar ? samples : 1); k++) {
    const [column, row, plane] = [k % columns, Math.floor(k / columns) % rows, Math.floor(k / columns / rows)];
    const inside = Math.min(h, height - row * h);
    const plain = await unpackPiece(bytes, header, k, tiled ? h : inside);
    const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
    for (let y = 0; y < inside; y++) {
      read(view, y * stride, numbers);
      yield [column * w, row * h + y, { numbers, across, plane, count: Math.min(w, width - column * w) }];
    }
  }
}
