// `toroid sweep --queue`: its jobs are done by the workers of a queue, and fetched as they are done.
import { setTimeout as sleep } from 'node:timers/promises';
import { batchStatus, fetchPicture } from '../fleet/batch';
import { putBatch } from '../fleet/job_files';
import { submit } from '../fleet/queue';
import { writeWhole } from '../node/files';
import { withFleet } from './fleet';
import { planOf } from './fleet_plan';
import type { ReadyJob, ReadySweep } from './sweep_ready';

const LOOK_MS = 1000;

export interface QueuedOptions {
  readonly queue: string;
  readonly store: string | undefined;
  /** Of the jobs, those that are wanted. */
  readonly wanted: readonly ReadyJob[];
  readonly signal: AbortSignal;
  fileOf(job: ReadyJob): string;
  say(text: string): void;
  /** A job is done, its picture written; or failed for good: `error` says why. */
  ended(job: ReadyJob, error: string | null): Promise<void>;
}

/**
 * Submits what is not in the queue yet, and waits until all of it is over. Stopped, it leaves the jobs in the queue.
 * @throws EngineError `QueueError`, `StoreError`
 */
export async function runQueued(plan: ReadySweep, options: QueuedOptions): Promise<void> {
  const { wanted, signal, fileOf, say, ended } = options;
  if (wanted.length === 0) return;
  const { name, batch, jobs, upload } = planOf([{ ...plan, ready: wanted }]);
  await withFleet(options, async ({ open, store }) => {
    await upload(store);
    await putBatch(store, name, batch);
    const { added, known } = await submit(open, store, jobs);
    say(`Batch ${name} at ${open.shown}: ${added} jobs added, ${known} were there already`);
    const left = new Map(wanted.map((job, k) => [jobs[k]?.id ?? '', job]));
    let idle = false;
    while (left.size > 0 && !signal.aborted) {
      const { states, failed, workers } = await batchStatus(open, batch);
      for (const [id, job] of left) {
        const state = states.get(id);
        if (state !== 'done' && state !== 'failed' && state !== 'gone') continue;
        const found = state === 'done' ? await fetchPicture(open, store, id) : 'not yet';
        if (state === 'done' && typeof found === 'string') continue; // its result was damaged, and is made again
        if (typeof found !== 'string') await writeWhole(fileOf(job), async () => found.picture);
        const why = failed.find((f) => f.id === id)?.why.split('\n')[0] ?? 'it was cancelled';
        left.delete(id);
        await ended(job, state === 'done' ? null : why);
      }
      if (!idle && workers.length === 0 && left.size > 0)
        say(`No worker is connected: start some with toroid work --queue ${open.shown}`);
      idle = workers.length === 0;
      if (left.size > 0) await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
    }
    if (left.size > 0)
      say(`${left.size} jobs stay in the queue: run it again to fetch them, or toroid fleet cancel ${name}`);
  });
}
