// Writes PNG files without a picture library, the same bytes in Node and in browsers (a canvas may add noise to what is read
// back, multiplies by opacity, and keeps 8 bits). PNG specification, third edition, https://www.w3.org/TR/png-3/
import { crc32 } from './crc32';
import { EngineError } from './errors';
import { PNG_SIGNATURE } from './first_bytes';
import { checkOptions, checkValues, flag, group, number } from './known_options';
import { type Bits, channelsOf, interleave } from './pixels';
import { picture, type Raster } from './raster';

type Bytes = Uint8Array<ArrayBuffer>;

/** Colour types of PNG by the number of channels (11.2.1): grey, grey and opacity, colours, colours and opacity. */
const COLOUR_TYPES = [0, 4, 2, 6];

export interface PngOptions {
  readonly bits?: Bits;
  /** Kept inside, by keyword: `iTXt` chunks. */
  readonly text?: Readonly<Record<string, string>>;
  /** The values are no colours: nothing is said of how they look. */
  readonly data?: boolean;
  /** Of the thing that is shown, where its size is known. */
  readonly pixelsPerMetre?: number | undefined;
}

/** A raster as a PNG file: grey or RGB, and opacity where it has any. */
export async function encodePng(raster: Raster, options: PngOptions = {}): Promise<Bytes> {
  checkValues('encodePng', { raster }, { raster: picture });
  checkOptions('encodePng', options, { bits: [8, 16], text: group, data: flag, pixelsPerMetre: number });
  const { bits = 8, text = {}, data: measured = false, pixelsPerMetre } = options;
  const { width, height } = raster;
  const channels = channelsOf(raster);
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([bits, COLOUR_TYPES[channels - 1] ?? 2, 0, 0, 0], 8);
  const values = interleave(raster, bits, channels);
  const lines = filtered(bigEndian(values), width * channels * (bits / 8), height, channels * (bits / 8));
  const stream = new Blob([lines]).stream().pipeThrough(new CompressionStream('deflate'));
  const data = new Uint8Array(await new Response(stream).arrayBuffer());
  const about = [
    ...textChunks(text),
    ...(measured ? [] : [chunk('sRGB', Uint8Array.of(0))]), // perceptual
    ...(pixelsPerMetre === undefined ? [] : [density(pixelsPerMetre)]),
  ];
  const chunks = [chunk('IHDR', header), ...about, chunk('IDAT', data), chunk('IEND', new Uint8Array())];
  return joined([Uint8Array.from(PNG_SIGNATURE), ...chunks]);
}

/** `pHYs` (11.3.4.3): along both axes, by the metre. */
function density(perMetre: number): Bytes {
  const data = new Uint8Array(9);
  const view = new DataView(data.buffer);
  for (const at of [0, 4]) view.setUint32(at, Math.max(1, Math.round(perMetre)));
  data[8] = 1;
  return chunk('pHYs', data);
}

function bigEndian(values: Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>): Bytes {
  if (values instanceof Uint8Array) return values;
  const out = new Uint8Array(2 * values.length);
  for (let i = 0; i < values.length; i++) {
    const v = values[i] ?? 0;
    out[2 * i] = v >> 8;
    out[2 * i + 1] = v & 255;
  }
  return out;
}

/** Each line by the filter whose residuals have the least sum, the heuristic of the specification (12.7). */
function filtered(pixels: Bytes, stride: number, height: number, step: number): Bytes {
  const out = new Uint8Array((stride + 1) * height);
  const trial = new Uint8Array(stride);
  const zero = new Uint8Array(stride);
  for (let y = 0; y < height; y++) {
    const line = pixels.subarray(y * stride, (y + 1) * stride);
    const above = y > 0 ? pixels.subarray((y - 1) * stride, y * stride) : zero;
    let least = Number.POSITIVE_INFINITY;
    for (let kind = 0; kind < 5; kind++) {
      let sum = 0;
      for (let x = 0; x < stride; x++) {
        const a = x >= step ? (line[x - step] ?? 0) : 0;
        const c = x >= step ? (above[x - step] ?? 0) : 0;
        const v = ((line[x] ?? 0) - predicted(kind, a, above[x] ?? 0, c)) & 255;
        trial[x] = v;
        sum += v < 128 ? v : 256 - v;
      }
      if (sum >= least) continue;
      least = sum;
      out[y * (stride + 1)] = kind;
      out.set(trial, y * (stride + 1) + 1);
    }
  }
  return out;
}

/** Left, above, their mean, or Paeth's choice (9.2). */
function predicted(kind: number, a: number, b: number, c: number): number {
  if (kind === 0) return 0;
  if (kind === 1) return a;
  if (kind === 2) return b;
  if (kind === 3) return (a + b) >> 1;
  const p = a + b - c;
  const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

/** Puts text into a PNG file: `iTXt` chunks (keyword, UTF-8 text, not compressed; 11.3.3), right after the header. */
export function insertText(png: Uint8Array, entries: Readonly<Record<string, string>>): Bytes {
  const headerEnd = 8 + 4 + 4 + 13 + 4; // signature; length, type, data and CRC of IHDR
  return joined([png.subarray(0, headerEnd), ...textChunks(entries), png.subarray(headerEnd)]);
}

function textChunks(entries: Readonly<Record<string, string>>): Bytes[] {
  return Object.entries(entries).map(([keyword, text]) => {
    if (!/^[ -~]{1,79}$/.test(keyword)) throw new EngineError('PictureError', `a PNG keyword cannot be "${keyword}"`);
    // not compressed, method 0, no language, no translated keyword
    return chunk('iTXt', new TextEncoder().encode(`${keyword}\0\0\0\0\0${text}`));
  });
}

function chunk(type: string, data: Uint8Array): Bytes {
  const out = new Uint8Array(data.length + 12);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length);
  out.set(new TextEncoder().encode(type), 4);
  out.set(data, 8);
  view.setUint32(data.length + 8, crc32(out.subarray(4, data.length + 8)));
  return out;
}

function joined(parts: readonly Uint8Array[]): Bytes {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}
