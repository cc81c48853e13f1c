// Many machines: the store, the queue, workers that are killed.
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { getInput, getResult, putInput, putResult } from '../../src/fleet/job_files';
import { openStore, type Store } from '../../src/fleet/store';
import { long } from '../support/all';
import { runner } from '../support/cli_run';
import { needs } from '../support/needs';
import { freePort, hasRedis, hasS3rver, type RedisServer, startRedis } from '../support/redis';
import { until } from '../support/until';

const folder = mkdtempSync(join(tmpdir(), 'toroid-fleet-'));
const at = (name: string): string => join(folder, name);
const test = suite('fleet');
const { start, toroid, together } = runner(folder);
let redis: RedisServer | undefined;
test.after(async () => {
  await redis?.stop();
  rmSync(folder, { recursive: true });
});

const style = resolve('examples/sand.png');
const recipe = (name: string, steps: number, loss: object = { kind: 'mean', layers: ['input'] }): string => {
  const stages = [{ steps, losses: [loss] }];
  const value = { size: 32, styles: [{}], scales: { count: 1 }, stages, inputs: { style } };
  writeFileSync(at(name), JSON.stringify(value));
  return name;
};
const about = { suffix: '.png', adapter: 'none', seconds: 1 };

/** What every store has to do. */
async function checkStore(store: Store): Promise<void> {
  const bytes = Buffer.from('picture');
  assert.is(await store.get('results/none'), null);
  assert.is(await store.has('results/none'), false);
  await store.put('a/1', bytes);
  await store.put('a/2', new Uint8Array(3 << 20).fill(7));
  assert.equal(Buffer.from((await store.get('a/1')) ?? []), bytes);
  assert.is((await store.get('a/2'))?.length, 3 << 20);
  assert.equal(await store.list('a/'), ['a/1', 'a/2']);
  await store.remove('a/1');
  await store.remove('a/1');
  assert.equal(await store.list('a/'), ['a/2']);
  for (const key of ['../out', 'a/../../b', '/a', 'a//b', '']) {
    await store.put(key, bytes).then(
      () => assert.unreachable(key),
      (e: Error) => assert.match(e.message, /is no key of a store/),
    );
  }
  const hash = await putInput(store, bytes);
  assert.equal(Buffer.from(await getInput(store, 'style', hash)), bytes);
  await store.put(`inputs/${hash}`, Buffer.from('pictur'));
  await assertThrows(() => getInput(store, 'style', hash), /input style is damaged in the store/);
  await assertThrows(() => getInput(store, 'style', hash), /input style is missing in the store/);
  const made = await putResult(store, 'id', bytes, about);
  assert.equal((await getResult(store, 'id'))?.result, made);
  await store.put(`results/${made.sha256}.png`, Buffer.from('damaged'));
  assert.is(await getResult(store, 'id'), null);
  await store.put('jobs/id.json', Buffer.from('{"sha2'));
  assert.is(await getResult(store, 'id'), null);
}

async function assertThrows(work: () => Promise<unknown>, message: RegExp): Promise<void> {
  await work().then(
    () => assert.unreachable(String(message)),
    (e: Error) => assert.match(e.message, message),
  );
}

test('a folder as a store: whole files, hashes checked, no way out of it', async () => {
  await checkStore(await openStore(at('store')));
  await assertThrows(() => openStore('gs://bucket'), /no such kind of store/);
});

