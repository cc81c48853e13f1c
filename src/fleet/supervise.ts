// A worker's part that talks to the queue and never touches the GPU: a busy event loop would lose the locks of its jobs.
import { hostname } from 'node:os';
import { VERSION } from '../base/version';
import type { JobProgress } from './child';
import type { Manifest } from './job_files';
import { JobProcess, type JobProcessOptions } from './job_process';
import type { Say } from './log';
import { type BullMq, loadBullMq, type QueuedJob, type Worker } from './packages';
import { performJob } from './perform';
import { cancelled, foreign, type OpenQueue, openQueue, type QueueData } from './queue';
import { openStore, type Store } from './store';

export interface WorkOptions {
  readonly queue: string;
  /** Default: what each job says. */
  readonly store?: string | undefined;
  /** One process for each. */
  readonly slots: readonly JobProcessOptions[];
  /** A job that fails for so long is parked. */
  readonly attempts: number;
  /** Do one job, or all there are, and end. */
  readonly until?: 'once' | 'drained' | undefined;
  /** Also run jobs that were submitted by another version. */
  readonly anyVersion?: boolean | undefined;
  /** Seconds after which the job of a supervisor that is silent goes to another. */
  readonly lock: number;
  readonly signal: AbortSignal;
  readonly say: Say;
}

const LOOK_MS = 1000;
const TELL_MS = 1000;
/** More often than this a job that ends its supervisor each time is parked. */
const MOST_STALLED = 10;
/** After this the connection is not waited for, at the end. */
const CLOSE_MS = 5000;

/** Takes jobs until told to stop. @throws EngineError `QueueError`, `StoreError` before the first one */
export async function supervise(options: WorkOptions): Promise<void> {
  const open = await openQueue(options.queue, true);
  try {
    await new Supervisor(options, open, await loadBullMq()).run();
  } finally {
    await Promise.race([open.close(), new Promise((done) => setTimeout(done, CLOSE_MS).unref())]);
  }
}

class Supervisor {
  readonly #free: JobProcess[];
  /** Each job under way, and what cancels it. */
  readonly #running = new Map<string, AbortController>();
  readonly #stores = new Map<string, Promise<Store>>();
  readonly #worker: Worker;
  #stopping = false;
  #taken = 0;

  constructor(
    private readonly options: WorkOptions,
    private readonly open: OpenQueue,
    private readonly bull: BullMq,
  ) {
    this.#free = options.slots.map((slot) => new JobProcess(slot));
    const lock = 1000 * options.lock;
    const taking = (job: QueuedJob<QueueData>, token?: string): Promise<unknown> => this.#process(job, token);
    const settings = {
      ...open.connection.workerOptions(),
      name: `${hostname()}-${process.pid}`,
      autorun: false,
      concurrency: options.until === 'once' ? 1 : options.slots.length,
      lockDuration: lock,
      lockRenewTime: lock / 3,
      stalledInterval: lock / 2,
      maxStalledCount: MOST_STALLED,
    };
    this.#worker = new bull.Worker<QueueData>(open.name, taking, settings, open.connection.backend);
  }

