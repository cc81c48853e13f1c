// The queue of a fleet: BullMQ on Redis, Valkey or PostgreSQL, one entry a job.
import { type Connection, connect, parseAddress, queueError } from './connection';
import { type FleetJob, type Manifest, sha256 } from './job_files';
import { loadBullMq, type Queue, type QueuedJob } from './packages';
import type { Store } from './store';

export interface QueueData {
  readonly label: string;
  /** As text, whose hash is the job's id: PostgreSQL would sort the keys of an object. */
  readonly manifest: string;
  /** Where its inputs are, for workers that are told of no other. */
  readonly store: string;
  /** Somebody wants it to be given up. */
  readonly cancelled?: boolean;
}

/** Questions at a time: PostgreSQL has few connections, and what waits long for one fails. */
const CHUNK = 100;
/** Of the queue; workers give up earlier, by their `--attempts`. */
const MOST_ATTEMPTS = 100;
const BACKOFF = { type: 'exponential', delay: 1000, jitter: 0.5 } as const;

/** An open queue; `close` lets the connection go. */
export interface OpenQueue {
  readonly name: string;
  /** Without user and password. */
  readonly shown: string;
  readonly connection: Connection;
  readonly queue: Queue<QueueData>;
  close(): Promise<void>;
}

/** @throws EngineError `QueueError` */
export async function openQueue(address: string, patient: boolean): Promise<OpenQueue> {
  const { name, shown, ...at } = parseAddress(address);
  // Not while it connects: on a busy machine loading takes seconds, behind which the connection counts as late.
  const { Queue: BullQueue } = await loadBullMq();
  const connection = await connect({ name, shown, ...at }, patient);
  const queue = new BullQueue<QueueData>(name, connection.queueOptions(), connection.backend);
  queue.on('error', () => {}); // what fails says so where it is awaited
  const close = async (): Promise<void> => {
    await queue.close();
    await connection.close();
  };
  return { name, shown, connection, queue, close };
}

/** What Redis and PostgreSQL, their clients and the network say of a server that is away, or going. */
const AWAY =
  /^Connection (is closed|terminated)|ECONN|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|timeout exceeded|terminating connection|the database system is|too many clients/;

/** What an error of the queue means to people; others stay what they are. */
function explained(error: unknown, shown: string): unknown {
  const { name, message } = error as Error;
  if (/^OOM /.test(message))
    return queueError(
      `the Redis at ${shown} is full (maxmemory)`,
      'Give it more: redis-cli config set maxmemory 1gb; then do the same again, which adds only what is missing.',
    );
  if (name === 'MaxRetriesPerRequestError' || AWAY.test(message))
    return queueError(`the queue at ${shown} does not answer any more`, 'Start it, then do the same again.');
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

/** Asks the same of many; answers in order. */
export async function askEach<T, R>(items: readonly T[], ask: (item: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  for (let at = 0; at < items.length; at += CHUNK) {
    answers.push(...(await Promise.all(items.slice(at, at + CHUNK).map(ask))));
  }
  return answers;
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
        data: { label, manifest: JSON.stringify(manifest), store: store.address },
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
  await submit(open, store, [{ id: job.id ?? '', label, manifest: JSON.parse(manifest) as Manifest }]);
}

/** Why a job is not what its id says; null where it is. */
export function foreign(id: string | undefined, { manifest }: QueueData): string | null {
  return typeof manifest === 'string' && id === sha256(manifest)
    ? null
    : 'its id is not that of its recipe: something changed it';
}

/**
 * Takes a waiting job out of the queue; has the worker of a running one end it.
 * @returns what it was, or null where there was nothing to cancel
 */
export async function cancel({ queue }: OpenQueue, id: string): Promise<'waiting' | 'active' | null> {
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
  await job.updateData({ ...job.data, cancelled: true });
  return 'active';
}

/** Of these jobs, those that somebody wants to be cancelled. */
export async function cancelled({ queue }: OpenQueue, ids: readonly string[]): Promise<string[]> {
  const jobs = await Promise.all(ids.map((id) => queue.getJob(id)));
  return ids.filter((_, k) => jobs[k]?.data.cancelled === true);
}

/** Has a job that failed or was cancelled tried again. */
export async function tryAgain(job: QueuedJob<QueueData>): Promise<void> {
  const { cancelled: was, ...data } = job.data;
  if (was) await job.updateData(data);
  await job.retry();
}
