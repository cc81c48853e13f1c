// What the first picture of a TIFF file is, from its tags, by a reader that never leaves the file.
// TIFF 6.0, https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf; BigTIFF, https://www.awaresystems.be/imaging/tiff/bigtiff.html

import { DamagedFile } from './errors';
import type { SampleFormat } from './numbers';

export interface TiffHeader {
  readonly littleEndian: boolean;
  readonly width: number;
  readonly height: number;
  /** Numbers a pixel, and bits of each; 0 bits where they differ. */
  readonly samples: number;
  readonly bits: number;
  readonly format: SampleFormat;
  readonly compression: number;
  readonly photometric: number;
  readonly predictor: number;
  /** Each sample has a plane of its own. */
  readonly planar: boolean;
  /** 1 to 8, as in EXIF. */
  readonly orientation: number;
  /** What samples beyond the colours are: 1 and 2 opacity, multiplied in or not. */
  readonly extra: readonly number[];
  /** Sides of the pieces that the picture is kept in: strips have its width. */
  readonly piece: readonly [width: number, height: number];
  readonly tiled: boolean;
  readonly offsets: readonly number[];
  readonly counts: readonly number[];
  readonly icc?: Uint8Array | undefined;
  readonly xmp?: string | undefined;
  /** The number that stands for: not known here (GDAL). */
  readonly noData?: number | undefined;
  readonly pages: number;
}

const TAG = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  stripOffsets: 273,
  orientation: 274,
  samples: 277,
  rowsPerStrip: 278,
  stripCounts: 279,
  planar: 284,
  predictor: 317,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileCounts: 325,
  extra: 338,
  format: 339,
  xmp: 700,
  icc: 34675,
  noData: 42113,
} as const;

/** Bytes of each type of field; 0: none that we know. */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];
const MOST_PAGES = 1000;

interface Field {
  readonly type: number;
  readonly count: number;
  readonly at: number;
}

