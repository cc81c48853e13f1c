// Workers that take from a queue, on Redis and on PostgreSQL: what is killed, hangs, is cancelled or tried again.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { long } from '../support/all';
import { runner } from '../support/cli_run';
import { childOf, eachQueue, smallRecipe } from '../support/fleet';
import type { QueueServer } from '../support/redis';
import { until } from '../support/until';

const folder = mkdtempSync(join(tmpdir(), 'toroid-queue-'));
const at = (name: string): string => join(folder, name);
const test = suite('fleet, its queue');
const { start, toroid } = runner(folder);
const queues = eachQueue(long(test));
test.after(async () => {
  await queues.stop();
  rmSync(folder, { recursive: true });
});

const recipe = (name: string, steps: number, loss?: object): string => smallRecipe(folder, name, steps, loss);

interface Status {
  readonly count: Record<string, number>;
  readonly failed: { label: string; why: string }[];
}

/** A test for each kind of server. `own` makes names of files that no other test has. */
const queued = (name: string, run: (server: QueueServer, own: (name: string) => string) => Promise<void>): void =>
  queues.queued(name, (server, kind) => run(server, (file) => `${kind}-${file}`));

queued('a batch: submitted twice it is done once; what users did wrong is not tried again', async ({ url }, own) => {
  const env = { TOROID_QUEUE: url, TOROID_STORE: at(own('fleet')) };
  const submit = ['fleet', 'submit', 'q.json', '--over', 'seed=1..2', '--name', 'good'];
  const here = ['sweep', recipe('q.json', 2), '--over', 'seed=1', '--store', own('here'), '-o', own('one')];
  assert.is((await toroid(here)).code, 0);
  assert.match((await toroid(submit, env)).err, /2 jobs added/);
  assert.match((await toroid(submit, env)).err, /0 jobs added, 2 were there already/);
  const other = await toroid(submit.with(4, 'seed=1..3'), env);
  assert.is(other.code, 1);
  assert.match(other.err, /^error: the batch good is in the store \S+ already, of other jobs \(2\)\n {2}Take another/);
  recipe('tall.json', 2, { kind: 'patches', projections: 2, patch: 31 });
  writeFileSync(at('bad.yaml'), `recipe: tall.json\nset: {size: 16}\nover: {seed: [5, 6]}\n`);
  const bad = await toroid(['fleet', 'submit', 'bad.yaml'], env);
  assert.is(bad.code, 0, bad.err);
  const passing = mkdtempSync(at('tmp-'));
  const worked = await toroid(['work', '--drain', '--log', 'json'], { ...env, TMPDIR: passing });
  assert.is(worked.code, 0, worked.err);
  assert.equal(readdirSync(passing), [], 'what the process had there that ended with its worker');
  const lines = worked.err
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const line of lines) assert.match(Object.keys(line).join(' '), /^level time (.* )?msg$/);
  const over = lines.filter(({ job }) => job !== undefined);
  const said = over.map(({ level, label, msg }) => `${level} ${label} ${`${msg}`.split(' ')[0]}`);
  const expected = ['info seed=1 done', 'info seed=2 done', 'error seed=5 FAILED', 'error seed=6 FAILED'];
  assert.equal(said.sort(), expected.sort());
  const status = async (name: string): Promise<Status> =>
    JSON.parse((await toroid(['fleet', 'status', name.trim(), '--json'], env)).out) as Status;
  assert.is((await status('good')).count.done, 2);
  const { count, failed } = await status(bad.out);
  assert.is(count.failed, 2, worked.err);
  assert.match(failed[0]?.why ?? '', /^\w+Error: /);
  assert.not.match(worked.err, /tried again/);
  assert.is((await toroid(['fleet', 'pull', 'good', '-o', own('pulled')], env)).code, 0);
  assert.equal(readFileSync(at(own('pulled/1-seed=1.png'))), readFileSync(at(own('one/1-seed=1.png'))));
});

