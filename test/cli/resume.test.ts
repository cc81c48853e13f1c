// A run that is killed goes on from its last checkpoint, and gives the bytes that it would have given.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EngineError } from '../../src/base/errors';
import type { Raster } from '../../src/base/raster';
import {
  beginCheckpoints,
  ensureCheckpointsWritable,
  loadCheckpoint,
  lockCheckpoints,
  type SavedJob,
  saveCheckpoint,
} from '../../src/node/checkpoint_files';
import { writePicture } from '../../src/node/picture';
import type { Checkpoint } from '../../src/recipes/checkpoint';
import { plasma } from '../../src/recipes/init/plasma';
import { fillRecipe, type Recipe, type RecipeText } from '../../src/recipes/recipe';
import { type RunResult, run } from '../../src/recipes/run';
import { long } from '../support/all';
import { runner } from '../support/cli_run';
import { device } from '../support/device';

const folder = mkdtempSync(join(tmpdir(), 'toroid-resume-'));
const at = (name: string): string => join(folder, name);
const { together, toroid } = runner(folder);
const test = suite('resume');
const look = plasma({ size: [36, 28], seed: 3 });
const inputs = new Map([['style', look]]);

test.before(() => writePicture(at('look.png'), look));
test.after(() => rmSync(folder, { recursive: true }));

type Stage = RecipeText['stages'][number];
const recipe = (stages: readonly Stage[], more: Partial<RecipeText> = {}): Recipe =>
  fillRecipe({ size: 16, styles: [{ input: 'style' }], scales: { coarsest: 16 }, stages, ...more });
const job: SavedJob = { toroid: '0', recipe: {}, adapter: 'none', out: 'x.png', bits: 8 };

class Killed extends Error {}

/** Runs until the checkpoint of that number is kept, as files, and reads it back. */
async function killed(wanted: Recipe, given: ReadonlyMap<string, Raster>, nth: number): Promise<Checkpoint> {
  const keep = mkdtempSync(at('keep-'));
  let count = 0;
  try {
    await run(await device(), wanted, given, {
      checkpointSteps: 4,
      onCheckpoint: async (c) => {
        await saveCheckpoint(keep, c);
        if (++count === nth) throw new Killed();
      },
    });
    assert.unreachable(`only ${count} checkpoints`);
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  }
  await beginCheckpoints(keep, job, true);
  const { checkpoint } = loadCheckpoint(keep);
  return checkpoint!;
}

const gram = { kind: 'gram', layers: ['input'] } as const;
const patches = { kind: 'patches', projections: 4 } as const;
const rows: [about: string, wanted: Recipe, nth: number, where: Partial<Checkpoint>][] = [
  ['adam, random directions', recipe([{ steps: 10, losses: [patches] }]), 2, { stage: 0 }],
  ['lbfgs', recipe([{ steps: 14, optimizer: { kind: 'lbfgs', history: 3 }, losses: [gram] }]), 3, { stage: 0 }],
  ['qqn, random', recipe([{ steps: 10, optimizer: { kind: 'qqn', hold: 3 }, losses: [patches] }]), 2, {}],
  ['ascent', recipe([{ steps: 7, optimizer: { kind: 'ascent' }, losses: [gram] }]), 1, {}],
  ['a mean of iterates', recipe([{ steps: 9, optimizer: { kind: 'adam', average: 0.8 }, losses: [gram] }]), 2, {}],
  [
    'the second of two stages, at the second of two scales, with what the first left',
    recipe(
      [
        { steps: 6, losses: [gram] },
        { steps: 6, losses: [patches, { kind: 'tv', weight: 0.1 }] },
      ],
      { size: 32, scales: { ratio: 0.5, count: 2 } },
    ),
    4,
    { stage: 3 },
  ],
  [
    'a view, and a jitter',
    recipe([{ steps: 7, jitter: 4, losses: [gram], views: [{ kind: 'mirror' }] }], { tile: 'none' }),
    1,
    {},
  ],
  [
    'a zoom, in its third frame',
    recipe([{ steps: 5, losses: [gram, { kind: 'content', layers: ['input'] }] }], {
      content: 'style',
      size: 20,
      tile: 'none',
      zoom: { frames: 4, factor: 1.2 },
    }),
    3,
    { frame: 2 },
  ],
];
/** Of these another row has the like. */
const ALIKE = ['qqn, random', 'a mean of iterates', 'a view, and a jitter'];
for (const [about, wanted, nth, where] of rows) {
  (ALIKE.includes(about) ? long(test) : test)(`goes on as if nothing had happened: ${about}`, async () => {
    const whole = await run(await device(), wanted, inputs);
    const checkpoint = await killed(wanted, inputs, nth);
    for (const [key, value] of Object.entries(where)) assert.is(checkpoint[key as keyof Checkpoint], value, key);
    const warnings: string[] = [];
    const resumed = await run(await device(), wanted, inputs, {
      resume: checkpoint,
      onWarning: (text) => warnings.push(text),
    });
    assert.equal(resumed.raster, whole.raster);
    assert.equal(warnings, []);
    const told = (r: RunResult) => r.stages.map(({ stage, name, steps, width }) => ({ stage, name, steps, width }));
    assert.equal(told(resumed), told(whole).slice(-resumed.stages.length));
    for (const [k, s] of resumed.stages.entries()) {
      const before = whole.stages.at(k - resumed.stages.length)!;
      assert.equal(s.raster, before.raster, 'the pictures of its stages');
      assert.equal(s.curves.total!.at(-1), before.curves.total!.at(-1), 'the end of its curve');
      assert.ok(s.curves.total![0]![0] <= 4, 'and its beginning');
    }
  });
}

