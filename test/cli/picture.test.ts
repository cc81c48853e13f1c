import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Raster } from '../../src/base/raster';
import { ensureWritable, readMetadata, readPicture, writePicture, writePreview } from '../../src/node/picture';
import { plasma } from '../../src/recipes/init/plasma';

const folder = mkdtempSync(join(tmpdir(), 'toroid-picture-'));
const at = (name: string): string => join(folder, name);
const test = suite('picture');
test.after(() => rmSync(folder, { recursive: true }));

const fails = async (work: Promise<unknown>, message: RegExp): Promise<void> => {
  try {
    await work;
  } catch (error) {
    assert.is((error as Error).name, 'PictureError');
    assert.match((error as Error).message, message);
    return;
  }
  assert.unreachable(`did not fail with ${message}`);
};

/** A picture of one colour, as sharp takes it. */
const flat = (values: number[], side = 32, deep = false) => {
  const all = Array.from({ length: side * side * values.length }, (_, i) => values[i % values.length]!);
  const raw = { width: side, height: side, channels: values.length as 1 | 3 | 4 };
  return sharp(deep ? Uint16Array.from(all) : Uint8Array.from(all), { raw });
};
const colour = ({ data, width, height }: Raster, i = 0): number[] =>
  [0, 1, 2].map((band) => data[band * width * height + i]!);
const near = (got: number[], want: number[], allowance = 1e-6): void => {
  for (const [k, v] of want.entries()) {
    assert.ok(Math.abs(got[k]! - v) <= allowance, `band ${k}: ${got[k]}, expected ${v} +- ${allowance}`);
  }
};
const grain = plasma({ size: [40, 24], seed: 2 });

test('8 and 16 bits come back exactly, from every lossless format', async () => {
  for (const [name, bits] of [
    ['a.png', 8],
    ['b.png', 16],
    ['c.webp', 8],
    ['d.tif', 8],
    ['e.tiff', 16],
    ['F.PNG', 8],
  ] as const) {
    await writePicture(at(name), grain, { bits });
    const back = await readPicture(at(name));
    const most = 2 ** bits - 1;
    assert.is(`${back.width}x${back.height}`, '40x24');
    for (const [i, v] of grain.data.entries()) {
      assert.is(Math.round(back.data[i]! * most), Math.round(Math.min(1, Math.max(0, v)) * most), `${name} at ${i}`);
    }
  }
});

test('JPEG is written at high quality', async () => {
  const soft = plasma({ size: [64, 64], seed: 2, power: 2 });
  await writePicture(at('soft.jpg'), soft);
  const back = await readPicture(at('soft.jpg'));
  const worst = soft.data.reduce((most, v, i) => Math.max(most, Math.abs(v - back.data[i]!)), 0);
  assert.ok(worst < 0.08, `off by ${worst}`);
});

test('values outside 0..1 are clamped, others rounded to nearest', async () => {
  const data = new Float32Array(3 * 256).fill(0.5);
  data.set([-1, 0, 0.49 / 255, 0.51 / 255, 1, 7]);
  await writePicture(at('clamp.png'), { width: 16, height: 16, data });
  const { data: back } = await readPicture(at('clamp.png'));
  assert.equal(
    [...back.subarray(0, 6)].map((v) => Math.round(v * 255)),
    [0, 0, 0, 1, 255, 255],
  );
});

test('grey becomes three equal planes, at 8 and 16 bits', async () => {
  await flat([100]).toColourspace('b-w').png().toFile(at('grey.png'));
  near(colour(await readPicture(at('grey.png'))), [100 / 255, 100 / 255, 100 / 255]);
  await flat([25443], 32, true).toColourspace('grey16').png().toFile(at('grey16.png'));
  near(colour(await readPicture(at('grey16.png'))), [25443 / 65535, 25443 / 65535, 25443 / 65535]);
});

test('CMYK and other profiles are converted to sRGB', async () => {
  await flat([156, 78, 39]).toColourspace('cmyk').withIccProfile('cmyk').jpeg({ quality: 100 }).toFile(at('cmyk.jpg'));
  assert.is((await sharp(at('cmyk.jpg')).metadata()).space, 'cmyk');
  near(colour(await readPicture(at('cmyk.jpg'))), [156 / 255, 78 / 255, 39 / 255], 0.08); // its gamut is smaller
  await flat([156, 78, 39]).withIccProfile('p3').png().toFile(at('p3.png'));
  near(colour(await readPicture(at('p3.png'))), [156 / 255, 78 / 255, 39 / 255], 1.5 / 255);
  // 16 bits: sharp keeps the values and only attaches the profile. Display P3 (0.610, 0.305, 0.153) is this sRGB:
  await flat([40000, 20000, 10000], 32, true).toColourspace('rgb16').withIccProfile('p3').png().toFile(at('p3-16.png'));
  near(colour(await readPicture(at('p3-16.png'))), [0.656, 0.283, 0.1], 0.003);
});

