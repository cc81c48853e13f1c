import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EngineError } from '../../src/base/errors';
import { Rng } from '../../src/base/rng';
import { type DownloadOptions, diskError, download, type Wish } from '../../src/node/weights/download';
import { ask, connections, TransferError } from '../../src/node/weights/http';
import {
  type Act,
  corrupt,
  cut,
  ETAG,
  type Flaky,
  flaky,
  ignoreRange,
  ofLength,
  serve,
  stall,
  status,
} from '../support/flaky_server';
import { needs } from '../support/needs';

const test = suite('download');
const folder = mkdtempSync(join(tmpdir(), 'toroid-download-'));
test.after(() => rmSync(folder, { recursive: true }));

const rng = new Rng(5);
const file = Uint8Array.from({ length: 200_000 }, () => rng.below(256));
const sha256 = createHash('sha256').update(file).digest('hex');
const quick: DownloadOptions = { backoffMs: 2, stallMs: 600_000, retries: 3 };
/** Timers of this length run out when a test says so: no machine is too busy, and nobody waits. */
const stallMs = 7_654_321;
let count = 0;
const fresh = (): string => join(folder, `${count++}.part`);
const wish = (...urls: string[]): Wish => ({ name: 'net', urls, size: file.length, sha256 });

interface Outcome {
  part: string;
  error: EngineError | null;
  warnings: string[];
  servers: Flaky[];
}

/** Downloads from servers that act so; checks that what is there in the end is the file, or else nothing passes for it. */
async function outcome(actsOf: Act[][], options: DownloadOptions = {}, part = fresh()): Promise<Outcome> {
  const servers = await Promise.all(actsOf.map((acts) => flaky(file, ...acts)));
  const warnings: string[] = [];
  let error: EngineError | null = null;
  try {
    const all = { ...quick, onWarning: (text: string) => warnings.push(text), ...options };
    await download(wish(...servers.map((s) => s.url)), part, all);
    assert.ok(Buffer.from(file).equals(readFileSync(part)), 'the file as it should be');
    assert.not.ok(existsSync(`${part}.json`), 'nothing stays beside it');
  } catch (e) {
    error = e as EngineError;
    if (error.name === 'Assertion') throw error;
  }
  await Promise.all(servers.map((s) => s.close()));
  return { part, error, warnings, servers };
}

const asked = (o: Outcome): string[][] => o.servers.map((s) => s.asked);

test('a good server: one request, progress to the end', async () => {
  const seen: number[] = [];
  const o = await outcome([[serve]], { onProgress: (received) => seen.push(received) });
  assert.is(o.error, null);
  assert.equal(asked(o), [['']]);
  assert.equal(o.warnings, []);
  assert.is(seen.at(-1), file.length);
  assert.ok(seen.every((v, k) => k === 0 || v > (seen[k - 1] ?? 0)));
});

test('what breaks is resumed where it broke, with Range and If-Range', async () => {
  const o = await outcome([[cut(50_000), cut(30_000), serve]]);
  assert.is(o.error, null);
  assert.equal(asked(o), [['', `bytes=50000- ${ETAG}`, `bytes=80000- ${ETAG}`]]);
  assert.match(o.warnings[0] ?? '', /trying again in/);
});

test('more breaks than retries are no failure while every one brings something', async () => {
  const o = await outcome([[...Array.from({ length: 8 }, () => cut(20_000)), serve]]);
  assert.is(o.error, null);
  assert.is(o.servers[0]?.asked.length, 9);
});

interface StallTimer {
  /** As if no time had passed since it was set, or last refreshed. */
  refreshed: number;
  runOut(): void;
}

/** Runs `work` with the timers that watch for stalls in its hands, one for each connection so far. */
async function withStalls<T>(work: (timers: readonly StallTimer[]) => Promise<T>): Promise<T> {
  const real = globalThis.setTimeout;
  const timers: StallTimer[] = [];
  globalThis.setTimeout = ((call: () => void, ms?: number, ...more: unknown[]) => {
    if (ms !== stallMs) return real(call, ms, ...more);
    const timer = { refreshed: 0, runOut: call, refresh: () => timer.refreshed++ };
    timers.push(timer);
    return timer;
  }) as unknown as typeof setTimeout;
  try {
    return await work(timers);
  } finally {
    globalThis.setTimeout = real;
  }
}

