// A worker that is told to stop (SIGTERM), whatever it is doing, on Redis and on PostgreSQL: it goes with 0, and the job
// goes on with another, to the same bytes.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { long } from '../support/all';
import { type Ended, runner } from '../support/cli_run';
import { childOf, eachQueue, smallRecipe } from '../support/fleet';
import { type Held, type HeldStore, heldStore } from '../support/held_store';
import { type Line, lineTo } from '../support/line';
import { until } from '../support/until';

const folder = mkdtempSync(join(tmpdir(), 'toroid-stop-'));
const test = suite('fleet, told to stop');
const { start, toroid } = runner(folder);
const JOB = ['job.json', '--over', 'seed=7'];
const queues = eachQueue(long(test));
let store: HeldStore | undefined;
let alone: Buffer | undefined;
let count = 0;
test.after(async () => {
  await queues.stop();
  await store?.close();
  rmSync(folder, { recursive: true });
});

interface Phase {
  readonly worker: ChildProcess;
  hold: HeldStore['hold'];
  readonly line: Line;
  /** Tells the worker to stop. */
  stop(): void;
  /** The checkpoints in the store, as text that differs where they do. */
  kept(): string;
}

/** The picture that the job makes where nobody stops it. */
async function undisturbed(): Promise<Buffer> {
  smallRecipe(folder, 'job.json', 1000);
  const { code, err } = await toroid(['sweep', ...JOB, '--store', 'alone', '-o', 'alone']);
  assert.is(code, 0, err);
  return readFileSync(join(folder, 'alone/1-seed=7.png'));
}

/** One worker that is stopped in a phase; then another, which has to end with the bytes of an undisturbed run. */
function stopped(
  phase: string,
  says: RegExp | null,
  act: (phase: Phase) => Promise<void>,
  { code = 0, seconds = 10 } = {},
): void {
  queues.queued(phase, async ({ url }) => {
    store ??= await heldStore();
    alone ??= await undisturbed();
    const name = `${++count}`;
    const line = await lineTo(url);
    const { objects, hold: holdAny } = store;
    const env = { ...store.env, TOROID_STORE: `s3://bucket/${name}`, TOROID_QUEUE: `${url}#${name}` };
    assert.is((await toroid(['fleet', 'submit', ...JOB], env)).code, 0);
    const work = ['work', '--drain', '--every', '0.3s', '--lock', '2s'];
    const first = start(work, { ...env, TOROID_QUEUE: `${line.url}#${name}` });
    let began = 0;
    const stop = (): void => {
      began = performance.now();
      first.child.kill('SIGTERM');
    };
    const under = (folder: string): Uint8Array[] =>
      [...objects].filter(([key]) => key.startsWith(`${name}/${folder}/`)).map(([, bytes]) => bytes);
    const kept = (): string => `${under('checkpoints').map((bytes) => Buffer.from(bytes.subarray(0, 64)))}`;
    const hold = (begins: string): Held => holdAny(begins.replace(' ', ` ${name}/`));
    const gone = first.ended.then(({ err }) => assert.ok(began > 0, `it went before it was told to: ${err}`));
    await Promise.race([act({ worker: first.child, hold, line, stop, kept }), gone]);
    const ended = await first.ended;
    const took = (performance.now() - began) / 1000;
    await line.close();
    assert.is(ended.code, code, ended.err);
    assert.ok(took < seconds, `it took ${took.toFixed(1)} s to stop: ${ended.err}`);
    assert.match(ended.err, /Stopping: keeps what is under way for others/);
    if (says) assert.match(ended.err, says);
    assert.not.match(ended.err, /FAILED|tried again|\n {4}at |error:/);
    const second = await toroid([...work, '--attempts', '1'], env);
    assert.is(second.code, 0, second.err);
    assert.not.match(second.err, /FAILED/);
    const made = under('results').map((bytes) => Buffer.from(bytes));
    assert.equal(made, [alone]);
    assert.is(kept(), '', 'no checkpoint is left');
  });
}

const HANDS_BACK = /hands back seed=7\n/;

stopped('while it looks whether the job is done already', HANDS_BACK, async ({ hold, stop }) => {
  await hold('GET jobs/').arrived;
  stop();
});

stopped('while the process of the job starts', HANDS_BACK, async ({ worker, stop }) => {
  await childOf(worker);
  stop();
});

stopped('while the process of the job starts, and the signal goes to both', HANDS_BACK, async ({ worker, stop }) => {
  process.kill(await childOf(worker), 'SIGTERM');
  stop();
});

stopped('while the inputs are fetched', HANDS_BACK, async ({ hold, stop }) => {
  await hold('GET inputs/').arrived;
  stop();
});

stopped('between checkpoints: one more is kept', HANDS_BACK, async ({ worker, stop, kept }) => {
  await until(() => kept() !== '', 'a checkpoint');
  const before = kept();
  stop();
  await new Promise((done) => worker.once('exit', done));
  assert.not.equal(kept(), before);
});

stopped('while a checkpoint is written', HANDS_BACK, async ({ hold, stop }) => {
  const held = hold('PUT checkpoints/');
  await held.arrived;
  stop();
  setTimeout(held.release, 500);
});

for (const part of ['results/', 'jobs/']) {
  stopped(`while the result is written, its ${part}`, /done seed=7\n$/, async ({ hold, stop }) => {
    const held = hold(`PUT ${part}`);
    await held.arrived;
    stop();
    setTimeout(held.release, 500);
  });
}

stopped(
  'while the result is written, and the store does not answer: a second signal leaves at once',
  null,
  async ({ worker, hold, stop }) => {
    const held = hold('PUT results/');
    await held.arrived;
    stop();
    await new Promise((done) => setTimeout(done, 700));
    worker.kill('SIGTERM');
    held.release();
  },
  { code: 130 },
);

stopped(
  'while the queue does not answer: others take the job when its lock is over',
  HANDS_BACK,
  async ({ line, stop, kept }) => {
    await until(() => kept() !== '', 'a checkpoint');
    line.cut();
    stop();
  },
  { seconds: 25 },
);

queues.queued('while it waits for jobs: it goes at once, and says no more', async ({ url }) => {
  const idle = start(['work', '--store', 'none'], { TOROID_QUEUE: `${url}#none` });
  await once(idle.child.stderr as NodeJS.ReadableStream, 'data');
  idle.child.kill('SIGTERM');
  const { code, err }: Ended = await idle.ended;
  assert.is(code, 0, err);
  assert.match(err, /^takes jobs from \w+:\S+, 1 at a time\nStopping: [^\n]+\n$/);
});

test.run();