class Reader {
  readonly view: DataView;
  constructor(
    readonly bytes: Uint8Array,
    readonly little: boolean,
    readonly big: boolean,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  private within(at: number, size: number): void {
    if (at < 0 || at + size > this.bytes.length) throw new DamagedFile('it ends early');
  }

  u16(at: number): number {
    this.within(at, 2);
    return this.view.getUint16(at, this.little);
  }

  /** A place in the file. */
  place(at: number): number {
    this.within(at, this.big ? 8 : 4);
    return this.big ? Number(this.view.getBigUint64(at, this.little)) : this.view.getUint32(at, this.little);
  }

  /** The tags of a directory, and where the next one is. */
  directory(at: number): { readonly fields: ReadonlyMap<number, Field>; readonly next: number } {
    const [head, size, inline] = this.big ? [8, 20, 8] : [2, 12, 4];
    const count = this.big ? this.place(at) : this.u16(at);
    this.within(at + head, count * size);
    const fields = new Map<number, Field>();
    for (let k = 0; k < count; k++) {
      const entry = at + head + k * size;
      const type = this.u16(entry + 2);
      const length = this.place(entry + 4);
      const bytes = (TYPE_BYTES[type] ?? 0) * length;
      if (bytes === 0) continue;
      const place = entry + size - inline;
      fields.set(this.u16(entry), { type, count: length, at: bytes <= inline ? place : this.place(place) });
    }
    return { fields, next: this.place(at + head + count * size) };
  }

  bytesOf({ type, count, at }: Field): Uint8Array {
    const size = (TYPE_BYTES[type] ?? 1) * count;
    this.within(at, size);
    return this.bytes.subarray(at, at + size);
  }

  numbers(field: Field | undefined): number[] {
    if (!field) return [];
    const { byteOffset, byteLength } = this.bytesOf(field);
    const view = new DataView(this.bytes.buffer, byteOffset, byteLength);
    const { type, count } = field;
    return Array.from({ length: count }, (_, k) => {
      if (type === 3) return view.getUint16(2 * k, this.little);
      if (type === 4 || type === 13) return view.getUint32(4 * k, this.little);
      if (type === 16 || type === 18) return Number(view.getBigUint64(8 * k, this.little));
      if (type === 1 || type === 7) return view.getUint8(k);
      throw new DamagedFile(`a tag has the type ${type}`);
    });
  }

  text(field: Field | undefined): string | undefined {
    return field && new TextDecoder().decode(this.bytesOf(field)).replace(/\0+$/, '');
  }
}

/**
 * @param bytes of a file for which `isTiff` holds
 * @throws DamagedFile where tags are missing or lead out of the file
 */
export function readTiffHeader(bytes: Uint8Array): TiffHeader {
  const little = bytes[0] === 0x49;
  const big = bytes[little ? 2 : 3] === 43;
  const reader = new Reader(bytes, little, big);
  const first = reader.place(big ? 8 : 4);
  const { fields, next } = reader.directory(first);
  const all = (tag: number): number[] => reader.numbers(fields.get(tag));
  const one = (tag: number, usual: number): number => all(tag)[0] ?? usual;
  const width = one(TAG.width, 0);
  const height = one(TAG.height, 0);
  if (width < 1 || height < 1) throw new DamagedFile('it says no size');
  const tiled = fields.has(TAG.tileOffsets) || fields.has(TAG.tileWidth);
  const bits = all(TAG.bits);
  const formats = all(TAG.format);
  const same = (list: readonly number[]): boolean => list.every((v) => v === list[0]);
  const format = (['uint', 'int', 'float'] as const)[(formats[0] ?? 1) - 1];
  const icc = fields.get(TAG.icc);
  const noData = reader.text(fields.get(TAG.noData))?.trim();
  return {
    littleEndian: little,
    width,
    height,
    samples: one(TAG.samples, 1),
    bits: same(bits) ? (bits[0] ?? 1) : 0,
    format: same(formats) ? (format ?? (formats[0] === 4 ? 'uint' : 'other')) : 'other',
    compression: one(TAG.compression, 1),
    photometric: one(TAG.photometric, 1),
    predictor: one(TAG.predictor, 1),
    planar: one(TAG.planar, 1) === 2,
    orientation: one(TAG.orientation, 1),
    extra: all(TAG.extra),
    tiled,
    piece: tiled
      ? [one(TAG.tileWidth, 0), one(TAG.tileHeight, 0)]
      : [width, Math.min(height, one(TAG.rowsPerStrip, height) || height)],
    offsets: all(tiled ? TAG.tileOffsets : TAG.stripOffsets),
    counts: all(tiled ? TAG.tileCounts : TAG.stripCounts),
    icc: icc && reader.bytesOf(icc),
    xmp: reader.text(fields.get(TAG.xmp)),
    noData: noData ? Number(noData) : undefined,
    pages: 1 + pagesAfter(reader, next, first),
  };
}

function pagesAfter(reader: Reader, next: number, first: number): number {
  const seen = new Set([first]);
  for (let at = next; at !== 0 && !seen.has(at) && seen.size < MOST_PAGES; ) {
    seen.add(at);
    try {
      at = reader.directory(at).next;
    } catch {
      break; // only the first picture is read
    }
  }
  return seen.size - 1;
}

const COMPRESSIONS: Readonly<Record<number, string>> = {
  2: 'CCITT fax',
  3: 'CCITT fax',
  4: 'CCITT fax',
  6: 'the old form of JPEG',
  7: 'JPEG',
  34661: 'JBIG',
  34676: 'SGI LogLuv',
  34677: 'SGI LogLuv',
  34712: 'JPEG 2000',
  34887: 'LERC',
  34892: 'lossy JPEG of cameras',
  34925: 'LZMA',
  34933: 'PNG',
  50000: 'Zstandard',
  50001: 'WebP',
  50002: 'JPEG XL',
  52546: 'JPEG XL',
};
const PHOTOMETRICS: Readonly<Record<number, string>> = {
  4: 'a mask of transparency',
  5: 'inks (CMYK)',
  8: 'CIELAB',
  9: 'ICCLAB',
  10: 'ITULAB',
  32803: 'the bare sensor of a camera (raw)',
  32844: 'LogL',
  32845: 'LogLuv',
  34892: 'the bare sensor of a camera (raw)',
};
/** Compressions that this project unpacks itself: none, LZW, deflate (two numbers), PackBits. */
export const UNPACKED: readonly number[] = [1, 5, 8, 32946, 32773];

/** What is unusual about a TIFF, in words, and what makes one of it that is read; undefined for an everyday one. */
export function unusualTiff(t: TiffHeader): { readonly what: string; readonly remedy: string } | undefined {
  const colours = PHOTOMETRICS[t.photometric] ?? (t.photometric > 6 ? `number ${t.photometric}` : undefined);
  if (colours !== undefined)
    return {
      what: `whose colours are ${colours}`,
      remedy: 'Convert it: magick in.tif -colorspace sRGB out.png (or dcraw, darktable for a raw).',
    };
  const packed = COMPRESSIONS[t.compression] ?? (UNPACKED.includes(t.compression) ? undefined : `${t.compression}`);
  if (packed !== undefined)
    return {
      what: `compressed by ${packed}`,
      remedy: 'Convert it: tiffcp -c zip in.tif out.tif, or gdal_translate -co COMPRESS=DEFLATE in.tif out.tif.',
    };
  const kind = { uint: 'whole numbers', int: 'signed whole numbers', float: 'floats', other: 'numbers of mixed kinds' };
  const common = t.format === 'uint' ? [1, 2, 4, 8, 16] : [];
  if (common.includes(t.bits)) return undefined;
  return {
    what: `of ${t.bits ? `${t.bits}-bit ` : ''}${kind[t.format]}${t.samples > 4 ? `, ${t.samples} a pixel` : ''}`,
    remedy: 'Convert it: magick in.tif -depth 16 out.png, or gdal_translate -ot Float32 in.tif out.tif.',
  };
}
