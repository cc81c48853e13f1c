// Files of numbers that need not be brightness: floats, whole numbers with a sign or of other widths, as values of 0..1.
import { DamagedFile, EngineError } from './errors';
import { profileToSrgb } from './icc';
import { isBrightness, isLight, lightOf, type Measures, measuresOf, rangeText, type Sample } from './measures';
import type { Interleaved } from './pixels';
import { toEncoded } from './srgb';
import { setting } from './wording';

/** How numbers are kept: whole ones without and with a sign, floats. */
export type SampleFormat = 'uint' | 'int' | 'float' | 'other';

/** What the numbers of a file are. */
export interface NumberKind {
  readonly width: number;
  readonly height: number;
  /** Numbers a pixel, and bits of each; 0 bits where they differ. */
  readonly samples: number;
  readonly bits: number;
  readonly format: SampleFormat;
  /** The first of them. */
  readonly colours: 1 | 3;
  /** What comes after the colours, if it is opacity: beside them, or multiplied into them. */
  readonly opacity?: 'beside' | 'multiplied' | undefined;
  /** The greatest is black. */
  readonly inverted?: boolean;
  /** Colours are light, not codes of a screen. */
  readonly light?: boolean;
  /** 1 to 8, as in EXIF. */
  readonly orientation: number;
  readonly icc?: Uint8Array | undefined;
  /** The number that stands for: not known here (GDAL). */
  readonly noData?: number | undefined;
}

/** Values of 0..1, and what they were. */
export interface NumberPixels extends Interleaved {
  readonly values: Float32Array;
  readonly measures: Measures;
  /** What should be known of it, as the rest of a sentence that begins with the file's name. */
  readonly notes: readonly string[];
}

/** Numbers of neighbouring pixels of a row. */
export interface Line {
  readonly numbers: Float64Array;
  /** Numbers a pixel. */
  readonly across: number;
  /** The first of them in the picture. */
  readonly plane: number;
  readonly count: number;
}

export interface NumberFile {
  readonly kind: NumberKind;
  readonly pages?: number;
  /** All that it holds; x and y are those of the first pixel. */
  lines():
    | Iterable<readonly [x: number, y: number, line: Line]>
    | AsyncIterable<readonly [x: number, y: number, line: Line]>;
}

/** What a file unpacks to at most, for each of its bytes: beyond it, it says a size that it cannot hold. */
export const MOST_UNPACKED = 1500;

/** Whether a reader of everyday pictures would take its numbers for others. */
export const isUnusual = ({ format, bits }: Pick<NumberKind, 'format' | 'bits'>): boolean =>
  format !== 'uint' || ![1, 2, 4, 8, 16].includes(bits);

/**
 * Reads a file, upright. Numbers that are missing (NaN, or what the file says for it) are transparent.
 * @param path for messages
 * @param length of the file
 * @param shrink means of about so many pixels in each direction are given
 * @throws EngineError `PictureError` where all numbers are missing
 * @throws DamagedFile
 */