queued(
  'kill -9 of child and supervisor: the job goes on from its checkpoint, to the same bytes',
  async ({ url }, own) => {
    const env = { TOROID_QUEUE: url, TOROID_STORE: at(own('kills')) };
    recipe('long.json', 600);
    const alone = toroid(['sweep', 'long.json', '--over', 'seed=7', '--store', own('alone'), '-o', own('alone.out')]);
    const { out } = await toroid(['fleet', 'submit', 'long.json', '--over', 'seed=7'], env);
    const work = ['work', '--drain', '--every', '0.2s', '--lock', '2s'];
    const checkpoints = at(own('kills/checkpoints'));
    const kept = (): boolean => existsSync(checkpoints) && readdirSync(checkpoints).length > 0;
    const first = start(work, env);
    await until(kept, 'a checkpoint');
    first.child.kill('SIGKILL');
    await first.ended;
    const second = start(work, env);
    const child = await childOf(second.child);
    process.kill(child, 'SIGKILL');
    const { code, err } = await second.ended;
    assert.is(code, 0, err);
    assert.match(err, /will be tried again: seed=7: CrashError: the process of the job ended by SIGKILL/);
    await alone;
    assert.is((await toroid(['fleet', 'pull', out.trim(), '-o', own('killed')], env)).code, 0);
    assert.equal(readFileSync(at(own('killed/1-seed=7.png'))), readFileSync(at(own('alone.out/1-seed=7.png'))));
  },
);

queued(
  'sweep --queue: done by workers, fetched as they are done, to the same bytes as with a store alone',
  async ({ url }, own) => {
    const over = ['--over', 'seed=1..2'];
    const worker = start(['work'], { TOROID_QUEUE: url, TOROID_STORE: at(own('swept')) });
    const args = ['sweep', recipe('s.json', 3), ...over, '--queue', url, '-o', own('by-queue')];
    const env = { TOROID_STORE: own('swept') };
    const { code, err } = await toroid(args, env);
    worker.child.kill('SIGTERM');
    assert.is(code, 0, err);
    assert.match(err, /2 jobs added, 0 were there already[\s\S]*done 2\/2/);
    await worker.ended;
    assert.is((await toroid(['sweep', 's.json', ...over, '--store', own('apart'), '-o', own('by-store')])).code, 0);
    for (const name of ['1-seed=1.png', '2-seed=2.png'])
      assert.equal(readFileSync(at(own(`by-queue/${name}`))), readFileSync(at(own(`by-store/${name}`))));
    assert.match((await toroid(args, env)).err, /2 of 2 are done already/);
    assert.is((await toroid([...args, '--jobs', '2'], env)).code, 2);
  },
);

/** Submits one long job, and starts a worker for it. */
async function longJob(url: string, name: string, more: NodeJS.ProcessEnv, ...options: string[]) {
  const env = { TOROID_QUEUE: url, TOROID_STORE: at(name), ...more };
  recipe(`${name}.json`, 5000);
  const { out } = await toroid(['fleet', 'submit', `${name}.json`], env);
  const batch = out.trim();
  const worker = start(['work', '--drain', '--every', '0.2s', ...options], env);
  const status = async (): Promise<Status> =>
    JSON.parse((await toroid(['fleet', 'status', batch, '--json'], env)).out) as Status;
  return { env, batch, worker, status };
}

queued(
  'a job that kills its process each time is parked with the reason, and can be tried again',
  async ({ url }, own) => {
    const passing = mkdtempSync(at('tmp-'));
    const { env, batch, worker, status } = await longJob(url, own('poison'), { TMPDIR: passing }, '--attempts', '2');
    for (let k = 0, last = 0; k < 2; k++) {
      const pid = await childOf(worker.child, last);
      await until(() => readdirSync(passing).length > 0, 'something in the folder of temporary files');
      process.kill(pid, 'SIGKILL');
      last = pid;
    }
    const { code, err } = await worker.ended;
    assert.is(code, 0, err);
    assert.equal(readdirSync(passing), [], 'what the killed processes had there');
    const { count, failed } = await status();
    assert.equal([count.failed, failed.length], [1, 1], err);
    assert.match(failed[0]?.why ?? '', /CrashError: the process of the job ended by SIGKILL/);
    assert.match((await toroid(['fleet', 'retry', batch], env)).out, /1 tried again/);
    assert.is((await status()).count.waiting, 1);
    assert.match((await toroid(['fleet', 'cancel', batch], env)).out, /1 cancelled/);
    assert.is((await status()).count.gone, 1);
  },
);

queued(
  'a job that hangs is ended and tried again; one that is cancelled while it runs is given up',
  async ({ url }, own) => {
    const { env, batch, worker, status } = await longJob(url, own('stalled'), {}, '--stall', '10s', '--attempts', '5');
    const first = await childOf(worker.child);
    process.kill(first, 'SIGSTOP');
    const second = await childOf(worker.child, first);
    assert.not.equal(second, first);
    assert.match((await toroid(['fleet', 'cancel', batch], env)).out, /1 cancelled/);
    const { code, err } = await worker.ended;
    assert.is(code, 0, err);
    assert.match(err, /will be tried again: .*no progress in 10 s/);
    assert.is((await status()).count.done, 0);
  },
);

test.run();
