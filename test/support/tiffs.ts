// TIFF files of every make, by a writer that shares nothing with the project's; and colour profiles.
import { deflateSync } from 'node:zlib';

export interface TiffMake {
  readonly format?: 'uint' | 'int' | 'float';
  readonly bits?: number;
  readonly samples?: number;
  readonly big?: boolean;
  readonly bigEndian?: boolean;
  readonly planar?: boolean;
  readonly tile?: readonly [number, number];
  readonly rowsPerStrip?: number;
  readonly compression?: 1 | 5 | 8 | 32773 | 34925 | 50000;
  readonly predictor?: 1 | 2 | 3;
  readonly photometric?: number;
  readonly orientation?: number;
  readonly extra?: readonly number[];
  readonly icc?: Buffer;
  readonly noData?: string;
  readonly colorMap?: readonly number[];
}

/** @param value of a pixel's sample, as a number of the file */
export function tiff(
  [width, height]: readonly [number, number],
  value: (x: number, y: number, sample: number) => number,
  make: TiffMake = {},
): Buffer {
  const { format = 'uint', bits = 8, samples = 1, big = false, planar = false, tile, compression = 1 } = make;
  const little = make.bigEndian !== true;
  const [w, h] = tile ?? [width, make.rowsPerStrip ?? height];
  const across = planar ? 1 : samples;
  const pieces: Buffer[] = [];
  for (let plane = 0; plane < (planar ? samples : 1); plane++) {
    for (let y0 = 0; y0 < height; y0 += h) {
      for (let x0 = 0; x0 < width; x0 += w) {
        const rows = tile ? h : Math.min(h, height - y0);
        const lines = Array.from({ length: rows }, (_, y) => {
          const numbers = Array.from({ length: w * across }, (_, i) => {
            const x = x0 + Math.floor(i / across);
            return x < width && y0 + y < height ? value(x, y0 + y, planar ? plane : i % across) : 0;
          });
          return predicted(line(numbers, format, bits, little), make.predictor ?? 1, across, bits / 8, little);
        });
        pieces.push(packed(Buffer.concat(lines), compression));
      }
    }
  }
  const photometric = make.photometric ?? (samples >= 3 ? 2 : 1);
  const tags: [number, number, readonly number[] | Buffer][] = [
    [256, 4, [width]],
    [257, 4, [height]],
    [258, 3, Array(samples).fill(bits)],
    [259, 3, [compression]],
    [262, 3, [photometric]],
    ...(tile ? [] : [[273, 4, pieces.map(() => 0)] as [number, number, number[]]]),
    [274, 3, [make.orientation ?? 1]],
    [277, 3, [samples]],
    ...(tile
      ? []
      : [
          [278, 4, [h]] as [number, number, number[]],
          [279, 4, pieces.map((p) => p.length)] as [number, number, number[]],
        ]),
    [284, 3, [planar ? 2 : 1]],
    [317, 3, [make.predictor ?? 1]],
    ...(make.colorMap ? [[320, 3, make.colorMap] as [number, number, number[]]] : []),
    ...(tile
      ? ([
          [322, 4, [w]],
          [323, 4, [h]],
          [324, 4, pieces.map(() => 0)],
          [325, 4, pieces.map((p) => p.length)],
        ] as [number, number, number[]][])
      : []),
    ...(make.extra ? [[338, 3, make.extra] as [number, number, number[]]] : []),
    [339, 3, Array(samples).fill({ uint: 1, int: 2, float: 3 }[format])],
    ...(make.icc ? [[34675, 7, make.icc] as [number, number, Buffer]] : []),
    ...(make.noData ? [[42113, 2, Buffer.from(`${make.noData}\0`)] as [number, number, Buffer]] : []),
  ];
  return assembled(tags, pieces, little, big);
}

