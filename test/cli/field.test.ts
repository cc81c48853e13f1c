// Coordinates of a copied tile, and maps laid out by them: `--field`, `--apply`, and the library's `picture.field`.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readText } from '../../src/base/png_read';
import { applyField, readSource, texture } from '../../src/index.node';
import { readPicture } from '../../src/node/picture';
import { long } from '../support/all';
import { runner } from '../support/cli_run';

const folder = mkdtempSync(join(tmpdir(), 'toroid-field-'));
const at = (name: string): string => join(folder, name);
const { toroid, together } = runner(folder);
const test = suite('toroid texture --field, --apply');
test.after(() => rmSync(folder, { recursive: true }));

const [W, H] = [64, 56];
const photo = () => sharp('examples/pebbles.png').extract({ left: 0, top: 0, width: W, height: H });
await photo().png().toFile(at('stone.png'));
await photo().resize(32, 28).png().toFile(at('small.png'));
/** The same picture in 16 bits: 257 is what 1 of 255 is of 65535. */
const deep = Uint16Array.from(await photo().removeAlpha().raw().toBuffer(), (v) => 257 * v);
await sharp(deep, { raw: { width: W, height: H, channels: 3 } })
  .toColourspace('rgb16')
  .png()
  .toFile(at('deep.png'));
/** A height that only 16 bits hold, in a file of one channel. */
const heights = Uint16Array.from({ length: W * H }, (_, i) => (i * 8191 + 12345) % 65521);
await sharp(heights, { raw: { width: W, height: H, channels: 1 } })
  .toColourspace('grey16')
  .png()
  .toFile(at('height.png'));
await photo().negate().jpeg().toFile(at('normal.jpg'));
writeFileSync(
  at('grown.json'),
  JSON.stringify({ size: 32, styles: [{ input: 'style' }], stages: [{ losses: [{ kind: 'patches' }] }] }),
);
const two = { size: 32, styles: [{ input: 'a' }, { input: 'b' }], stages: [{ method: 'copy' }] };
writeFileSync(at('two.json'), JSON.stringify(two));