export async function readNumbers(
  { kind, lines }: NumberFile,
  path: string,
  length: number,
  shrink: number,
): Promise<NumberPixels> {
  const { width, height, samples, bits, colours, opacity } = kind;
  // Nothing takes memory for what the file cannot hold.
  if ((width * height * samples * bits) / 8 > MOST_UNPACKED * length) throw new DamagedFile('it ends early');
  const means = new Means(kind, colours + (opacity ? 1 : 0), shrink);
  for await (const [x, y, line] of lines()) means.add(x, y, line);
  if (means.min > means.max)
    throw new EngineError('PictureError', `${path} holds no number: all are missing`, 'Take a part that has some.');
  return upright(brightness(means, kind), kind.orientation);
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
    private readonly kind: NumberKind,
    readonly channels: number,
    shrink: number,
  ) {
    this.width = Math.ceil(kind.width / shrink);
    this.height = Math.ceil(kind.height / shrink);
    this.columns = Uint32Array.from({ length: kind.width }, (_, x) => Math.floor((x * this.width) / kind.width));
    const n = this.width * this.height;
    const exact = shrink === 1 && (kind.bits <= 24 || (kind.bits === 32 && kind.format === 'float'));
    const planes = Array.from({ length: channels });
    this.sums = planes.map(() => (exact ? new Float32Array(n) : new Float64Array(n)));
    this.counts = planes.map(() => (shrink === 1 ? new Uint8Array(n) : new Uint32Array(n)));
  }

  add(x: number, y: number, { numbers, across, plane, count }: Line): void {
    const { noData, colours, samples, height } = this.kind;
    const row = Math.floor((y * this.height) / height) * this.width;
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
function brightness(means: Means, kind: NumberKind): NumberPixels {
  const { width, height, sums, counts, min, max, missing } = means;
  const { format, bits, colours, opacity, icc, samples } = kind;
  const white = 2 ** bits - 1;
  const sample = sampleOf(kind, min, max);
  const asIs = !isUnusual(kind) || isBrightness(sample, min, max, white);
  const light = kind.light === true && isLight(min);
  const usual: Measures = { sample, min, max, zero: 0, one: format === 'uint' ? white : 1 };
  const m = light ? lightOf(sample, min, max) : asIs ? usual : measuresOf(sample, min, max, colours);
  const opaque = format === 'float' ? 1 : format === 'int' ? 2 ** (bits - 1) - 1 : white;
  const channels = opacity || missing > 0 ? colours + 1 : colours;
  const values = new Float32Array(width * height * channels);
  const convert = asIs && icc ? profileToSrgb(icc, colours) : undefined;
  const colour = new Float64Array(colours);
  for (let i = 0; i < width * height; i++) {
    const mean = (c: number): number => ((sums[c] as Float64Array)[i] as number) / ((counts[c] as Uint32Array)[i] || 1);
    const a = opacity ? Math.min(1, Math.max(0, mean(colours) / opaque)) : 1;
    const known = (counts[0] as Uint32Array)[i] as number;
    const undo = opacity === 'multiplied' && a > 0 ? a : 1;
    for (let c = 0; c < colours; c++) {
      const v = known ? (mean(c) - m.zero) / (m.one - m.zero) / undo : 0;
      colour[c] = kind.inverted ? 1 - v : light ? toEncoded(v) : v;
    }
    convert?.(colour);
    values.set(colour, i * channels);
    if (channels > colours) values[i * channels + colours] = known ? a : 0;
  }
  const range = light ? `light of ${rangeText(m)}` : rangeText(m);
  const stretched = m.zero !== usual.zero || m.one !== usual.one;
  const notes = [
    ...(stretched
      ? [`holds ${range}: taken as black to white (${setting('keepRange')} writes such numbers again)`]
      : []),
    ...(missing > 0 ? [`has ${missing} numbers missing: nothing is known there`] : []),
    ...(asIs && icc && !convert ? ['has a colour profile of tables, which is left out at this depth'] : []),
    ...(samples > channels && !opacity && samples > colours
      ? [`has ${samples} numbers a pixel: only the first ${colours === 1 ? 'is' : '3 are'} used`]
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
function sampleOf({ format, bits }: NumberKind, min: number, max: number): Sample {
  if (format === 'float') return bits === 64 ? 'float64' : 'float32';
  const size = bits <= 8 ? 8 : bits <= 16 ? 16 : 32;
  const [low, high] = format === 'int' ? [-(2 ** 31), 2 ** 31 - 1] : [0, 2 ** 32 - 1];
  return min < low || max > high ? 'float64' : `${format === 'int' ? 'int' : 'uint'}${size}`;
}

/** Orientation as EXIF numbers it: even ones are mirrored, from 5 on rows are columns. */
function upright(pixels: NumberPixels, orientation: number): NumberPixels {
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
