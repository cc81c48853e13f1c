// A picture's record is true: run again it gives the picture's bytes, or says that it cannot, and why.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { prepareJob, runJob } from '../../src/app/job';
import { openLiveJob } from '../../src/app/live_job';
import { type Output, pictureOutput } from '../../src/app/output';
import { replayStop, replayWarnings } from '../../src/app/replay';
import { insertText } from '../../src/base/png';
import { readText } from '../../src/base/png_read';
import { Rng } from '../../src/base/rng';
import { readMetadata, writePicture } from '../../src/node/picture';
import { nodePlatform, type PictureSource } from '../../src/node/platform';
import { plasma } from '../../src/recipes/init/plasma';
import { findRecord, type RunFacts, recordText } from '../../src/recipes/picture_record';
import { fillRecipe, type Recipe, type RecipeText } from '../../src/recipes/recipe';
import { runner } from '../support/cli_run';
import { device } from '../support/device';

const folder = mkdtempSync(join(tmpdir(), 'toroid-replay-'));
const at = (name: string): string => join(folder, name);
const { together } = runner(folder);
const test = suite('replay');
const look = plasma({ size: [36, 28], seed: 3 });
const gram = { kind: 'gram' as const, layers: ['input'] };
const text: RecipeText = {
  size: 32,
  styles: [{ input: 'style' }],
  scales: { count: 2 },
  stages: [{ steps: 20, losses: [gram] }],
};
const recipe = fillRecipe(text);

test.before(() => writePicture(at('look.png'), look));
test.after(() => rmSync(folder, { recursive: true }));

const sources = new Map<string, PictureSource>([['style', at('look.png')]]);
const warn = (): void => {};
const job = (of: Recipe = recipe) => prepareJob(nodePlatform, of, sources, { warn });

/** Runs a job that is stopped at its first step of a stage. */
async function stoppedIn(stage: number, name: string): Promise<RunFacts> {
  const stop = new AbortController();
  const stopper: Output = { onProgress: (p) => p.stage === stage && stop.abort() };
  const outputs = [pictureOutput(at(name), { bits: 16 }), stopper];
  await runJob(nodePlatform, await job(), outputs, { device: await device(), signal: stop.signal });
  return findRecord(await readMetadata(at(name)))!.run!;
}

test('stopped early, in the first stage or the second, it is stopped there again: the same bytes', async () => {
  for (const stage of [0, 1]) {
    const { stopped, form } = await stoppedIn(stage, `stopped${stage}.png`);
    assert.equal([stopped?.stage, form], [stage, { bits: 16 }]);
    assert.ok(stopped!.step < 20);
  }
  const [first, second, whole] = await together([
    ['run', 'stopped0.png', '-o', 'again0.png'],
    ['run', 'stopped1.png', '-o', 'again1.png'],
    ['run', 'stopped1.png', '--seed', '1', '-o', 'whole.png', '-q'],
  ]);
  for (const [stage, again] of [first!, second!].entries()) {
    assert.is(again.code, 130, again.err);
    assert.match(again.err, /note: it was stopped at step \d+ of stage \d, and so is this one/);
    assert.ok(readFileSync(at(`again${stage}.png`)).equals(readFileSync(at(`stopped${stage}.png`))), 'the same bytes');
  }
  assert.is(whole!.code, 0, 'with a seed it runs to its end');
});

test('changed on the way: the record says so, and where; a change before the first step is none', async () => {
  const tv = (weight: number): Recipe =>
    fillRecipe({ ...text, stages: [{ steps: 40, losses: [gram, { kind: 'tv', weight }] }] });
  const opened = await openLiveJob(nodePlatform, await job(tv(0.1)), [], {
    onSnapshots: () => {},
  });
  assert.ok(opened);
  const { session } = opened;
  await session.change(tv(0.2));
  assert.equal(session.changes, []);
  session.resume();
  await session.pause();
  const [first] = session.snapshots;
  assert.ok(first, 'it was paused at a step');
  await session.change(tv(0.2));
  assert.equal(session.changes, [], 'the same again is no change');
  await session.change(tv(0.3));
  const place = { frame: 0, stage: first.stage, step: first.step };
  assert.equal(session.changes, [place]);
  await session.back(first.id);
  assert.equal(session.changes, [place], 'it is in force from there on');
  const record = opened.record('x.png', place);
  assert.equal(record.run, { changed: [place], halfway: place });
  assert.equal(findRecord(recordText(record))?.run, record.run, 'as read again');
  await opened.close();
});

