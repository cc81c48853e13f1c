// Whatever comes in over HTTP: nothing ends the service, nothing is a mistake of its own, and its memory stays bounded.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { jsonLog } from '../../src/fleet/json_log';
import { serve } from '../../src/fleet/serve';
import { HereJobs } from '../../src/fleet/serve_jobs';
import { parseTokens } from '../../src/fleet/serve_request';
import { openStore } from '../../src/fleet/store';
import { ALL } from '../support/all';
import { rawRequest } from '../support/raw_request';
import { ServeFuzz } from '../support/serve_fuzz';

const folder = mkdtempSync(join(tmpdir(), 'toroid-fuzzed-'));
const test = suite('serve, malformed requests');
test.after(() => rmSync(folder, { recursive: true }));

const REQUESTS = ALL ? 10_000 : 300;
/** Clients at a time. */
const CLIENTS = 8;
/** What lives on after a garbage collection may have grown by this: jobs that were taken, and compiled code. */
const MOST_GROWTH = 100e6;
const TOKEN = 'a-token-of-the-test';
const stage = { steps: 2, losses: [{ kind: 'mean', layers: ['input'] }] };
const recipe = { size: 32, canvas: 'plasma+style', styles: [{}], scales: { count: 1 }, stages: [stage] };

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
function alive(): number {
  collect();
  return process.memoryUsage().heapUsed + process.memoryUsage().external;
}

test(`${REQUESTS} malformed requests: refused, never a 500, and it goes on`, async () => {
  const store = await openStore(join(folder, 'store'));
  const logged: string[] = [];
  const service = await serve({
    host: '127.0.0.1',
    port: 0,
    jobs: new HereJobs(store, []),
    store,
    tokens: parseTokens(`${createHash('sha256').update(TOKEN).digest('hex')} me\n`),
    limits: { body: 1e6, bodies: 4e6, pixels: 2 ** 20, steps: 1000, depth: 1000 },
    log: await jsonLog('info', { write: (line) => void logged.push(line) }),
  });
  const { url } = service;
  const body = new FormData();
  body.set('recipe', JSON.stringify(recipe));
  body.set('style', new Blob([readFileSync('examples/sand.png')]), 'style.png');
  const sent = Buffer.from(await new Response(body).arrayBuffer());
  const boundary = /^--(\S+)/.exec(sent.toString('latin1'))?.[1] ?? '';
  const fuzz = new ServeFuzz(7, recipe, sent, boundary, TOKEN);
  const authorization = `Bearer ${TOKEN}`;
  const answers: Record<string, Record<number, number>> = {};
  const before = alive();
  let most = 0;

  async function one(k: number): Promise<void> {
    const { kind, bytes } = fuzz.next();
    const shown = `${k}, ${kind}: ${bytes.toString('latin1', 0, 600)}`;
    const began = process.cpuUsage();
    const { status, body: text, hung } = await rawRequest(url, bytes);
    assert.not.ok(hung, `no answer to ${shown}`);
    const { user, system } = process.cpuUsage(began); // of this request and those beside it
    const seconds = (user + system) / 1e6;
    assert.ok(seconds < 10, `${seconds} s of processor for ${shown}`);
    assert.ok(status < 500, `${status} for ${shown}\n${logged.at(-1)}`);
    if (kind === 'token') assert.ok([400, 401].includes(status), `${status} for a wrong token: ${shown}`);
    answers[kind] ??= {};
    const row = answers[kind];
    row[status] = (row[status] ?? 0) + 1;
    most = Math.max(most, process.memoryUsage().rss);
    const [, id] = (status === 202 && /"id":"(\w+)"/.exec(text)) || [];
    if (id !== undefined) await fetch(`${url}/v1/jobs/${id}`, { method: 'DELETE', headers: { authorization } });
  }

  let begun = 0;
  const client = async (): Promise<void> => {
    while (begun < REQUESTS) await one(begun++);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  const told = JSON.stringify(answers);
  for (const kind of ['bytes', 'recipe', 'headers', 'path']) assert.ok((answers[kind]?.[400] ?? 0) > 0, told);
  assert.ok((answers.recipe?.[202] ?? 0) > 0, `some are changed so little that they are good: ${told}`);
  assert.not.match(logged.join('\n'), new RegExp(`${TOKEN}(?![x,])|"status":500`));
  for (const line of logged) JSON.parse(line);
  const growth = alive() - before;
  assert.ok(
    growth < MOST_GROWTH,
    `${(growth / 1e6).toFixed(0)} MB more in use, ${(most / 1e6).toFixed(0)} MB resident`,
  );
  const metrics = await fetch(`${url}/metrics`, { headers: { authorization } });
  assert.match(await metrics.text(), /toroid_request_bytes 0\n/);
  await service.close();
});

test.run();
