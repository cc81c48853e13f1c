// What the HTTP service answers: jobs in, events and pictures out.
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { checkpointKey, getResult, putInput, resultAddress } from './job_files';
import { openApi, openApiPage } from './serve_api';
import type { JobView, ServeJobs } from './serve_jobs';
import type { ServeMetrics } from './serve_metrics';
import { type BodyBudget, formOf, jobOf, Refusal, type ServeLimits, type TokenHash } from './serve_request';
import type { Store } from './store';

export interface ServedJobs {
  readonly jobs: ServeJobs;
  readonly store: Store;
  readonly limits: ServeLimits;
  /** Results are answered with an address at the store, which holds for so many seconds. */
  readonly presign?: number | undefined;
}

/** Between looks at a job that somebody listens to. */
const LOOK_MS = 250;
/** So that proxies do not end a connection on which nothing happens. */
const PULSE_MS = 15_000;
const READY_MS = 2000;
const OVER = ['done', 'failed', 'cancelled'];
/** Keys of clients are remembered for so many requests. */
const KEYS = 10_000;
const JOBS = '/v1/jobs';
const JOB = `${JOBS}/:id(^[0-9a-f]{64}$)`;

interface Job {
  readonly Params: { readonly id: string };
}

export class Routes {
  /** What a client's key stood for, a job: a request that comes twice is one. */
  readonly #keys = new Map<string, string>();
  /** What those whose jobs are limited have sent, by the names of their tokens. */
  readonly #own = new Map<string, Set<string>>();
  #closing = false;

  constructor(
    private readonly options: ServedJobs,
    private readonly bodies: BodyBudget,
    private readonly metrics: ServeMetrics,
  ) {}

