// TIFF files of every kind of number: read as what they say, written back in their own units.
import { existsSync, readFileSync } from 'node:fs';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Measures } from '../../src/base/measures';
import { Rng } from '../../src/base/rng';
import { encodeTiff } from '../../src/base/tiff_write';
import { type DecodedPicture, decodePicture } from '../../src/node/picture';
import { readSource as readInPage } from '../../src/web/api/read';
import { profile, type TiffMake, tiff } from '../support/tiffs';

const test = suite('tiff');
const size = [37, 21] as const;
const read = (bytes: Uint8Array, onWarning: (text: string) => void = () => {}): Promise<DecodedPicture> =>
  decodePicture(bytes, 'x.tif', { onWarning, alpha: true });
const fails = async (bytes: Uint8Array, message: RegExp): Promise<void> => {
  const error = await read(bytes).then(
    () => assert.unreachable(`did not fail with ${message}`),
    (e: Error) => e,
  );
  assert.is((error as Error).name, 'PictureError');
  assert.match((error as Error).message, message);
};
/** 0 to 1 over the picture, other for each sample. */
const slope = (x: number, y: number, c: number): number => ((x + 5 * y + 11 * c) % 64) / 63;

/** Every value of a picture against what it was made from. */
function same({ raster }: DecodedPicture, value: (x: number, y: number, c: number) => number, allowed = 1e-6): void {
  const [w, h] = size;
  assert.is(`${raster.width}x${raster.height}`, `${w}x${h}`);
  for (let c = 0; c < 3; c++)
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++) {
        const [is, want] = [raster.data[(c * h + y) * w + x]!, value(x, y, raster.grey ? 0 : c)];
        assert.ok(Math.abs(is - want) <= allowed, `${c} ${x} ${y}: ${is}, expected ${want}`);
      }
}

test('numbers of every kind and width, grey and RGB, are brightness or heights', async () => {
  const kinds: readonly [TiffMake, low: number, high: number, measured: boolean][] = [
    [{ format: 'float', bits: 16 }, 0, 1, false],
    [{ format: 'float', bits: 16 }, -512, 1024, true],
    [{ format: 'float', bits: 32 }, 0.25, 0.75, false],
    [{ format: 'float', bits: 32 }, -12.5, 1830.25, true],
    [{ format: 'float', bits: 32 }, -12.5, 0.75, true],
    [{ format: 'float', bits: 64 }, 0, 1, false],
    [{ format: 'float', bits: 64 }, 4e6, 4e6 + 63, true],
    [{ format: 'int', bits: 8 }, -128, 61, true],
    [{ format: 'int', bits: 16 }, -430, 8850, true],
    [{ format: 'int', bits: 32 }, -2e9, 2e9, true],
    [{ format: 'int', bits: 64 }, -9e12, 9e12, true],
    [{ format: 'uint', bits: 32 }, 100, 8850, true],
    [{ format: 'uint', bits: 32 }, 0, 2 ** 32 - 1, false],
    [{ format: 'uint', bits: 12 }, 0, 4095, false],
    [{ format: 'uint', bits: 10 }, 100, 900, false],
    [{ format: 'uint', bits: 24 }, 0, 2 ** 24 - 1, false],
  ];
  for (const samples of [1, 3]) {
    for (const [make, low, high, measured] of kinds) {
      const whole = make.format !== 'float';
      const at = (x: number, y: number, c: number): number => {
        const v = low + slope(x, y, c) * (high - low);
        if (make.bits === 16 && !whole) return Math.round(v * 64) / 64; // which a half holds
        return whole ? Math.round(v) : v;
      };
      const notes: string[] = [];
      const picture = await read(tiff(size, at, { ...make, samples }), (text) => notes.push(text));
      const name = `${make.format}${make.bits} x${samples}`;
      const white = make.format === 'uint' ? 2 ** make.bits! - 1 : 1;
      const [zero, one] = measured ? [low, high] : [0, white];
      const allowed = make.bits === 16 && !whole ? 0.001 : 1e-6;
      same(picture, (x, y, c) => (at(x, y, c) - zero) / (one - zero), allowed);
      assert.is(picture.raster.grey, samples === 1 ? true : undefined, name);
      assert.is(notes.length, measured ? 1 : 0, `${name}: ${notes}`);
      if (measured) assert.match(notes[0]!, /^x\.tif holds -?[\d.e+]+ to [\d.e+]+: taken as black to white/);
      const { min, max } = picture.measures!;
      assert.ok(
        Math.abs(min - low) <= 1e-7 * Math.abs(low) + 1e-9 && Math.abs(max - high) <= 1e-7 * Math.abs(high),
        name,
      );
    }
  }
});