const copy = ['texture', 'stone.png', '--method', 'copy', '--fit', 'off', '--no-flatten', '--size', '48x40'];
const raw16 = async (name: string) => {
  const { data, info } = await sharp(at(name))
    .toColourspace('rgb16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  return { values: new Uint16Array(data.buffer, data.byteOffset, data.length / 2), channels: info.channels };
};
/** Rows of [x, y] of an .npy file. */
function places(name: string): { shape: number[]; x(i: number): number; y(i: number): number } {
  const file = readFileSync(at(name));
  const start = 10 + file.readUInt16LE(8);
  const [, shape = ''] = /'<u2'.*\(([\d, ]+)\)/.exec(file.toString('latin1', 10, start)) ?? [];
  const count = shape
    .split(',')
    .filter((s) => s.trim() !== '')
    .map(Number);
  const value = (k: number): number => file.readUInt16LE(start + 2 * k);
  const each = count[2] ?? 0;
  return { shape: count, x: (i) => value(each * i), y: (i) => value(each * i + 1) };
}

test('coordinates as .npy, and maps at their own depth, each value one of the map', async () => {
  const wanted = ['--field', 'f.npy', '--apply', 'height.png,normal.jpg,deep.png', '--json', '-o', 'out/a.png'];
  const { code, out, err } = await toroid([...copy, ...wanted]);
  assert.is(code, 0, err);
  const result = JSON.parse(out.trim().split('\n').at(-1)!);
  assert.is(result.field, 'f.npy');
  assert.equal(result.maps, ['out/a.height.png', 'out/a.normal.png', 'out/a.deep.png']);
  assert.match(err, /Coordinates: f\.npy\n.*Maps: out\/a\.height\.png, out\/a\.normal\.png/s);
  const { shape, x, y } = places('f.npy');
  assert.equal(shape, [40, 48, 2]);
  const { values, channels } = await raw16('out/a.height.png');
  for (let i = 0; i < 48 * 40; i++) {
    for (let c = 0; c < channels; c++) assert.is(values[channels * i + c], heights[y(i) * W + x(i)], `pixel ${i}`);
  }
  const depth = async (name: string) => (await sharp(at(name)).metadata()).depth;
  assert.equal([await depth('out/a.height.png'), await depth('out/a.normal.png')], ['ushort', 'uchar']);
  // The exemplar as a map is the tile wherever pixels are copied and not mixed.
  const [tile, map] = [await readPicture(at('out/a.png')), await readPicture(at('out/a.deep.png'))];
  const byte = (v: number): number => Math.round(255 * v);
  const same = tile.data.filter((v, i) => byte(v) === byte(map.data[i]!)).length / tile.data.length;
  assert.ok(same > 0.7, `${same}`);
  assert.match(readText(readFileSync(at('out/a.height.png'))).toroid!, /"method":"copy"/);
});

long(test)('as .png and as .exr they are the same, and say what they are; a resumed run writes them too', async () => {
  const keep = ['--checkpoint', 'keep', '--field', 'g.png', '--apply', 'height.png', '-o', 'b.png', '-q'];
  assert.is((await toroid([...copy, ...keep])).code, 0);
  const { values, channels } = await raw16('g.png');
  const { x, y } = places('f.npy');
  for (let i = 0; i < 48 * 40; i++) {
    assert.equal([...values.subarray(channels * i, channels * i + 3)], [x(i), y(i), 0]);
  }
  assert.match(readText(readFileSync(at('g.png'))).Description!, /R or X: column, G or Y: row.*0: style, 64x56 pixels/);
  rmSync(at('b.height.png'));
  rmSync(at('g.png'));
  const { code, err } = await toroid(['run', '--resume', 'keep', '-i', 'style=stone.png', '--field', 'g.exr']);
  assert.is(code, 0, err);
  assert.is(existsSync(at('b.height.png')), true);
  assert.is(readFileSync(at('g.exr')).readUInt32LE(0), 20000630);
});

test('the library has them as picture.field', async () => {
  const settings = { method: 'copy', size: [48, 40], fit: 'off', flatten: false } as const;
  const { field } = await texture(at('stone.png'), settings);
  const { raster } = await readSource(at('height.png'), {
    name: 'height',
    least: 1,
    most: 1e6,
    alpha: false,
    onWarning: () => {},
  });
  const laid = applyField(field!, raster);
  const { x, y } = places('f.npy');
  for (let i = 0; i < 48 * 40; i++) assert.is(Math.round(65535 * laid.data[i]!), heights[y(i) * W + x(i)]);
});

test('what cannot be is refused before any work', async () => {
  const grown = ['run', 'grown.json', '-i', 'style=stone.png'];
  const rows: [args: string[], message: RegExp][] = [
    [[...grown, '--field', 'f.npy'], /--field f\.npy: the recipe has no stage that copies.*\n.*--method copy/],
    [[...grown, '--apply', 'height.png'], /--apply height\.png: the recipe has no stage that copies/],
    [[...copy, '--field', 'f.tiff'], /f\.tiff: coordinates are not written as that\n.*\.npy/],
    [[...copy, '--field', 'stone.png'], /--field stone\.png would be written over .*stone\.png/],
    [[...copy, '--apply', 'small.png'], /the map small\.png is 32x28 pixels, the exemplar 64x56\n {2}Resize/],
    [[...copy, '--apply', 'none.png'], /there is no file none\.png/],
    [[...copy, '--apply', 'height.png,height.png'], /--apply: height\.png is named twice/],
    [
      [...copy, '-o', 'x.png', '--apply', 'height.png', '--field', 'x.height.png'],
      /height\.png would be written over x\.height\.png/,
    ],
    [
      ['run', 'two.json', '-i', 'a=stone.png', '-i', 'b=small.png', '--apply', 'height.png'],
      /copies 2 pictures, and these are maps of one\n.*applyField/,
    ],
  ];
  const ended = await together(rows.map(([args]) => args));
  for (const [k, [args, message]] of rows.entries()) {
    assert.match(ended[k]!.err, message, args.join(' '));
    assert.ok(ended[k]!.code === 1 || ended[k]!.code === 2, args.join(' '));
    assert.is(ended[k]!.out, '');
  }
});

test.run();