function line(numbers: readonly number[], format: string, bits: number, little: boolean): Buffer {
  if (bits % 8 !== 0 || bits === 24) {
    const text = numbers.map((v) => (v < 0 ? v + 2 ** bits : v).toString(2).padStart(bits, '0')).join('');
    return Buffer.from(text.match(/.{1,8}/g)!.map((b) => Number.parseInt(b.padEnd(8, '0'), 2)));
  }
  const size = bits / 8;
  const view = new DataView(new ArrayBuffer(numbers.length * size));
  for (const [i, v] of numbers.entries()) {
    const at = i * size;
    if (format === 'float' && size === 2) view.setUint16(at, half(v), little);
    else if (format === 'float' && size === 4) view.setFloat32(at, v, little);
    else if (format === 'float') view.setFloat64(at, v, little);
    else if (size === 1) view.setUint8(at, v & 255);
    else if (size === 2) view.setUint16(at, v & 65535, little);
    else if (size === 4) view.setUint32(at, v >>> 0, little);
    else view.setBigInt64(at, BigInt(v), little);
  }
  return Buffer.from(view.buffer);
}

/** Of numbers that a half holds exactly and that are normal, or 0. */
function half(v: number): number {
  const bits = new Uint32Array(Float32Array.of(v).buffer)[0]!;
  return v === 0 ? 0 : ((bits >>> 16) & 0x8000) | ((((bits >>> 23) & 255) - 112) << 10) | ((bits >>> 13) & 1023);
}

function predicted(plain: Buffer, predictor: number, across: number, size: number, little: boolean): Buffer {
  if (predictor === 1) return plain;
  const out = Buffer.from(plain);
  const count = plain.length / size;
  if (predictor === 3) {
    for (let i = 0; i < count; i++)
      for (let b = 0; b < size; b++) out[b * count + i] = plain[i * size + (little ? size - 1 - b : b)]!;
    const planes = Buffer.from(out);
    for (let k = across; k < out.length; k++) out[k] = planes[k]! - planes[k - across]!;
    return out;
  }
  const get = (i: number): bigint => {
    let v = 0n;
    for (let b = 0; b < size; b++) v = (v << 8n) | BigInt(plain[i * size + (little ? size - 1 - b : b)]!);
    return v;
  };
  for (let i = across; i < count; i++) {
    let v = BigInt.asUintN(8 * size, get(i) - get(i - across));
    for (let b = size - 1; b >= 0; b--, v >>= 8n) out[i * size + (little ? size - 1 - b : b)] = Number(v & 255n);
  }
  return out;
}

function packed(plain: Buffer, compression: number): Buffer {
  if (compression === 8) return deflateSync(plain);
  if (compression === 5) return lzw(plain);
  if (compression !== 32773) return plain;
  const out: number[] = [];
  for (let at = 0; at < plain.length; ) {
    let run = 1;
    while (run < 128 && at + run < plain.length && plain[at + run] === plain[at]) run++;
    if (run > 1) out.push(257 - run, plain[at]!);
    else out.push(0, plain[at]!);
    at += run;
  }
  return Buffer.from(out);
}

function lzw(plain: Buffer): Buffer {
  let text = '';
  let [table, width] = [new Map<string, number>(), 9];
  const put = (code: number): void => {
    text += code.toString(2).padStart(width, '0');
  };
  const clear = (): void => {
    put(256);
    table = new Map(Array.from({ length: 256 }, (_, k) => [String.fromCharCode(k), k]));
    width = 9;
  };
  clear();
  let next = 258;
  let word = '';
  for (const byte of plain) {
    const letter = String.fromCharCode(byte);
    if (table.has(word + letter)) {
      word += letter;
      continue;
    }
    put(table.get(word)!);
    table.set(word + letter, next++);
    if (next >= 2 ** width - 1 + 1 && width < 12) width++;
    if (next === 4094) {
      clear();
      next = 258;
    }
    word = letter;
  }
  if (word !== '') put(table.get(word)!);
  next++;
  if (next >= 2 ** width && width < 12) width++;
  put(257);
  return Buffer.from(text.match(/.{1,8}/g)!.map((b) => Number.parseInt(b.padEnd(8, '0'), 2)));
}

