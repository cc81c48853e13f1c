// `toroid material` and the library's call of the same name: a photograph in, a folder of maps out.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { material } from '../../src/index.node';
import { readMetadata, readPicture } from '../../src/node/picture';
import { runner } from '../support/cli_run';
import { device } from '../support/device';

const folder = mkdtempSync(join(tmpdir(), 'toroid-material-'));
const at = (name: string): string => join(folder, name);
const { toroid, together } = runner(folder);
const test = suite('toroid material');
test.after(() => rmSync(folder, { recursive: true }));

await sharp('examples/leaves.png').extract({ left: 3, top: 9, width: 48, height: 52 }).toFile(at('photo.png'));
await sharp('examples/wood.png').resize(40, 30).toColourspace('cmyk').jpeg().toFile(at('press.jpg'));
await sharp('examples/leaves.png').resize(32, 32).ensureAlpha(0.5).png().toFile(at('glass.png'));
await sharp('examples/sand.png').resize(32, 32).grayscale().png().toFile(at('grey.png'));
await sharp({ create: { width: 24, height: 24, channels: 3, background: '#888' } }).toFile(at('plain.png'));
await sharp('examples/leaves.png').resize(8, 8).toFile(at('tiny.png'));

test('a photograph becomes a folder of maps that tile, and says what was assumed', async () => {
  const { code, out, err } = await toroid([
    'material',
    'photo.png',
    '-o',
    'maps',
    '--maps',
    'edge',
    '--high',
    'light',
    '--render',
    'lit.png',
    '--sun',
    '90,30',
    '--page',
    'lit.html',
    '--json',
  ]);
  assert.is(code, 0, err);
  assert.match(err, /it does not tile: sealed, cropped to \d+x\d+/);
  assert.match(err, /high: light tones, as given/);
  const result = JSON.parse(out);
  assert.equal(
    readdirSync(at('maps')).sort(),
    ['color', 'edge', 'height', 'normal', 'occlusion', 'roughness'].map((n) => `${n}.png`),
  );
  assert.equal(Object.keys(result.scores.seams).sort(), [
    'color',
    'edge',
    'height',
    'normal',
    'occlusion',
    'roughness',
  ]);
  for (const seams of Object.values(result.scores.seams) as { x: { verdict: string }; y: { verdict: string } }[])
    assert.equal([seams.x.verdict, seams.y.verdict], ['seamless', 'seamless']);
  assert.ok(result.scores.normal.curl < 1e-5 && result.scores.height.meanSlope < 1e-4);
  const lit = await sharp(at(result.render)).metadata();
  assert.equal([lit.width, lit.height], [3 * result.width, 3 * result.height]);
  assert.match(readFileSync(at(result.page), 'utf8'), /<title>photo - toroid/);
  const kept = async (name: string) => {
    const { width, height, depth, channels } = await sharp(at(`maps/${name}.png`)).metadata();
    assert.equal([width, height], [result.width, result.height]);
    return [depth, channels];
  };
  assert.equal(await kept('color'), ['uchar', 3]);
  assert.equal(await kept('height'), ['ushort', 1]);
  assert.equal(await kept('normal'), ['ushort', 3]);
  assert.equal(await kept('roughness'), ['uchar', 1]);
  const record = JSON.parse((await readMetadata(at('maps/height.png'))).toroid!);
  assert.equal([record.command, record.inputs.picture.path, record.settings.high], ['material', 'photo.png', 'light']);
});

test('the library does the same, twice to the same bytes', async () => {
  const options = { high: 'light', maps: ['edge'], device: await device() } as const;
  const made = await material(at('photo.png'), options);
  const files = await made.save(at('library'));
  assert.is(files.length, 6);
  for (const name of readdirSync(at('library'))) {
    const [a, b] = [await readPicture(at(`library/${name}`)), await readPicture(at(`maps/${name}`))];
    assert.equal(a.data, b.data, name);
  }
  await (await material(at('photo.png'), options)).save(at('again'));
  for (const name of readdirSync(at('again')))
    assert.equal(readFileSync(at(`again/${name}`)), readFileSync(at(`library/${name}`)));
  assert.throws(() => made.picture('opacity'), /no map opacity\n {2}It has color, height/);
  assert.is((await made.picture('normal').toPng({ bits: 16 })).length > 1000, true);
});

test('what is copied keeps its opacity', async () => {
  const { data, info } = await sharp('examples/leaves.png')
    .resize(48, 48)
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  for (let i = 0; i < data.length; i += 4) data[i + 3] = data[i]! > 100 ? 255 : 0;
  const png = await sharp(data, { raw: info }).png().toBuffer();
  const { material: made } = await material(png, { method: 'copy', size: 40, delight: 0, device: await device() });
  const opacity = made.maps.get('opacity')!.data;
  assert.ok(opacity.includes(0) && opacity.includes(1));
  const wrong = opacity.filter((v, i) => v !== (Math.round(255 * made.maps.get('color')!.data[i]!) > 100 ? 1 : 0));
  assert.ok(wrong.length < 0.02 * opacity.length, `${wrong.length}: evened light alone moves colours`);
});

test('CMYK, opacity, grey, a single colour', async () => {
  const shared = { device: await device(), onWarning: () => {} };
  const press = await material(at('press.jpg'), shared);
  assert.is(press.material.maps.get('color')?.channels, 3);
  const glass = await material(at('glass.png'), { ...shared, method: 'none' });
  assert.ok(glass.material.maps.get('opacity')?.data.every((v) => Math.abs(v - 0.5) < 0.01));
  const grey = await material(at('grey.png'), { ...shared, preset: 'ground' });
  assert.is(grey.material.assumed.preset, 'ground');
  const warnings: string[] = [];
  const plain = await material(at('plain.png'), { ...shared, onWarning: (text) => warnings.push(text) });
  assert.match(plain.tiling, /tiles already/);
  assert.match(warnings.join(), /nothing of a relief is to be seen/);
});

test('what cannot be is refused in one line and a remedy, before a device is opened', async () => {
  const refused = async (args: string[], message: RegExp, code = 1): Promise<[string[], RegExp, number]> => [
    args,
    message,
    code,
  ];
  const rows = await Promise.all([
    refused(['tiny.png'], /8x8 pixels; at least 16x16/),
    refused(['photo.png', '--preset', 'cheese'], /Allowed choices are stone, brick/, 2),
    refused(['photo.png', '--sun', '90,30'], /--sun is of a render/, 2),
    refused(['photo.png', '--render', 'lit.png', '--sun', '90'], /two angles as 135,40/, 2),
    refused(['photo.png', '--render', 'photo.png'], /--render photo\.png is what is read/, 2),
    refused(['photo.png', '--page', 'lit.png'], /a report is an HTML page/),
    refused(['photo.png', '--render', 'lit.doc'], /lit\.doc/),
    refused(['photo.png', '--maps', 'smell'], /no map smell; there are: metalness/, 2),
    refused(['photo.png', '--delight', '2'], /delight is 2/),
    refused(['photo.png', '--relief', '0'], /relief is 0/),
    refused(['photo.png', '-o', 'photo.png'], /--out photo\.png is what is read/, 2),
  ]);
  const ended = await together(rows.map(([args]) => ['material', ...args]));
  for (const [k, { code, err }] of ended.entries()) {
    const [, message, want] = rows[k]!;
    assert.match(err, message);
    assert.is(code, want, err);
  }
});

test.run();