test('a connection that stalls is dropped and resumed', async () => {
  await withStalls(async (timers) => {
    const onProgress = (received: number): void => {
      if (received === 10_000) timers[0]?.runOut();
    };
    const o = await outcome([[stall(10_000), serve]], { stallMs, onProgress });
    assert.is(o.error, null);
    assert.equal(asked(o), [['', `bytes=10000- ${ETAG}`]]);
    assert.match(o.warnings[0] ?? '', /has sent nothing, or next to it, for 7654.321 s/);
    assert.ok(timers[1]!.refreshed > 0, 'what comes at a good pace is given time');
  });
});

test('a trickle is a stall', async () => {
  await withStalls(async (timers) => {
    let more = (): void => {};
    const trickle: Act = (_, response, all) => {
      response.writeHead(200, { 'content-length': all.length, etag: ETAG });
      let at = 0;
      more = () => response.write(all.subarray(at, ++at));
      more();
    };
    let [drops, refreshed] = [0, 0];
    const onProgress = (): void => {
      if (++drops < 30) more();
      else if (drops === 30) {
        refreshed = timers[0]!.refreshed;
        timers[0]!.runOut();
      }
    };
    const o = await outcome([[trickle, serve]], { stallMs, onProgress });
    assert.is(o.error, null);
    assert.match(o.warnings[0] ?? '', /has sent nothing, or next to it, for 7654.321 s/);
    assert.is(refreshed, 0, 'a byte now and then is no progress');
  });
});

test('a server that ignores Range is started over with', async () => {
  const o = await outcome([[cut(50_000), ignoreRange]]);
  assert.is(o.error, null);
  assert.match(o.warnings.join('\n'), /cannot resume, or has another file by now: starting over/);
});

test('a server that breaks and ignores Range for ever is given up', async () => {
  const breaks: Act = (request, response, all) => {
    delete request.headers.range;
    cut(50_000)(request, response, all);
  };
  const o = await outcome([[breaks]]);
  assert.is(o.error?.code, 'DownloadError');
  assert.is(o.servers[0]?.asked.length, 4);
});

test('corrupt bytes are thrown away: once more from there, then from a mirror', async () => {
  const again = await outcome([[corrupt, serve]]);
  assert.is(again.error, null);
  assert.match(again.warnings[0] ?? '', /has the sha256 [0-9a-f]{64}, not/);
  const mirror = await outcome([[corrupt], [serve]]);
  assert.is(mirror.error, null);
  const never = await outcome([[corrupt]]);
  assert.is(never.error?.code, 'DownloadError');
  assert.match(never.error?.message ?? '', new RegExp(`not ${sha256}`));
  assert.is(statSync(never.part).size, 0, 'no wrong byte stays');
});

test('a damaged part is found out at the end, and downloaded anew', async () => {
  const first = await outcome([[cut(50_000)]], { retries: 0 });
  assert.is(first.error?.code, 'DownloadError');
  const held = readFileSync(first.part);
  held[7] = (held[7] ?? 0) ^ 255;
  writeFileSync(first.part, held);
  const second = await outcome([[serve]], {}, first.part);
  assert.is(second.error, null);
  assert.equal(asked(second), [['bytes=50000-', '']], 'another address: its ETag is not asked for');
});

test('what is there is gone on with by the next process; a part of another file is not', async () => {
  const first = await outcome([[cut(50_000)]], { retries: 0 });
  assert.match(first.error?.message ?? '', /48\.8 KiB of 195\.3 KiB stay in .*run it again to go on/);
  assert.is(statSync(first.part).size, 50_000);
  const second = await outcome([[serve]], {}, first.part);
  assert.equal(asked(second), [['bytes=50000-']]);
  assert.match(second.warnings[0] ?? '', /going on after the 48\.8 KiB that are there/);
  const stray = fresh();
  writeFileSync(stray, new Uint8Array(60_000));
  assert.equal(asked(await outcome([[serve]], {}, stray)), [['']]);
  writeFileSync(stray, new Uint8Array(60_000));
  writeFileSync(`${stray}.json`, JSON.stringify({ sha256: 'f'.repeat(64), url: 'http://127.0.0.1:1/', etag: null }));
  const third = await outcome([[serve]], {}, stray);
  assert.equal(asked(third), [['']]);
  assert.is(third.error, null);
});