test('however they are laid out: order of bytes, strips, tiles, planes, compressions, predictors, BigTIFF', async () => {
  const layouts: TiffMake[] = [
    { bigEndian: true },
    { big: true },
    { big: true, bigEndian: true },
    { rowsPerStrip: 4 },
    { tile: [16, 16] },
    { planar: true },
    { planar: true, tile: [16, 32] },
    { compression: 5 },
    { compression: 8, rowsPerStrip: 5 },
    { compression: 32773 },
    { compression: 8, predictor: 2 },
    { compression: 5, predictor: 2, bigEndian: true, tile: [32, 16] },
  ];
  for (const samples of [1, 3]) {
    for (const layout of layouts) {
      const metres = (x: number, y: number, c: number): number => -100 + 1000 * slope(x, y, c);
      const expected = (x: number, y: number, c: number): number => slope(x, y, c);
      for (const predictor of layout.predictor ? [2, 3] : [1]) {
        const make = { ...layout, samples, format: 'float', bits: 32, predictor } as TiffMake;
        same(await read(tiff(size, metres, make)), expected);
      }
      const dem = (x: number, y: number, c: number): number => Math.round(metres(x, y, c));
      same(await read(tiff(size, dem, { ...layout, samples, format: 'int', bits: 16 })), expected, 0.001);
      // What sharp reads, or we where it does not
      const grey = (x: number, y: number, c: number): number => Math.round(65535 * slope(x, y, c));
      same(await read(tiff(size, grey, { ...layout, samples, bits: 16 })), expected, 1e-5);
    }
  }
});

test('orientation, white as zero, opacity, no data', async () => {
  const heights = (x: number, y: number): number => -100 + 1000 * slope(x, y, 0);
  for (let orientation = 1; orientation <= 8; orientation++) {
    const make = { format: 'float', bits: 32, orientation } as const;
    const ours = await read(tiff(size, heights, make));
    const theirs = await read(tiff(size, (x, y) => Math.round(65535 * slope(x, y, 0)), { bits: 16, orientation }));
    assert.is(ours.raster.width, theirs.raster.width);
    assert.ok(
      ours.raster.data.every((v, i) => Math.abs(v - theirs.raster.data[i]!) < 1e-4),
      `${orientation}`,
    );
  }
  same(
    await read(tiff(size, (x, y) => Math.round(4095 * slope(x, y, 0)), { bits: 12, photometric: 0 })),
    (x, y) => 1 - Math.round(4095 * slope(x, y, 0)) / 4095,
  );
  const seen = await read(
    tiff(size, (x, _y, c) => (c === 3 ? (x < 20 ? 0.5 : 1) : 0.4), {
      format: 'float',
      bits: 32,
      samples: 4,
      extra: [2],
    }),
  );
  assert.equal([seen.raster.alpha![0], seen.raster.alpha![36]], [0.5, 1]);
  for (const [missing, noData] of [
    [Number.NaN, undefined],
    [Number.POSITIVE_INFINITY, undefined],
    [-9999, '-9999'],
  ] as const) {
    const notes: string[] = [];
    const make = { format: 'float', bits: 32, ...(noData && { noData }) } as const;
    const hole = await read(
      tiff(size, (x, y) => (x === 3 && y < 2 ? missing : heights(x, y)), make),
      (t) => notes.push(t),
    );
    assert.equal([...hole.raster.alpha!].filter((a) => a === 0).length, 2);
    assert.ok(hole.measures!.min >= -100);
    assert.match(notes.join('\n'), /has 2 numbers missing/);
    assert.ok(hole.raster.data.every(Number.isFinite));
  }
  await fails(
    tiff(size, () => Number.NaN, { format: 'float', bits: 32 }),
    /holds no number/,
  );
  const flat = await read(tiff(size, () => 5, { format: 'float', bits: 32 }));
  same(flat, () => 0.5);
});

test('colour profiles mean the same at 8, 16 and 32 bits, grey and RGB', async () => {
  const srgb = (v: number): number => (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055);
  for (const samples of [1, 2, 3, 4]) {
    for (const gamma of [1, 1.8, 2.2]) {
      for (const [format, bits] of [
        ['uint', 8],
        ['uint', 16],
        ['float', 16],
        ['float', 32],
        ['float', 64],
        ['uint', 32],
      ] as const) {
        const most = format === 'float' ? 1 : 2 ** bits - 1;
        const value = format === 'float' ? 0.25 : Math.round(most / 4);
        const extra = samples % 2 === 0 ? { extra: [2] } : {};
        const icc = profile(samples < 3 ? 'GRAY' : 'RGB ', gamma);
        const opaque = (c: number): boolean => samples % 2 === 0 && c === samples - 1;
        const bytes = tiff(size, (_x, _y, c) => (opaque(c) ? most : value), { format, bits, samples, icc, ...extra });
        const want = srgb((value / most) ** (Math.round(gamma * 256) / 256));
        same(await read(bytes), () => want, bits === 8 ? 1.5 / 255 : 0.0012);
      }
    }
  }
});

