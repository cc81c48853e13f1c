// The queue of a fleet: BullMQ on Redis or Valkey, one entry a job.
import { EngineError } from '../base/errors';
import { type FleetJob, type Manifest, sha256 } from './job_files';
import { loadBullMq, loadRedis, type Queue, type QueuedJob, type Redis } from './packages';
import type { Store } from './store';

export interface QueueData {
  readonly label: string;
  readonly manifest: Manifest;
  /** Where its inputs are, for workers that are told of no other. */
  readonly store: string;
}

/** All keys in Redis begin so. */
export const PREFIX = 'toroid';
/** What `--queue` names after its `#`. */
const DEFAULT_NAME = 'jobs';
const CONNECT_MS = 5000;
const CHUNK = 500;
/** Of the queue; workers give up earlier, by their `--attempts`. */
const MOST_ATTEMPTS = 100;
const BACKOFF = { type: 'exponential', delay: 1000, jitter: 0.5 } as const;
/** How long a wish to cancel a job is remembered, seconds. */
const CANCEL_SECONDS = 3600;

export const queueError = (what: string, remedy: string): EngineError => new EngineError('QueueError', what, remedy);

/** An open queue. `redis` is the connection; `close` lets it go. */
export interface OpenQueue {
  readonly name: string;
  /** Without user and password. */
  readonly shown: string;
  readonly redis: Redis;
  readonly queue: Queue<QueueData>;
  close(): Promise<void>;
}

/** `redis://user:password@host:6379/0#name` */
function parseAddress(address: string): { url: string; shown: string; name: string } {
  const parsed = URL.canParse(address) ? new URL(address) : null;
  if (!parsed || !/^rediss?:$/.test(parsed.protocol)) {
    throw queueError(`--queue ${address}: no address of a Redis`, 'Such as --queue redis://127.0.0.1:6379');
  }
  const name = decodeURIComponent(parsed.hash.slice(1)) || DEFAULT_NAME;
  if (!/^[\w.-]{1,60}$/.test(name))
    throw queueError(`--queue ${address}: the name ${name} has other characters`, 'Use letters, digits and .-_');
  parsed.hash = '';
  const url = parsed.href;
  parsed.username = parsed.password = '';
  return { url, shown: parsed.href, name };
}

/**
 * Connects, and finds out whether that Redis keeps what it is given.
 * @param patient go on trying when the connection breaks later: for what runs on; else give up after some tries
 * @throws EngineError `QueueError`
 */
export async function openQueue(address: string, patient: boolean): Promise<OpenQueue> {
  const { url, shown, name } = parseAddress(address);
  const [{ Redis: Connection }, { Queue: BullQueue }] = await Promise.all([loadRedis(), loadBullMq()]);
  let first = true;
  const redis = new Connection(url, {
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
    throw queueError(
      `no Redis answers at ${shown}: ${why || (cause as Error).message}`,
      'Start one (apt-get install redis-server), or check the address.',
    );
  }
  first = false;
  const queue = new BullQueue<QueueData>(name, { connection: redis, prefix: PREFIX });
  queue.on('error', () => {}); // what fails says so where it is awaited
  const close = async (): Promise<void> => {
    await queue.close();
    redis.disconnect();
  };
  return { name, shown, redis, queue, close };
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

/** What an error of Redis means to people; others stay what they are. */
function explained(error: unknown, shown: string): unknown {
  const { name, message } = error as Error;
  if (/^OOM /.test(message))
    return queueError(
      `the Redis at ${shown} is full (maxmemory)`,
      'Give it more: redis-cli config set maxmemory 1gb; then do the same again, which adds only what is missing.',
    );
  if (name === 'MaxRetriesPerRequestError' || message === 'Connection is closed.')
    return queueError(`the Redis at ${shown} does not answer any more`, 'Start it, then do the same again.');
  return error;
}

/** Does something with an open queue, with its errors in words. */
export async function inWords<T>({ shown }: OpenQueue, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explained(error, shown);
  }
}

/** What a submission found. */
export interface Submitted {
  readonly added: number;
  /** In the queue already: waiting, running or done. */
  readonly known: number;
}

/**
 * Adds jobs, their inputs uploaded before. One that is there is not added again; one that is done, and its result is no
 * longer in the store, is done again.
 */
export async function submit({ queue }: OpenQueue, store: Store, jobs: readonly FleetJob[]): Promise<Submitted> {
  let added = 0;
  for (let at = 0; at < jobs.length; at += CHUNK) {
    const chunk = jobs.slice(at, at + CHUNK);
    const fresh = await Promise.all(chunk.map((job) => isFresh(queue, store, job.id)));
    added += fresh.filter(Boolean).length;
    await queue.addBulk(
      chunk.map(({ id, label, manifest }) => ({
        name: 'job',
        data: { label, manifest, store: store.address },
        opts: { jobId: id, attempts: MOST_ATTEMPTS, backoff: BACKOFF },
      })),
    );
  }
  return { added, known: jobs.length - added };
}

async function isFresh(queue: Queue<QueueData>, store: Store, id: string): Promise<boolean> {
  const there = await queue.getJob(id);
  if (!there) return true;
  if ((await there.getState()) !== 'completed' || (await store.has(`jobs/${id}.json`))) return false;
  await there.remove();
  return true;
}

/** Has a finished job done again, as when its result is damaged. */
export async function redo(open: OpenQueue, store: Store, job: QueuedJob<QueueData>): Promise<void> {
  const { label, manifest } = job.data;
  await store.remove(`jobs/${job.id}.json`);
  await submit(open, store, [{ id: job.id ?? '', label, manifest }]);
}

/** Why a job is not what its id says; null where it is. */
export function foreign(id: string | undefined, { manifest }: QueueData): string | null {
  return id === sha256(JSON.stringify(manifest)) ? null : 'its id is not that of its recipe: something changed it';
}

const cancelKey = (name: string, id: string): string => `${PREFIX}:${name}:cancel:${id}`;

/**
 * Takes a waiting job out of the queue; has the worker of a running one end it.
 * @returns what it was, or null where there was nothing to cancel
 */
export async function cancel({ queue, redis, name }: OpenQueue, id: string): Promise<'waiting' | 'active' | null> {
  const job = await queue.getJob(id);
  const state = await job?.getState();
  if (!job || state === 'completed' || state === 'failed') return null;
  if (state !== 'active') {
    try {
      await job.remove();
      return 'waiting';
    } catch {
      // a worker was quicker
    }
  }
  await redis.set(cancelKey(name, id), '1', 'EX', CANCEL_SECONDS);
  return 'active';
}

/** Of these jobs, those that somebody wants to be cancelled; each is told once. */
export async function cancelled({ redis, name }: OpenQueue, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const keys = ids.map((id) => cancelKey(name, id));
  const values = await redis.mget(...keys);
  const wanted = ids.filter((_, k) => values[k] !== null);
  if (wanted.length > 0) await redis.del(...wanted.map((id) => cancelKey(name, id)));
  return wanted;
}
