// Heights through the command line, grey pictures, and pipes.
import { execFileSync, spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { mapsOutput } from '../../src/app/field_output';
import type { TextureOptions } from '../../src/app/options';
import { type Output, pictureOutput, previewOutput } from '../../src/app/output';
import { texture } from '../../src/node/api';
import { decodePicture, readMetadata, readPicture, writePicture } from '../../src/node/picture';
import { plasma } from '../../src/recipes/init/plasma';
import { runner } from '../support/cli_run';
import { device } from '../support/device';
import { tiff } from '../support/tiffs';

const folder = mkdtempSync(join(tmpdir(), 'toroid-heights-'));
const at = (name: string): string => join(folder, name);
const { toroid, together } = runner(folder);
const test = suite('heights, grey and pipes');
test.after(() => rmSync(folder, { recursive: true }));

const look = plasma({ size: [48, 40], seed: 4, power: 1.2, stretch: true });
const metres = (x: number, y: number): number => Math.fround(-12.5 + 1842.75 * look.data[y * 48 + x]!);
const fast = ['--size', '32', '--method', 'patches', '--steps', '2', '--scales', '1', '-q'];

test.before(async () => {
  writeFileSync(at('dem.tif'), tiff([48, 40], metres, { format: 'float', bits: 32 }));
  writeFileSync(
    at('dem16.tif'),
    tiff([48, 40], (x, y) => Math.round(metres(x, y)), { format: 'int', bits: 16 }),
  );
  const mean = { kind: 'mean', layers: ['input'] };
  writeFileSync(at('mean.json'), JSON.stringify({ size: 32, styles: [{}], stages: [{ steps: 1, losses: [mean] }] }));
  await writePicture(at('stone.png'), look);
  await writePicture(at('grey.png'), { ...look, grey: true }, { bits: 16 });
});

/** A texture made in this process, with its outputs. */
const quick = { size: 32, method: 'patches', steps: 2, scales: 1 } as const;
const made = async (exemplar: string, options: TextureOptions, ...outputs: Output[]): Promise<void> =>
  void (await texture(at(exemplar), { ...options, outputs, device: await device(), onWarning: () => {} }));

const rangeOf = async (file: string): Promise<{ sample: string; min: number; max: number }> => {
  const { sample, min, max } = (await decodePicture(readFileSync(at(file)), file, {})).measures!;
  return { sample, min, max };
};

test('heights come back in their units, from the least to the greatest, optimised, copied and sealed', async () => {
  const [wide, narrow] = [await rangeOf('dem.tif'), await rangeOf('dem16.tif')];
  const [tile, run] = await together([
    ['texture', 'dem.tif', ...fast, '--keep-range'],
    ['run', 'dem.tile.tif', '--keep-range', '-q', '-o', 'again.tif'],
  ]);
  assert.equal([tile!.out, run!.out, run!.code], ['dem.tile.tif\n', 'again.tif\n', 0], run!.err);
  await made('dem16.tif', { size: 48, method: 'copy', fit: 'off' }, pictureOutput(at('d.tiff'), { keepRange: true }));
  for (const [file, want] of [
    ['dem.tile.tif', wide],
    ['d.tiff', narrow],
  ] as const) {
    const is = await rangeOf(file);
    assert.is(is.sample, want.sample);
    for (const end of ['min', 'max'] as const) {
      assert.ok(
        Math.abs(is[end] - want[end]) <= 1e-6 * Math.abs(want[end]),
        `${file}: ${is[end]}, expected ${want[end]}`,
      );
    }
    const record = JSON.parse((await readMetadata(at(file))).toroid!);
    assert.equal(record.measures.style.min, want.min);
    assert.is((await readPicture(at(file))).grey, true);
  }
  const tags = /"path":"[^"]*"/g; // as seen from the picture: the same here
  assert.is(
    readFileSync(at('again.tif'), 'latin1').replace(tags, ''),
    readFileSync(at('dem.tile.tif'), 'latin1').replace(tags, ''),
  );
  const [sealed, refused, plain] = await together([
    ['seal', 'dem.tif', '--keep-range', '-q'],
    ['texture', 'dem.tif', '--keep-range', '-o', 'x.png'],
    ['seal', 'stone.png', '--with', 'dem.tif', '-o', 's.png', '-q'],
  ]);
  assert.is(sealed!.out, 'dem.seal.tif\n');
  const kept = await rangeOf('dem.seal.tif');
  assert.ok(kept.sample === 'float32' && kept.min >= wide.min && kept.max <= wide.max && kept.max > 500);
  assert.match(refused!.err, /x\.png: \.png holds no floats or signed numbers\n {2}Use \.tif/);
  assert.is(plain!.code, 0);
  const map = await readPicture(at('dem.seal.tif'));
  assert.ok(map.width > 16);
});

test('numbers of maps stay what they are', async () => {
  const dem = await decodePicture(readFileSync(at('dem.tif')), 'dem', {});
  const map = { name: 'dem', path: at('m.dem.tif'), ...dem } as const;
  await made('stone.png', { size: 48, method: 'copy', fit: 'off' }, mapsOutput([map]));
  const { raster, measures } = await decodePicture(readFileSync(at('m.dem.tif')), 'm', {});
  const all = new Set(Array.from({ length: 48 * 40 }, (_, i) => metres(i % 48, Math.floor(i / 48)).toFixed(2)));
  const back = [...raster.data.subarray(0, 48 * 48)].map((v) =>
    (measures!.zero + v * (measures!.one - measures!.zero)).toFixed(2),
  );
  const found = back.filter((v) => all.has(v)).length;
  assert.ok(found > 0.95 * back.length, `${found} of ${back.length}`);
});

