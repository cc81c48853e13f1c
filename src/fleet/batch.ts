// What became of jobs that were submitted together, by the queue.
import { type Batch, getResult } from './job_files';
import type { QueuedJob } from './packages';
import { askEach, cancel, type OpenQueue, type QueueData, redo, tryAgain } from './queue';
import type { Store } from './store';

export type BatchState = 'done' | 'running' | 'waiting' | 'failed' | 'gone';
const STATES: Readonly<Record<string, BatchState>> = {
  completed: 'done',
  active: 'running',
  failed: 'failed',
  unknown: 'gone',
};
type BatchJob = Batch['jobs'][number];

export interface BatchStatus {
  readonly states: ReadonlyMap<string, BatchState>;
  readonly count: Readonly<Record<BatchState, number>>;
  readonly running: readonly { readonly label: string; readonly share: number; readonly worker: string }[];
  readonly failed: readonly { readonly id: string; readonly label: string; readonly why: string }[];
  /** Names of the workers that are connected. */
  readonly workers: readonly string[];
}

export async function batchStatus({ queue }: OpenQueue, batch: Batch): Promise<BatchStatus> {
  const known = await askEach(batch.jobs, ({ id }) => queue.getJobState(id));
  const states = new Map(batch.jobs.map(({ id }, k) => [id, STATES[known[k] ?? ''] ?? 'waiting'] as const));
  const count = { done: 0, running: 0, waiting: 0, failed: 0, gone: 0 };
  for (const state of states.values()) count[state]++;
  const inState = async (state: BatchState): Promise<(readonly [BatchJob, QueuedJob<QueueData> | undefined])[]> =>
    askEach(
      batch.jobs.filter(({ id }) => states.get(id) === state),
      async (job) => [job, await queue.getJob(job.id)] as const,
    );
  const running = (await inState('running')).map(([{ label }, job]) => {
    const { share = 0, worker = '' } = (job?.progress ?? {}) as { share?: number; worker?: string };
    return { label, share, worker };
  });
  const failed = (await inState('failed')).map(([{ id, label }, job]) => ({
    id,
    label,
    why: job?.failedReason ?? 'unknown',
  }));
  const workers = [...new Set((await queue.getWorkers()).map((w) => w.name || w.addr || 'a worker'))].sort();
  return { states, count, running, failed, workers };
}

/** Cancels what is not over. @returns how many jobs */
export async function cancelBatch(open: OpenQueue, { jobs }: Batch): Promise<number> {
  const what = await askEach(jobs, ({ id }) => cancel(open, id));
  return what.filter((w) => w !== null).length;
}

/** Has what failed tried again, from its checkpoint. @returns how many jobs */
export async function retryBatch(open: OpenQueue, batch: Batch): Promise<number> {
  const { failed } = await batchStatus(open, batch);
  for (const { id } of failed) {
    const job = await open.queue.getJob(id);
    if (job) await tryAgain(job);
  }
  return failed.length;
}

/**
 * The picture of a job, its hash checked. One that the queue calls done, and that is missing or damaged in the store, is
 * put back into the queue.
 */
export async function fetchPicture(
  open: OpenQueue,
  store: Store,
  id: string,
): Promise<{ readonly picture: Uint8Array; readonly suffix: string } | 'again' | 'not yet'> {
  const there = await getResult(store, id);
  if (there) return { picture: there.picture, suffix: there.result.suffix };
  const job = await open.queue.getJob(id);
  if (!job || (await job.getState()) !== 'completed') return 'not yet';
  await redo(open, store, job);
  return 'again';
}
