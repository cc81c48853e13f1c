import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeWay } from '../../src/cli/clobber';
import { readMetadata } from '../../src/node/picture';
import { runner } from '../support/cli_run';

const folder = mkdtempSync(join(tmpdir(), 'toroid-clobber-'));
const at = (name: string): string => join(folder, name);
const test = suite('files that are there');
const { toroid, together } = runner(folder);
test.after(() => rmSync(folder, { recursive: true }));

const small = ['plasma', '--size', '32'];

test('a name that nobody chose costs no picture, one that was asked for is replaced, and both are said', async () => {
  const [one, again, third, named, forced, seeded] = await together([
    small,
    [...small, '--power', '1'],
    small,
    [...small, '-o', 'plasma.png'],
    [...small, '--force'],
    [...small, '--seed', '7'],
  ]);
  assert.is(one!.out, 'plasma.png\n');
  assert.equal(
    [again!.out, again!.err],
    ['plasma.png\n', 'plasma.png was there: the old one is now plasma.old1.png\n'],
  );
  assert.match(third!.err, /plasma\.old2\.png/);
  assert.equal([named!.code, named!.err], [0, 'plasma.png was there, and is replaced\n']);
  assert.is(forced!.err, '');
  assert.is(seeded!.out, 'plasma.seed7.png\n');
  const names = ['plasma.old1.png', 'plasma.old2.png', 'plasma.png', 'plasma.seed7.png'];
  assert.equal(readdirSync(folder).sort(), names);
  const bytes = (name: string): Buffer => readFileSync(at(name));
  assert.equal(bytes('plasma.old1.png'), bytes('plasma.png'));
  assert.not.equal(bytes('plasma.old2.png'), bytes('plasma.png'));
});

test('--no-clobber fails before the work, for what lies beside the picture too', async () => {
  writeFileSync(at('new.2x2.png'), 'mine');
  const ended = await together([
    [...small, '-o', 'plasma.png', '--no-clobber'],
    [...small, '--no-clobber'],
    [...small, '-o', 'new.png', '--preview', '2x2', '--no-clobber'],
    [...small, '--force', '--no-clobber'],
  ]);
  for (const { code, err } of ended.slice(0, 2))
    assert.equal([code, err.split('\n')[0]], [1, 'error: plasma.png is there already, and --no-clobber keeps it']);
  assert.equal([ended[2]?.code, ended[3]?.code], [1, 2]);
  assert.not.ok(existsSync(at('new.png')));
});

test('a folder of maps is taken for one file', async () => {
  mkdirSync(at('plasma.material'));
  const [free, nowhere] = await together([
    ['material', 'gone.png', '-o', 'plasma.material', '--no-clobber'],
    ['material', 'gone.png'],
  ]);
  assert.match(free!.err, /gone\.png/); // an empty folder is nobody's
  assert.match(nowhere!.err, /gone\.png/);
  assert.not.ok(existsSync(at('gone.material')), 'no folder for a material that cannot be made');
  writeFileSync(at('plasma.material/color.png'), 'mine');
  const [refused] = await together([['material', 'plasma.png', '--no-clobber']]);
  assert.equal(
    [refused!.code, refused!.err.split('\n')[0]],
    [1, 'error: plasma.material is there already, and --no-clobber keeps it'],
  );
  assert.is(makeWay(at('plasma.material'), { out: 'plasma.material' })?.split(' was ')[1], 'there, and is replaced');
  makeWay(at('plasma.material'), {});
  assert.equal(
    [existsSync(at('plasma.material')), readFileSync(at('plasma.old1.material/color.png'), 'utf8')],
    [false, 'mine'],
  );
});

test('a recipe names its result after the picture it was given, and the seed', async () => {
  writeFileSync(
    at('mean.json'),
    '{"size":32,"styles":[{}],"scales":{"count":1},"stages":[{"steps":1,"losses":[{"kind":"mean","layers":["input"]}]}]}',
  );
  mkdirSync(at('examples'));
  await sharp('examples/sand.png').resize(48, 48).png().toFile(at('examples/sand.png'));
  const args = ['run', 'mean.json', '-i', 'style=examples/sand.png'];
  const [one, again] = await together([args, args]);
  const two = await toroid([...args, '--seed', '7', '--no-paths', '--report', 'two.html']); // which tells of its command
  assert.equal([one!.out, two.out], ['sand.mean.png\n', 'sand.mean.seed7.png\n'], one!.err + two.err);
  const inside = async (name: string): Promise<string> => (await readMetadata(at(name))).toroid ?? '';
  assert.match(await inside('sand.mean.png'), /"path":"[^"]*examples\/sand\.png","sha256"/);
  assert.match(await inside('sand.mean.seed7.png'), /"path":"sand\.png","sha256"/);
  assert.not.match(readFileSync(at('two.html'), 'utf8'), /examples|--no-paths/);
  assert.match(again!.err, /sand\.mean\.png was there: the old one is now sand\.mean\.old1\.png/);
});

test('a recipe with a content and no size takes that of the content; a smaller result is said', async () => {
  await sharp('examples/sand.png').resize(64, 64).png().toFile(at('dune.png'));
  const args = ['run', 'seamless', '-i', 'content=dune.png'];
  const [whole, small] = await together([
    [...args, '--json'],
    [...args, '--size', '48', '-o', 'small.png'],
  ]);
  const { width } = JSON.parse(whole!.out.trim().split('\n').at(-1) ?? '') as { width: number };
  assert.ok(width > 0.7 * 64, `${width} of 64`); // sealed: cropped a little
  assert.match(small!.err, /note: the result will be 48x48, smaller than the content, 64x64: --size 64 keeps its size/);
  assert.not.match(whole!.err, /smaller/);
});

test.run();