test('transparency is flattened over the mean colour, and said', async () => {
  const pixels = Array.from({ length: 1024 }, (_, i) => (i < 512 ? [200, 100, 50, 255] : [0, 0, 0, 0])).flat();
  await sharp(Uint8Array.from(pixels), { raw: { width: 32, height: 32, channels: 4 } })
    .png()
    .toFile(at('alpha.png'));
  const warnings: string[] = [];
  const back = await readPicture(at('alpha.png'), { onWarning: (n) => warnings.push(n) });
  near(colour(back, 1000), [200 / 255, 100 / 255, 50 / 255]);
  assert.equal(warnings, ['alpha.png has transparent parts: they are filled with its mean colour, #c86432']);
  await flat([200, 100, 50, 255]).png().toFile(at('opaque.png'));
  await readPicture(at('opaque.png'), { onWarning: () => assert.unreachable('nothing is transparent') });
  await flat([1, 2, 3, 0]).png().toFile(at('clear.png'));
  await fails(readPicture(at('clear.png')), /fully transparent/);
});

test('EXIF orientation is applied', async () => {
  const jpeg = sharp(
    Uint8Array.from({ length: 20 * 40 * 3 }, (_, i) => (i < 20 * 20 * 3 ? 255 : 0)),
    {
      raw: { width: 20, height: 40, channels: 3 },
    },
  );
  await jpeg.withMetadata({ orientation: 6 }).jpeg().toFile(at('turned.jpg'));
  const back = await readPicture(at('turned.jpg'));
  assert.is(`${back.width}x${back.height}`, '40x20');
  near(colour(back, 39), [1, 1, 1], 0.02); // the top, white, is now the right side
  near(colour(back, 0), [0, 0, 0], 0.02);
});

test('only the first frame of an animation is used, and said', async () => {
  const frames = Uint8Array.from({ length: 20 * 40 * 3 }, (_, i) => (i < 20 * 20 * 3 ? 255 : 0));
  await sharp(frames, { raw: { width: 20, height: 40, channels: 3, pageHeight: 20 } })
    .gif()
    .toFile(at('moving.gif'));
  const warnings: string[] = [];
  const back = await readPicture(at('moving.gif'), { onWarning: (n) => warnings.push(n) });
  assert.is(`${back.width}x${back.height}`, '20x20');
  assert.match(warnings.join(), /2 pages or frames: only the first/);
});

test('missing, folder, no picture, cut short, tiny: one clear error each', async () => {
  await fails(readPicture(at('none.png')), /^there is no file .*none\.png\n/);
  await fails(readPicture(folder), /is a folder, not a picture/);
  writeFileSync(at('text.png'), 'not a picture');
  await fails(readPicture(at('text.png')), /is not a picture/);
  writeFileSync(at('empty.png'), '');
  await fails(readPicture(at('empty.png')), /empty\.png is empty/);
  writeFileSync(at('drawing.svg'), '<svg xmlns="http://www.w3.org/2000/svg" width="50" height="50"></svg>');
  await fails(readPicture(at('drawing.svg')), /is svg; toroid reads PNG/);
  for (const format of ['png', 'jpeg', 'webp', 'gif'] as const) {
    const whole = await sharp(
      Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => Math.imul(i, 2654435761) >>> 24),
      { raw: { width: 64, height: 64, channels: 3 } },
    )
      .toFormat(format)
      .toBuffer();
    writeFileSync(at(`cut.${format}`), whole.subarray(0, whole.length * 0.6));
    await fails(readPicture(at(`cut.${format}`)), /is damaged or cut short/);
  }
  await flat([9, 9, 9], 1).png().toFile(at('dot.png'));
  await fails(readPicture(at('dot.png')), /is 1x1 pixels; at least 16x16/);
  assert.is((await readPicture(at('dot.png'), { least: 1 })).width, 1);
});

test('an absurdly large picture is refused by its header, before it is unpacked', async () => {
  const header = Buffer.from(await flat([0, 0, 0], 16).png().toBuffer());
  header.writeUInt32BE(100_000, 16);
  header.writeUInt32BE(100_000, 20);
  const { crc32 } = await import('node:zlib');
  header.writeUInt32BE(crc32(header.subarray(12, 29)), 29);
  writeFileSync(at('bomb.png'), header);
  await fails(readPicture(at('bomb.png')), /100000x100000 pixels; at most 1024 million are read/);
});

