import { fleetJob } from '../fleet/job_files';
import { JobProcess, type JobProcessOptions } from '../fleet/job_process';
import { performJob, pullResult, uploadInputs } from '../fleet/perform';
import type { Store } from '../fleet/store';
import type { ReadyJob } from './sweep_ready';

/** A job without progress for so long hangs; checkpoints are this far apart. Seconds. */
export const [STALL, EVERY] = [300, 30];

/** How this very program is forked to compute. */
export const childOptions = (
  gpu: string | undefined,
  { stall = STALL, every = EVERY }: { readonly stall?: number; readonly every?: number } = {},
): JobProcessOptions => ({ program: process.argv[1] ?? '', args: ['work', '--child'], gpu, stall, every });

/**
 * Runs jobs of a sweep here, one after another, with their inputs, checkpoints and results in a store.
 * @param say told what there is to know of a job under way: that it goes on from its checkpoint
 */
export function storeRunner(
  store: Store,
  gpu: string | undefined,
  stop: AbortSignal,
  say: (text: string) => void,
): {
  run(ready: ReadyJob, file: string): Promise<{ code: number; error: string }>;
  close(): void;
} {
  const child = new JobProcess(childOptions(gpu));
  const uploaded = new Set<string>();
  return {
    run: async ({ job: { label }, recipe }, file) => {
      try {
        const job = fleetJob(recipe, label);
        await uploadInputs(store, recipe, job, uploaded);
        const ended = await performJob(child, store, job, {
          pause: stop,
          onLog: (line) => say(`${label}: ${line}`),
        });
        if ('fault' in ended) return { code: 1, error: ended.fault.message.split('\n').slice(0, 2).join(' ') };
        if ('paused' in ended) return { code: 1, error: 'stopped' };
        const whole = await pullResult(store, job.id, file);
        return whole ? { code: 0, error: '' } : { code: 1, error: 'its result is damaged in the store: run it again' };
      } catch (error) {
        return { code: 1, error: (error as Error).message.split('\n').slice(0, 2).join(' ') };
      }
    },
    close: () => child.kill(),
  };
}
