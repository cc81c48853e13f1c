// Many machines: the store, and what is refused. Workers and their queue are in fleet_queue.test.ts.
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { getInput, getResult, putInput, putResult } from '../../src/fleet/job_files';
import { jsonLog } from '../../src/fleet/json_log';
import { inWords, type OpenQueue } from '../../src/fleet/queue';
import { remote } from '../../src/fleet/remote';
import { serve } from '../../src/fleet/serve';
import type { ServeJobs } from '../../src/fleet/serve_jobs';
import { openStore, type Store } from '../../src/fleet/store';
import { openS3 } from '../../src/fleet/store_s3';
import { long } from '../support/all';
import { runner } from '../support/cli_run';
import { withEnv } from '../support/env';
import { NO_REDIS, smallRecipe } from '../support/fleet';
import { heldStore } from '../support/held_store';
import { needs } from '../support/needs';
import { freePort, hasRedis, hasS3rver, startRedis } from '../support/redis';

const folder = mkdtempSync(join(tmpdir(), 'toroid-fleet-'));
const at = (name: string): string => join(folder, name);
const test = suite('fleet');
const { toroid, together } = runner(folder);
test.after(() => rmSync(folder, { recursive: true }));

const recipe = (name: string, steps: number): string => smallRecipe(folder, name, steps);
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
  const keys = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' };
  try {
    await withEnv({ ...keys, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` }, async () => {
      await checkStore(await openStore('s3://bucket/some/prefix'));
      const parts = await openStore('s3://bucket/parts');
      const large = Buffer.alloc((16 << 20) + 5, 'large');
      await parts.put('large', large);
      assert.ok(large.equals((await parts.get('large')) ?? Buffer.of()));
      const address = (await parts.presign?.('large', 60)) ?? '';
      assert.is((await (await fetch(address)).arrayBuffer()).byteLength, large.length);
      assert.equal(await (await openStore('s3://bucket')).list('some/prefix/a/'), ['some/prefix/a/2']);
      process.env.AWS_ACCESS_KEY_ID = 'NOBODY'; // s3rver looks at the name alone, not at signatures of version 4
      const refused = await openStore('s3://bucket/x');
      await assertThrows(() => refused.put('a', new Uint8Array(1)), /refuses PUT of a: 403 InvalidAccessKeyId\n/);
      process.env.AWS_SECRET_ACCESS_KEY = '';
      await assertThrows(() => openStore('s3://bucket/x'), /AWS_SECRET_ACCESS_KEY is not set/);
    });
  } finally {
    await server.close();
  }
});

test('S3: what is large goes in parts, of which one that fails is sent again; it is there whole, or not', async () => {
  const server = await heldStore();
  await withEnv(server.env, async () => {
    const store = await openS3('s3://bucket/x', 1000);
    const large = Buffer.alloc(2005, 'large');
    server.refuse('PUT x/large?partNumber=2', 500);
    await store.put('large', large);
    assert.ok(large.equals(server.objects.get('x/large') ?? Buffer.of()));
    const sent = server.asked.map((line) => /partNumber=(\d)/.exec(line)?.[1]).filter((n) => n !== undefined);
    assert.equal(sent, ['1', '2', '2', '3']);
    server.refuse('PUT x/other?partNumber=3', 403);
    await assertThrows(
      () => store.put('other', large),
      /refuses PUT of part 3 of other: 403\n {2}Check the credentials/,
    );
    assert.match(server.asked.at(-1) ?? '', /^DELETE x\/other\?uploadId=2$/);
    assert.is(await store.get('other'), null);
    server.refuse('POST x/other?uploadId=3', 404);
    await assertThrows(() => store.put('other', large), /lost the parts of other/);
  });
  await server.close();
});

test('serve --presign: the address of a result at the store, for a while; the library checks what is there', async () => {
  const server = await heldStore();
  await withEnv(server.env, async () => {
    const store = await openStore('s3://bucket/y');
    const picture = readFileSync('examples/sand.png');
    const logged: string[] = [];
    const jobs: ServeJobs = {
      submit: async ({ id }) => void (await putResult(store, id, picture, about)),
      look: async () => null,
      cancel: async () => {},
      depth: async () => 0,
      counts: async () => ({}),
      close: async () => {},
    };
    const limits = { body: 1e6, bodies: 1e6, pixels: 1e6, steps: 100, depth: 9 };
    const log = await jsonLog('info', { write: (line) => void logged.push(line) });
    const service = await serve({ host: '127.0.0.1', port: 0, jobs, store, tokens: [], limits, presign: 90, log });
    const stages = [{ steps: 2, losses: [{ kind: 'mean' as const, layers: ['input'] }] }];
    const run = () => remote(service.url).run({ size: 32, styles: [{}], stages }, { style: 'examples/sand.png' });
    const { id, bytes } = await run();
    assert.ok(picture.equals(bytes));
    const answer = await fetch(`${service.url}/v1/jobs/${id}/result`, { redirect: 'manual' });
    const address = new URL(answer.headers.get('location') ?? '');
    assert.is(answer.status, 303);
    assert.is(address.searchParams.get('X-Amz-Expires'), '90');
    assert.match(address.searchParams.get('X-Amz-Signature') ?? '', /^[0-9a-f]{64}$/);
    assert.not.match(`${logged} ${address}`, /the-secret|Signature[^&]*"/);
    const [key = ''] = (await store.list('results/')).map((name) => name);
    jobs.submit = async () => {};
    await store.put(key, Buffer.from('damaged'));
    await assertThrows(run, /the picture of \w+ is damaged in the store/);
    await service.close();
  });
  await server.close();
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
    [['work', '--queue', 'ftp://me:secret/@x'], 1, /--queue ftp:\/\/x: no address of a Redis/],
    [['work', '--queue', 'redis://me:secret@x#a/b'], 1, /--queue redis:\/\/x#a\/b: the name a\/b has/],
    [['work', '--queue', 'redis://x', '--once', '--drain'], 2, /cannot be used with/],
    [
      ['fleet', 'submit', 'r.json', '--name', 'a b', '--queue', 'redis://x', '--store', 'x'],
      2,
      /--name a b: has other/,
    ],
    [['fleet', 'sheet', 'b', '--cell', '0', '--queue', 'redis://x', '--store', 'x'], 2, /--cell 0: is too small/],
    [['work', '--queue', 'redis://x', '--lock', '0s'], 2, /--lock 0s: is too short\n {2}At least 1s/],
    [['work', '--queue', 'redis://x', '--stall', '0.5s'], 2, /--stall 0.5s: is too short/],
    [['work', '--log', 'yaml'], 2, /Allowed choices are text, json/],
    [
      ['work', '--log', 'json', '--queue', 'x'],
      1,
      /^\{"level":"error","time":"\S+Z","error":"\w+","msg":"--queue x: .*\}\n$/,
    ],
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

needs(
  test,
  hasRedis,
  NO_REDIS,
)('a Redis that takes nobody from other machines is named', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {}).end('-DENIED Redis is running in protected mode, and no password is set\r\n');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const queue = `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { code, err } = await toroid(['work', '--queue', queue]);
  server.close();
  assert.is(code, 1);
  assert.match(err, /what answers at redis:\S+ closes the connection\n.*requirepass/);
});

test('a queue that goes away meanwhile is said to, not called a bug', async () => {
  const open = { shown: 'postgres://here/toroid' } as OpenQueue;
  const said = [
    'timeout exceeded when trying to connect',
    'terminating connection due to administrator command',
    'the database system is shutting down',
    'sorry, too many clients already',
    'connect ECONNREFUSED 127.0.0.1:5432',
  ];
  for (const text of said) {
    await assertThrows(
      () => inWords(open, () => Promise.reject(new Error(text))),
      /^the queue at postgres:\/\/here\/toroid does not answer any more\n/,
    );
  }
  await assertThrows(() => inWords(open, () => Promise.reject(new Error('another'))), /^another$/);
});

const queued = needs(long(test), hasRedis, NO_REDIS);

queued('a Redis that is full says so; nothing is half submitted', async () => {
  const full = await startRedis('--maxmemory', '1', '--maxmemory-policy', 'noeviction');
  const env = { TOROID_QUEUE: full.url, TOROID_STORE: at('full') };
  const { code, err } = await toroid(['fleet', 'submit', recipe('f.json', 2)], env);
  await full.stop();
  assert.is(code, 1);
  assert.match(err, /^error: the Redis at \S+ is full.*\n {2}/);
});

queued('a Redis with a password; what is not done, or cannot be, is said', async () => {
  const server = await startRedis('--requirepass', 'a/word');
  const url = server.url.replace('//', '//:a%2Fword@');
  const rest = ['--queue', url, '--store', 'words'];
  const commands = [
    ['work', '--queue', server.url],
    ['work', '--queue', url.replace('word', 'work')],
    ['fleet', 'submit', 'texture', ...rest],
    ['fleet', 'submit', recipe('w.json', 2), '--name', 'w', ...rest],
    ['fleet', 'sheet', 'w', ...rest],
  ];
  const [none, wrong, input, submitted, sheet] = await together(commands);
  await server.stop();
  assert.match(none?.err ?? '', /^error: the Redis at \S+ wants a password\n {2}Give it/);
  assert.match(wrong?.err ?? '', /^error: the Redis at \S+ wants another user or password\n/);
  assert.match(input?.err ?? '', /^error: styles\[0\]\.input: there is no input style/);
  assert.is(submitted?.out, 'w\n', submitted?.err);
  assert.match(sheet?.err ?? '', /^error: none of the 1 jobs of w is done\n/);
});

queued('a Redis that throws keys out is refused', async () => {
  const forgetful = await startRedis('--maxmemory-policy', 'allkeys-lru');
  const { code, err } = await toroid(['work', '--queue', forgetful.url]);
  await forgetful.stop();
  assert.is(code, 1);
  assert.match(err, /maxmemory-policy allkeys-lru\): jobs would be lost\n {2}Set it/);
});

test.run();
