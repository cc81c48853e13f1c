import type { Raster } from '../base/raster';
import { saveCheckpoint, saveFrame } from '../node/checkpoint_files';
import type { Bits } from '../node/picture';
import type { Checkpoint } from '../recipes/checkpoint';
import type { RunOptions } from '../recipes/run';
import type { JobOptions } from './job_options';

export interface Checkpointer {
  readonly events: Pick<RunOptions, 'onCheckpoint' | 'checkpointSteps' | 'checkpointSeconds'>;
  frame(frame: number, raster: Raster): Promise<void>;
  /** The last checkpoint, kept or not: it is here. */
  last(): Checkpoint | undefined;
}

/** Keeps checkpoints. One that cannot be written is told, once: hours of work are not given up for a full disk. */
export function checkpointer(
  { checkpoint, every, bits }: JobOptions,
  warn: (text: string) => void,
): Checkpointer | null {
  if (checkpoint === undefined) return null;
  let told = false;
  let last: Checkpoint | undefined;
  const attempt = async (save: () => Promise<void>): Promise<void> => {
    try {
      await save();
    } catch (cause) {
      if (!told) warn(`a checkpoint was not kept, the run goes on: ${(cause as Error).message.split('\n')[0]}`);
      told = true;
    }
  };
  return {
    events: {
      onCheckpoint: (c) => {
        last = c;
        return attempt(() => saveCheckpoint(checkpoint, c));
      },
      checkpointSteps: every.steps,
      checkpointSeconds: every.seconds,
    },
    frame: (frame, raster) => attempt(() => saveFrame(checkpoint, frame, raster, Number(bits) as Bits)),
    last: () => last,
  };
}
