// TIFF files whose numbers are not 8 or 16 bits of brightness: floats, whole numbers with a sign or of other widths.
import { profileToSrgb } from './icc';
import { isBrightness, type Measures, measuresOf, rangeText, type Sample } from './measures';
import type { Interleaved } from './pixels';
import { DamagedFile, type TiffHeader, UNPACKED } from './tiff_header';
import { lineReader } from './tiff_samples';
import { unpackPiece } from './tiff_unpack';

/** Values of 0..1, and what they were. */
export interface TiffPixels extends Interleaved {
  readonly values: Float32Array;
  readonly measures: Measures;
  /** What should be known of it, as the rest of a sentence that begins with the file's name. */
  readonly notes: readonly string[];
}

/** What a file unpacks to at most, for each of its bytes: beyond it, it says a size that it cannot hold. */
const MOST_UNPACKED = 1500;
const MOST_SAMPLES = 1000;

/** Whether `readTiff` can read a file with such a header. */
export const isReadable = (t: TiffHeader): boolean =>
  UNPACKED.includes(t.compression) &&
  t.photometric <= 2 &&
  t.samples >= (t.photometric === 2 ? 3 : 1) &&
  t.samples <= MOST_SAMPLES &&
  lineReader(t) !== undefined &&
  (t.predictor === 1 ||
    (t.predictor === 2 && [8, 16, 32, 64].includes(t.bits)) ||
    (t.predictor === 3 && t.format === 'float'));

/** Whether a reader of everyday pictures would take its numbers for others. */
export const isUnusual = (t: TiffHeader): boolean => t.format !== 'uint' || ![1, 2, 4, 8, 16].includes(t.bits);

/**
 * Reads the first picture of a TIFF file, upright. Numbers that are missing (NaN, or what the file says for it) are transparent.
 * @param shrink means of about so many pixels in each direction are given
 * @throws DamagedFile
 */
export async function readTiff(bytes: Uint8Array, header: TiffHeader, shrink: number): Promise<TiffPixels> {
  const { width, height, samples, bits } = header;
  // Nothing takes memory for what the file cannot hold.
  if ((width * height * samples * bits) / 8 > MOST_UNPACKED * bytes.length) throw new DamagedFile('it ends early');
  const colours = header.photometric === 2 ? 3 : 1;
  const alpha = samples > colours && [1, 2].includes(header.extra[0] ?? 0);
  const means = new Means(header, colours + (alpha ? 1 : 0), shrink);
  for await (const [x, y, line] of lines(bytes, header)) means.add(x, y, line);
  return upright(brightness(means, header, alpha), header.orientation);
}

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

interface Line {
  readonly numbers: Float64Array;
  /** Numbers a pixel. */
  readonly across: number;
  /** The first of them in the picture. */
  readonly plane: number;
  readonly count: number;
}

/** Collects means of squares of pixels, and the least and the greatest of all. */
class Means {
  readonly width: number;
  readonly height: number;
  /** In which of the means a column goes: all are of about as many. */
  private readonly columns: Uint32Array;
  /** By channel. */
  readonly sums: readonly (Float32Array | Float64Array)[];
  readonly counts: readonly (Uint8Array | Uint32Array)[];
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  missing = 0;

  constructor(
    private readonly header: TiffHeader,
    readonly channels: number,
    shrink: number,
  ) {
    this.width = Math.ceil(header.width / shrink);
    this.height = Math.ceil(header.height / shrink);
    this.columns = Uint32Array.from({ length: header.width }, (_, x) => Math.floor((x * this.width) / header.width));
    const n = this.width * this.height;
    const exact = shrink === 1 && (header.bits <= 24 || (header.bits === 32 && header.format === 'float'));
    const planes = Array.from({ length: channels });
    this.sums = planes.map(() => (exact ? new Float32Array(n) : new Float64Array(n)));
    this.counts = planes.map(() => (shrink === 1 ? new Uint8Array(n) : new Uint32Array(n)));
  }

  add(x: number, y: number, { numbers, across, plane, count }: Line): void {
    const { noData, photometric, samples } = this.header;
    const colours = photometric === 2 ? 3 : 1;
    const row = Math.floor((y * this.height) / this.header.height) * this.width;
    for (let c = plane; c < Math.min(plane + across, this.channels, samples); c++) {
      const sums = this.sums[c] as Float64Array;
      const counts = this.counts[c] as Uint32Array;
      for (let i = 0; i < count; i++) {
        const v = numbers[i * across + c - plane] as number;
        if (!Number.isFinite(v) || v === noData) {
          this.missing++;
          continue;
        }
        if (c < colours && v < this.min) this.min = v;
        if (c < colours && v > this.max) this.max = v;
        const at = row + (this.columns[x + i] as number);
        sums[at] = (sums[at] as number) + v;
        counts[at] = (counts[at] as number) + 1;
      }
    }
  }
}

