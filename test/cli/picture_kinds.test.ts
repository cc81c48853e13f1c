// Pictures that are more than 8 bits of sRGB: colours of PNG's own chunks; OpenEXR, Radiance HDR, PFM and .npy.
import { deflateSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { crc32 } from '../../src/base/crc32';
import { EngineError } from '../../src/base/errors';
import { encodeExr } from '../../src/base/exr';
import { encodePng } from '../../src/base/png';
import { Rng } from '../../src/base/rng';
import { toEncoded, toLinear } from '../../src/base/srgb';
import { encodeTiff } from '../../src/base/tiff_write';
import { decodePicture } from '../../src/node/picture';
import { readSource as readInPage } from '../../src/web/api/read';

const test = suite('kinds of pictures');
const CODES = [0.1, 0.5, 0.8];
const near = (is: number, want: number, allowed: number, what: string): void =>
  assert.ok(Math.abs(is - want) <= allowed, `${what}: ${is}, expected ${want} +- ${allowed}`);

/** A flat PNG of CODES, or grey of the first of them, with chunks after its header. */
async function png(chunks: Readonly<Record<string, readonly number[]>>, bits: 8 | 16, grey: boolean): Promise<Buffer> {
  const data = Float32Array.from({ length: 3 * 256 }, (_, i) => CODES[grey ? 1 : Math.floor(i / 256)]!);
  const plain = await encodePng({ width: 16, height: 16, data, ...(grey && { grey }) }, { bits, data: true });
  const extra = Object.entries(chunks).map(([type, numbers]) => {
    const bytes = type[0] === 's' || type === 'cICP';
    const body = Buffer.alloc(4 + numbers.length * (bytes ? 1 : 4));
    body.write(type, 'latin1');
    for (const [k, v] of numbers.entries()) bytes ? body.writeUInt8(v, 4 + k) : body.writeUInt32BE(v, 4 + 4 * k);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(body.length - 4);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  });
  return Buffer.concat([plain.subarray(0, 33), ...extra, plain.subarray(33)]);
}

const SRGB = [31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000];
const ADOBE = [31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000];
const P3 = [31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000];
const clip = (v: number): number => toEncoded(Math.min(1, Math.max(0, v)));
/** Light of Adobe RGB and of Display P3 in that of sRGB, all of white D65: from Lindbloom's tables, and from EG 432-1. */
const mixed = (matrix: readonly (readonly number[])[], light: readonly number[]): number[] =>
  matrix.map((row) => clip(row.reduce((sum, m, k) => sum + m * light[k]!, 0)));
const FROM_ADOBE = [
  [1.39835, -0.39835, 0],
  [0, 1, 0],
  [0, -0.04293, 1.04293],
];
const FROM_P3 = [
  [1.2249402, -0.2249402, 0],
  [-0.0420569, 1.0420569, 0],
  [-0.0196376, -0.078636, 1.0982736],
];
const power = (gamma: number): number[] => CODES.map((v) => v ** gamma);

test('gAMA, cHRM, sRGB and cICP of PNGs mean the same at 8 and 16 bits, grey and RGB', async () => {
  for (const [chunks, colours, grey] of [
    [{}, CODES, CODES[1]!],
    [{ gAMA: [45455] }, CODES, CODES[1]!],
    [{ gAMA: [45455], cHRM: SRGB }, CODES, CODES[1]!],
    [{ gAMA: [100000], sRGB: [0] }, CODES, CODES[1]!],
    [{ gAMA: [0] }, CODES, CODES[1]!],
    [{ gAMA: [100000] }, CODES.map(toEncoded), toEncoded(0.5)],
    [{ gAMA: [55556], cHRM: SRGB }, power(1.8).map(toEncoded), toEncoded(0.5 ** 1.8)],
    [{ gAMA: [100000], cHRM: ADOBE }, mixed(FROM_ADOBE, CODES), toEncoded(0.5)],
    [{ cHRM: P3 }, mixed(FROM_P3, CODES.map(toLinear)), CODES[1]!],
    [{ cHRM: P3.map(() => 0) }, CODES, CODES[1]!],
    [{ cICP: [12, 13, 0, 1], gAMA: [100000] }, mixed(FROM_P3, CODES.map(toLinear)), CODES[1]!],
    [{ cICP: [1, 13, 0, 1], gAMA: [100000] }, CODES, CODES[1]!],
    [{ cICP: [1, 8, 0, 1] }, CODES.map(toEncoded), toEncoded(0.5)],
  ] as const) {
    for (const bits of [8, 16] as const) {
      const allowed = bits === 8 ? 0.012 : 0.0012; // of a code rounded to 8 bits, the steep foot of the curve makes more
      const name = `${JSON.stringify(chunks)} at ${bits} bits`;
      const rgb = (await decodePicture(await png(chunks, bits, false), 'x.png', {})).raster;
      for (const [c, want] of colours.entries()) near(rgb.data[c * 256 + 77]!, want, allowed, `${name}, ${c}`);
      const one = (await decodePicture(await png(chunks, bits, true), 'x.png', {})).raster;
      assert.is(one.grey, true);
      for (const c of [0, 1, 2]) near(one.data[c * 256 + 77]!, grey, allowed, `${name}, grey`);
    }
  }
});

test('a PNG of HDR is read, with a word on its colours', async () => {
  const notes: string[] = [];
  await decodePicture(await png({ cICP: [9, 16, 0, 1] }, 16, false), 'x.png', { onWarning: (t) => notes.push(t) });
  assert.equal(notes, ['x.png has colours of another kind (cICP: PQ), which are taken for sRGB']);
});

const SIZE = [20, 17] as const;
const N = SIZE[0] * SIZE[1];
/** 0 to 1, other for each channel. */
const slope = (x: number, y: number, c = 0): number => ((x + 5 * y + 11 * c) % 64) / 63;
const plane = (c: number, scale = 1, from = 0): Float32Array =>
  Float32Array.from({ length: N }, (_, i) => from + scale * slope(i % SIZE[0], Math.floor(i / SIZE[0]), c));

/** Channels are in the order of their names. */
const exr = (channels: readonly (readonly [string, Float32Array])[]): Promise<Uint8Array> =>
  encodeExr(
    [...channels].sort(([a], [b]) => (a < b ? -1 : 1)),
    SIZE,
    { comments: '' },
  );

/** Rows of red, green, blue and a common exponent, plain, by runs of each, or by runs of whole pixels. */
function hdr(
  value: (x: number, y: number, c: number) => number,
  { runs = 'channels', head = '', signs = '-Y +X' as string } = {},
): Buffer {
  const [w, h] = SIZE;
  const [first, second] = signs.split(' ');
  const sides = first![1] === 'Y' ? `${first} ${h} ${second} ${w}` : `${first} ${w} ${second} ${h}`;
  const [rows, columns] = first![1] === 'Y' ? [h, w] : [w, h];
  const parts = [Buffer.from(`#?RADIANCE\n# made by a test\n${head}FORMAT=32-bit_rle_rgbe\n\n${sides}\n`)];
  for (let row = 0; row < rows; row++) {
    const pixels = Array.from({ length: columns }, (_, column) => {
      const [u, v] = first![1] === 'Y' ? [column, row] : [row, column];
      const [sx, sy] = first![1] === 'Y' ? [second![0], first![0]] : [first![0], second![0]];
      const [x, y] = [sx === '+' ? u : w - 1 - u, sy === '-' ? v : h - 1 - v];
      const rgb = [0, 1, 2].map((c) => value(x, y, c));
      const exponent = Math.floor(Math.log2(Math.max(...rgb, 1e-30))) + 1;
      return [...rgb.map((light) => Math.floor((light / 2 ** exponent) * 256)), exponent + 128];
    });
    if (runs === 'none') parts.push(Buffer.from(pixels.flat()));
    if (runs === 'pixels') parts.push(Buffer.from([...pixels[0]!, 1, 1, 1, columns - 1]));
    if (runs !== 'channels') continue;
    parts.push(Buffer.from([2, 2, 0, columns]));
    for (let c = 0; c < 4; c++) {
      const line = pixels.map((p) => p[c]!);
      const same = line.every((v) => v === line[0]);
      parts.push(Buffer.from(same ? [128 + columns, line[0]!] : [columns, ...line]));
    }
  }
  return Buffer.concat(parts);
}

function pfm(value: (x: number, y: number, c: number) => number, samples: 1 | 3, scale = '-1.0'): Buffer {
  const [w, h] = SIZE;
  const body = Buffer.alloc(4 * w * h * samples);
  for (let i = 0; i < w * h * samples; i++) {
    const pixel = Math.floor(i / samples);
    const v = value(pixel % w, h - 1 - Math.floor(pixel / w), i % samples);
    scale.startsWith('-') ? body.writeFloatLE(v, 4 * i) : body.writeFloatBE(v, 4 * i);
  }
  return Buffer.concat([Buffer.from(`P${samples === 3 ? 'F' : 'f'}\n${w} ${h}\n${scale}\n`), body]);
}

function npy(descr: string, shape: readonly number[], values: Buffer, fortran = false): Buffer {
  const quoted = descr.startsWith('[') ? descr : `'${descr}'`;
  const head = `{'descr': ${quoted}, 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${shape.join(', ')},), }\n`;
  const length = Buffer.alloc(2);
  length.writeUInt16LE(head.length);
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\0', 'latin1'), length, Buffer.from(head), values]);
}

interface Read {
  readonly data: Float32Array;
  readonly grey: boolean;
  readonly range: string | undefined;
  readonly light: boolean;
  readonly notes: readonly string[];
}

/** In Node and as pages read it, which has to be the same. */
async function read(bytes: Buffer | Uint8Array, name: string): Promise<Read> {
  const notes: string[] = [];
  const decoded = await decodePicture(bytes, name, { alpha: true, onWarning: (t) => notes.push(t) });
  const options = { name, least: 1, most: 1e6, alpha: true, onWarning: () => {} } as const;
  const { raster, measures: m } = decoded;
  const there = await readInPage(new Uint8Array(bytes), options);
  assert.equal(there.raster, raster, `${name} in a page`);
  assert.equal(there.measures, m, `${name} in a page`);
  assert.is(`${raster.width}x${raster.height}`, SIZE.join('x'), name);
  const range = m && `${m.sample} ${+m.min.toPrecision(5)} to ${+m.max.toPrecision(5)}`;
  return { data: raster.data, grey: raster.grey === true, range, light: m?.light === true, notes };
}

function same({ data }: Read, want: (x: number, y: number, c: number) => number, allowed: number, what: string): void {
  for (let i = 0; i < 3 * N; i++) {
    const [x, y, c] = [i % SIZE[0], Math.floor(i / SIZE[0]) % SIZE[1], Math.floor(i / N)];
    near(data[i]!, want(x, y, c), allowed, `${what} at ${x}, ${y}, ${c}`);
  }
}

test('OpenEXR: colours are light, one channel is heights, and layers, opacity and directions are what they are', async () => {
  const rgb = (scale: number, from = 0, prefix = ''): [string, Float32Array][] =>
    ['R', 'G', 'B'].map((name, c) => [`${prefix}${name}`, plane(c, scale, from)]);
  const colours = await read(await exr(rgb(1)), 'a.exr');
  same(colours, (x, y, c) => toEncoded(slope(x, y, c)), 1e-6, 'light');
  assert.equal([colours.range, colours.light, colours.notes], ['float32 0 to 1', true, []]);
  const bright = await read(await exr([...rgb(5, 0, 'Layer.'), ['Z', plane(3, 900)]]), 'b.exr');
  same(bright, (x, y, c) => toEncoded(slope(x, y, c)), 1e-6, 'light of more than 1');
  assert.match(bright.notes.join('\n'), /^b\.exr holds light of 0 to 5: taken as black to white \(keepRange/);
  const heights = await read(await exr([['height', plane(0, 700, -100)]]), 'c.exr');
  same(heights, (x, y) => slope(x, y), 1e-6, 'heights');
  assert.equal([heights.range, heights.light, heights.grey], ['float32 -100 to 600', false, true]);
  const directions = await read(await exr(rgb(2, -1)), 'd.exr');
  same(directions, (x, y, c) => slope(x, y, c), 1e-6, 'directions');
  const half = plane(0, 0).fill(0.5);
  const seen = await decodePicture(await exr([...rgb(0.5), ['A', half]]), 'e.exr', { alpha: 'straight' });
  near(seen.raster.alpha![5]!, 0.5, 1e-6, 'opacity');
  near(seen.raster.data[5]!, toEncoded(slope(5, 0)), 1e-6, 'colours under opacity');
});

test('Radiance HDR: however its rows are packed and run, with its exposure', async () => {
  const light = (x: number, y: number, c: number): number => 0.02 + 0.9 * slope(x, y, c);
  const allowed = 0.02; // 8 bits of what the brightest of three needs
  for (const runs of ['channels', 'none'])
    same(await read(hdr(light, { runs }), 'a.hdr'), (x, y, c) => toEncoded(light(x, y, c)), allowed, runs);
  const rows = (_x: number, y: number, c: number): number => light(0, y, c);
  for (const runs of ['channels', 'pixels'])
    same(await read(hdr(rows, { runs }), 'a.hdr'), (x, y, c) => toEncoded(rows(x, y, c)), allowed, `rows, ${runs}`);
  for (const signs of ['-Y +X', '-Y -X', '+Y -X', '+Y +X', '+X -Y', '-X -Y', '-X +Y', '+X +Y'])
    same(await read(hdr(light, { signs }), 'a.hdr'), (x, y, c) => toEncoded(light(x, y, c)), allowed, signs);
  const bright = await read(
    hdr((x, y, c) => 8 * light(x, y, c), { head: 'EXPOSURE=2\nEXPOSURE=2.0\n' }),
    'b.hdr',
  );
  assert.match(bright.notes.join(), /b\.hdr holds light of [\d.]+ to 1\.8\d*: taken as black to white/);
});

test('PFM: of light and of heights, of either order of bytes', async () => {
  for (const scale of ['-1.0', '1.0']) {
    same(await read(pfm(slope, 3, scale), 'a.pfm'), (x, y, c) => toEncoded(slope(x, y, c)), 1e-6, `light ${scale}`);
    const heights = await read(
      pfm((x, y) => 30 * slope(x, y) - 10, 1, scale),
      'b.pfm',
    );
    same(heights, (x, y) => slope(x, y), 1e-6, `heights ${scale}`);
    assert.equal([heights.range, heights.grey], ['float32 -10 to 20', true]);
  }
  const plain = pfm(slope, 1);
  const [from] = [plain.length - 4 * SIZE[0] * SIZE[1]];
  for (const head of [`Pf\r\n${SIZE.join(' ')}\r\n-1.0\r\n`, `Pf\n# of a program\n${SIZE.join('\n')}\n-1.0\n`])
    same(
      await read(Buffer.concat([Buffer.from(head), plain.subarray(from)]), 'c.pfm'),
      (x, y) => slope(x, y, 0),
      1e-6,
      head,
    );
});

test('numbers that are all missing, or all one number of any size, are no damage', async () => {
  const [w, h] = SIZE;
  const all = (v: number): Buffer => npy('<f8', [h, w], Buffer.from(new Float64Array(w * h).fill(v).buffer));
  const none = await read(all(Number.NaN), 'a.npy').then(
    () => '',
    (e: Error) => e.message,
  );
  assert.match(none, /a\.npy holds no number: all are missing\n {2}Take a part/);
  for (const v of [5, -1e30, 1e300]) same(await read(all(v), 'b.npy'), () => 0.5, 1e-6, `${v}`);
  const most = npy('<u8', [h, w], Buffer.from(new BigUint64Array(w * h).fill(2n ** 64n - 1n).buffer));
  same(await read(most, 'c.npy'), () => 0.5, 1e-6, '2^64 - 1');
});

test('.npy: numbers of every kind, rows, columns and channels in any order', async () => {
  const [w, h] = SIZE;
  const floats = (shape: readonly number[], at: (...k: number[]) => number): Buffer => {
    const [, , c = 1] = shape;
    const out = new Float64Array(shape.reduce((a, b) => a * b));
    for (let i = 0; i < out.length; i++)
      out[i] = at(Math.floor(i / (shape[1]! * c)), Math.floor(i / c) % shape[1]!, i % c);
    return Buffer.from(out.buffer);
  };
  for (const [bytes, grey] of [
    [
      npy(
        '<f8',
        [h, w],
        floats([h, w], (y, x) => slope(x, y)),
      ),
      true,
    ],
    [
      npy(
        '<f8',
        [h, w],
        floats([w, h], (x, y) => slope(x, y)),
        true,
      ),
      true,
    ],
    [
      npy(
        '<f8',
        [h, w, 3],
        floats([h, w, 3], (y, x, c) => slope(x, y, c)),
      ),
      false,
    ],
    [
      npy(
        '<f8',
        [3, h, w],
        floats([3, h, w], (c, y, x) => slope(x, y, c)),
      ),
      false,
    ],
    [
      npy(
        '<f8',
        [1, h, w, 3],
        floats([h, w, 3], (y, x, c) => slope(x, y, c)),
      ),
      false,
    ],
    [
      npy(
        '<f8',
        [h, w, 3],
        floats([3, w, h], (c, x, y) => slope(x, y, c)),
        true,
      ),
      false,
    ],
  ] as const) {
    const is = await read(bytes, 'a.npy');
    same(is, (x, y, c) => slope(x, y, grey ? 0 : c), 1e-6, bytes.subarray(10, 80).toString());
    assert.equal([is.grey, is.range], [grey, 'float64 0 to 1']);
  }
  const bytes = Buffer.from(Array.from(plane(0, 255), Math.round));
  const everyday = await read(npy('|u1', [h, w], bytes), 'b.npy');
  same(everyday, (x, y) => Math.round(255 * slope(x, y)) / 255, 1e-6, 'bytes');
  assert.equal([everyday.range, everyday.grey, everyday.notes], [undefined, true, []]);
  const flags = await read(npy('|b1', [h, w], Buffer.from(bytes.map((v) => v & 1))), 'c.npy');
  same(flags, (x, y) => Math.round(255 * slope(x, y)) & 1, 0, 'flags');
  const signed = Buffer.from(Int16Array.from(plane(0, 1000, -500), Math.round).buffer).swap16();
  const heights = await read(npy('>i2', [h, w], signed), 'd.npy');
  same(heights, (x, y) => slope(x, y), 1e-3, 'heights');
  assert.is(heights.range, 'int16 -500 to 500');
});

test('light goes back into files as it was, from its least to its greatest', async () => {
  const [width, height] = SIZE;
  const light = await exr(['R', 'G', 'B'].map((name, c) => [name, plane(c, 5, 0.125)]));
  const { raster, measures } = await decodePicture(light, 'a.exr', {});
  for (const stretch of [false, true]) {
    const data = stretch ? raster.data.map((v) => 0.25 + v / 2) : raster.data;
    const tiff = await encodeTiff({ width, height, data }, { measures: measures!, stretch });
    const back = (await decodePicture(tiff, 'a.tif', {})).measures!;
    assert.equal([back.sample, back.min, back.max], ['float32', measures!.min, measures!.max]);
  }
});

test('kinds that are not read are named, and no file is called damaged for them', async () => {
  const plain = Buffer.from(await exr([['Y', plane(0)]]));
  const at = plain.indexOf('compression\0compression\0') + 'compression\0compression\0'.length + 4;
  const packed = (how: number): Buffer => {
    const other = Buffer.from(plain);
    other[at] = how;
    return other;
  };
  const sparse = Buffer.from(plain);
  sparse.writeUInt32LE(2, plain.indexOf('chlist\0') + 'chlist\0'.length + 4 + 'Y\0'.length + 8);
  const flagged = (flag: number): Buffer => {
    const other = Buffer.from(plain);
    other.writeUInt32LE(2 | flag, 4);
    return other;
  };
  for (const [bytes, message] of [
    [packed(4), /^x is an OpenEXR picture compressed by PIZ, which is not read\n {2}Convert it: oiiotool/],
    [sparse, /with channels of fewer pixels \(luminance and chroma\), which is not read/],
    [packed(8), /compressed by DWAA, which is not read/],
    [flagged(0x200), /of tiles, which is not read/],
    [flagged(0x1000), /of several parts, or deep, which is not read/],
    [
      Buffer.from('#?RADIANCE\nFORMAT=32-bit_rle_xyze\n\n-Y 20 +X 20\n'),
      /of CIE XYZ, which is not read\n {2}.*ra_xyze/,
    ],
    [npy('<c8', [20, 20], Buffer.alloc(3200)), /a NumPy array of <c8, which is no picture/],
    [npy('|O', [20, 20], Buffer.alloc(3200)), /a NumPy array of \|O, which is no picture/],
    [npy("[('x', '<f4')]", [20, 20], Buffer.alloc(1600)), /a NumPy array of records, which is no picture/],
    [npy('<f4', [400], Buffer.alloc(1600)), /of shape \(400\), which is no picture\n {2}Save one of \[height, width\]/],
    [npy('<f4', [20, 20, 20], Buffer.alloc(32000)), /of shape \(20, 20, 20\), which is no picture/],
  ] as const) {
    for (const reading of [
      decodePicture(bytes, 'x', {}),
      readInPage(new Uint8Array(bytes), { name: 'x', least: 1, most: 1e6, alpha: false, onWarning: () => {} }),
    ]) {
      const error = await reading.catch((e: Error) => e);
      assert.instance(error, EngineError);
      assert.match((error as Error).message, message);
    }
  }
});

test('mutated files are read or refused in one sentence', async () => {
  const rng = new Rng(14, 2);
  const whole = [
    Buffer.from(await exr([['Y', plane(0)]])),
    hdr(slope),
    hdr(slope, { runs: 'none' }),
    pfm(slope, 3),
    npy('<f4', [...SIZE].reverse(), Buffer.from(plane(0).buffer)),
    await png({ gAMA: [50000], cHRM: ADOBE }, 8, false),
  ];
  for (let k = 0; k < 50 * whole.length; k++) {
    const bytes = Buffer.from(whole[k % whole.length]!);
    for (let n = 0; n < 1 + Math.floor(rng.uniform() * 4); n++) {
      const within = rng.uniform() < 0.8 ? Math.min(300, bytes.length) : bytes.length;
      bytes[Math.floor(rng.uniform() * within)] = Math.floor(rng.uniform() * 256);
    }
    const cut = rng.uniform() < 0.2 ? bytes.subarray(0, Math.floor(rng.uniform() * bytes.length)) : bytes;
    const error = await decodePicture(cut, 'x', {}).catch((e: Error) => e);
    if (!(error instanceof Error)) continue;
    assert.is(error.name, 'PictureError', `${k}: ${error.stack}`);
    assert.is(error.message.split('\n').length, 2, error.message);
  }
});

test('a size that the file cannot hold is refused before memory is taken for it', async () => {
  const wide = Buffer.from(await exr([['Y', plane(0)]]));
  const at = wide.indexOf('dataWindow\0box2i\0') + 'dataWindow\0box2i\0'.length + 4;
  [0, 0, 15_999, 15_999].forEach((v, k) => wide.writeInt32LE(v, at + 4 * k));
  const claims = {
    'a.hdr': Buffer.concat([Buffer.from('#?RGBE\n\n-Y 16000 +X 16000\n'), deflateSync(Buffer.alloc(99))]),
    'a.exr': wide,
    'a.pfm': Buffer.concat([Buffer.from('Pf\n16000 16000\n-1.0\n'), Buffer.alloc(400)]),
    'a.npy': npy('<f4', [16_000, 16_000], Buffer.alloc(400)),
  };
  for (const [name, bytes] of Object.entries(claims)) {
    const before = process.memoryUsage().arrayBuffers;
    const error = await decodePicture(bytes, name, {}).catch((e: Error) => e);
    const taken = process.memoryUsage().arrayBuffers - before;
    assert.match((error as Error).message, new RegExp(`^${name} .*(damaged|cut short)`));
    assert.ok(taken < 2 ** 26, `${name} of ${bytes.length} bytes took ${taken}`);
  }
});

test.run();