test('grey pictures make pictures of one channel, unless three are asked for', async () => {
  await made('grey.png', quick, pictureOutput(at('g.png'), { bits: 16 }), pictureOutput(at('g.jpg'), { channels: 3 }));
  const one = { channels: 1 } as const;
  await made('stone.png', quick, pictureOutput(at('f.tif'), { bits: 32 }), previewOutput(at('f.tif'), [2, 2], one));
  await together([['seal', 'grey.png', '-q']]);
  for (const [file, want] of [
    ['g.png', 'grey16 1 ushort'],
    ['g.jpg', 'srgb 3 uchar'],
    ['f.2x2.png', 'b-w 1 uchar'],
    ['f.tif', 'scrgb 3 float'],
    ['grey.seal.png', 'grey16 1 ushort'],
  ] as const) {
    const { space, channels, depth } = await sharp(readFileSync(at(file))).metadata();
    assert.is(`${space} ${channels} ${depth}`, want, file);
  }
  const { data } = await readPicture(at('g.jpg'));
  const apart = data.subarray(0, 1024).reduce((most, v, i) => Math.max(most, Math.abs(v - data[1024 + i]!)), 0);
  assert.ok(apart < 0.01, `grey came out coloured: ${apart}`);
});

/** What the program prints, in bytes, with something piped into it. */
const piped = (args: string[], input: Buffer | null): Promise<{ code: number | null; out: Buffer; err: string }> =>
  new Promise((done) => {
    const child = spawn(process.execPath, [resolve('bin/toroid.mjs'), ...args], { cwd: folder });
    const out: Buffer[] = [];
    let err = '';
    child.stdout.on('data', (piece) => out.push(piece));
    child.stderr.on('data', (piece) => {
      err += piece;
    });
    child.on('close', (code) => done({ code, out: Buffer.concat(out), err }));
    child.stdin.end(input ?? undefined);
  });

test('- is the standard input and output, and pipes are read once', async () => {
  const stone = readFileSync(at('stone.png'));
  const { code, out, err } = await piped(['texture', '-', ...fast, '-o', '-'], stone);
  assert.is(code, 0, err);
  assert.is((await decodePicture(out, 'out', {})).raster.width, 32);
  assert.not.match(out.toString('latin1'), /"path":"[^"]*-"/);
  const heights = await piped(['seal', '/dev/stdin', '--keep-range', '-o', '-', '-q'], readFileSync(at('dem.tif')));
  assert.is((await decodePicture(heights.out, 'out', {})).measures?.sample, 'float32', heights.err);
  assert.is((await piped(['seal', '-', '-q'], stone)).out.toString(), 'stdin.seal.png\n');
  assert.match((await piped(['check', '-'], stone)).out.toString(), /^x {2}(seamless|a seam): /);
  assert.match((await piped(['seal', '-'], null)).err, /the standard input is empty/);
  assert.match((await piped(['seal', '-'], Buffer.from('hello'))).err, /^error: - is not a picture/);
  const [json, address, there] = await together([
    ['texture', 'stone.png', '-o', '-', '--json'],
    ['seal', 'https://example.org/a.png'],
    ['seal', 'stone.png', '-o', 'https://example.org/a.png'],
  ]);
  assert.match(json!.err, /--json needs a file/);
  assert.match(address!.err, /is an address, and files are read\n {2}Fetch it: curl -sL 'https:/);
  assert.match(there!.err, /cannot write https:\/\/example\.org\/a\.png: it is an address, and files are written\n/);
  assert.not.ok(existsSync(at('https:')));
  if (process.platform === 'win32') return;
  execFileSync('mkfifo', [at('in.png'), at('out.png')]);
  createWriteStream(at('in.png')).end(stone);
  const reader = spawn('cat', [at('out.png')], { stdio: ['ignore', 'pipe', 'ignore'] });
  const got: Buffer[] = [];
  reader.stdout.on('data', (piece) => got.push(piece));
  const closed = new Promise((done) => reader.on('close', done));
  const through = await toroid(['run', 'mean.json', '-i', 'style=in.png', '-o', 'out.png']);
  assert.is(through.code, 0, through.err);
  await closed;
  assert.is((await decodePicture(Buffer.concat(got), 'out', {})).raster.width, 32);
});

test('names with brackets and other signs', async () => {
  const heights = readFileSync(at('dem.tif'));
  const small = await sharp(readFileSync(at('stone.png')))
    .toFormat('webp')
    .toBuffer();
  for (const name of [
    'a[1].png',
    '[page=2].webp',
    'x[0',
    "it's 50%.png",
    'é\u{1f9f1}.tif',
    'a:b,c;d.png',
    '-x.png',
    '%d.png',
  ]) {
    writeFileSync(at(name), name.endsWith('.tif') ? heights : small);
    assert.is((await readPicture(at(name))).width, 48, name);
    const file = at(`out ${name}.png`);
    await writePicture(file, look, { metadata: { Software: 'toroid' } });
    assert.ok(existsSync(file));
    assert.equal(await readMetadata(file), { Software: 'toroid' });
  }
});

test.run();