test('grey stays grey: 1, 2, 4, 8 and 16 bits; palettes and colours do not', async () => {
  for (const bits of [1, 2, 4, 8, 16]) {
    const most = 2 ** bits - 1;
    const picture = await read(tiff(size, (x) => x % (most + 1), { bits }));
    same(picture, (x) => (x % (most + 1)) / most, 0.003);
    assert.is(picture.raster.grey, true, `${bits}`);
  }
  const colorMap = Array.from({ length: 48 }, (_, k) => (k < 16 ? 65535 : (k % 16) * 4369));
  const palette = await read(tiff(size, (x) => x % 16, { bits: 4, photometric: 3, colorMap }));
  assert.is(palette.raster.grey, undefined);
  assert.is(palette.raster.data[0], 1);
  const cmyk = await read(tiff(size, (_x, _y, c) => (c === 3 ? 255 : 0), { samples: 4, photometric: 5 }));
  assert.ok(cmyk.raster.data.every((v) => v < 0.2));
});

test('kinds that are not read are named, with what helps, and not called damaged', async () => {
  const kinds: readonly [TiffMake, RegExp][] = [
    [
      { compression: 34925 },
      /x\.tif is a TIFF compressed by LZMA, which toroid does not read.*\n {2}Convert it: tiffcp/,
    ],
    [{ compression: 34925, format: 'float', bits: 32 }, /compressed by LZMA/],
    [{ compression: 50000, format: 'float', bits: 32 }, /compressed by Zstandard/],
    [{ samples: 3, photometric: 8 }, /a TIFF whose colours are CIELAB.*\n {2}Convert it: magick/],
    [{ samples: 1, photometric: 32803, bits: 16 }, /the bare sensor of a camera/],
    [{ format: 'float', bits: 24 }, /a TIFF of 24-bit floats.*\n {2}Convert it/],
  ];
  for (const [make, message] of kinds) {
    const bytes = tiff(size, () => 1, make);
    await fails(bytes, message);
  }
});

test('numbers are written as what they were, and sharp reads them so', async () => {
  const [width, height] = [40, 30];
  const data = Float32Array.from({ length: 3 * width * height }, (_, i) => 0.1 + 0.8 * ((i % 97) / 96));
  const kinds: Measures[] = [
    { sample: 'float32', min: -12.5, max: 1830.25, zero: -12.5, one: 1830.25 },
    { sample: 'float64', min: 4e6, max: 4e6 + 7, zero: 4e6, one: 4e6 + 7 },
    { sample: 'int16', min: -430, max: 8850, zero: -430, one: 8850 },
    { sample: 'int8', min: -100, max: 100, zero: -100, one: 100 },
    { sample: 'uint32', min: 5, max: 100000, zero: 5, one: 100000 },
    { sample: 'int32', min: -70000, max: 100000, zero: -70000, one: 100000 },
  ];
  for (const measures of kinds) {
    for (const stretch of [true, false]) {
      for (const grey of [true, undefined] as const) {
        const planes = grey ? data.map((_, i) => data[i % (width * height)]!) : data;
        const bytes = await encodeTiff(
          { width, height, data: planes, ...(grey && { grey }) },
          { measures, stretch, xmp: '<x/>' },
        );
        const back = await read(bytes);
        const span = measures.max - measures.min;
        const [low, high] = stretch ? [0, 1] : [0.1, 0.9];
        const near = (is: number, want: number): boolean =>
          Math.abs(is - want) <= span * 1e-6 + (/int/.test(measures.sample) ? 0.5 : 0);
        assert.ok(near(back.measures!.min, measures.min + low * span), `${measures.sample} ${back.measures!.min}`);
        assert.ok(near(back.measures!.max, measures.min + high * span), `${measures.sample} ${back.measures!.max}`);
        assert.is(back.measures!.sample, measures.sample);
        assert.is(back.raster.grey, grey);
        if (measures.sample === 'float64') continue; // which it refuses
        const meta = await sharp(bytes).metadata();
        assert.is(`${meta.width}x${meta.height}x${meta.channels}`, `${width}x${height}x${grey ? 1 : 3}`);
        assert.is(meta.xmpAsString, '<x/>');
      }
    }
  }
});