needs(
  test,
  hasS3rver,
  'no s3rver: npm install --no-save s3rver',
)('S3 as a store', async () => {
  const name = 's3rver';
  const { default: S3rver } = (await import(name)) as {
    default: new (o: object) => { run(): Promise<unknown>; close(): Promise<void> };
  };
  const port = await freePort();
  const configureBuckets = [{ name: 'bucket', configs: [] }];
  const server = new S3rver({ port, silent: true, directory: at('s3'), configureBuckets });
  await server.run();
  const { env } = process;
  const before = { ...env };
  try {
    Object.assign(env, { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' });
    env.AWS_ENDPOINT_URL = `http://127.0.0.1:${port}`;
    await checkStore(await openStore('s3://bucket/some/prefix'));
    assert.equal(await (await openStore('s3://bucket')).list('some/prefix/a/'), ['some/prefix/a/2']);
    env.AWS_ACCESS_KEY_ID = 'NOBODY'; // s3rver looks at the name alone, not at signatures of version 4
    const refused = await openStore('s3://bucket/x');
    await assertThrows(() => refused.put('a', new Uint8Array(1)), /refuses PUT of a: 403 InvalidAccessKeyId\n/);
    env.AWS_SECRET_ACCESS_KEY = '';
    await assertThrows(() => openStore('s3://bucket/x'), /AWS_SECRET_ACCESS_KEY is not set/);
  } finally {
    process.env = before;
    await server.close();
  }
});

test('a sweep with a store: what is there is not made again, what is damaged is', async () => {
  const args = ['sweep', recipe('r.json', 2), '--over', 'seed=1..2', '--store', 'shared'];
  const first = await toroid([...args, '-o', 'one']);
  assert.is(first.code, 0, first.err);
  const [job = ''] = readdirSync(at('shared/jobs'));
  const { sha256 } = JSON.parse(readFileSync(at(`shared/jobs/${job}`), 'utf8')) as { sha256: string };
  writeFileSync(at(`shared/results/${sha256}.png`), 'damaged');
  const second = await toroid([...args, '-o', 'two']);
  assert.is(second.code, 0, second.err);
  for (const name of ['1-seed=1.png', '2-seed=2.png']) {
    assert.equal(readFileSync(at(`two/${name}`)), readFileSync(at(`one/${name}`)));
  }
});

test('refused before anything is done: no queue, no store, no Redis', async () => {
  const rows: [string[], number, RegExp][] = [
    [['work'], 2, /which queue\?/],
    [['work', '--queue', 'ftp://x'], 1, /no address of a Redis/],
    [['fleet', 'submit', 'r.json', '--queue', 'redis://127.0.0.1:1'], 2, /which store\?/],
    ...(hasRedis
      ? ([[['work', '--queue', 'redis://me:secret@127.0.0.1:1'], 1, /no Redis answers at redis:\/\/127/]] as [
          string[],
          number,
          RegExp,
        ][])
      : []),
  ];
  const ended = await together(rows.map(([args]) => args));
  for (const [k, [, code, message]] of rows.entries()) {
    assert.is(ended[k]?.code, code, ended[k]?.err);
    assert.match(ended[k]?.err ?? '', message);
    assert.not.match(ended[k]?.err ?? '', /secret|\n {4}at /);
  }
});

const queued = needs(long(test), hasRedis, 'no redis-server (apt-get install redis-server), or no bullmq');

interface Status {
  readonly count: Record<string, number>;
  readonly failed: { label: string; why: string }[];
}

queued('a batch: submitted twice it is done once; what users did wrong is not tried again', async () => {
  redis ??= await startRedis();
  const env = { TOROID_QUEUE: redis.url, TOROID_STORE: at('fleet') };
  const submit = ['fleet', 'submit', recipe('q.json', 2), '--over', 'seed=1..2', '--name', 'good'];
  assert.match((await toroid(submit, env)).err, /2 jobs added/);
  assert.match((await toroid(submit, env)).err, /0 jobs added, 2 were there already/);
  recipe('tall.json', 2, { kind: 'patches', projections: 2, patch: 31 });
  writeFileSync(at('bad.yaml'), `recipe: tall.json\nset: {size: 16}\nover: {seed: [5, 6]}\n`);
  const bad = await toroid(['fleet', 'submit', 'bad.yaml'], env);
  assert.is(bad.code, 0, bad.err);
  const worked = await toroid(['work', '--drain'], env);
  assert.is(worked.code, 0, worked.err);
  const status = async (name: string): Promise<Status> =>
    JSON.parse((await toroid(['fleet', 'status', name.trim(), '--json'], env)).out) as Status;
  assert.is((await status('good')).count.done, 2);
  const { count, failed } = await status(bad.out);
  assert.is(count.failed, 2, worked.err);
  assert.match(failed[0]?.why ?? '', /^\w+Error: /);
  assert.not.match(worked.err, /tried again/);
  assert.is((await toroid(['fleet', 'pull', 'good', '-o', 'pulled'], env)).code, 0);
  assert.equal(readFileSync(at('pulled/1-seed=1.png')), readFileSync(at('one/1-seed=1.png')));
});

queued('kill -9 of child and supervisor: the job goes on from its checkpoint, to the same bytes', async () => {
  redis ??= await startRedis();
  const env = { TOROID_QUEUE: redis.url, TOROID_STORE: at('kills') };
  recipe('long.json', 600);
  const alone = toroid(['sweep', 'long.json', '--over', 'seed=7', '--store', 'alone', '-o', 'alone.out']);
  const { out } = await toroid(['fleet', 'submit', 'long.json', '--over', 'seed=7'], env);
  const work = ['work', '--drain', '--every', '0.2s', '--lock', '2s'];
  const kept = (): boolean => existsSync(at('kills/checkpoints')) && readdirSync(at('kills/checkpoints')).length > 0;
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
  assert.is((await toroid(['fleet', 'pull', out.trim(), '-o', 'killed'], env)).code, 0);
  assert.equal(readFileSync(at('killed/1-seed=7.png')), readFileSync(at('alone.out/1-seed=7.png')));
});

/** The number of the process that computes for a supervisor, another than the one `before`. */
async function childOf({ pid }: ChildProcess, before = 0): Promise<number> {
  const list = (): number[] =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .map(Number)
      .filter((child) => child !== 0 && child !== before);
  await until(() => list().length > 0, 'a child');
  return list()[0] ?? 0;
}

queued(
  'sweep --queue: done by workers, fetched as they are done, to the same bytes as with a store alone',
  async () => {
    redis ??= await startRedis();
    const over = ['--over', 'seed=1..2'];
    const worker = start(['work'], { TOROID_QUEUE: redis.url, TOROID_STORE: at('swept') });
    const args = ['sweep', recipe('s.json', 3), ...over, '--queue', redis.url, '--store', 'swept', '-o', 'by-queue'];
    const { code, err } = await toroid(args);
    worker.child.kill('SIGTERM');
    assert.is(code, 0, err);
    assert.match(err, /2 jobs added, 0 were there already[\s\S]*done 2\/2/);
    await worker.ended;
    assert.is((await toroid(['sweep', 's.json', ...over, '--store', 'apart', '-o', 'by-store'])).code, 0);
    for (const name of ['1-seed=1.png', '2-seed=2.png'])
      assert.equal(readFileSync(at(`by-queue/${name}`)), readFileSync(at(`by-store/${name}`)));
    assert.match((await toroid(args)).err, /2 of 2 are done already/);
    assert.is((await toroid([...args, '--jobs', '2'])).code, 2);
  },
);

/** Submits one long job, and starts a worker for it. */
async function longJob(name: string, ...options: string[]) {
  redis ??= await startRedis();
  const env = { TOROID_QUEUE: redis.url, TOROID_STORE: at(name) };
  recipe(`${name}.json`, 5000);
  const { out } = await toroid(['fleet', 'submit', `${name}.json`], env);
  const batch = out.trim();
  const worker = start(['work', '--drain', '--every', '0.2s', ...options], env);
  const status = async (): Promise<Status> =>
    JSON.parse((await toroid(['fleet', 'status', batch, '--json'], env)).out) as Status;
  return { env, batch, worker, status };
}

queued('a job that kills its process each time is parked with the reason, and can be tried again', async () => {
  const { env, batch, worker, status } = await longJob('poison', '--attempts', '2');
  for (let k = 0, last = 0; k < 2; k++) {
    const pid = await childOf(worker.child, last);
    process.kill(pid, 'SIGKILL');
    last = pid;
  }
  const { code, err } = await worker.ended;
  assert.is(code, 0, err);
  const { count, failed } = await status();
  assert.equal([count.failed, failed.length], [1, 1], err);
  assert.match(failed[0]?.why ?? '', /CrashError: the process of the job ended by SIGKILL/);
  assert.match((await toroid(['fleet', 'retry', batch], env)).out, /1 tried again/);
  assert.is((await status()).count.waiting, 1);
  assert.match((await toroid(['fleet', 'cancel', batch], env)).out, /1 cancelled/);
  assert.is((await status()).count.gone, 1);
});

queued('a job that hangs is ended and tried again; one that is cancelled while it runs is given up', async () => {
  const { env, batch, worker, status } = await longJob('stalled', '--stall', '10s', '--attempts', '5');
  const first = await childOf(worker.child);
  process.kill(first, 'SIGSTOP');
  const second = await childOf(worker.child, first);
  assert.not.equal(second, first);
  assert.match((await toroid(['fleet', 'cancel', batch], env)).out, /1 cancelled/);
  const { code, err } = await worker.ended;
  assert.is(code, 0, err);
  assert.match(err, /will be tried again: .*no progress in 10 s/);
  assert.is((await status()).count.done, 0);
});

queued('a Redis that is full says so; nothing is half submitted', async () => {
  const full = await startRedis('--maxmemory', '1', '--maxmemory-policy', 'noeviction');
  const env = { TOROID_QUEUE: full.url, TOROID_STORE: at('full') };
  const { code, err } = await toroid(['fleet', 'submit', recipe('f.json', 2)], env);
  await full.stop();
  assert.is(code, 1);
  assert.match(err, /^error: the Redis at \S+ is full.*\n {2}/);
});

queued('a Redis that throws keys out is refused', async () => {
  const forgetful = await startRedis('--maxmemory-policy', 'allkeys-lru');
  const { code, err } = await toroid(['work', '--queue', forgetful.url]);
  await forgetful.stop();
  assert.is(code, 1);
  assert.match(err, /maxmemory-policy allkeys-lru\): jobs would be lost\n {2}Set it/);
});

test.run();
