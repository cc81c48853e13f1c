import type { Net } from '../nets/weights';
import type { Checkpoint } from './checkpoint';
import type { RunEvents } from './events';

export interface RunOptions extends RunEvents {
  /** The recipe's net, loaded; needed when it names one. */
  readonly net?: Net | null | undefined;
  /** Bytes of device memory that a stage may take. Default: what the adapter has. */
  readonly memory?: number | undefined;
  /** A checkpoint of this very recipe to go on from. */
  readonly resume?: Checkpoint | undefined;
  /** How often `onCheckpoint` is called: after so many steps, or so many seconds. */
  readonly checkpointSteps?: number | undefined;
  readonly checkpointSeconds?: number | undefined;
  /** Asked after each batch of steps: whether a checkpoint is wanted now, whatever the clock says. */
  wantsCheckpoint?(): boolean;
  /** What it throws ends the run, and `run` throws it: that is how a run is paused. */
  onCheckpoint?(c: Checkpoint): Promise<void>;
}