test('what cannot be written is found beforehand', () => {
  const refuses = (path: string, message: RegExp, bits?: 8 | 16): void =>
    assert.throws(
      () => ensureWritable(path, bits),
      (e: Error) => e.name === 'PictureError' && message.test(e.message),
    );
  refuses(at('x.bmp'), /cannot write \.bmp\n {2}Known: \.png, \.webp/);
  refuses(at('x'), /cannot write a file without suffix/);
  refuses(at('x.jpg'), /\.jpg holds 8 bits a channel, not 16/, 16);
  writeFileSync(at('file'), '');
  refuses(join(at('file'), 'x.png'), /a part of its path is a file/);
  refuses(join(at('file'), 'deep', 'x.png'), /a part of its path is a file/);
  ensureWritable(at('new/deeper/x.png'));
  assert.equal(readdirSync(at('new/deeper')), []);
});

test('a failed write leaves nothing behind', async () => {
  ensureWritable(at('atomic/x.png'));
  await fails(
    writePicture(at('atomic/x.png'), { width: 0, height: 0, data: new Float32Array(0) }),
    /cannot write .*x\.png: /,
  );
  assert.equal(readdirSync(at('atomic')), []);
});

test('text goes into the file and comes back, and the bytes are the same each time', async () => {
  const metadata = {
    Software: 'toroid 0.1.0',
    toroid: JSON.stringify({ seed: 1, name: 'Gr\u00fc\u00dfe <&> \u{1f9f1}' }),
  };
  for (const name of ['meta.png', 'meta.webp', 'meta.jpg', 'meta.tif']) {
    await writePicture(at(name), grain, { metadata });
    const first = readFileSync(at(name));
    await writePicture(at(name), grain, { metadata });
    assert.equal(readFileSync(at(name)), first, `${name} differs`);
    assert.equal(await readMetadata(at(name)), metadata, name);
    await readPicture(at(name)); // still a sound picture
  }
  await writePicture(at('plain.png'), grain);
  assert.equal(await readMetadata(at('plain.png')), {});
});

test('a preview repeats the tile beside the picture', async () => {
  const file = await writePreview(at('tile.png'), grain, [3, 2]);
  assert.is(file, at('tile.3x2.png'));
  const back = await readPicture(file);
  assert.is(`${back.width}x${back.height}`, '120x48');
  near(colour(back, 30 * 120 + 85), colour(await readPicture(at('a.png')), 6 * 40 + 5));
  await fails(writePreview(at('tile.png'), grain, [999, 1]), /39960x24 pixels; the most is 16384 a side/);
});

test('a picture with more pixels than wanted is shrunk, with a notice; others are not', async () => {
  const warnings: string[] = [];
  const options = { most: 10_000, onWarning: (text: string) => warnings.push(text) };
  await sharp({ create: { width: 400, height: 100, channels: 3, background: { r: 10, g: 200, b: 30 } } })
    .png()
    .toFile(at('wide.png'));
  const small = await readPicture(at('wide.png'), options);
  assert.equal([small.width, small.height], [200, 50]);
  assert.match(warnings.join(), /wide\.png is 400x100: shrunk to 200x50/);
  near(colour(small), [10 / 255, 200 / 255, 30 / 255], 1 / 255);
  warnings.length = 0;
  assert.is((await readPicture(at('wide.png'), { ...options, most: 40_000 })).width, 400);
  assert.equal(warnings, []);
});

/**
 * Display P3 to sRGB, values 0..1: both have sRGB's curve and white D65, so one matrix between the linear values does
 * it (from the primaries of SMPTE EG 432-1 and IEC 61966-2-1).
 */
const p3ToSrgb = (p3: number[]): number[] => {
  const linear = p3.map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  const matrix = [
    [1.2249402, -0.2249402, 0],
    [-0.0420569, 1.0420569, 0],
    [-0.0196376, -0.078636, 1.0982736],
  ];
  const mixed = matrix.map((row) => row.reduce((sum, m, k) => sum + m * linear[k]!, 0));
  return mixed.map((v) => (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055));
};