test('stopped, it keeps where it is: it goes on from there as if nothing had happened', async () => {
  const wanted = recipe([{ steps: 12, losses: [patches] }]);
  const whole = await run(await device(), wanted, inputs);
  const stop = new AbortController();
  const kept: Checkpoint[] = [];
  const stopped = await run(await device(), wanted, inputs, {
    signal: stop.signal,
    onProgress: () => stop.abort(),
    onCheckpoint: async (c) => void kept.push(c),
  });
  assert.ok(stopped.stopped);
  assert.equal(
    kept.map((c) => c.point.step),
    [stopped.stoppedAt?.step],
  );
  const resumed = await run(await device(), wanted, inputs, { resume: kept[0] });
  assert.equal(resumed.raster, whole.raster);
  const given = new AbortController();
  const none: Checkpoint[] = [];
  const work = run(await device(), wanted, inputs, {
    abort: given.signal,
    onProgress: () => given.abort(),
    onCheckpoint: async (c) => void none.push(c),
  });
  assert.is(
    await work.then(
      () => 'done',
      (error: Error) => error.name,
    ),
    'AbortError',
  );
  assert.equal(none, [], 'given up, it keeps nothing');
});

test('where copied pixels came from outlives a kill in the polish', async () => {
  const copied: Stage = { method: 'copy', copy: { fit: 'off' }, steps: 10 };
  const polish: Stage = { resolution: 'last', steps: 8, losses: [gram] };
  const wanted = recipe([copied, polish], { size: [40, 32] });
  const whole = await run(await device(), wanted, inputs);
  assert.equal([whole.field!.width, whole.field!.height], [40, 32]);
  const resume = await killed(wanted, inputs, 1);
  assert.is(resume.stage, 1, 'killed in the polish');
  const { field, raster } = await run(await device(), wanted, inputs, { resume });
  assert.equal(raster, whole.raster);
  assert.equal(field, whole.field);
  const alone = await run(await device(), recipe([copied], { size: [40, 32] }), inputs);
  assert.equal(alone.field!.source, whole.field!.source);
});

test('one of another recipe is refused, in whatever it differs', async () => {
  const one = recipe([{ steps: 8, losses: [gram] }]);
  const checkpoint = await killed(one, inputs, 1);
  for (const other of [
    recipe([{ steps: 8, losses: [gram] }], { size: 24 }),
    recipe([{ steps: 8, optimizer: { kind: 'lbfgs' }, losses: [gram] }]),
    recipe([
      { steps: 8, losses: [gram] },
      { steps: 8, losses: [gram] },
    ]),
  ]) {
    try {
      await run(await device(), other, inputs, { resume: checkpoint });
      assert.unreachable('accepted');
    } catch (error) {
      assert.ok(error instanceof EngineError, (error as Error).stack);
      assert.is(error.code, 'CheckpointError', error.message);
      assert.match(error.message, /is of another recipe\n {2}\S/);
    }
  }
});

