// How BullMQ reaches what it keeps its queue in: Redis or Valkey, or PostgreSQL.
import { EngineError } from '../base/errors';
import { loadBullMq, loadPostgres, loadRedis, type Redis } from './packages';

/** All keys in Redis begin so, and PostgreSQL has its tables in a schema of that name. */
const PREFIX = 'toroid';
/** What `--queue` names after its `#`. */
const DEFAULT_NAME = 'jobs';
const CONNECT_MS = 5000;
/** For a connection of PostgreSQL's that is free: questions wait for one another. */
const FREE_MS = 30_000;

export const queueError = (what: string, remedy: string): EngineError => new EngineError('QueueError', what, remedy);

export interface Address {
  readonly url: string;
  /** Without user and password. */
  readonly shown: string;
  /** Of the queue. */
  readonly name: string;
}

export interface Connection {
  /** For BullMQ's Queue, and for its Worker, which wants a connection of its own. */
  queueOptions(): object;
  workerOptions(): object;
  /** The third argument of both; undefined is Redis. */
  readonly backend: unknown;
  /** Tells of a connection that broke, and of one that is there again. */
  onTrouble(broke: (error: Error) => void, again: () => void): void;
  close(): Promise<void>;
}

/** `redis://user:password@host:6379/0#name`, `postgres://user:password@host:5432/database#name` */
export function parseAddress(address: string): Address {
  const parsed = URL.canParse(address) ? new URL(address) : null;
  const given = `--queue ${address.replace(/^(\w+:\/\/)?.*@/s, '$1')}`;
  if (!parsed || !/^(rediss?|postgres(ql)?):$/.test(parsed.protocol)) {
    throw queueError(
      `${given}: no address of a Redis or PostgreSQL`,
      'Such as redis://127.0.0.1:6379 or postgres://127.0.0.1/toroid; a / in a password is written %2F, an @ %40.',
    );
  }
  const name = decodeURIComponent(parsed.hash.slice(1)) || DEFAULT_NAME;
  if (!/^[\w.-]{1,60}$/.test(name))
    throw queueError(`${given}: the name ${name} has other characters`, 'Use letters, digits and .-_');
  parsed.hash = '';
  const url = parsed.href;
  parsed.username = parsed.password = '';
  return { url, shown: parsed.href, name };
}

/**
 * Connects.
 * @param patient go on trying when the connection breaks later: for what runs on; else give up after some tries
 * @throws EngineError `QueueError`
 */
export const connect = (address: Address, patient: boolean): Promise<Connection> =>
  address.url.startsWith('redis') ? connectRedis(address, patient) : connectPostgres(address);

async function connectRedis({ url, shown }: Address, patient: boolean): Promise<Connection> {
  const { Redis: Client } = await loadRedis();
  let first = true;
  const redis = new Client(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    maxRetriesPerRequest: patient ? null : 5,
    retryStrategy: (times: number) => (first ? null : Math.min(200 * 2 ** Math.min(times, 5), 5000)),
  });
  let why = '';
  redis.on('error', (error) => {
    why = error.message || String((error as NodeJS.ErrnoException).code ?? error);
  });
  try {
    await redis.connect();
    await checkPolicy(redis, shown);
  } catch (cause) {
    redis.disconnect();
    if (cause instanceof EngineError) throw cause;
    if (/^(NOAUTH|WRONGPASS|NOPERM)/.test(why || (cause as Error).message)) {
      throw queueError(
        `the Redis at ${shown} wants ${why.startsWith('NOAUTH') ? 'a password' : 'another user or password'}`,
        'Give it in the address, as redis://user:password@host or redis://:password@host; %2F is a / in it, %40 an @.',
      );
    }
    const message = why || (cause as Error).message;
    // It says why to the first command, which is ioredis' own, and ioredis keeps that for itself.
    if (/Connection is closed|EPIPE|ECONNRESET/.test(message)) {
      throw queueError(
        `what answers at ${shown} closes the connection`,
        'A Redis without a password does so to other machines (protected mode): give it one (requirepass).',
      );
    }
    throw queueError(
      `no Redis answers at ${shown}: ${message}`,
      'Start one (apt-get install redis-server), or check the address.',
    );
  }
  first = false;
  return {
    queueOptions: () => ({ connection: redis, prefix: PREFIX }),
    workerOptions: () => ({
      connection: redis.duplicate({ lazyConnect: false, maxRetriesPerRequest: null }),
      prefix: PREFIX,
    }),
    backend: undefined,
    onTrouble: (broke, again) => void redis.on('error', broke).on('ready', () => again()),
    close: async () => redis.disconnect(),
  };
}

/** A Redis that throws keys out when it is full loses jobs. */
async function checkPolicy(redis: Redis, shown: string): Promise<void> {
  const policy = /^maxmemory_policy:(\S+)/m.exec(await redis.info('memory'))?.[1];
  if (policy === undefined || policy === 'noeviction') return;
  throw queueError(
    `the Redis at ${shown} throws keys out when it is full (maxmemory-policy ${policy}): jobs would be lost`,
    'Set it: redis-cli config set maxmemory-policy noeviction',
  );
}

/** Queues and workers have a pool each, and connect anew for every question, so a server that was away needs no care. */
async function connectPostgres({ url, shown }: Address): Promise<Connection> {
  await loadPostgres();
  const { createPostgresBackend: backend, Queue: BullQueue } = await loadBullMq();
  const options = (connectionTimeoutMillis = FREE_MS) => ({
    connection: { connectionString: url, schema: PREFIX, migrate: true, connectionTimeoutMillis, max: 4 },
  });
  // The first one makes the tables, or finds out why not.
  const first = new BullQueue(DEFAULT_NAME, options(CONNECT_MS), backend);
  first.on('error', () => {});
  try {
    await first.waitUntilReady();
  } catch (cause) {
    const { message, code } = cause as NodeJS.ErrnoException;
    throw queueError(
      `no PostgreSQL answers at ${shown}: ${message || code}`,
      'Start one (apt-get install postgresql), or check user, password and database in the address.',
    );
  } finally {
    await first.close().catch(() => {});
  }
  return {
    queueOptions: options,
    workerOptions: options,
    backend,
    onTrouble: () => {}, // the worker tells of its own
    close: async () => {},
  };
}