/** Numbers as values of 0..1. */
function brightness(means: Means, header: TiffHeader, alpha: boolean): TiffPixels {
  const { width, height, sums, counts, min, max, missing } = means;
  const { format, bits, photometric } = header;
  const colours = photometric === 2 ? 3 : 1;
  if (min > max) throw new DamagedFile('it holds not one number');
  const white = 2 ** bits - 1;
  const sample = sampleOf(header, min, max);
  const asIs = !isUnusual(header) || isBrightness(sample, min, max, white);
  const m = asIs
    ? { sample, min, max, zero: 0, one: format === 'uint' ? white : 1 }
    : measuresOf(sample, min, max, colours);
  const opaque = format === 'float' ? 1 : format === 'int' ? 2 ** (bits - 1) - 1 : white;
  const channels = alpha || missing > 0 ? colours + 1 : colours;
  const values = new Float32Array(width * height * channels);
  const convert = asIs && header.icc ? profileToSrgb(header.icc, colours) : undefined;
  const inverted = photometric === 0 && format === 'uint';
  const colour = new Float64Array(colours);
  for (let i = 0; i < width * height; i++) {
    const mean = (c: number): number => ((sums[c] as Float64Array)[i] as number) / ((counts[c] as Uint32Array)[i] || 1);
    const a = alpha ? Math.min(1, Math.max(0, mean(colours) / opaque)) : 1;
    const known = (counts[0] as Uint32Array)[i] as number;
    const undo = header.extra[0] === 1 && a > 0 ? a : 1;
    for (let c = 0; c < colours; c++) {
      const v = known ? (mean(c) - m.zero) / (m.one - m.zero) / undo : 0;
      colour[c] = inverted ? 1 - v : v;
    }
    convert?.(colour);
    values.set(colour, i * channels);
    if (channels > colours) values[i * channels + colours] = known ? a : 0;
  }
  const notes = [
    ...(asIs ? [] : [`holds ${rangeText(m)}: taken as black to white (--keep-range writes such numbers again)`]),
    ...(missing > 0 ? [`has ${missing} numbers missing: nothing is known there`] : []),
    ...(asIs && header.icc && !convert ? ['has a colour profile of tables, which is left out at this depth'] : []),
    ...(header.samples > channels && !alpha && header.samples > colours
      ? [`has ${header.samples} numbers a pixel: only the first ${colours === 1 ? 'is' : '3 are'} used`]
      : []),
  ];
  return { width, height, channels, values, most: 1, notes, measures: convert ? converted(m, values, channels) : m };
}

/** Of colours that a profile changed, what they are now. */
function converted(m: Measures, values: Float32Array, channels: number): Measures {
  const colours = channels > 2 ? 3 : 1;
  let [min, max] = [1, 0];
  for (const [i, v] of values.entries()) {
    if (i % channels >= colours) continue;
    if (v < min) min = v;
    if (v > max) max = v;
  }
  return { ...m, min: min * m.one, max: max * m.one };
}

/** What numbers are written back as. */
function sampleOf({ format, bits }: TiffHeader, min: number, max: number): Sample {
  if (format === 'float') return bits === 64 ? 'float64' : 'float32';
  const size = bits <= 8 ? 8 : bits <= 16 ? 16 : 32;
  const [low, high] = format === 'int' ? [-(2 ** 31), 2 ** 31 - 1] : [0, 2 ** 32 - 1];
  return min < low || max > high ? 'float64' : `${format === 'int' ? 'int' : 'uint'}${size}`;
}

/** Orientation as EXIF numbers it: even ones are mirrored, from 5 on rows are columns. */
function upright(pixels: TiffPixels, orientation: number): TiffPixels {
  if (orientation < 2 || orientation > 8) return pixels;
  const { width: w, height: h, channels, values } = pixels;
  const turned = orientation > 4;
  const [width, height] = turned ? [h, w] : [w, h];
  const mirrorX = [2, 3, 7, 8].includes(orientation);
  const mirrorY = [3, 4, 6, 7].includes(orientation);
  const out = new Float32Array(values.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = turned ? [y, x] : [x, y];
      const from = ((mirrorY ? h - 1 - v : v) * w + (mirrorX ? w - 1 - u : u)) * channels;
      for (let c = 0; c < channels; c++) out[(y * width + x) * channels + c] = values[from + c] as number;
    }
  }
  return { ...pixels, width, height, values: out };
}