test('damaged files: the one before is taken, and told; without one it is an error that names both', async () => {
  const checkpoint = await killed(recipe([{ steps: 8, losses: [gram] }]), inputs, 1);
  const keep = at('damaged');
  mkdirSync(keep);
  const [last, before] = [join(keep, 'state.bin'), join(keep, 'state.previous.bin')];
  const wrong = (message: RegExp): void => {
    try {
      loadCheckpoint(keep);
      assert.unreachable(`accepted: ${message}`);
    } catch (error) {
      assert.ok(error instanceof EngineError, (error as Error).stack);
      assert.is(error.code, 'CheckpointError');
      assert.match(error.message, message);
      assert.match(error.message, /^\S.*\n {2}\S.*$/, 'one line, and one remedy');
    }
  };
  wrong(/damaged holds no checkpoint: there is no job\.json in it\n {2}Give the folder/);
  for (const [text, message] of [
    ['{', /cannot read .*job\.json: /],
    ['[]', /job\.json is no job of toroid/],
    ['null', /job\.json is no job of toroid/],
    ['{"toroid": 3}', /job\.json is no job of toroid/],
  ] as const) {
    writeFileSync(join(keep, 'job.json'), text);
    wrong(message);
  }
  await beginCheckpoints(keep, job, false);
  assert.is(loadCheckpoint(keep).checkpoint, null, 'none yet');
  await saveCheckpoint(keep, checkpoint);
  await saveCheckpoint(keep, { ...checkpoint, frame: 1 });
  assert.equal([loadCheckpoint(keep).checkpoint!.frame, loadCheckpoint(keep).warn], [1, undefined]);
  const sound = readFileSync(last);
  const turned = Uint8Array.from(sound);
  turned[turned.length - 5]! ^= 1;
  for (const [bytes, why] of [
    [turned, /its checksum does not match/],
    [sound.subarray(0, sound.length / 2), /its checksum does not match/],
    [sound.subarray(0, 30), /is no checkpoint, or of another version/],
    [new Uint8Array(), /is no checkpoint, or of another version/],
    [Buffer.from('hello'.repeat(30)), /is no checkpoint, or of another version/],
  ] as const) {
    writeFileSync(last, bytes);
    const loaded = loadCheckpoint(keep);
    assert.is(loaded.checkpoint!.frame, 0, 'the one before');
    assert.match(loaded.warn!, /state\.bin is damaged \(.*\); going on from the one before/);
    assert.match(loaded.warn!, why);
    const good = readFileSync(before);
    writeFileSync(before, bytes);
    wrong(/state\.bin is damaged .*, and .*state\.previous\.bin is damaged .*\n {2}Start the run afresh/);
    writeFileSync(before, good);
  }
  renameSync(last, at('away')); // killed between the two renames
  assert.is(loadCheckpoint(keep).checkpoint!.frame, 0);
  await beginCheckpoints(keep, job, false);
  assert.is(loadCheckpoint(keep).checkpoint, null, 'a new run in the same folder begins with none');
});

/** Kills a run, as `kill -9` does, when so many checkpoints were kept, and resumes it. */
async function killAndResume(
  name: string,
  args: readonly string[],
  checkpoints: number,
  where: Partial<Checkpoint>,
  film: (which: string) => readonly string[] = () => [],
): Promise<void> {
  const out = `${name}.png`;
  const kept = ['--checkpoint', `${name}-kept`, '--every', '10'];
  const killed = await toroid(['run', ...args, '-o', `part/${out}`, ...film('part'), ...kept], {
    NODE_OPTIONS: `--import=${pathToFileURL(resolve('test/support/kill_at_checkpoint.mjs'))}`,
    TOROID_KILL_AT: String(checkpoints),
  });
  assert.is(killed.code, null, `killed: ${killed.err}`);
  assert.not(existsSync(at(`part/${out}`)));
  const { checkpoint } = loadCheckpoint(at(`${name}-kept`));
  for (const [key, value] of Object.entries(where)) assert.is(checkpoint?.[key as keyof Checkpoint], value, key);
  const [whole, again] = await together([
    ['run', ...args, '-o', `whole/${out}`, ...film('whole')],
    ['run', '--resume', `${name}-kept`],
  ]);
  assert.is(whole!.code, 0, whole!.err);
  assert.is(again!.code, 0, again!.err);
  assert.not.match(again!.err, /afresh|damaged|differ/);
  assert.is(again!.out, `part/${out}\n`);
  assert.ok(readFileSync(at(`whole/${out}`)).equals(readFileSync(at(`part/${out}`))), 'the same bytes');
}