test('a part that is whole already needs no server', async () => {
  const part = fresh();
  writeFileSync(part, file);
  writeFileSync(`${part}.json`, JSON.stringify({ sha256, url: 'http://127.0.0.1:1/', etag: null }));
  await download(wish('http://127.0.0.1:1/'), part, quick);
  assert.ok(Buffer.from(file).equals(readFileSync(part)));
});

test('redirects are followed, relative ones too; circles and https to http are not', async () => {
  const away = await flaky(file, serve);
  const o = await outcome([[status(302, { location: '/elsewhere' }), status(307, { location: away.url }), serve]]);
  await away.close();
  assert.is(o.error, null);
  assert.is(away.asked.length, 1);
  const circle = await outcome([[status(301, { location: '/file' })]]);
  assert.match(circle.error?.message ?? '', /redirects more than 10 times/);
  const odd = await outcome([[status(302, { location: 'ftp://127.0.0.1/file' })]]);
  assert.match(odd.error?.message ?? '', /redirects to ftp:/);
  const nowhere = await outcome([[status(302)]]);
  assert.match(nowhere.error?.message ?? '', /redirects to nowhere/);
});

test('a redirect from https to http is refused', async () => {
  // No certificate is at hand: a dispatcher that answers as an https server would.
  const { MockAgent } = await import('undici');
  const agent = new MockAgent();
  agent.disableNetConnect();
  const pool = agent.get('https://safe.example');
  pool.intercept({ path: '/file' }).reply(302, '', { headers: { location: 'http://unsafe.example/file' } });
  const question = {
    url: 'https://safe.example/file',
    from: 0,
    size: 1,
    etag: null,
    signal: new AbortController().signal,
  };
  try {
    await ask(agent, question);
    assert.unreachable();
  } catch (e) {
    assert.instance(e, TransferError);
    assert.match((e as Error).message, /from https to http:\/\/unsafe\.example, which is not safe/);
  }
  await agent.close();
});

test('a missing file: the mirror next, at once; without one it fails at once', async () => {
  const o = await outcome([[status(404)], [serve]]);
  assert.is(o.error, null);
  assert.equal(asked(o), [[''], ['']]);
  const none = await outcome([[status(404)], [status(403)]]);
  assert.is(none.error?.code, 'DownloadError');
  assert.match(none.error?.message ?? '', /answers 404; .* answers 403/);
  assert.equal(asked(none), [[''], ['']]);
});

test('503 is tried again after what Retry-After says; for ever it is given up', async () => {
  const o = await outcome([[status(503, { 'retry-after': '0.3' }), serve]]);
  assert.is(o.error, null);
  assert.match(o.warnings[0] ?? '', /trying again in 0\.3 s/);
  const never = await outcome([[status(503)]]);
  assert.is(never.servers[0]?.asked.length, 4);
  assert.match(never.error?.message ?? '', /answers 503/);
  assert.match(
    never.error?.message ?? '',
    new RegExp(`put the file there by hand \\(200000 bytes, sha256 ${sha256}\\)`),
  );
});

test('a file of another length is refused, be it told or not', async () => {
  for (const length of [file.length + 1000, file.length - 1000]) {
    const told = await outcome([[ofLength(length, true)], [serve]]);
    assert.is(told.error, null);
    assert.match(told.warnings[0] ?? '', new RegExp(`has a file of ${length} bytes, not the 200000`));
  }
  const long = await outcome([[ofLength(file.length + 1000, false)]]);
  assert.match(long.error?.message ?? '', /sends more than the 200000 bytes/);
  assert.is(statSync(long.part).size, 0);
  const short = await outcome([[ofLength(file.length - 1000, false)]]);
  assert.match(short.error?.message ?? '', /ended the connection after 199000 of 200000 bytes/);
});

