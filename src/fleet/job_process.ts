// A process that computes, as its supervisor sees it: forked when there is a job, forked again when it is gone.
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { swiftShaderEnv } from '../gpu/swiftshader.node';
import type { JobFault, JobProgress, Order, Report } from './child';
import type { Manifest, Result } from './job_files';

export interface JobProcessOptions {
  /** The program to fork, and its arguments: those that come to `serveAsChild`. */
  readonly program: string;
  readonly args: readonly string[];
  /** GPU to use: a part of its name, or its number. Default: the best. */
  readonly gpu?: string | undefined;
  /** Without a sign of progress for so long it hangs, and is killed. Seconds. */
  readonly stall: number;
  /** Seconds between checkpoints. */
  readonly every: number;
}

export interface JobEvents {
  onProgress?(p: JobProgress): void;
  onLog?(line: string): void;
  /** Aborted: the job is cancelled, and its process killed. */
  readonly signal?: AbortSignal | undefined;
  /** Aborted: the job is let go, with a checkpoint where there is something to keep. */
  readonly pause?: AbortSignal | undefined;
}

/** What became of a job. */
export type Ended = { readonly done: Result } | { readonly paused: true } | { readonly fault: JobFault };

/** The environment that this machine's adapter needs, once a child has found that out; for all that are forked later. */
let driverEnv: Readonly<Record<string, string | undefined>> = {};

/** Folders of temporary files of the processes that there are. This one may end before it hears of their ends. */
const folders = new Set<string>();
const clear = (folder: string): void => {
  rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
};
process.once('exit', () => folders.forEach(clear));

/** Where a driver's chatter ends and what it died of may begin. */
const MOST_STDERR = 4000;
/** A signal that is sent to supervisor and child reaches both within this. */
const SAME_SIGNAL_MS = 200;

export class JobProcess {
  #child: ChildProcess | undefined;
  /** Told of what the child reports, and of its end. */
  #hear: ((report: Report | { readonly gone: string }) => void) | undefined;
  #stderr = '';
  /** The adapter, once it is open. */
  adapter: string | undefined;

  constructor(private readonly options: JobProcessOptions) {}

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Runs one job; one at a time. Never throws: what goes wrong is what became of it. */
  async run(id: string, manifest: Manifest, store: string, events: JobEvents = {}): Promise<Ended> {
    const { signal, pause } = events;
    if (signal?.aborted) return cancelled();
    let computes = false;
    const onPause = (): void => {
      if (computes) this.#child?.send({ pause: true } satisfies Order, () => {});
      else this.kill(); // it opens its device, or fetches its inputs: there is nothing to keep
    };
    pause?.addEventListener('abort', onPause);
    try {
      const failed = this.#child ? null : await this.#start(signal, pause);
      if (failed) return await this.#endedBy(failed, pause);
      if (pause?.aborted) return { paused: true };
      const order: Order = { run: { id, manifest, store, every: this.options.every } };
      const ended = await this.#converse<Ended>(order, signal, (report) => {
        if ('progress' in report) {
          computes = true;
          events.onProgress?.(report.progress);
        } else if ('log' in report) events.onLog?.(report.log);
        else if ('done' in report || 'paused' in report) return report;
        else if ('error' in report) return { fault: report.error };
        else if ('gone' in report) return { fault: this.#crash(report.gone) };
        return null;
      });
      return 'fault' in ended ? await this.#endedBy(ended.fault, pause) : ended;
    } finally {
      pause?.removeEventListener('abort', onPause);
    }
  }

  /** A process that went because all of this worker is to go did not fail. */
  async #endedBy(fault: JobFault, pause: AbortSignal | undefined): Promise<Ended> {
    if (fault.code !== 'CrashError') return { fault };
    // SLURM sends SIGTERM to every process: one that still starts ends by it, perhaps before this one hears of it.
    if (!pause?.aborted) await new Promise((done) => setTimeout(done, SAME_SIGNAL_MS));
    return pause?.aborted ? { paused: true } : { fault };
  }

  /** Ends the process; a job under way ends with a fault. */
  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  async #start(signal: AbortSignal | undefined, pause: AbortSignal | undefined): Promise<JobFault | null> {
    for (let restarted = false; !pause?.aborted; restarted = true) {
      const { program, args, gpu } = this.options;
      // Where it keeps what is passing: a process that is killed cannot remove that itself.
      const folder = mkdtempSync(join(tmpdir(), 'toroid-job-'));
      folders.add(folder);
      const env = { ...process.env, TMPDIR: folder, ...driverEnv, ...(gpu !== undefined && { TOROID_GPU: gpu }) };
      const child = fork(program, [...args], { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
      this.#child = child;
      this.#stderr = '';
      child.stderr?.on('data', (piece) => {
        this.#stderr = `${this.#stderr}${piece}`.slice(-MOST_STDERR);
      });
      child.on('message', (report) => this.#hear?.(report as Report));
      const gone = (what: string): void => {
        if (this.#child !== child) return;
        this.#child = undefined;
        this.#hear?.({ gone: what });
      };
      child.once('error', (error) => gone(error.message));
      child.once('close', (code, name) => {
        clear(folder);
        gone(name ? `ended by ${name}` : `ended with code ${code}`);
      });
      const report = await this.#converse(null, signal, (r) => ('log' in r || 'progress' in r ? null : r));
      if ('ready' in report) {
        this.adapter = report.ready;
        return null;
      }
      if ('driver' in report && !restarted) {
        driverEnv = swiftShaderEnv(report.driver);
        this.#drop();
        continue;
      }
      this.#drop();
      if ('error' in report) return report.error;
      if ('fault' in report) return report.fault;
      return this.#crash('gone' in report ? report.gone : 'does not find its driver');
    }
    return null; // and nobody wants it any more
  }

  /** Lets a process go that has said all it has to say. */
  #drop(): void {
    const child = this.#child;
    this.#child = undefined;
    child?.kill('SIGKILL');
  }

  /** Sends an order and listens until `answer` makes something of a report; kills a child that is silent or unwanted. */
  #converse<T>(
    order: Order | null,
    signal: AbortSignal | undefined,
    answer: (report: Report | { readonly gone: string }) => T | null,
  ): Promise<T | { readonly fault: JobFault }> {
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout;
      const finish = (value: T | { readonly fault: JobFault }): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.#hear = undefined;
        resolve(value);
      };
      const onAbort = (): void => {
        this.#drop();
        finish(cancelled());
      };
      const watch = (): void => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          this.#drop();
          const message = `no progress in ${this.options.stall} s: its process was ended`;
          finish({ fault: { code: 'StallError', message, again: true } });
        }, 1000 * this.options.stall);
      };
      this.#hear = (report) => {
        watch();
        const value = answer(report);
        if (value !== null) finish(value);
      };
      signal?.addEventListener('abort', onAbort);
      watch();
      if (order) this.#child?.send(order, () => {});
    });
  }

  #crash(what: string): JobFault {
    const said = this.#stderr.trim();
    return { code: 'CrashError', message: `the process of the job ${what}${said && `: ${said}`}`, again: true };
  }
}

const cancelled = (): { fault: JobFault } => ({
  fault: { code: 'CancelledError', message: 'it was cancelled', again: false },
});
