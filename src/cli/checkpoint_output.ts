import type { JobInfo, Output } from '../app/output';
import { VERSION } from '../base/version';
import { beginCheckpoints, saveCheckpoint, saveFrame } from '../node/checkpoint_files';
import type { Bits } from '../node/picture';
import type { CommandJob, JobOptions } from './job_options';

/** Keeps checkpoints. One that cannot be written is told, once: hours of work are not given up for a full disk. */
export function checkpointOutput(folder: string, { out }: CommandJob, options: JobOptions): Output {
  const { preview, frames, fps } = options;
  const bits = Number(options.bits) as Bits;
  let job: JobInfo | undefined;
  let told = false;
  const attempt = async (save: () => Promise<void>): Promise<void> => {
    try {
      await save();
    } catch (cause) {
      if (!told) job?.warn(`a checkpoint was not kept, the run goes on: ${(cause as Error).message.split('\n')[0]}`);
      told = true;
    }
  };
  return {
    begin: async (begun) => {
      job = begun;
      const { adapter, tuning } = begun.device;
      const asked = {
        toroid: VERSION,
        recipe: begun.record(`${folder}/job.json`).recipe,
        adapter: adapter.description,
        ...(tuning && { tuned: tuning.known() }),
        out,
        bits,
        ...(preview && { preview }),
        ...(frames !== undefined && { frames, fps }),
      };
      await beginCheckpoints(folder, asked, begun.resume !== undefined);
    },
    onCheckpoint: (c) => attempt(() => saveCheckpoint(folder, c)),
    onFrame: async ({ frame, raster }) => {
      if (frames !== undefined) await attempt(() => saveFrame(folder, frame, raster, bits));
    },
  };
}