  async run(): Promise<void> {
    const { options, open } = this;
    if (options.store !== undefined) await this.#store(options.store);
    let fault = '';
    const trouble = (error: Error): void => {
      const text = error.message || String((error as NodeJS.ErrnoException).code ?? error);
      if (text !== fault) options.say(`queue: ${text}`, { level: 'warn' });
      fault = text;
    };
    this.#worker.on('error', trouble);
    open.connection.onTrouble(trouble, () => {
      if (fault !== '') options.say('queue: there again');
      fault = '';
    });
    const stop = (): void => {
      this.#stopping = true;
      void this.#worker.pause(true);
    };
    if (options.signal.aborted) return;
    options.signal.addEventListener('abort', stop);
    options.say(`takes jobs from ${open.shown}#${open.name}, ${options.slots.length} at a time`);
    void this.#worker.run().catch(trouble);
    while (!this.#over(await this.#counts())) {
      await new Promise((done) => setTimeout(done, LOOK_MS));
      await this.#cancelWanted();
    }
    stop();
    while (this.#running.size > 0) await new Promise((done) => setTimeout(done, 50));
    await Promise.race([this.#worker.close(), new Promise((done) => setTimeout(done, CLOSE_MS).unref())]);
    for (const child of this.#free) child.kill();
  }

  #over(left: number): boolean {
    const { until } = this.options;
    if (this.#stopping) return true;
    if (until === 'once') return this.#taken > 0 && this.#running.size === 0;
    return until === 'drained' && left === 0 && this.#running.size === 0;
  }

  /** Jobs that are not over; what was last known where the queue does not answer. */
  async #counts(): Promise<number> {
    if (this.options.until !== 'drained') return 1;
    const counts = this.open.queue.getJobCounts('waiting', 'prioritized', 'delayed', 'active');
    const late = new Promise<null>((done) => setTimeout(done, LOOK_MS, null));
    const known = await Promise.race([counts.catch(() => null), late]);
    return known === null ? 1 : Object.values(known).reduce((a, b) => a + b, 0);
  }

  async #cancelWanted(): Promise<void> {
    const late = new Promise<string[]>((done) => setTimeout(done, LOOK_MS, []));
    const wanted = cancelled(this.open, [...this.#running.keys()]).catch(() => []);
    for (const id of await Promise.race([wanted, late])) this.#running.get(id)?.abort();
  }

  #store(address: string): Promise<Store> {
    const known = this.#stores.get(address) ?? openStore(address);
    this.#stores.set(address, known);
    return known;
  }

  async #process(job: QueuedJob<QueueData>, token: string | undefined): Promise<unknown> {
    const { data } = job;
    const id = job.id ?? '';
    const refused = this.#refusal(job);
    if (refused !== null) throw new this.bull.UnrecoverableError(refused);
    if (this.options.until === 'once') {
      if (this.#taken > 0) return this.#handBack(job, token);
      void this.#worker.pause(true);
    }
    if (this.#stopping) return this.#handBack(job, token);
    const child = this.#free.pop();
    if (!child) throw new Error('more jobs than processes');
    const stop = new AbortController();
    this.#running.set(id, stop);
    this.#taken++;
    const began = performance.now();
    const facts = { job: id, label: data.label, attempt: job.attemptsMade + 1 };
    try {
      const log = (line: string): void => void job.log(line).catch(() => {});
      log(`${new Date().toISOString()} taken by ${hostname()} ${process.pid}, attempt ${facts.attempt}`);
      const store = await this.#store(this.options.store ?? data.store);
      const ended = await performJob(
        child,
        store,
        { id, manifest: JSON.parse(data.manifest) as Manifest },
        {
          signal: stop.signal,
          pause: this.options.signal,
          onProgress: telling((p) => job.updateProgress({ ...p, worker: hostname(), adapter: child.adapter })),
          onLog: log,
        },
      );
      if ('done' in ended) {
        const seconds = Math.round(performance.now() - began) / 1000;
        this.options.say(`done ${data.label}`, { ...facts, seconds });
        return ended.done;
      }
      if ('paused' in ended) {
        this.options.say(`hands back ${data.label}`, facts);
        return await this.#handBack(job, token);
      }
      const { code, message, again } = ended.fault;
      const text = `${code}: ${message}`;
      log(text);
      const last = !again || facts.attempt >= this.options.attempts;
      const what = last ? 'FAILED' : 'will be tried again:';
      const level = last ? 'error' : 'warn';
      this.options.say(`${what} ${data.label}: ${text.split('\n')[0]}`, { level, ...facts, error: text });
      throw last ? new this.bull.UnrecoverableError(text) : new Error(text);
    } finally {
      this.#running.delete(id);
      this.#free.push(child);
    }
  }

  async #handBack(job: QueuedJob<QueueData>, token: string | undefined): Promise<never> {
    // Where the queue does not answer, others take the job when its lock is over.
    const back = job.moveToWait(token).catch(() => {});
    await Promise.race([back, new Promise((done) => setTimeout(done, CLOSE_MS).unref())]);
    throw new this.bull.WaitingError();
  }

  #refusal({ id, data }: QueuedJob<QueueData>): string | null {
    const changed = foreign(id, data);
    if (changed !== null) return changed;
    const { toroid } = JSON.parse(data.manifest) as Manifest;
    if (toroid !== VERSION && !this.options.anyVersion) {
      return `it was submitted by toroid ${toroid}, and this worker has ${VERSION}: update one of them, then \`toroid fleet retry\`; or run workers with --any-version`;
    }
    return null;
  }
}

/** Not more often than the queue needs to know; a queue that is away for a while misses some. */
function telling(tell: (p: JobProgress) => Promise<void>): (p: JobProgress) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (p) => {
    if (performance.now() - last < TELL_MS) return;
    last = performance.now();
    tell(p).catch(() => {});
  };
}
