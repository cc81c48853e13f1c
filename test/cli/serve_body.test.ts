// Bodies of requests: whole or refused, whatever is cut off, long, sent in pieces, or written in another way.
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { jsonLog } from '../../src/fleet/json_log';
import { type RunningService, serve } from '../../src/fleet/serve';
import { HereJobs } from '../../src/fleet/serve_jobs';
import { openStore } from '../../src/fleet/store';
import { rawRequest } from '../support/raw_request';
import { until } from '../support/until';

const MOST = 3e6;
const folder = mkdtempSync(join(tmpdir(), 'toroid-bodies-'));
const test = suite('bodies of requests');
const logged: string[] = [];
let service: RunningService;
test.before(async () => {
  const store = await openStore(join(folder, 'store'));
  const limits = { body: MOST, bodies: 4 * MOST, pixels: 2 ** 20, steps: 1000, depth: 100 };
  const log = await jsonLog('info', { write: (line) => void logged.push(line) });
  service = await serve({ host: '127.0.0.1', port: 0, jobs: new HereJobs(store, []), store, tokens: [], limits, log });
});
test.after(async () => {
  await service.close();
  rmSync(folder, { recursive: true });
});

const picture = readFileSync('examples/sand.png');
const stages = [{ steps: 2, losses: [{ kind: 'mean', layers: ['input'] }] }];
const small = JSON.stringify({ size: 32, styles: [{}], scales: { count: 1 }, stages });

interface Written {
  readonly name?: string;
  readonly file?: string;
  readonly text: string | Buffer;
  readonly type?: string;
}
/** What a client writes by itself. */
function written(parts: readonly Written[], boundary = 'b'): Buffer {
  const all = parts.flatMap(({ name, file, text, type }) => [
    `--${boundary}\r\nContent-Disposition: form-data`,
    name === undefined ? '' : `; name="${name}"`,
    file === undefined ? '' : `; filename="${file}"`,
    `${type === undefined ? '' : `\r\nContent-Type: ${type}`}\r\n\r\n`,
    text,
    '\r\n',
  ]);
  return Buffer.concat([...all, `--${boundary}--\r\n`].map((text) => Buffer.from(text as string)));
}
const recipe = (text: string): Written => ({ name: 'recipe', text });
const style: Written = { name: 'style', file: 's.png', text: picture };

async function post(
  body: Buffer | ReadableStream,
  headers: Record<string, string> = {},
  boundary = 'b',
): Promise<[status: number, said: string]> {
  const type = { 'Content-Type': `multipart/form-data; boundary=${boundary}` };
  const init = { method: 'POST', body, headers: { ...type, ...headers }, duplex: 'half' };
  const answer = await fetch(`${service.url}/v1/jobs`, init as RequestInit);
  return [answer.status, await answer.text()];
}

test('what is no form, or none of ours', async () => {
  const rows: [Buffer, RegExp][] = [
    [Buffer.from(''), /there is no recipe/],
    [Buffer.from('text'), /no multipart\/form-data: Unexpected end/],
    [written([recipe(small), style]).subarray(0, -6), /no multipart\/form-data: /],
    [written([recipe(small), { text: 'nobody' }]), /\\"\\" is no file/],
    [written([recipe(small), { name: 'style', text: 'text' }]), /\\"style\\" is no file/],
    [written([recipe(small), style, style]), /style is there twice/],
    [written([recipe(small), { ...style, name: 'toString' }]), /not allowed as field name/],
    [written(Array.from({ length: 101 }, () => ({ ...style, text: '' }))), /reach parts limit/],
  ];
  for (const [body, message] of rows) {
    const [status, said] = await post(body);
    assert.is(status, 400, said);
    assert.match(said, message);
  }
  assert.match((await post(written([style]), { 'Content-Type': 'multipart/form-data' }))[1], /Boundary not found/);
  assert.match((await post(written([style]), {}, 'c'))[1], /no multipart\/form-data/);
});

test('cut off in the middle of a picture: refused, and its room is given back', async () => {
  const whole = written([recipe(small), style]);
  const head = `POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=b\r\n`;
  for (const length of [600, 5000, whole.length - 5]) {
    const cut = whole.subarray(0, length);
    const told = Buffer.concat([Buffer.from(`${head}Connection: close\r\nContent-Length: ${length}\r\n\r\n`), cut]);
    const { status, body } = await rawRequest(service.url, told);
    assert.is(status, 400, body);
    assert.match(body, /"code":"BadRequest","message":"the body is no multipart/);
  }
  const reading = async (): Promise<number> =>
    Number(/^toroid_request_bytes (\d+)$/m.exec(await (await fetch(`${service.url}/metrics`)).text())?.[1]);
  const before = logged.length;
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(`${head}Content-Length: ${whole.length}\r\n\r\n`);
  socket.write(whole.subarray(0, 5000));
  await until(async () => (await reading()) === whole.length, 'it is being read');
  socket.destroy();
  await until(async () => (await reading()) === 0, 'there is room again');
  const lines = logged.slice(before).map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(
    lines.filter(({ path }) => path === '/v1/jobs').map(({ status }) => status),
    [400],
  );
});

test('nothing is cut short: long text is taken whole, and what is too long is refused', async () => {
  const long = `${small.slice(0, -1)}${' '.repeat(2e6)},"seed":77}`;
  const [status, said] = await post(written([recipe(long), style]));
  assert.is(status, 202, said);
  const short = await post(written([recipe(`${small.slice(0, -1)},"seed":77}`), style]));
  assert.is(said, short[1], 'the same job');
  const json = await post(written([{ ...recipe(long), type: 'application/json' }, style]));
  assert.is(said, json[1], 'whatever a part says of itself');
  assert.is(said, (await post(written([{ ...recipe(long), file: 'r.json' }, style])))[1], 'as a file');
});

test('in pieces, of a length that is not told', async () => {
  const pieces = (body: Buffer): ReadableStream =>
    new ReadableStream({
      start(to) {
        for (let at = 0; at < body.length; at += 50_000) to.enqueue(body.subarray(at, at + 50_000));
        to.close();
      },
    });
  const body = written([recipe(small), style]);
  const [status, said] = await post(pieces(body));
  assert.is(status, 202, said);
  assert.is(said, (await post(body))[1]);
  const json = { 'Content-Type': 'application/json' };
  for (const headers of [{}, json]) {
    const before = logged.length;
    // The connection ends while much is under way: the client may not come to read why.
    await post(pieces(written([recipe(' '.repeat(MOST + 1))])), headers).catch(() => {});
    await until(() => logged.slice(before).some((line) => line.includes('"status":413')), 'refused');
  }
});

test('a key stands for what was asked for, however it was written', async () => {
  const keyed = { 'Idempotency-Key': 'k' };
  const [status, first] = await post(written([recipe(small), style]), keyed);
  assert.is(status, 202, first);
  assert.is((await post(written([style, recipe(small)], 'another'), keyed, 'another'))[1], first);
  const other = await post(written([recipe(small.replace('32', '48')), style]), keyed);
  assert.is(other[0], 422);
});

test.run();