test('pages read the same, and name what they do not', async () => {
  const options = { name: 'x', least: 1, most: 1e6, alpha: true, onWarning: () => {} } as const;
  for (const make of [
    { format: 'float', bits: 32, compression: 8, predictor: 3 },
    { format: 'int', bits: 16, samples: 3, tile: [16, 16], compression: 5 },
    { bits: 8, samples: 3 },
    { bits: 16, planar: true, samples: 3 },
  ] as const) {
    const bytes = tiff(size, (x, y, c) => Math.round(200 * slope(x, y, c)), make);
    const there = await readInPage(new Uint8Array(bytes), options);
    const here = await read(bytes);
    assert.equal([there.raster.grey, there.measures, there.bits], [here.raster.grey, here.measures, here.bits]);
    assert.ok(there.raster.data.every((v, i) => Math.abs(v - here.raster.data[i]!) < 1e-6));
  }
  for (const [bytes, message] of [
    [tiff(size, () => 1, { compression: 34925 }), /x is a TIFF compressed by LZMA, which pages do not read/],
    [tiff(size, () => 1, {}).subarray(0, 400), /x is damaged or cut short/],
    [Buffer.from('\0\0\0\x18ftypheic\0\0\0\0'), /x is a HEIC picture.*\n {2}Convert it: heif-convert/],
  ] as const) {
    const error = await readInPage(new Uint8Array(bytes), options).catch((e: Error) => e);
    assert.match((error as Error).message, message);
  }
});

test('files of other kinds are named, with what helps', async () => {
  for (const [start, message] of [
    [
      '\0\0\0\x18ftypheic\0\0\0\0mif1heic',
      /a HEIC picture, coded with HEVC, which toroid does not read.*\n {2}.*heif-convert/,
    ],
    ['8BPS\0\x01', /a Photoshop document/],
    ['\xff\x0a\xfa\x1f', /a JPEG XL picture/],
    ['BM\x36\x10\0\0\0\0\0\0', /a BMP picture/],
    ['<!DOCTYPE html><html>', /a web page/],
    ['version https://git-lfs.github.com/spec/v1', /a pointer of Git LFS.*\n {2}Run: git lfs pull/],
    ['PK\x03\x04', /an archive/],
  ] as const) {
    await fails(Buffer.from(start, 'latin1'), message);
  }
  const shared = '../shared/cases/heic/photo.heic';
  if (existsSync(shared)) await fails(readFileSync(shared), /a HEIC picture, coded with HEVC/);
});

test('large ones are shrunk as they are read, and it is said', async () => {
  const notes: string[] = [];
  const wide = tiff([640, 480], (x) => 100 + x, { format: 'float', bits: 32, compression: 8, rowsPerStrip: 16 });
  const { raster, measures } = await decodePicture(wide, 'x.tif', { most: 5000, onWarning: (t) => notes.push(t) });
  assert.is(`${raster.width}x${raster.height}`, '82x61');
  assert.match(notes[0]!, /x\.tif is 640x480: shrunk to 82x61/);
  for (let x = 0; x < 82; x++)
    assert.ok(Math.abs(raster.data[x]! - (((x + 0.5) / 82) * 640 - 0.5) / 639) < 0.006, `${x}`);
  assert.equal([measures!.min, measures!.max], [100, 739]);
});

test('mutated files are read or refused in one sentence', async () => {
  const rng = new Rng(14, 1);
  const value = (x: number, y: number, c: number): number => 100 * slope(x, y, c);
  const makes: TiffMake[] = [
    { format: 'float', bits: 32, compression: 8, predictor: 3 },
    { format: 'int', bits: 16, compression: 5, tile: [16, 16] },
    { format: 'uint', bits: 12, rowsPerStrip: 3 },
    { format: 'float', bits: 64, big: true, planar: true, samples: 3 },
    { bits: 8, samples: 3, compression: 32773 },
  ];
  const whole = makes.map((make) => tiff(size, (x, y, c) => Math.round(value(x, y, c)), make));
  for (let k = 0; k < 300; k++) {
    const bytes = Buffer.from(whole[k % whole.length]!);
    const changes = 1 + Math.floor(rng.uniform() * 4);
    for (let n = 0; n < changes; n++) {
      // Most changes among the tags: pixels can be anything.
      const within = rng.uniform() < 0.8 ? 300 : bytes.length;
      bytes[Math.floor(rng.uniform() * within)] = Math.floor(rng.uniform() * 256);
    }
    const cut = rng.uniform() < 0.2 ? bytes.subarray(0, Math.floor(rng.uniform() * bytes.length)) : bytes;
    const error = await read(cut).then(
      () => undefined,
      (e: Error) => e,
    );
    if (!error) continue;
    assert.is(error.name, 'PictureError', `${k}: ${error.stack}`);
    assert.ok(error.message.split('\n').length === 2, error.message);
  }
});

test.run();
