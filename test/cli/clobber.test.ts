import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeWay } from '../../src/cli/clobber';
import { readMetadata } from '../../src/node/picture';
import { runner } from '../support/cli_run';

const folder = mkdtempSync(join(tmpdir(), 'toroid-clobber-'));
const at = (name: string): string => join(folder, name);
const test = suite('files that are there');
const { toroid } = runner(folder);
test.after(() => rmSync(folder, { recursive: true }));

const small = ['plasma', '--size', '32'];

test('a name that nobody chose costs no picture, one that was asked for is replaced, and both are said', async () => {
  assert.is((await toroid(small)).out, 'plasma.png\n');
  const first = readFileSync(at('plasma.png'));
  const again = await toroid([...small, '--power', '1']);
  assert.equal([again.out, again.err], ['plasma.png\n', 'plasma.png was there: the old one is now plasma.old1.png\n']);
  assert.equal(readFileSync(at('plasma.old1.png')), first);
  assert.match((await toroid(small)).err, /plasma\.old2\.png/);
  const named = await toroid([...small, '-o', 'plasma.png']);
  assert.equal([named.code, named.err], [0, 'plasma.png was there, and is replaced\n']);
  assert.is((await toroid([...small, '--force'])).err, '');
  assert.equal(readdirSync(folder).sort(), ['plasma.old1.png', 'plasma.old2.png', 'plasma.png']);
  assert.is((await toroid([...small, '--seed', '7'])).out, 'plasma.seed7.png\n');
});

test('--no-clobber fails before the work, for what lies beside the picture too', async () => {
  for (const args of [['-o', 'plasma.png'], []]) {
    const { code, err } = await toroid([...small, ...args, '--no-clobber']);
    assert.equal([code, err.split('\n')[0]], [1, 'error: plasma.png is there already, and --no-clobber keeps it']);
  }
  writeFileSync(at('new.2x2.png'), 'mine');
  const { code } = await toroid([...small, '-o', 'new.png', '--preview', '2x2', '--no-clobber']);
  assert.is(code, 1);
  assert.not.ok(existsSync(at('new.png')));
  assert.is((await toroid([...small, '--force', '--no-clobber'])).code, 2);
});

test('a folder of maps is taken for one file', async () => {
  mkdirSync(at('plasma.material'));
  const free = await toroid(['material', 'gone.png', '-o', 'plasma.material', '--no-clobber']);
  assert.match(free.err, /gone\.png/); // an empty folder is nobody's
  writeFileSync(at('plasma.material/color.png'), 'mine');
  const { code, err } = await toroid(['material', 'plasma.png', '--no-clobber']);
  assert.equal([code, err.split('\n')[0]], [1, 'error: plasma.material is there already, and --no-clobber keeps it']);
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
  const args = ['run', 'mean.json', '-i', `style=${resolve('examples/sand.png')}`];
  const [one, two] = [await toroid(args), await toroid([...args, '--seed', '7', '--no-paths', '--report', 'two.html'])];
  assert.equal([one.out, two.out], ['sand.mean.png\n', 'sand.mean.seed7.png\n'], one.err + two.err);
  const inside = async (name: string): Promise<string> => (await readMetadata(at(name))).toroid ?? '';
  assert.match(await inside('sand.mean.png'), /"path":"[^"]*examples\/sand\.png","sha256"/);
  assert.match(await inside('sand.mean.seed7.png'), /"path":"sand\.png","sha256"/);
  assert.not.match(readFileSync(at('two.html'), 'utf8'), /examples|--no-paths/);
  const again = await toroid(args);
  assert.match(again.err, /sand\.mean\.png was there: the old one is now sand\.mean\.old1\.png/);
});

test('a recipe with a content and no size takes that of the content; a smaller result is said', async () => {
  const args = ['run', 'seamless', '-i', `content=${resolve('examples/sand.png')}`];
  const [whole, small] = [
    await toroid([...args, '--json']),
    await toroid([...args, '--size', '128', '-o', 'small.png']),
  ];
  const { width } = JSON.parse(whole.out.trim().split('\n').at(-1) ?? '') as { width: number };
  const content = await sharp(resolve('examples/sand.png')).metadata();
  assert.ok(width > 0.7 * (content.width ?? 0), `${width} of ${content.width}`); // sealed: cropped a little
  assert.match(
    small.err,
    /note: the result will be 128x128, smaller than the content, 256x256: --size 256 keeps its size/,
  );
  assert.not.match(whole.err, /smaller/);
});

test.run();