function assembled(
  tags: readonly [number, number, readonly number[] | Buffer][],
  pieces: readonly Buffer[],
  little: boolean,
  big: boolean,
): Buffer {
  const size = (type: number): number => ({ 2: 1, 3: 2, 4: 4, 7: 1 })[type]!;
  const [entry, inline, start] = big ? [20, 8, 16] : [12, 4, 8];
  const directory = start + (big ? 8 : 2) + entry * tags.length + inline;
  const outside = tags.map(([, type, v]) =>
    size(type) * v.length > inline ? size(type) * v.length + (v.length % 2) : 0,
  );
  const first = directory + outside.reduce((a, b) => a + b, 0);
  const out = Buffer.alloc(pieces.reduce((n, p) => n + p.length, first));
  const view = new DataView(out.buffer, out.byteOffset, out.length);
  const word = (at: number, v: number): void =>
    big ? view.setBigUint64(at, BigInt(v), little) : view.setUint32(at, v, little);
  out.write(little ? 'II' : 'MM', 'latin1');
  view.setUint16(2, big ? 43 : 42, little);
  if (big) view.setUint16(4, 8, little);
  word(big ? 8 : 4, start);
  if (big) view.setBigUint64(start, BigInt(tags.length), little);
  else view.setUint16(start, tags.length, little);
  let at = first;
  const places = pieces.map((p) => {
    p.copy(out, at);
    at += p.length;
    return at - p.length;
  });
  let spare = directory;
  for (const [k, [tag, type, values]] of tags.entries()) {
    const e = start + (big ? 8 : 2) + entry * k;
    view.setUint16(e, tag, little);
    view.setUint16(e + 2, type, little);
    word(e + 4, values.length);
    const place = outside[k]! > 0 ? spare : e + entry - inline;
    if (outside[k]! > 0) word(e + entry - inline, spare);
    spare += outside[k]!;
    for (const [i, v] of (tag === 273 || tag === 324 ? places : values).entries()) {
      if (size(type) === 1) view.setUint8(place + i, v);
      else if (type === 3) view.setUint16(place + 2 * i, v, little);
      else view.setUint32(place + 4 * i, v, little);
    }
  }
  return out;
}

/** A colour profile of one curve, v to the power of `gamma`: grey, or RGB of sRGB's primaries. */
export function profile(space: 'GRAY' | 'RGB ', gamma: number): Buffer {
  const fixed = (...values: number[]): Buffer => {
    const b = Buffer.alloc(4 * values.length);
    for (const [k, v] of values.entries()) b.writeInt32BE(Math.round(v * 65536), 4 * k);
    return b;
  };
  const xyz = (...v: number[]): Buffer => Buffer.concat([Buffer.from('XYZ \0\0\0\0'), fixed(...v)]);
  const curve = Buffer.alloc(16);
  curve.write('curv');
  curve.writeUInt32BE(1, 8);
  curve.writeUInt16BE(Math.round(gamma * 256), 12);
  const about = Buffer.alloc(12 + 2 + 78);
  about.write('desc');
  about.writeUInt32BE(2, 8);
  about.write('t', 12);
  const tags: [string, Buffer][] = [
    ['desc', about],
    ['cprt', Buffer.from('text\0\0\0\0none\0')],
    ['wtpt', xyz(0.9642, 1, 0.8249)],
    ...(space === 'GRAY'
      ? [['kTRC', curve] as [string, Buffer]]
      : ([
          ['rXYZ', xyz(0.436, 0.2225, 0.0139)],
          ['gXYZ', xyz(0.3851, 0.7169, 0.0971)],
          ['bXYZ', xyz(0.1431, 0.0606, 0.7139)],
          ['rTRC', curve],
          ['gTRC', curve],
          ['bTRC', curve],
        ] as [string, Buffer][])),
  ];
  const table = Buffer.alloc(4 + 12 * tags.length);
  table.writeUInt32BE(tags.length);
  let at = 128 + table.length;
  const body = tags.map(([name, data], k) => {
    const padded = Buffer.concat([data, Buffer.alloc(-data.length & 3)]);
    table.write(name, 4 + 12 * k, 'latin1');
    table.writeUInt32BE(at, 8 + 12 * k);
    table.writeUInt32BE(data.length, 12 + 12 * k);
    at += padded.length;
    return padded;
  });
  const head = Buffer.alloc(128);
  head.writeUInt32BE(at, 0);
  head.writeUInt32BE(0x02400000, 8);
  head.write(`mntr${space}XYZ `, 12);
  head.write('acsp', 36);
  fixed(0.9642, 1, 0.8249).copy(head, 68);
  return Buffer.concat([head, table, ...body]);
}
