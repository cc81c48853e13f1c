// The HTTP service: what it takes, what it refuses, and that nothing that comes in ends it.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { jsonLog } from '../../src/fleet/json_log';
import { type RunningService, serve } from '../../src/fleet/serve';
import { HereJobs } from '../../src/fleet/serve_jobs';
import { BodyBudget, parseTokens, type Refusal } from '../../src/fleet/serve_request';
import { openStore } from '../../src/fleet/store';
import { remote } from '../../src/index.node';
import type { RecipeText } from '../../src/recipes/recipe';
import { runner } from '../support/cli_run';
import { rawRequest } from '../support/raw_request';
import { until } from '../support/until';

const folder = mkdtempSync(join(tmpdir(), 'toroid-served-'));
const test = suite('serve');
const { start, together } = runner(folder);
const services: RunningService[] = [];
test.after(async () => {
  for (const s of services) await s.close();
  rmSync(folder, { recursive: true });
});

const TOKEN = 'a-token-of-the-test';
const hash = createHash('sha256').update(TOKEN).digest('hex');
const sand = new Blob([readFileSync('examples/sand.png')]);
const losses = [{ kind: 'mean', layers: ['input'] }];
const small = { size: 32, styles: [{}], scales: { count: 1 }, stages: [{ steps: 2, losses }] };
const logged: string[] = [];

/** A service whose jobs wait for ever. */
async function idle(tokens: boolean, depth = 5, limits = ''): Promise<string> {
  const store = await openStore(join(folder, 'store'));
  const service = await serve({
    host: '127.0.0.1',
    port: 0,
    jobs: new HereJobs(store, []),
    store,
    tokens: tokens ? parseTokens(`${hash} me ${limits}\n`) : [],
    limits: { body: 1e6, bodies: 4e6, pixels: 2 ** 20, steps: 1000, depth },
    log: await jsonLog('info', { write: (line) => void logged.push(line) }),
  });
  services.push(service);
  return service.url;
}

function form(recipe: unknown, files: Record<string, Blob> = { style: sand }): FormData {
  const body = new FormData();
  body.set('recipe', typeof recipe === 'string' ? recipe : JSON.stringify(recipe));
  for (const [name, blob] of Object.entries(files)) body.set(name, blob, `${name}.png`);
  return body;
}

