// The HTTP service: who is let in, what every answer has, and its log.
import type { AddressInfo } from 'node:net';
import type { FastifyBaseLogger, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { EngineError } from '../base/errors';
import { loadOptional } from '../base/optional.node';
import { ServeMetrics } from './serve_metrics';
import { BodyBudget, MULTIPART, mediaType, Refusal, type TokenHash, tokenOf, tooLarge } from './serve_request';
import { Routes, type ServedJobs } from './serve_routes';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose token it came with; null where none is wanted. */
    who: TokenHash | null;
    /** What its line of the log says beside its answer; no pictures and tokens. */
    facts: Record<string, unknown>;
  }
  interface FastifyContextConfig {
    /** Anybody may ask. */
    open?: boolean;
  }
}

export interface ServeOptions extends ServedJobs {
  readonly host: string;
  /** 0: one that is free. */
  readonly port: number;
  /** None: only this machine may ask. */
  readonly tokens: readonly TokenHash[];
  /** Gets a line for each request. */
  readonly log: Logger;
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
/** For requests that are under way when it closes. */
const CLOSE_MS = 2000;

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
  const app = await application(options);
  try {
    await app.listen({ host, port });
  } catch (cause) {
    await app.close();
    const { message } = cause as Error;
    throw new EngineError('ServeError', `cannot listen at ${host}:${port}: ${message}`, 'Choose another --port.');
  }
  const { port: at } = app.server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${at}`,
    close: async () => {
      setTimeout(() => app.server.closeAllConnections(), CLOSE_MS).unref();
      await app.close();
    },
  };
}

async function application(options: ServeOptions): Promise<FastifyInstance> {
  const { log, limits, jobs } = options;
  const load = <T>(name: string, from: () => Promise<T>) => loadOptional(name, 'serves HTTP', 'ServeError', from);
  const { fastify } = await load('fastify', () => import('fastify'));
  const { fastifyMultipart } = await load('@fastify/multipart', () => import('@fastify/multipart'));
  const prom = await load('prom-client', () => import('prom-client'));
  const bodies = new BodyBudget(limits);
  const metrics = new ServeMetrics(prom, jobs, bodies);

  /** Each request: what all answers have, and its line of the log, once its answer is over or nobody waits for it any more. */
  const begin = (request: FastifyRequest, reply: FastifyReply): void => {
    const { method, raw } = request;
    request.facts = {};
    reply.headers(HEADERS);
    reply.raw.once('close', () => {
      const path = (raw.url ?? '').split('?')[0]?.slice(0, 200);
      const status = reply.raw.headersSent ? reply.statusCode : 400;
      metrics.count(status, reply.elapsedTime / 1000, path?.endsWith('/events') === true);
      const ms = Math.round(reply.elapsedTime);
      log[status < 500 ? 'info' : 'error']({ method, path, status, ms, ...request.facts });
    });
  };
  const refuse = (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const { status, code, message, headers } = refusalOf(error, limits.body);
    if (status === 500) request.facts.error = error.stack?.split('\n').slice(0, 3).join(' ');
    // The rest of a body that is not wanted is not read.
    if (!request.raw.complete) reply.header('Connection', 'close');
    reply.code(status).headers(headers).send({ error: { code, message } });
  };

  const app = fastify({
    // Its own lines of each request are left out; what goes wrong in an answer under way is told.
    loggerInstance: log.child({}, { level: log.isLevelEnabled('info') ? 'warn' : 'silent' }) as FastifyBaseLogger,
    bodyLimit: limits.body,
    requestTimeout: 120_000,
    // While many bodies arrive, headers of the next ones may wait.
    http: { headersTimeout: 60_000 },
    return503OnClosing: false,
    // Addresses that no route is looked up for.
    frameworkErrors: (error, request, reply) => {
      begin(request, reply);
      refuse(error, request, reply);
    },
  });
  app.decorateRequest('who', null);
  app.setErrorHandler<FastifyError>(refuse);
  app.addHook('onRequest', async (request, reply) => {
    begin(request, reply);
    if (request.routeOptions.config.open) return;
    request.who = admit(request, options);
    if (request.who) request.facts.token = request.who.name;
    const { id } = request.params as { readonly id?: string };
    if (id !== undefined) request.facts.job = id;
    if (request.is404) throw new Refusal(404, 'NotFound', 'there is nothing of that name; see /openapi.json');
  });
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_: unknown, body: Buffer) => body);
  await app.register(fastifyMultipart, MULTIPART);
  new Routes(options, bodies, metrics).addTo(app);
  return app;
}

/** @returns whose token it is; null where none is wanted. @throws Refusal 401, 403 */
function admit(request: FastifyRequest, { tokens, host }: ServeOptions): TokenHash | null {
  if (tokens.length > 0) {
    const who = tokenOf(request, tokens);
    if (who !== null) return who;
    throw new Refusal(401, 'Unauthorized', 'wants a token: Authorization: Bearer ...', {
      'WWW-Authenticate': 'Bearer',
    });
  }
  const { headers } = request;
  // Pages elsewhere can send requests to this machine, also under a name of their own (DNS rebinding).
  const name = (headers.host ?? '').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  if (!isLoopback(name) && name !== host) throw new Refusal(403, 'Forbidden', 'only under the name of this machine');
  if (headers.origin !== undefined && headers.origin !== `http://${headers.host}`) {
    throw new Refusal(403, 'Forbidden', 'not from pages elsewhere');
  }
  return null;
}

function refusalOf(error: FastifyError, most: number): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof EngineError && ['StoreError', 'QueueError'].includes(error.code)) {
    return new Refusal(503, error.code, 'the store or the queue does not answer', { 'Retry-After': '10' });
  }
  const { statusCode = 500, message } = error;
  if (statusCode === 413) return tooLarge(most);
  if (statusCode === 415) return mediaType();
  if (statusCode < 500) return new Refusal(statusCode, 'BadRequest', message);
  return new Refusal(500, 'InternalError', 'a mistake of the service; its log has more');
}
