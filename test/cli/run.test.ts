// `toroid run` and what it finds in pictures: their recipe, and where their inputs were.
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readRecord, run, toPixels } from '../../src/index.node';
import { readPicture, writePicture } from '../../src/node/picture';
import { plasma } from '../../src/recipes/init/plasma';
import { runner } from '../support/cli_run';
import { device } from '../support/device';
import { apart, look, styled } from '../support/small_runs';

const folder = mkdtempSync(join(tmpdir(), 'toroid-run-'));
const at = (name: string): string => join(folder, name);
const { together } = runner(folder);
const test = suite('toroid run');
test.after(() => rmSync(folder, { recursive: true }));

test('again from the picture, to the same pixels; an input that moved or changed; --input, --set, --seed', async () => {
  mkdirSync(at('out'));
  await writePicture(at('look.png'), look);
  const wanted = {
    size: 24,
    inputs: { style: 'look.png' },
    ...styled,
    scales: { count: 1 },
    stages: [{ steps: 2, losses: [{ kind: 'mean', layers: ['input'] }] }],
  };
  writeFileSync(at('mine.json'), JSON.stringify(wanted));
  const bytes = (name: string): Buffer => readFileSync(at(name));
  for (const { code, err } of await together([
    ['run', 'mine.json', '-o', 'out/one.png'],
    ['run', 'out/one.png', '-o', 'out/seed.png', '--seed', '2'],
    ['run', 'mine.json', '-o', 'out/set.png', '--set', 'seed=2', '-s', 'stages[0].losses[0].weight=1'],
  ]))
    assert.is(code, 0, err);
  assert.not(bytes('out/one.png').equals(bytes('out/seed.png')));
  assert.ok(bytes('out/set.png').equals(bytes('out/seed.png')), 'a setting is a setting, however it is given');
  renameSync(at('look.png'), at('moved.png'));
  const [moved, there] = await together([
    ['run', 'out/one.png', '-o', 'x.png'],
    ['run', 'out/one.png', '-o', 'out/there.png', '--input', 'style=moved.png'],
  ]);
  assert.is(moved!.code, 1);
  assert.match(moved!.err, /^error: input style: there is no file .*look\.png\n {2}Say where .*--input style=\S+\n$/);
  assert.is(there!.code, 0, there!.err);
  assert.equal(apart(await readPicture(at('out/there.png')), await readPicture(at('out/one.png'))), 0);
  await writePicture(at('look.png'), plasma({ size: [32, 32], seed: 8 }));
  const [changed, other] = await together([
    ['run', 'out/one.png', '-o', 'x.png'],
    ['run', 'out/one.png', '-o', 'out/other.png', '--input', 'style=look.png', '--size', '20x16'],
  ]);
  assert.is(changed!.code, 1);
  assert.match(
    changed!.err,
    /^error: input style: .*look\.png is not the file it was.*\n {2}To use it all the same, give --input style=/,
  );
  // Who gives it means it, from the command line as from a program.
  const warning = /input style is not the file that the recipe was run with: the picture will be another/;
  assert.is(other!.code, 0, other!.err);
  assert.match(other!.err, warning);
  const warnings: string[] = [];
  const record = await readRecord(at('out/one.png'));
  const called = await run(
    record!,
    { style: at('look.png') },
    { size: [20, 16], device: await device(), onWarning: (text) => warnings.push(text) },
  );
  assert.match(warnings.join('\n'), warning);
  const another = await readPicture(at('out/other.png'));
  assert.equal([another.width, another.height], [20, 16]);
  assert.equal(called.toPixels().data, toPixels(another).data);
});

test.run();