test('kill -9 in the second of two stages, then `toroid run --resume`: the same file', async () => {
  const wanted = recipe(
    [
      { steps: 20, losses: [gram] },
      { steps: 40, losses: [{ ...gram, weight: 2 }] },
    ],
    { inputs: { style: 'look.png' }, size: 24, scales: { coarsest: 24, count: 1 } },
  );
  writeFileSync(at('two.json'), JSON.stringify(wanted));
  await killAndResume('two', ['two.json'], 3, { stage: 1 });
});

long(test)('kill -9 in the second frame of a film: the same picture, and the same film', async () => {
  const wanted = recipe([{ steps: 20, losses: [gram, { kind: 'tv' }] }], {
    inputs: { style: 'look.png' },
    content: 'style',
    size: 24,
    tile: 'none',
    scales: { count: 1 },
    zoom: { frames: 3 },
  });
  writeFileSync(at('film.json'), JSON.stringify(wanted));
  const film = (which: string): string[] => ['--frames', `${which}.gif`, '--fps', '5'];
  await killAndResume('film', ['film.json'], 2, { frame: 1 }, film);
  assert.ok(readFileSync(at('part.gif')).equals(readFileSync(at('whole.gif'))), 'the same film');
});

test('a folder of another run is refused by name, before and at the begin; one whose run was killed is taken over', async () => {
  const keep = at('shared');
  ensureCheckpointsWritable(keep);
  const release = lockCheckpoints(keep);
  await beginCheckpoints(keep, { ...job, out: 'mine.png' }, false);
  const named = new RegExp(
    `shared holds the checkpoints of a run that goes on: process ${process.pid} on .*, which makes mine\\.png\\n`,
  );
  assert.throws(() => ensureCheckpointsWritable(keep), named);
  assert.throws(() => lockCheckpoints(keep), named);
  const second = ['texture', 'look.png', '--size', '32', '--checkpoint', 'shared', '-o', 'second.png'];
  for (const { code, err } of await together([second, ['run', '--resume', 'shared']])) {
    assert.is(code, 1);
    assert.match(err, new RegExp(`^error: .*process ${process.pid} on .*\\n {2}Wait for it, or`));
  }
  release();
  ensureCheckpointsWritable(keep);
  const killed = spawnSync(process.execPath, ['-e', '']).pid;
  writeFileSync(join(keep, 'lock'), `process ${killed} on ${hostname()}`);
  ensureCheckpointsWritable(keep);
  lockCheckpoints(keep)();
  assert.not(existsSync(join(keep, 'lock')));
});

test('--resume changes nothing of what was begun', async () => {
  const wishes = [['--seed', '3'], ['texture'], ['--set', 'size=32'], ['--checkpoint', 'other']];
  for (const { code, err } of await together(wishes.map((more) => ['run', '--resume', 'two-kept', ...more]))) {
    assert.equal([code, /--resume goes on with what was begun/.test(err)], [2, true], err);
  }
});

test('a job of a newer version, or of an input that changed, is refused; an older toroid is told', async () => {
  const file = at('two-kept/job.json');
  const text = readFileSync(file, 'utf8');
  const parsed = JSON.parse(text) as { toroid: string; recipe: Record<string, unknown> };
  writeFileSync(file, JSON.stringify({ ...parsed, recipe: { ...parsed.recipe, toroid: 99 } }));
  const [newer] = await together([['run', '--resume', 'two-kept']]);
  assert.is(newer!.code, 1);
  assert.match(newer!.err, /^error: .*job\.json holds no recipe.* version 99.*\n {2}Install a newer toroid.*\n$/);
  writeFileSync(file, text);
  const before = readFileSync(at('look.png'));
  await writePicture(at('look.png'), plasma({ size: [36, 28], seed: 4 }));
  // What has begun with one picture does not go on with another, found or given.
  const given = [[], ['--input', 'style=look.png']];
  for (const other of await together(given.map((more) => ['run', '--resume', 'two-kept', ...more]))) {
    assert.is(other.code, 1);
    assert.match(
      other.err,
      /^error: input style: .*look\.png is not the file that the run began with.*\n {2}Give that file, or start/,
    );
  }
  writeFileSync(at('look.png'), before);
});

test.run();
