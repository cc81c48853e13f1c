import { EngineError } from '../base/errors';
import type { Raster } from '../base/raster';
import type { CopyPoint } from '../copy/copy';
import type { Field } from '../copy/field';
import type { Net } from '../nets/weights';
import type { RunEvents, StageResult } from './events';
import type { RunPlace } from './picture_record';

/** What one stage leaves to the next: the canvas, and what its optimiser remembers. */
export interface CarryOver {
  /** Coordinates [rank, H, W]. */
  readonly canvas: Float32Array;
  /** Steps of the whole run so far: random draws depend on it. */
  readonly counter: number;
  /** Which optimiser the states belong to. */
  readonly optimiser: string;
  readonly states: readonly SavedState[];
  /** Where each pixel came from, after a stage that copies; what optimises on moves nothing, and another size ends it. */
  readonly field?: Field | undefined;
}

export interface SavedState {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
  readonly enlarged: 'resize' | 'keep' | 'reset';
}

/** A step of a stage with all its state: to go on from it gives the bytes that going on would have given. */
export interface StagePoint {
  readonly step: number;
  /** How often the learning rate was halved because the loss was not finite. */
  readonly halvings: number;
  /** Parameter, counter and optimiser states, in their order; `guard`: as of the last step known to be good. */
  readonly values: readonly Float32Array[];
  readonly guard: readonly Float32Array[];
  readonly guardStep: number;
  /** Of the losses so far. */
  readonly curves: Readonly<Record<string, Curve>>;
  /** Of a stage that copies: the levels done. Its canvas is the only value then. */
  readonly copied?: CopyPoint | undefined;
}

export type Curve = (readonly [step: number, value: number])[];

/** All that a run needs to go on as if nothing had happened. Plain data: how it is kept belongs to the platform. */
export interface Checkpoint {
  /** Frame of a zoom, and the picture it is made from; 0 and null elsewhere. */
  readonly frame: number;
  readonly feedback: Raster | null;
  /** The stage under way, of how many. */
  readonly stage: number;
  readonly stages: number;
  /** What the stage began with. */
  readonly memory: CarryOver;
  readonly point: StagePoint;
  /** The stages that are over. */
  readonly done: readonly StageResult[];
}

/** A copy to keep: a run goes on writing to the lists that its checkpoints refer to. */
export const copyCheckpoint = (c: Checkpoint): Checkpoint => ({
  ...c,
  done: [...c.done],
  point: { ...c.point, curves: Object.fromEntries(Object.entries(c.point.curves).map(([k, v]) => [k, [...v]])) },
});

/** A checkpoint whose stages or states are not those of the recipe. */
export const foreignCheckpoint = (): EngineError =>
  new EngineError('CheckpointError', 'the checkpoint is of another recipe', 'Resume with the recipe it was made by.');

export interface RunOptions extends RunEvents {
  /** The recipe's net, loaded; needed when it names one. */
  readonly net?: Net | null | undefined;
  /** Bytes of device memory that a stage may take. Default: what the adapter has. */
  readonly memory?: number | undefined;
  /** Where to stop, as if it had been asked to there: a picture that was stopped is made again. */
  readonly stopAt?: RunPlace | undefined;
  /** A checkpoint of this very recipe to go on from. */
  readonly resume?: Checkpoint | undefined;
  /** How often `onCheckpoint` is called: after so many steps, or so many seconds; and where an optimising stage is stopped. */
  readonly checkpointSteps?: number | undefined;
  readonly checkpointSeconds?: number | undefined;
  /** Asked after each batch of steps: whether a checkpoint is wanted now, whatever the clock says. */
  wantsCheckpoint?(): boolean;
  /** What it throws ends the run, and `run` throws it: that is how a run is paused. */
  onCheckpoint?(c: Checkpoint): Promise<void>;
}
