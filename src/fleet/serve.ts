// The HTTP service: jobs in, events and pictures out.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EngineError } from '../base/errors';
import { checkpointKey, getResult, resultAddress } from './job_files';
import { logLine } from './log';
import { openApi, openApiPage } from './serve_api';
import type { JobView, ServeJobs } from './serve_jobs';
import { RequestMetrics } from './serve_metrics';
import { BodyBudget, jobOf, Refusal, type ServeLimits, type TokenHash, tokenOf } from './serve_request';
import type { Store } from './store';

export interface ServeOptions {
  readonly host: string;
  /** 0: one that is free. */
  readonly port: number;
  readonly jobs: ServeJobs;
  readonly store: Store;
  /** None: only this machine may ask. */
  readonly tokens: readonly TokenHash[];
  readonly limits: ServeLimits;
  /** Results are answered with an address at the store, which holds for so many seconds. */
  readonly presign?: number | undefined;
  /** Gets a line of JSON for each request, without pictures and tokens. */
  log(line: string): void;
}

export interface RunningService {
  readonly url: string;
  /** Takes no more requests, and ends those that listen. */
  close(): Promise<void>;
}

export const isLoopback = (host: string): boolean => /^(127\.\d+\.\d+\.\d+|localhost|::1)$/.test(host);

const HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
};
/** Between looks at a job that somebody listens to. */
const LOOK_MS = 250;
/** So that proxies do not end a connection on which nothing happens. */
const PULSE_MS = 15_000;
const OVER = ['done', 'failed', 'cancelled'];
/** Keys of clients are remembered for so many requests. */
const KEYS = 10_000;