  addTo(app: FastifyInstance): void {
    const { jobs } = this.options;
    const { registry } = this.metrics;
    app.addHook('preClose', async () => {
      this.#closing = true;
    });
    // What anybody may know, and a browser has no token to read it with.
    const open = { config: { open: true } };
    app.get('/', open, (_, reply) => reply.type('text/html; charset=utf-8').send(openApiPage()));
    app.get('/openapi.json', open, async () => openApi());
    app.get('/healthz', open, async () => 'ok\n');
    app.get('/readyz', open, async (_, reply) => this.#ready(reply));
    app.get('/metrics', async (_, reply) => reply.type(registry.contentType).send(await registry.metrics()));
    app.post(JOBS, { preParsing: (request, reply) => this.#room(request, reply) }, (request, reply) =>
      this.#post(request, reply),
    );
    app.get<Job>(JOB, ({ params }) => this.#look(params.id));
    app.delete<Job>(JOB, async ({ params: { id } }, reply) => {
      await this.#look(id);
      await jobs.cancel(id);
      return reply.code(202).send(await this.#look(id));
    });
    app.get<Job>(`${JOB}/events`, async ({ params }, reply) => {
      const first = await this.#look(params.id);
      reply.header('Content-Type', 'text/event-stream').header('X-Accel-Buffering', 'no');
      return reply.send(Readable.from(this.#events(first, reply)));
    });
    app.get<Job>(`${JOB}/result`, (request, reply) => this.#result(request, reply));
    const only = { [JOBS]: ['POST'], [JOB]: ['GET', 'DELETE'], [`${JOB}/events`]: ['GET'], [`${JOB}/result`]: ['GET'] };
    for (const [url, allowed] of Object.entries(only)) {
      const there = allowed.includes('GET') ? [...allowed, 'HEAD'] : allowed;
      const refuse = async (): Promise<never> => {
        throw new Refusal(405, 'Method', `${allowed.join(' or ')} only`, { Allow: there.join(', ') });
      };
      const method = app.supportedMethods.filter((m) => !there.includes(m));
      app.route({ url, method, onRequest: refuse, handler: refuse });
    }
  }

  /** Before a body is read: whether it may come, and room for it, until it is answered. */
  async #room(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const limits = narrowed(this.options.limits, request.who);
    await this.#checkDepth(request.who, limits);
    const size = Number(request.headers['content-length'] ?? limits.body);
    if (size > limits.body) {
      throw new Refusal(413, 'TooLarge', `the request has ${size} bytes; the most is ${limits.body}`);
    }
    const leave = await this.bodies.enter(size);
    if (!request.raw.destroyed) return void reply.raw.once('close', leave);
    leave();
    throw new Refusal(400, 'Aborted', 'it broke off');
  }

  async #post(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { who, facts } = request;
    const { jobs, store } = this.options;
    const limits = narrowed(this.options.limits, who);
    const form = await formOf(request, limits.body);
    facts.bytes = form.bytes;
    const job = await jobOf(form, limits);
    facts.job = job.id;
    const given = request.headers['idempotency-key'];
    const key = given === undefined ? null : `${who?.name ?? ''} ${given}`;
    const before = key === null ? undefined : this.#keys.get(key);
    if (before !== undefined && before !== job.id) {
      throw new Refusal(422, 'IdempotencyKey', 'the same Idempotency-Key came with another request');
    }
    if (before === undefined) {
      for (const { bytes, hash } of form.files) await putInput(store, bytes, hash);
      const own = await this.#checkDepth(who, limits); // others may have been quicker
      await jobs.submit(job);
      own.add(job.id);
      if (key !== null) this.#keys.set(key, job.id);
      const [oldest] = this.#keys.keys();
      if (this.#keys.size > KEYS && oldest !== undefined) this.#keys.delete(oldest);
    }
    return reply
      .code(202)
      .header('Location', `${JOBS}/${job.id}`)
      .send(await this.#look(job.id));
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

  async #look(id: string): Promise<JobView> {
    const known = await this.options.jobs.look(id);
    if (known) return known;
    // Made before this process began.
    if (await this.options.store.has(`jobs/${id}.json`)) return { id, state: 'done', share: 1 };
    throw new Refusal(404, 'NotFound', 'there is no such job');
  }

  /** Until the job is over, or the answer (HEAD has none to wait for). */
  async *#events(view: JobView, { raw }: FastifyReply): AsyncGenerator<string> {
    let [last, told] = ['', 0];
    while (!raw.writableEnded && !this.#closing) {
      const data = JSON.stringify(view);
      const over = OVER.includes(view.state);
      const news = data !== last;
      const quiet = performance.now() - told > PULSE_MS;
      if (news) yield `event: ${over ? view.state : 'progress'}\ndata: ${data}\n\n`;
      else if (quiet) yield ': still there\n\n';
      if (news || quiet) told = performance.now();
      last = data;
      if (over) return;
      await sleep(LOOK_MS);
      view = await this.#look(view.id);
    }
  }

  async #result(request: FastifyRequest<Job>, reply: FastifyReply): Promise<FastifyReply> {
    const { id } = request.params;
    const { state } = await this.#look(id);
    if (state !== 'done') throw new Refusal(409, 'NotDone', `the job is ${state}`);
    const { store, presign } = this.options;
    const gone = new Refusal(410, 'Gone', 'the result is damaged or gone: send the job again');
    if (presign !== undefined) {
      const address = await resultAddress(store, id, presign);
      if (address === null) throw gone;
      return reply.redirect(address, 303);
    }
    const there = await getResult(store, id);
    if (!there) throw gone;
    const etag = `"${there.result.sha256}"`;
    reply.type(there.result.suffix === '.tif' ? 'image/tiff' : 'image/png').header('ETag', etag);
    if (request.headers['if-none-match'] === etag) return reply.code(304).send();
    return reply.send(there.picture);
  }

  async #ready(reply: FastifyReply): Promise<FastifyReply> {
    const { jobs, store } = this.options;
    const late = sleep(READY_MS, undefined, { ref: false }).then(() => Promise.reject(new Error('late')));
    try {
      await Promise.race([Promise.all([jobs.depth(), store.has(checkpointKey('none'))]), late]);
      return reply.send('ready\n');
    } catch {
      return reply.code(503).send('the queue or the store does not answer\n');
    }
  }
}

/** The limits of all, narrowed by those of a token; not by how many jobs it may have, which are counted apart. */
function narrowed(all: ServeLimits, who: TokenHash | null): ServeLimits {
  const { body = all.body, pixels = all.pixels, steps = all.steps } = who?.limits ?? {};
  const least = Math.min;
  return { ...all, body: least(all.body, body), pixels: least(all.pixels, pixels), steps: least(all.steps, steps) };
}