test('what a replay says, and where it stops', () => {
  const here = { adapter: 'a', net: 'f'.repeat(64) };
  const place = { frame: 0, stage: 1, step: 40 };
  const rows: [RunFacts, RegExp[]][] = [
    [{}, []],
    [{ net: here.net }, []],
    [{ net: 'e'.repeat(64) }, [/^its network has another checksum here \(sha256 f{12}\.\.\., not e{12}\.\.\.\)/]],
    [
      { changed: [place] },
      [/^its settings were changed while it was made, at step 40 of stage 2: the picture will be another/],
    ],
    [
      { halfway: { ...place, frame: 1 } },
      [/^it was saved at step 40 of stage 2 of frame 2: this one goes on to the end/],
    ],
    [{ stopped: { ...place, hasty: true } }, [/^it was stopped while it copied, .*goes on to the end/]],
    [{ stopped: place }, [/^it was stopped at step 40 of stage 2, and so is this one/]],
    [{ before: ['b'] }, [/^it was made on b, then a: here it may differ in the last bits/]],
  ];
  for (const [run, expected] of rows) {
    const said = replayWarnings({ adapter: 'a', run }, here);
    assert.is(said.length, expected.length, said.join('\n'));
    for (const [k, e] of expected.entries()) assert.match(said[k]!, e);
  }
  assert.match(replayWarnings({ version: '0.0.9' }, here).join(), /^it was made by toroid 0\.0\.9: this one, /);
  assert.equal(replayStop({ run: { stopped: place } }), place);
  assert.is(replayStop({ run: { stopped: { ...place, hasty: true } } }), undefined);
  assert.is(replayStop({ run: { stopped: place, changed: [place] } }), undefined);
});

test('50 damaged records in pictures: refused in one line or run, never a bug', async () => {
  const png = readFileSync(at('whole.png'));
  const sound = readText(png).toroid!;
  const rng = new Rng(14);
  const commands: string[][] = [];
  for (let k = 0; k < 50; k++) {
    const name = `mutant-${k}.png`;
    const bare = png.subarray(0, 33);
    const end = png.indexOf('IDAT') - 4;
    const mutant = insertText(Buffer.concat([bare, png.subarray(end)]), { toroid: mutated(sound, rng, k) });
    writeFileSync(at(name), mutant);
    // What is still a recipe is not run: there is no such folder to write to.
    commands.push(['run', name, '-o', 'look.png/x.png']);
  }
  for (const [k, { code, err }] of (await together(commands)).entries()) {
    assert.not.match(err, /bug in toroid|internal error|\n\s+at /, `${k}: ${err}`);
    assert.is(code, 1, `${k}: ${err}`);
  }
});

/** A record with something in it that is not as it was written. */
function mutated(sound: string, rng: Rng, k: number): string {
  const draw = (n: number): number => Math.floor(rng.uniform() * n);
  if (k % 5 === 0) return sound.slice(0, draw(sound.length));
  if (k % 5 === 1) {
    const bytes = Buffer.from(sound);
    for (let n = 0; n < 3; n++) bytes[draw(bytes.length)] = 32 + draw(95);
    return bytes.toString('latin1');
  }
  const odd: unknown[] = [
    null,
    -1,
    1e308,
    '',
    'x'.repeat(300),
    [],
    {},
    true,
    [[]],
    { a: 1 },
    '__proto__',
    Number.MAX_SAFE_INTEGER,
  ];
  const root = JSON.parse(sound) as Record<string, unknown>;
  for (let n = 0; n < 1 + (k % 3); n++) {
    let group: Record<string, unknown> = root;
    for (;;) {
      const keys = Object.keys(group);
      const key = keys[draw(keys.length)];
      if (key === undefined) break;
      const inner = group[key];
      if (typeof inner === 'object' && inner !== null && rng.uniform() < 0.75) {
        group = inner as Record<string, unknown>;
        continue;
      }
      if (rng.uniform() < 0.3) delete group[key];
      else group[key] = odd[draw(odd.length)];
      break;
    }
  }
  return JSON.stringify(root);
}

test.run();