/** @throws EngineError `ServeError` where it cannot listen there, or would without a token */
export async function serve(options: ServeOptions): Promise<RunningService> {
  const { host, port, tokens } = options;
  if (!isLoopback(host) && tokens.length === 0) {
    throw new EngineError(
      'ServeError',
      `--host ${host}: other machines could ask, and there is no token`,
      'Make one: toroid serve --new-token me >> tokens, then --tokens tokens.',
    );
  }
  const service = new Service(options);
  const server = createServer((request, response) => void service.answer(request, response));
  server.requestTimeout = 120_000;
  // While many bodies arrive, headers of the next ones may wait.
  server.headersTimeout = 60_000;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request';
    if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
  });
  await listening(server, host, port);
  const { port: at } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${at}`,
    close: async () => {
      const closed = new Promise<void>((done) => server.close(() => done()));
      service.closing.abort();
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), 2000).unref();
      await closed;
    },
  };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', (cause) =>
      fail(
        new EngineError('ServeError', `cannot listen at ${host}:${port}: ${cause.message}`, 'Choose another --port.'),
      ),
    );
    server.listen(port, host, () => done());
  });
}

class Service {
  readonly closing = new AbortController();
  readonly #bodies: BodyBudget;
  /** What a client's key stood for: a request that comes twice is one. */
  readonly #keys = new Map<string, { readonly body: string; readonly id: string }>();
  readonly #requests = new RequestMetrics();
  /** What those whose jobs are limited have sent, by the names of their tokens. */
  readonly #own = new Map<string, Set<string>>();

  constructor(private readonly options: ServeOptions) {
    this.#bodies = new BodyBudget(options.limits);
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const began = performance.now();
    const facts: Record<string, unknown> = {};
    request.on('error', () => {});
    response.on('error', () => {});
    try {
      await this.#route(request, response, facts);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal.status === 500) facts.error = (error as Error).stack?.split('\n').slice(0, 3).join(' ');
      const { code, message } = refusal;
      if (!response.headersSent) {
        // The rest of a body that is not wanted is not read.
        const close: Record<string, string> = request.complete ? {} : { Connection: 'close' };
        json(response, refusal.status, { error: { code, message } }, { ...refusal.headers, ...close });
      } else response.destroy();
    }
    const status = response.statusCode;
    const seconds = (performance.now() - began) / 1000;
    const path = (request.url ?? '').split('?')[0]?.slice(0, 200);
    this.#requests.count(status, seconds, path?.endsWith('/events') === true);
    const level = status < 500 ? 'info' : 'error';
    const ms = Math.round(1000 * seconds);
    this.options.log(logLine({ level, method: request.method, path, status, ms, ...facts }));
  }

  async #route(request: IncomingMessage, response: ServerResponse, facts: Record<string, unknown>): Promise<void> {
    const [path = ''] = (request.url ?? '').split('?');
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    if (path === '/healthz') return text(response, 200, 'ok\n');
    if (path === '/readyz') return this.#ready(response);
    // What anybody may know, and a browser has no token to read it with.
    if (path === '/' && method === 'GET') return text(response, 200, openApiPage(), 'text/html; charset=utf-8');
    if (path === '/openapi.json' && method === 'GET') return json(response, 200, openApi());
    const who = this.#admit(request);
    if (who) facts.token = who.name;
    if (path === '/metrics' && method === 'GET') return this.#metrics(response);
    if (path === '/v1/jobs') {
      if (method === 'POST') return this.#post(request, response, who, facts);
      throw new Refusal(405, 'Method', 'POST only', { Allow: 'POST' });
    }
    const [, id = '', part] = /^\/v1\/jobs\/([0-9a-f]{64})(?:\/(events|result))?$/.exec(path) ?? [];
    if (id === '') throw new Refusal(404, 'NotFound', 'there is nothing of that name; see /openapi.json');
    facts.job = id;
    if (method === 'DELETE' && part === undefined) {
      await this.#look(id);
      await this.options.jobs.cancel(id);
      return json(response, 202, await this.#look(id));
    }
    if (method !== 'GET') throw new Refusal(405, 'Method', part ? 'GET only' : 'GET or DELETE');
    if (part === 'events') return this.#events(response, id);
    if (part === 'result') return this.#result(request, response, id);
    json(response, 200, await this.#look(id));
  }

  /** @returns whose token it is; null where none is wanted. @throws Refusal 401, 403 */
  #admit(request: IncomingMessage): TokenHash | null {
    const { tokens, host } = this.options;
    if (tokens.length > 0) {
      const who = tokenOf(request, tokens);
      if (who !== null) return who;
      throw new Refusal(401, 'Unauthorized', 'wants a token: Authorization: Bearer ...', {
        'WWW-Authenticate': 'Bearer',
      });
    }
    // Pages elsewhere can send requests to this machine, also under a name of their own (DNS rebinding).
    const name = (request.headers.host ?? '').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
    const { origin } = request.headers;
    if (!isLoopback(name) && name !== host) throw new Refusal(403, 'Forbidden', 'only under the name of this machine');
    if (origin !== undefined && origin !== `http://${request.headers.host}`) {
      throw new Refusal(403, 'Forbidden', 'not from pages elsewhere');
    }
    return null;
  }

  async #post(
    request: IncomingMessage,
    response: ServerResponse,
    who: TokenHash | null,
    facts: Record<string, unknown>,
  ): Promise<void> {
    const { jobs, store } = this.options;
    const limits = narrowed(this.options.limits, who);
    await this.#checkDepth(who, limits);
    const given = request.headers['idempotency-key'];
    const key = given === undefined ? null : `${who?.name ?? ''} ${given}`;
    const type = request.headers['content-type'];
    const id = await this.#bodies.with(request, limits.body, async (body) => {
      facts.bytes = body.length;
      const digest = key === null ? '' : createHash('sha256').update(body).digest('hex');
      const before = key === null ? undefined : this.#keys.get(key);
      if (before && before.body !== digest) {
        throw new Refusal(422, 'IdempotencyKey', 'the same Idempotency-Key came with another request');
      }
      if (before) return before.id;
      const job = await jobOf(type, body, store, limits);
      const own = await this.#checkDepth(who, limits); // others may have been quicker
      await jobs.submit(job);
      own.add(job.id);
      if (key !== null) this.#remember(key, { body: digest, id: job.id });
      return job.id;
    });
    facts.job = id;
    json(response, 202, await this.#look(id), { Location: `/v1/jobs/${id}` });
  }

  /** @returns those of the token. @throws Refusal 429 where as many jobs wait as may */
  async #checkDepth(who: TokenHash | null, { depth }: ServeLimits): Promise<Set<string>> {
    const busy = (whose: string, most: number): Refusal =>
      new Refusal(429, 'Busy', `${most} jobs${whose} are waiting, which is the most`, { 'Retry-After': '10' });
    if ((await this.options.jobs.depth()) >= depth) throw busy('', depth);
    const own = await this.#ownJobs(who);
    const most = who?.limits.depth;
    if (most !== undefined && own.size >= most) throw busy(' of yours', most);
    return own;
  }

  /** Jobs of a token that are not over. */
  async #ownJobs(who: TokenHash | null): Promise<Set<string>> {
    const own = this.#own.get(who?.name ?? '') ?? new Set();
    if (who?.limits.depth === undefined) return own;
    this.#own.set(who.name, own);
    for (const id of own) {
      const { state } = (await this.options.jobs.look(id)) ?? { state: 'done' };
      if (OVER.includes(state)) own.delete(id);
    }
    return own;
  }

  #remember(key: string, what: { readonly body: string; readonly id: string }): void {
    this.#keys.set(key, what);
    const [oldest] = this.#keys.keys();
    if (this.#keys.size > KEYS && oldest !== undefined) this.#keys.delete(oldest);
  }

  async #look(id: string): Promise<JobView> {
    const known = await this.options.jobs.look(id);
    if (known) return known;
    // Made before this process began.
    if (await this.options.store.has(`jobs/${id}.json`)) return { id, state: 'done', share: 1 };
    throw new Refusal(404, 'NotFound', 'there is no such job');
  }

  async #events(response: ServerResponse, id: string): Promise<void> {
    let view = await this.#look(id);
    response.writeHead(200, { ...HEADERS, 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
    let gone = false;
    response.on('close', () => {
      gone = true;
    });
    let [last, told] = ['', 0];
    while (!gone && !this.closing.signal.aborted) {
      const data = JSON.stringify(view);
      const over = OVER.includes(view.state);
      const now = performance.now();
      if (data !== last) response.write(`event: ${over ? view.state : 'progress'}\ndata: ${data}\n\n`);
      else if (now - told > PULSE_MS) response.write(': still there\n\n');
      if (data !== last || now - told > PULSE_MS) told = now;
      last = data;
      if (over) break;
      await new Promise((done) => setTimeout(done, LOOK_MS));
      view = await this.#look(id);
    }
    response.end();
  }

  async #result(request: IncomingMessage, response: ServerResponse, id: string): Promise<void> {
    const { state } = await this.#look(id);
    if (state !== 'done') throw new Refusal(409, 'NotDone', `the job is ${state}`);
    const { store, presign } = this.options;
    const gone = new Refusal(410, 'Gone', 'the result is damaged or gone: send the job again');
    if (presign !== undefined) {
      const Location = await resultAddress(store, id, presign);
      if (Location === null) throw gone;
      return void response.writeHead(303, { ...HEADERS, Location }).end();
    }
    const there = await getResult(store, id);
    if (!there) throw gone;
    const { sha256, suffix } = there.result;
    const type = suffix === '.tif' ? 'image/tiff' : 'image/png';
    const headers = { ...HEADERS, 'Content-Type': type, ETag: `"${sha256}"` };
    if (request.headers['if-none-match'] === `"${sha256}"`) response.writeHead(304, headers).end();
    else response.writeHead(200, { ...headers, 'Content-Length': there.picture.length }).end(there.picture);
  }

  async #ready(response: ServerResponse): Promise<void> {
    try {
      const late = new Promise<never>((_, fail) => setTimeout(fail, 2000, new Error('late')).unref());
      await Promise.race([
        Promise.all([this.options.jobs.depth(), this.options.store.has(checkpointKey('none'))]),
        late,
      ]);
      text(response, 200, 'ready\n');
    } catch {
      text(response, 503, 'the queue or the store does not answer\n');
    }
  }

  async #metrics(response: ServerResponse): Promise<void> {
    const all = this.#requests.text(await this.options.jobs.counts(), this.#bodies.used);
    text(response, 200, all, 'text/plain; version=0.0.4; charset=utf-8');
  }
}

/** The limits of all, narrowed by those of a token; not by how many jobs it may have, which are counted apart. */
function narrowed(all: ServeLimits, who: TokenHash | null): ServeLimits {
  const { body = all.body, pixels = all.pixels, steps = all.steps } = who?.limits ?? {};
  const least = Math.min;
  return { ...all, body: least(all.body, body), pixels: least(all.pixels, pixels), steps: least(all.steps, steps) };
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE')
    return new Refusal(400, 'Aborted', 'it broke off');
  if (error instanceof EngineError && ['StoreError', 'QueueError'].includes(error.code)) {
    return new Refusal(503, error.code, 'the store or the queue does not answer', { 'Retry-After': '10' });
  }
  return new Refusal(500, 'InternalError', 'a mistake of the service; its log has more');
}

function json(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = `${JSON.stringify(value)}\n`;
  response.writeHead(status, { ...HEADERS, ...headers, 'Content-Type': 'application/json; charset=utf-8' }).end(body);
}

function text(response: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { ...HEADERS, 'Content-Type': type }).end(body);
}