const post = (url: string, body: BodyInit, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/v1/jobs`, { method: 'POST', body, headers });

interface Answer {
  readonly id: string;
  readonly state: string;
  readonly error?: { readonly code: string; readonly message: string };
}
const read = async (r: Response): Promise<Answer> => (await r.json()) as Answer;

test('a job from request to picture, in the process that serves', async () => {
  const { child, ended } = start(['serve', '--port', '0']);
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  const url = `${line}`.trim();
  const taken = await post(url, form(small));
  assert.is(taken.status, 202);
  const { id } = await read(taken);
  const events = await (await fetch(`${url}/v1/jobs/${id}/events`)).text();
  assert.match(events, /^event: progress\ndata: \{/);
  assert.match(events, /event: done\ndata: .*"share":1\}\n\n$/);
  const result = await fetch(`${url}/v1/jobs/${id}/result`);
  const picture = Buffer.from(await result.arrayBuffer());
  assert.is(result.headers.get('etag'), `"${createHash('sha256').update(picture).digest('hex')}"`);
  assert.is(picture.toString('latin1', 1, 4), 'PNG');
  assert.is((await read(await post(url, form(small)))).state, 'done');
  const shares: number[] = [];
  const caller = remote(url);
  const again = await caller.run(small as RecipeText, { style: 'examples/sand.png' });
  const style = new Uint8Array(await sand.arrayBuffer());
  const texture = {
    size: 32,
    steps: 2,
    scales: 1,
    onProgress: ({ share }: { share: number }) => void shares.push(share),
  };
  const made = await caller.texture(style, texture);
  await made.save(join(folder, 'tile.png'));
  assert.is(readFileSync(join(folder, 'tile.png')).toString('latin1', 1, 4), 'PNG');
  assert.ok(again.bytes.length > 100 && shares.length > 0 && shares.every((s) => s >= 0 && s <= 1));
  await caller.run({ ...small, size: 1 } as RecipeText, { style }).then(
    () => assert.unreachable(),
    (e: Error) => assert.match(`${e.name} ${e.message}`, /^RecipeError .* answers 400: size/),
  );
  const metrics = await (await fetch(`${url}/metrics`)).text();
  assert.match(metrics, /toroid_jobs\{state="done"\} 3\n/);
  checkMetrics(metrics);
  assert.is((await fetch(`${url}/readyz`)).status, 200);
  child.kill('SIGTERM');
  const { code, err } = await ended;
  assert.is(code, 0);
  assert.match(err, /"job":"[0-9a-f]{64}","state":"done","seconds":/);
  for (const text of err.trim().split('\n')) {
    const said = JSON.parse(text) as Record<string, unknown>;
    const what = said.job !== undefined && said.path === undefined ? 'job state seconds' : 'method path status ms';
    assert.match(Object.keys(said).join(' '), new RegExp(`^level time ${what}`));
    assert.ok(text.length < 1000, 'without pictures');
  }
});

/** The families that dashboards ask for, with their labels, each once; buckets that count up to all. */
function checkMetrics(text: string): void {
  for (const row of [
    /^toroid_info\{version="[\d.]+"\} 1$/m,
    /^toroid_jobs\{state="waiting"\} 0$/m,
    /^toroid_request_bytes 0$/m,
    /^toroid_requests_total\{status="202"\} \d$/m,
    /^toroid_request_seconds_sum [\d.]+$/m,
    /^process_resident_memory_bytes \d{7,}$/m,
  ])
    assert.match(text, row);
  const names = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name);
  assert.is(new Set(names).size, names.length);
  const buckets = [...text.matchAll(/^toroid_request_seconds_bucket\{le="[^"]+"\} (\d+)/gm)].map(([, n]) => Number(n));
  assert.equal(
    buckets,
    [...buckets].sort((a, b) => a - b),
  );
  assert.match(text, new RegExp(`toroid_request_seconds_count ${buckets.at(-1)}\n`));
  assert.ok((buckets.at(-1) ?? 0) > 5);
}

test('who may ask: tokens, names of this machine, no pages elsewhere', async () => {
  const url = await idle(true);
  const at = (authorization?: string): Promise<Response> =>
    fetch(`${url}/metrics`, { headers: authorization === undefined ? {} : { authorization } });
  assert.is((await at()).status, 401);
  for (const wrong of [`Bearer ${TOKEN}x`, `Bearer ${hash}`, `Basic ${TOKEN}`, 'Bearer ']) {
    assert.is((await at(wrong)).status, 401, wrong);
  }
  assert.is((await at(`Bearer ${TOKEN}`)).status, 200);
  for (const path of ['/healthz', '/', '/openapi.json']) assert.is((await fetch(`${url}${path}`)).status, 200, path);
  const open = await idle(false);
  assert.is((await post(open, form(small), { origin: 'https://elsewhere.example' })).status, 403);
  const asElsewhere = await rawRequest(open, 'GET /metrics HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n');
  assert.is(asElsewhere.status, 403);
  assert.not.match(logged.join('\n'), new RegExp(TOKEN));
  const serving = ['serve', '--host', '0.0.0.0', '--port'];
  const [refused, nowhere] = await together([
    [...serving, '0'],
    [...serving, '65536'],
  ]);
  assert.is(refused?.code, 1);
  assert.match(refused?.err ?? '', /other machines could ask, and there is no token/);
  assert.is(nowhere?.code, 2);
  assert.match(nowhere?.err ?? '', /a port is a number from 0 to 65535/);
});

test('limits and mistakes: each its own status, with a reason', async () => {
  const url = await idle(false, 1);
  const rows: [BodyInit, number, RegExp][] = [
    [form('{"size":'), 400, /the recipe is no JSON/],
    [form({ ...small, sede: 1 }), 400, /sede: there is no such setting/],
    [form(small, {}), 400, /style/],
    [form(small, { style: sand, '../x': sand }), 400, /is no name of an input/],
    [form(small, { style: new Blob(['text']) }), 400, /input style is no picture/],
    [form({ ...small, net: '/etc/passwd' }), 400, /no files/],
    [form({ ...small, size: 4096 }), 422, /16777216 pixels/],
    [form({ ...small, stages: [{ steps: 5000, losses }] }), 422, /5000 steps/],
    [new Blob([new Uint8Array(2e6)]), 413, /the most is 1000000/],
    ['x=1', 415, /wants multipart/],
  ];
  for (const [body, status, message] of rows) {
    const answer = await post(url, body);
    assert.is(answer.status, status, String(message));
    assert.match((await read(answer)).error?.message ?? '', message);
  }
  const keyed = { 'Idempotency-Key': 'k' };
  const body = await new Response(form({ ...small, seed: 3 })).arrayBuffer();
  const type = { 'Content-Type': `multipart/form-data; boundary=${boundaryOf(body)}` };
  const first = await read(await post(url, body, { ...keyed, ...type }));
  const full = await post(url, form({ ...small, seed: 4 }));
  assert.equal([full.status, full.headers.get('retry-after')], [429, '10']);
  const cancelled = await fetch(`${url}/v1/jobs/${first.id}`, { method: 'DELETE' });
  assert.is((await read(cancelled)).state, 'cancelled');
  assert.is((await post(url, form(small), keyed)).status, 422);
  assert.is((await read(await post(url, body, { ...keyed, ...type }))).id, first.id);
  assert.is((await fetch(`${url}/v1/jobs/${first.id}/result`)).status, 409);
  assert.is((await fetch(`${url}/v1/jobs/${'0'.repeat(64)}`)).status, 404);
  assert.is((await fetch(`${url}/v1/jobs`)).status, 405);
});

test('what every answer has; HEAD, other methods, addresses that are none', async () => {
  const url = await idle(false);
  const { id } = await read(await post(url, form(small)));
  const job = `/v1/jobs/${id}`;
  const rows: [method: string, path: string, status: number, allow: string | null][] = [
    ['GET', '/healthz?x=1', 200, null],
    ['HEAD', job, 200, null],
    ['HEAD', `${job}/events`, 200, null],
    ['PUT', job, 405, 'GET, DELETE, HEAD'],
    ['DELETE', `${job}/result`, 405, 'GET, HEAD'],
    ['OPTIONS', '/v1/jobs', 405, 'POST'],
    ['POST', '/nothing', 404, null],
    ['GET', '/v1/jobs/%ff', 400, null],
    ['GET', `/v1/jobs/${'0'.repeat(65)}`, 404, null],
  ];
  for (const [method, path, status, allow] of rows) {
    const answer = await fetch(`${url}${path}`, { method, ...(method === 'POST' && { body: 'text' }) });
    assert.equal([answer.status, answer.headers.get('allow')], [status, allow], `${method} ${path}`);
    assert.is(answer.headers.get('x-content-type-options'), 'nosniff');
    assert.is(answer.headers.get('cache-control'), 'no-store');
    const text = await answer.text();
    if (status >= 400) assert.match(text, /^\{"error":\{"code":"\w+","message":"[^"]/);
  }
});

test('closing ends what listens; a client that goes is a line of the log', async () => {
  const url = await idle(false);
  const service = services.at(-1);
  const { id } = await read(await post(url, form(small)));
  const events = (signal?: AbortSignal): Promise<Response> =>
    fetch(`${url}/v1/jobs/${id}/events`, signal ? { signal } : {});
  const gone = new AbortController();
  const before = logged.length;
  await events(gone.signal);
  const listening = await events();
  gone.abort();
  const told = (): string[] => logged.slice(before).filter((line) => line.includes('/events'));
  await until(() => told().length === 1, 'one has gone');
  await service?.close();
  assert.match(await listening.text(), /^event: progress\ndata: .*"waiting".*\n\n$/);
  assert.is(told().length, 2);
  for (const line of told()) assert.match(line, /"status":200,"ms":\d+,"job":/);
});

test('a token may have limits of its own', async () => {
  const mine = { authorization: `Bearer ${TOKEN}` };
  const url = await idle(true, 5, 'jobs=1 steps=10 pixels=70000 body=300000');
  const rows: [BodyInit, number, RegExp][] = [
    [form({ ...small, stages: [{ steps: 11, losses }] }), 422, /11 steps/],
    [form({ ...small, size: 300 }), 422, /90000 pixels/],
    [new Blob([new Uint8Array(4e5)]), 413, /the most is 300000/],
  ];
  for (const [body, status, message] of rows) {
    const answer = await post(url, body, mine);
    assert.is(answer.status, status, String(message));
    assert.match((await read(answer)).error?.message ?? '', message);
  }
  const first = await read(await post(url, form({ ...small, seed: 11 }), mine));
  const second = await post(url, form({ ...small, seed: 12 }), mine);
  assert.equal([second.status, second.headers.get('retry-after')], [429, '10']);
  assert.match((await read(second)).error?.message ?? '', /1 jobs of yours are waiting/);
  await fetch(`${url}/v1/jobs/${first.id}`, { method: 'DELETE', headers: mine });
  assert.is((await post(url, form({ ...small, seed: 12 }), mine)).status, 202, 'there is room again');
  assert.throws(
    () => parseTokens(`${hash} me jobs=many`),
    /the token of me has a limit jobs=many\n {2}Limits are body/,
  );
});

test('bodies wait for room in the order they come; 429 for one that waits too long, or where too many do', async () => {
  const order: number[] = [];
  let free = (): void => {};
  const held = new Promise<void>((done) => {
    free = done;
  });
  const budget = new BodyBudget({ bodies: 10 }, { ms: 1e6, most: 2 });
  const read = async (size: number, until?: Promise<void>) => {
    const leave = await budget.enter(size);
    await until;
    order.push(size);
    leave();
  };
  const refused = (what: Promise<unknown>) =>
    what.then(
      () => assert.unreachable(),
      (error: Refusal) => assert.equal([error.status, error.headers['Retry-After']], [429, '5']),
    );
  const reading = [read(8, held), read(6), read(1)];
  await refused(read(2));
  assert.is(budget.used, 8, 'small ones do not pass large ones');
  free();
  await Promise.all(reading);
  assert.equal([order, budget.used], [[8, 6, 1], 0]);
  const hasty = new BodyBudget({ bodies: 10 }, { ms: 1, most: 2 });
  const leave = await hasty.enter(10);
  await refused(hasty.enter(1));
  leave();
  await hasty.enter(10);
});

const boundaryOf = (body: ArrayBuffer): string => /^--(\S+)/.exec(Buffer.from(body).toString('latin1'))?.[1] ?? '';

test('the OpenAPI document names every path and the schema of recipes', async () => {
  const doc = (await (await fetch(`${await idle(false)}/openapi.json`)).json()) as {
    paths: Record<string, object>;
    components: { schemas: { Recipe: { properties?: object } } };
  };
  assert.ok(Object.hasOwn(doc.paths, '/v1/jobs/{id}/events'));
  assert.match(JSON.stringify(doc.components.schemas.Recipe), /"stages"/);
});

test.run();
