// Pictures of commands that know no recipe are made again by `toroid run` too.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { commandRecord, wordsFor } from '../../src/cli/made_by';
import { materialOutput, pictureOutput, run } from '../../src/index.node';
import { readMetadata, readPicture } from '../../src/node/picture';
import { findRecord } from '../../src/recipes/picture_record';
import type { Recipe, RecipeText } from '../../src/recipes/recipe';
import { seamless, seamScore } from '../../src/recipes/scores/seam';
import { long } from '../support/all';
import { runner } from '../support/cli_run';
import { device } from '../support/device';

const folder = mkdtempSync(join(tmpdir(), 'toroid-made-by-'));
const at = (name: string): string => join(folder, name);
const { toroid, together } = runner(folder);
const test = suite('made again by its command');
test.after(() => rmSync(folder, { recursive: true }));

await sharp('examples/leaves.png').resize(48, 40).png().toFile(at('leaf.png'));
await sharp('examples/sand.png').resize(48, 40).png().toFile(at('sand.png'));
const readRecipe = (entries: Record<string, string>): Recipe => findRecord(entries)?.recipe as Recipe;
const bytes = (name: string): Buffer => readFileSync(at(name));

test('a sealed picture and its map, to the same bytes; what moved or changed is said', async () => {
  mkdirSync(at('out'));
  const seal = [
    'seal',
    'leaf.png',
    '--with',
    'sand.png',
    '--keep-size',
    '--strength',
    '0.2',
    '-o',
    'out/leaf.seal.png',
  ];
  const [first, again, other, kept, none] = await together([
    seal,
    ['run', 'out/leaf.seal.png', '-o', 'again.png'],
    ['run', 'out/leaf.seal.png', '--seed', '3'],
    ['run', 'out/leaf.seal.png', '-o', 'again.png', '--no-clobber'],
    ['run', 'out/leaf.seal.png', '--report', 'a.html'],
  ]);
  assert.is(first!.code, 0, first!.err);
  assert.is(again!.code, 0, again!.err);
  assert.match(
    again!.err,
    /^again: toroid seal --with=sand\.png --tile=both --keep-size --strength=0\.2 --out=again\.png leaf\.png\n/,
  );
  assert.equal(bytes('again.png'), bytes('out/leaf.seal.png'));
  assert.equal(bytes('sand.seal.png'), bytes('out/sand.seal.png'));
  assert.is(other!.code, 2);
  assert.match(other!.err, /was made by toroid seal, without a recipe, and that has no --seed/);
  assert.is(kept!.code, 1);
  assert.match(kept!.err, /again\.png is there already, and --no-clobber keeps it/);
  assert.match(none!.err, /that has no --report\n {2}See what it has: toroid seal --help/);
  renameSync(at('sand.png'), at('moved.png'));
  await sharp('examples/brick.png').resize(48, 40).png().toFile(at('changed.png'));
  const [gone, wrong, swept, moved] = await together([
    ['run', 'again.png'],
    ['run', 'again.png', '-i', 'style=moved.png'],
    ['sweep', 'again.png', '--over', 'seed=1,2'],
    ['run', 'again.png', '-i', 'sand.png=moved.png', '-o', 'third.png'],
  ]);
  assert.match(gone!.err, /input sand\.png: there is no file sand\.png beside the picture\n {2}Say where/);
  assert.match(wrong!.err, /--input style: nothing in again\.png asks for it\n {2}It asks for: picture, sand\.png/);
  assert.match(swept!.err, /made by toroid seal, without a recipe\n {2}Make it again with: toroid run again\.png/);
  assert.is(moved!.code, 0, moved!.err);
  renameSync(at('changed.png'), at('leaf.png'));
  const [changed] = await together([['run', 'again.png', '-i', 'sand.png=moved.png']]);
  assert.match(changed!.err, /input picture: leaf\.png is not the file it was/);
});

test('a stranger’s record gives no options but settings, and names no files elsewhere', async () => {
  const settings = { tile: 'x', out: 'victim.png', force: true, with: '/etc/passwd', preview: '3x3' };
  const inputs = { picture: { path: '../../secret/--out=leaf.png' } };
  const made = commandRecord(JSON.stringify({ command: 'seal', settings, inputs }))!;
  await sharp('examples/sand.png').resize(48, 40).png().toFile(at('--out=leaf.png'));
  const words = await wordsFor(made, at('any.png'), []);
  assert.equal(words, { command: 'seal', options: ['--tile=x'], picture: at('--out=leaf.png') });
});

const recipe: RecipeText = {
  size: 32,
  seed: 2,
  inputs: { style: 'sand.png' },
  styles: [{}],
  stages: [{ method: 'copy' }],
  material: { preset: 'ground', maps: ['edge'] },
};
/** The maps of a folder, by name. */
const mapsOf = (name: string): Map<string, Buffer> =>
  new Map(readdirSync(at(name)).map((file) => [file, bytes(`${name}/${file}`)]));

test('a recipe with a section material writes maps beside its picture', async () => {
  await sharp('examples/sand.png').resize(48, 40).png().toFile(at('sand.png'));
  const outputs = [pictureOutput(at('ground.png')), materialOutput(at('ground.material'))];
  await run(recipe, { style: at('sand.png') }, { device: await device(), outputs, onWarning: () => {} });
  const maps = mapsOf('ground.material');
  const names = ['color', 'edge', 'height', 'normal', 'occlusion', 'roughness'].map((n) => `${n}.png`);
  assert.equal([...maps.keys()].sort(), names);
  for (const name of names) assert.ok(seamless(seamScore(await readPicture(at(`ground.material/${name}`)))), name);
  assert.equal(readRecipe(await readMetadata(at('ground.material/height.png'))).material, {
    preset: 'ground',
    delight: 0.5,
    maps: ['edge'],
  });
});

long(test)('any of them makes all of them again', async () => {
  const { code, err } = await toroid(['run', 'ground.material/edge.png', '-i', 'style=sand.png', '-o', 'g.png', '-q']);
  assert.is(code, 0, err);
  assert.equal(mapsOf('g.material'), mapsOf('ground.material'));
  assert.equal(bytes('g.png'), bytes('ground.png'));
});

long(test)('the maps of a material, of a photograph and of a folder of maps, to the same bytes', async () => {
  await sharp('examples/wood.png').resize(48, 40).png().toFile(at('wood.png'));
  const same = (one: string, two: string): void => {
    const names = readdirSync(at(one)).sort();
    assert.ok(names.length >= 5);
    for (const name of names) assert.equal(bytes(`${two}/${name}`), bytes(`${one}/${name}`), name);
  };
  for (const args of [
    ['material', 'wood.png', '--preset', 'wood', '--maps', 'edge,curvature', '-o', 'wood'],
    ['run', 'wood/height.png', '-o', 'wood2'],
    ['material', 'wood', '--size', '64x64', '--seed', '4', '--light', '135', '-o', 'set'],
    ['run', 'set/color.png', '--input', 'maps=wood', '-o', 'set2'],
  ]) {
    const { code, err } = await toroid([...args, '-q']);
    assert.is(code, 0, err);
  }
  same('wood', 'wood2');
  same('set', 'set2');
  const [nowhere, less] = await together([
    ['run', 'set/color.png'],
    ['run', 'set/color.png', '--input', 'maps=out'],
  ]);
  assert.match(nowhere!.err, /does not say where those are\n {2}Name their folder or \.zip: --input maps=folder/);
  assert.match(less!.err, /^error: out has no color\.png/);
});

test.run();
