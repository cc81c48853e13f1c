// `toroid seal` and the library's call of the same name: files in, files out.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { run, seal } from '../../src/index.node';
import { readMetadata, readPicture } from '../../src/node/picture';
import { seamless, seamScore } from '../../src/recipes/scores/seam';
import { runner } from '../support/cli_run';

const folder = mkdtempSync(join(tmpdir(), 'toroid-seal-'));
const at = (name: string): string => join(folder, name);
const { toroid, together } = runner(folder);
const test = suite('toroid seal');
test.after(() => rmSync(folder, { recursive: true }));

const [W, H] = [90, 80];
const photo = () => sharp('examples/leaves.png').extract({ left: 3, top: 9, width: W, height: H });
await photo().jpeg({ quality: 92 }).toFile(at('photo.jpg'));
await photo().ensureAlpha(0.5).webp({ lossless: true, exact: true }).toFile(at('glass.webp'));
/** Column and row of every pixel, 16 bits. */
const places = Uint16Array.from({ length: 3 * W * H }, (_, i) => {
  const pixel = Math.floor(i / 3);
  return [100 * (pixel % W), 100 * Math.floor(pixel / W), 7][i % 3]!;
});
await sharp(places, { raw: { width: W, height: H, channels: 3 } })
  .toColourspace('rgb16')
  .png()
  .toFile(at('height.png'));
await sharp('examples/leaves.png').resize(64, 64).png().toFile(at('small.png'));

test('a photograph becomes a tile, with maps beside it at their own depth, and says what was done', async () => {
  const { code, out, err } = await toroid([
    'seal',
    'photo.jpg',
    '--with',
    'height.png',
    '--strength',
    '0',
    '--preview',
    '2x2',
    '--json',
  ]);
  assert.is(code, 0, err);
  assert.match(
    err,
    /cropped to \d+x\d+, all of the pixels unchanged, it tiles(; pieces of it cover \d+ % of the cuts, which showed)?\n/,
  );
  const result = JSON.parse(out);
  assert.is(result.file, 'photo.seal.png');
  assert.equal(result.sealed, ['x', 'y']);
  assert.equal(result.maps, [{ map: 'height.png', file: 'height.seal.png', bits: 16 }]);
  assert.is(result.inputs.picture.path, 'photo.jpg');
  const [was, is] = [await readPicture(at('photo.jpg')), await readPicture(at('photo.seal.png'))];
  assert.equal([is.width, is.height], result.size);
  assert.is((await sharp(at('height.seal.png')).metadata()).depth, 'ushort');
  assert.is(existsSync(at('photo.seal.2x2.png')), true);
  // The map says where pixels are from: without a blend the tile is the photograph there.
  const map = await readPicture(at('height.seal.png'));
  const n = is.width * is.height;
  for (let i = 0; i < n; i++) {
    const source = Math.round(map.data[n + i]! * 655.35) * W + Math.round(map.data[i]! * 655.35);
    for (let c = 0; c < 3; c++) assert.is(is.data[c * n + i], was.data[c * W * H + source], `pixel ${i}`);
  }
  assert.match((await readMetadata(at('photo.seal.png'))).toroid!, /"command":"seal"/);
});

test('opacity, formats, one axis, the size kept; a second time nothing is left to do', async () => {
  const [glass, line, sealed, again] = await together([
    ['seal', 'glass.webp', '-o', 'glass.tiff', '--keep-size', '-q'],
    ['seal', 'photo.jpg', '--tile', 'x', '-o', 'x.png'],
    ['seal', 'photo.jpg', '-o', 'a.png'],
    ['seal', 'a.png', '-o', 'b.png'],
    ['seal', 'photo.jpg', '--with', 'height.png', '-o', 'line.png'], // which the library is to do the same as
  ]);
  assert.equal(glass, { code: 0, out: 'glass.tiff\n', err: '' });
  const back = await readPicture(at('glass.tiff'), { alpha: 'straight' });
  assert.equal([back.width, back.height], [W, H]);
  assert.ok(back.alpha?.every((v) => Math.abs(v - 0.5) < 0.01));
  assert.match(line!.err, /cropped to \d+x80, .*, it tiles\n/);
  assert.is(sealed!.code, 0);
  assert.match(again!.err, /it tiles already: nothing is changed/);
  assert.equal((await readPicture(at('b.png'))).data, (await readPicture(at('a.png'))).data);
});

test('the library does the same', async () => {
  const sealed = await seal(readFileSync(at('photo.jpg')), { maps: { depth: at('height.png') } });
  await sealed.save(at('library.png'));
  await sealed.saveMap('depth', at('library_depth.png'));
  assert.is((await sharp(at('library_depth.png')).metadata()).depth, 'ushort');
  assert.equal((await readPicture(at('line.png'))).data, (await readPicture(at('library.png'))).data);
  assert.equal(sealed.report.sealed, ['x', 'y']);
  assert.is(sealed.toImageData().width, sealed.width);
});

test('what is wrong is said in one line, before anything is written', async () => {
  const commands = [
    ['seal', 'nowhere.jpg'],
    ['seal', 'photo.jpg', '--with', 'small.png'],
    ['seal', 'photo.jpg', '--strength', '3'],
    ['seal', 'photo.jpg', '-o', 'photo.xyz'],
    ['seal', 'photo.jpg', '--with', 'photo.jpg', '-o', 'photo.seal.png'],
  ];
  const wants = [
    /no file nowhere\.jpg/,
    /small\.png is 64x64 pixels, the picture 90x80/,
    /0 to 1/,
    /\.xyz/,
    /written over/,
  ];
  for (const [k, { code, err }] of (await together(commands)).entries()) {
    assert.ok(code === 1 || code === 2, `${commands[k]}: ${code}`);
    assert.match(err, wants[k]!);
  }
});

test('the recipe seamless without its mask seals the picture', async () => {
  const { code, err } = await toroid([
    'run',
    'seamless',
    '--input',
    'content=photo.jpg',
    '--size',
    String(W),
    '-o',
    'whole.png',
  ]);
  assert.is(code, 0, err);
  const [was, is] = [await readPicture(at('photo.jpg')), await readPicture(at('whole.png'))];
  assert.equal([is.width, is.height], [was.width, was.height]);
  assert.ok(seamless(seamScore(is)), err);
  const called = await run('seamless', { content: at('photo.jpg') }, { size: W });
  assert.equal(
    called.raster.data.map((v) => Math.round(255 * v)),
    is.data.map((v) => Math.round(255 * v)),
  );
  const sealed = await seal(at('photo.jpg'), { keepSize: true });
  assert.equal(called.making.field?.data, sealed.field.data, 'as seal does it');
});

test.run();