test('web pages and encodings nobody asked for are refused', async () => {
  const page: Act = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end('<html>log in</html>');
  };
  assert.match((await outcome([[page]])).error?.message ?? '', /web page/);
  const zipped: Act = (_, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    response.end('x');
  };
  assert.match((await outcome([[zipped]])).error?.message ?? '', /gzip-encoded/);
});

test('206 with other bytes than asked for, and 416', async () => {
  const shifted: Act = (_, response, all) => {
    response.writeHead(206, { 'content-range': `bytes 10-${all.length - 1}/${all.length}` });
    response.end(all.subarray(10));
  };
  const o = await outcome([[cut(50_000), shifted], [serve]]);
  assert.is(o.error, null);
  assert.match(o.warnings.join('\n'), /sends other bytes than those asked for/);
  const never = await outcome([[cut(50_000), status(416), serve]]);
  assert.is(never.error, null);
  assert.equal(never.servers[0]?.asked.at(-1), '', 'from the start');
});

test('it stops when asked to, and keeps what it has', async () => {
  const end = new AbortController();
  const o = await outcome([[stall(10_000)]], {
    signal: end.signal,
    stallMs: 20_000,
    onProgress: () => end.abort(),
  });
  assert.is(o.error?.code, 'Stopped');
  assert.is(statSync(o.part).size, 10_000);
});

test('nobody there: the host, and that it may be offline', async () => {
  const gone = await flaky(file);
  await gone.close();
  try {
    await download(wish(gone.url), fresh(), { ...quick, retries: 1 });
    assert.unreachable();
  } catch (e) {
    assert.match((e as Error).message, /127\.0\.0\.1:\d+: the connection is refused/);
  }
});

test('a full disk: told before, and told when it happens', async () => {
  const part = fresh();
  try {
    await download({ ...wish('http://127.0.0.1:1/'), size: 2 ** 52 }, part, quick);
    assert.unreachable();
  } catch (e) {
    assert.is((e as EngineError).code, 'DiskError');
    assert.match((e as Error).message, /is full: .* are free, 4096 TiB are wanted/);
  }
  const full = diskError('/a/b', Object.assign(new Error('x'), { code: 'ENOSPC' }));
  assert.match(full.message, /disk of \/a is full: no space is left\n.*what has arrived is kept/);
});

needs(
  test,
  existsSync('/dev/full'),
  'no /dev/full',
)('a disk that fills up on the way is one clear error', async () => {
  // A device that is always full stands for the file.
  const device = fresh();
  symlinkSync('/dev/full', device);
  const o = await outcome([[serve]], {}, device);
  assert.match(o.error?.message ?? '', /is full: no space is left/);
});

test('HTTP_PROXY is gone through, NO_PROXY around it', async () => {
  const through: string[] = [];
  const proxy = createServer();
  proxy.on('connect', (request, client) => {
    through.push(request.url ?? '');
    const [host, port] = (request.url ?? '').split(':');
    const target = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      target.pipe(client).pipe(target);
    });
    for (const s of [client, target]) s.on('error', () => {});
  });
  await new Promise<void>((ready) => proxy.listen(0, '127.0.0.1', ready));
  const names = ['http_proxy', 'HTTP_PROXY', 'no_proxy', 'NO_PROXY'];
  const before = names.map((name) => process.env[name]);
  const set = (name: string, value: string | undefined): void => {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  };
  const warned: string[] = [];
  const onWarning = (w: Error): number => warned.push(w.message);
  process.on('warning', onWarning);
  try {
    for (const name of names) set(name, undefined);
    set('HTTP_PROXY', `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
    const o = await outcome([[cut(50_000), serve]]);
    assert.is(o.error, null);
    assert.is(through.length, 2);
    set('NO_PROXY', '127.0.0.1');
    assert.is((await outcome([[serve]])).error, null);
    assert.is(through.length, 2, 'not through it');
    assert.equal(warned, []);
  } finally {
    for (const [k, name] of names.entries()) set(name, before[k]);
    process.off('warning', onWarning);
    proxy.close();
    proxy.closeAllConnections();
  }
  assert.ok(connections());
});

test.run();
