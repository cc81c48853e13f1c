// A job that people play with, in the studio and in the element: it pauses, goes back, and changes on the way.

import type { PictureRecord, RunPlace } from '../recipes/picture_record';
import type { Recipe } from '../recipes/recipe';
import type { RunResult } from '../recipes/run';
import { Session, type SessionState, type Snapshot } from '../recipes/session';
import { type Job, type OpenJob, openJob, type RunJobOptions } from './job';
import type { JobResult, Output } from './output';
import type { Platform } from './platform';
import { Recovery } from './recover';

export interface LiveJobOptions extends Pick<RunJobOptions, 'memory' | 'tune' | 'abort'> {
  onState?(state: SessionState): void;
  onSnapshots?(snapshots: readonly Snapshot[], later: readonly Snapshot[]): void;
  /** The run is over, and all outputs are finished. */
  onDone?(result: JobResult): void;
  /** What ended the run: after it the session is `failed`. */
  onError?(error: unknown): void;
}

/** A session on an open device, on another one where that is lost. */
export class LiveJob {
  readonly session: Session;
  readonly #recovery: Recovery;
  #closed = false;

  constructor(
    readonly open: OpenJob,
    private readonly options: LiveJobOptions,
  ) {
    const { reopen, warn, device, recipe, rasters, net } = open;
    this.#recovery = new Recovery({ reopen, warn });
    const { onCheckpoint: _, ...events } = open.events();
    this.session = new Session(device, recipe, rasters, {
      ...events,
      net,
      memory: options.memory,
      abort: options.abort,
      onState: (state) => options.onState?.(state),
      onSnapshots: (snapshots, later) => {
        const last = snapshots.at(-1);
        if (last) this.#recovery.keep(last.checkpoint);
        options.onSnapshots?.(snapshots, later);
      },
      onDone: (run) => void this.#done(run),
      onError: (error) => void this.#recover(error),
    });
  }

  /** The recipe as it is run now; a session may have changed it. */
  get recipe(): Recipe {
    return this.session.recipe;
  }

  #noteChanges(): void {
    const { changes } = this.session;
    if (changes.length > 0) this.open.note({ changed: changes });
  }

  /** The record of a picture that is saved on the way: at `halfway`, or where the run is over, its own. */
  record(path: string, halfway: RunPlace | undefined, recipe: Recipe = this.recipe): PictureRecord {
    this.#noteChanges();
    const record = this.open.record(path, recipe);
    return halfway ? { ...record, run: { ...record.run, halfway } } : record;
  }

  async #done(run: RunResult): Promise<void> {
    try {
      this.#noteChanges();
      const result = await this.open.finish(run);
      if (!this.#closed) this.options.onDone?.(result);
    } catch (error) {
      await this.#fail(error);
    }
  }

  async #recover(error: unknown): Promise<void> {
    try {
      const device = await this.#recovery.next(this.open.device, error);
      if (!this.#closed) await this.session.recover(device);
    } catch (final) {
      await this.#fail(final);
    }
  }

  async #fail(error: unknown): Promise<void> {
    if (this.#closed) return;
    await this.open.fail(error);
    this.options.onError?.(error);
  }

  /** Ends the run and lets go of everything. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.session.close();
    await this.open.close();
  }
}

/**
 * Opens a job as `openJob` does; the session is yet to be resumed.
 * @returns null where the platform opened no device
 */
export async function openLiveJob<Source>(
  platform: Platform<Source>,
  job: Job,
  outputs: readonly Output[],
  options: LiveJobOptions = {},
): Promise<LiveJob | null> {
  const open = await openJob(platform, job, outputs, options);
  if (!open) return null;
  try {
    return new LiveJob(open, options);
  } catch (error) {
    await open.close();
    throw error;
  }
}