test('an embedded Display P3 profile is converted to sRGB, at 8 and 16 bits, from PNG, TIFF, JPEG and WebP', async () => {
  // The profile's own bytes, attached to values that it then gives a meaning: sharp would convert them.
  await flat([0, 0, 0]).withIccProfile('p3').png().toFile(at('profile.png'));
  const { icc } = await sharp(at('profile.png')).metadata();
  writeFileSync(at('p3.icc'), icc!);
  for (const [file, deep] of [
    ['q.png', false],
    ['q.tiff', false],
    ['q.jpg', false],
    ['q.webp', false],
    ['q16.png', true],
    ['q16.tiff', true],
  ] as const) {
    const format = { png: 'png', tiff: 'tiff', jpg: 'jpeg', webp: 'webp' }[file.split('.')[1]!] as 'png';
    const most = deep ? 65535 : 255;
    for (const p3 of [
      [0.6, 0.3, 0.15],
      [0.25, 0.5, 0.75],
      [0.5, 0.5, 0.5],
    ]) {
      const values = p3.map((v) => Math.round(v * most));
      const picture = flat(values, 32, deep).toColourspace(deep ? 'rgb16' : 'srgb');
      const tagged = deep ? picture.withIccProfile('p3') : picture.withIccProfile(at('p3.icc'), { attach: true });
      await tagged
        .toFormat(format, { quality: 100, ...(format !== 'png' && { lossless: true, compression: 'deflate' }) })
        .toFile(at(file));
      const bytes = readFileSync(at(file)); // sharp may remember another file of that name
      const meta = await sharp(bytes).metadata();
      assert.ok(meta.hasProfile, `${file} has no profile`);
      assert.is(meta.depth, deep ? 'ushort' : 'uchar', file);
      // What the file holds, without anybody's colour management
      const { data } = await sharp(bytes, { ignoreIcc: true })
        .toColourspace(deep ? 'rgb16' : 'srgb')
        .raw({ depth: deep ? 'ushort' : 'uchar' })
        .toBuffer({ resolveWithObject: true });
      const stored = deep ? [...new Uint16Array(data.buffer, data.byteOffset, 3)] : [...data.subarray(0, 3)];
      const want = p3ToSrgb(stored.map((v) => v / most));
      near(colour(await readPicture(at(file))), want, deep ? 0.0025 : 1.2 / 255); // sharp's own profile is that exact
      if (p3[0] !== p3[1]) assert.ok(Math.abs(want[0]! - stored[0]! / most) > 0.01, `${file}: nothing to convert`);
    }
  }
});

test('opacity comes along when asked for, and goes into every format that holds it', async () => {
  const alpha = Float32Array.from({ length: 40 * 24 }, (_, i) => (i % 40) / 39);
  const warnings: string[] = [];
  const onWarning = (text: string) => warnings.push(text);
  for (const [name, bits] of [
    ['t.png', 8],
    ['t16.png', 16],
    ['t.webp', 8],
    ['t.tif', 8],
    ['t16.tif', 16],
  ] as const) {
    const most = 2 ** bits - 1;
    await writePicture(at(name), { ...grain, alpha }, { bits, onWarning, metadata: { Software: 'toroid' } });
    assert.equal(await readMetadata(at(name)), { Software: 'toroid' });
    const { data, info } = await sharp(at(name))
      .toColourspace(bits === 16 ? 'rgb16' : 'srgb')
      .raw({ depth: bits === 16 ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true });
    assert.is(info.channels, 4, name);
    const values = bits === 16 ? new Uint16Array(data.buffer, data.byteOffset, 4 * 960) : data;
    for (let i = 0; i < 960; i++) {
      assert.is(values[4 * i + 3], Math.round(alpha[i]! * most), `${name}: opacity at ${i}`);
      // Colours stay where nothing is seen of them: a texture may be made opaque again.
      assert.is(values[4 * i], Math.round(Math.min(1, Math.max(0, grain.data[i]!)) * most), `${name}: red at ${i}`);
    }
    const back = await readPicture(at(name), { alpha: true });
    assert.ok(back.alpha!.every((v, i) => Math.abs(v - alpha[i]!) <= 0.5 / most + 1e-6));
    const plain = await readPicture(at(name));
    assert.is(plain.alpha, undefined);
    assert.equal(plain.data, back.data);
  }
  assert.equal(warnings, []);
  await writePicture(at('t.jpg'), { ...grain, alpha }, { onWarning });
  assert.equal(warnings, ['t.jpg is opaque: .jpg holds no transparency']);
  assert.is((await sharp(at('t.jpg')).metadata()).channels, 3);
  await writePicture(at('opaque2.png'), { ...grain, alpha: alpha.map(() => 1) });
  assert.is((await readPicture(at('opaque2.png'), { alpha: true })).alpha, undefined);
  const file = await writePreview(at('t.png'), { ...grain, alpha }, [2, 1]);
  assert.is((await readPicture(file, { alpha: true })).alpha![40 + 39], 1);
});

test.run();
