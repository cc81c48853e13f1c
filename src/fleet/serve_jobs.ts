// Where the jobs of a service run: in processes of this machine, or on those that take from a queue.
import type { FleetJob } from './job_files';
import { JobProcess, type JobProcessOptions } from './job_process';
import type { Log } from './log';
import { performJob } from './perform';
import { cancel, inWords, type OpenQueue, submit, tryAgain } from './queue';
import type { Store } from './store';

export type JobState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';

/** A job as a client sees it. */
export interface JobView {
  readonly id: string;
  readonly state: JobState;
  /** Of all work, 0..1. */
  readonly share: number;
  /** Seconds left, once that is known. */
  readonly left?: number | undefined;
  /** Why it failed. */
  readonly error?: string | undefined;
}

export interface ServeJobs {
  /** Adds a job; nothing where it is there already, but one that failed or was cancelled is tried again. */
  submit(job: FleetJob): Promise<void>;
  look(id: string): Promise<JobView | null>;
  /** Also where it is over already. */
  cancel(id: string): Promise<void>;
  /** Jobs that wait or run. */
  depth(): Promise<number>;
  /** Jobs by state. */
  counts(): Promise<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}

/** What is over is remembered for so many jobs; their results stay in the store. */
const REMEMBERED = 10_000;

interface Entry {
  readonly job: FleetJob;
  view: JobView;
  readonly stop: AbortController;
}

/** Jobs in processes of this machine, in order. */
export class HereJobs implements ServeJobs {
  readonly #entries = new Map<string, Entry>();
  readonly #waiting: Entry[] = [];
  readonly #free: JobProcess[];
  readonly #all: readonly JobProcess[];
  #closed = false;

  constructor(
    private readonly store: Store,
    slots: readonly JobProcessOptions[],
    /** Gets a line for each job that is over. */
    private readonly log?: Log,
    private readonly attempts = 2,
  ) {
    this.#all = slots.map((slot) => new JobProcess(slot));
    this.#free = [...this.#all];
  }

  async submit(job: FleetJob): Promise<void> {
    const known = this.#entries.get(job.id);
    if (known && known.view.state !== 'failed' && known.view.state !== 'cancelled') return;
    this.#entries.delete(job.id);
    const view: JobView = { id: job.id, state: 'waiting', share: 0 };
    const entry: Entry = { job, view, stop: new AbortController() };
    this.#entries.set(job.id, entry);
    this.#waiting.push(entry);
    this.#forget();
    this.#next();
  }

  async look(id: string): Promise<JobView | null> {
    return this.#entries.get(id)?.view ?? null;
  }

  async cancel(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (!entry || (entry.view.state !== 'waiting' && entry.view.state !== 'running')) return;
    const at = this.#waiting.indexOf(entry);
    if (at >= 0) this.#waiting.splice(at, 1);
    entry.view = { id, state: 'cancelled', share: 0 };
    entry.stop.abort();
  }

  async depth(): Promise<number> {
    return this.#waiting.length + this.#all.length - this.#free.length;
  }

  async counts(): Promise<Record<string, number>> {
    const counts: Record<JobState, number> = { waiting: 0, running: 0, done: 0, failed: 0, cancelled: 0 };
    for (const { view } of this.#entries.values()) counts[view.state]++;
    return counts;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const child of this.#all) child.kill();
  }

  #forget(): void {
    if (this.#entries.size <= REMEMBERED) return;
    for (const [id, { view }] of this.#entries) {
      if (view.state === 'waiting' || view.state === 'running') continue;
      this.#entries.delete(id);
      return;
    }
  }

  #next(): void {
    while (!this.#closed && this.#waiting.length > 0) {
      const child = this.#free.pop();
      if (!child) return;
      const entry = this.#waiting.shift() as Entry;
      const began = performance.now();
      void this.#perform(child, entry).then(() => {
        const { id, state, error } = entry.view;
        const level = state === 'failed' ? 'error' : 'info';
        this.log?.[level]({ job: id, state, seconds: Math.round(performance.now() - began) / 1000, error });
        this.#free.push(child);
        this.#next();
      });
    }
  }

  async #perform(child: JobProcess, entry: Entry): Promise<void> {
    const { job } = entry;
    const { id } = job;
    const { signal } = entry.stop;
    entry.view = { id, state: 'running', share: 0 };
    for (let attempt = 1; ; attempt++) {
      const ended = await performJob(child, this.store, job, {
        signal,
        onProgress: ({ share, left }) => {
          if (!signal.aborted) entry.view = { id, state: 'running', share, left };
        },
      });
      if (signal.aborted) return;
      if ('done' in ended) {
        entry.view = { id, state: 'done', share: 1 };
        return;
      }
      const fault = 'fault' in ended ? ended.fault : { code: 'AbortError', message: 'it was stopped', again: false };
      if (fault.again && attempt < this.attempts && !this.#closed) continue;
      entry.view = { id, state: 'failed', share: 0, error: `${fault.code}: ${fault.message}` };
      return;
    }
  }
}

/** Jobs of a queue, done by `toroid work` wherever it runs. */
export class QueueJobs implements ServeJobs {
  constructor(
    private readonly open: OpenQueue,
    private readonly store: Store,
  ) {}

  async submit(job: FleetJob): Promise<void> {
    const known = await this.open.queue.getJob(job.id);
    if (known && (await known.getState()) === 'failed') await tryAgain(known);
    else await inWords(this.open, () => submit(this.open, this.store, [job]));
  }

  async look(id: string): Promise<JobView | null> {
    const job = await this.open.queue.getJob(id);
    if (!job) return null;
    const state = await job.getState();
    const { share = 0, left } = (job.progress ?? {}) as { share?: number; left?: number };
    if (state === 'completed') return { id, state: 'done', share: 1 };
    if (state === 'active') return { id, state: 'running', share, left };
    if (state !== 'failed') return { id, state: 'waiting', share };
    const error = job.failedReason ?? 'unknown';
    return { id, state: error.startsWith('CancelledError') ? 'cancelled' : 'failed', share, error };
  }

  async cancel(id: string): Promise<void> {
    await cancel(this.open, id);
  }

  async depth(): Promise<number> {
    const counts = await this.open.queue.getJobCounts('waiting', 'prioritized', 'delayed', 'active');
    return Object.values(counts).reduce((a, b) => a + b, 0);
  }

  counts(): Promise<Record<string, number>> {
    return this.open.queue.getJobCounts('waiting', 'delayed', 'active', 'completed', 'failed');
  }

  close(): Promise<void> {
    return this.open.close();
  }
}
