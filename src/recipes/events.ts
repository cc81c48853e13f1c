import { abortSignal, call, type Is, type OptionNames, returnedBy } from '../base/known_options';
import { picture, type Raster } from '../base/raster';
import { openDevice } from '../gpu/device';
import type { Net } from '../nets/weights';

/** Where a run is. */
export interface Progress {
  /** Which stage, from 0, of how many: one for each step of the recipe at each of its resolutions. */
  readonly stage: number;
  readonly stages: number;
  /** Name of the stage in the recipe. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  /** Each weighted term of the loss by name. */
  readonly terms: Readonly<Record<string, number>>;
  readonly msPerStep: number;
}

/** One stage that is over. */
export interface StageResult {
  readonly stage: number;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly steps: number;
  readonly msPerStep: number;
  /** By term, `total` first: [step, value] points. */
  readonly curves: Readonly<Record<string, readonly (readonly [step: number, value: number])[]>>;
  readonly raster: Raster;
}

/** What a run that is not short is expected to take. */
export interface RunEstimate {
  readonly seconds: number;
  /** Bytes of the device's memory; on software adapters of the process. */
  readonly memory: number;
}

/** What a run tells, and asks, while it goes on. */
export interface RunEvents {
  /** Before the first step: all stages to come, in order. */
  onPlan?(
    stages: readonly {
      readonly name: string;
      readonly width: number;
      readonly height: number;
      readonly steps: number;
    }[],
  ): void;
  /** Before the first step of what is not short. Who listens has a step tried for it. */
  onEstimate?(e: RunEstimate): void;
  onProgress?(p: Progress): void;
  /** The picture as it is, when `wantsPicture` last said true. */
  onPicture?(p: { readonly stage: number; readonly step: number; readonly raster: Raster }): void;
  /** Asked between batches of steps: whether somebody looks at the growing picture (reading it takes time). */
  wantsPicture?(): boolean;
  /** A stage is done; its picture may be saved. */
  onStage?(s: StageResult): void | Promise<void>;
  /** A frame of a zoom is done. */
  onFrame?(f: { readonly frame: number; readonly frames: number; readonly raster: Raster }): void | Promise<void>;
  /** Something a user should know: a size rounded, a setting without effect. */
  onWarning?(text: string): void;
  /** What `onWarning` was called in 0.1.0; heard where there is no `onWarning`. */
  onNotice?(text: string): void;
  /** Stops after the current batch of steps; what there is comes back. */
  readonly signal?: AbortSignal | undefined;
  /** Gives the run up after the current batch: it throws the signal's reason, an `AbortError`, with all memory freed. */
  readonly abort?: AbortSignal | undefined;
}

const ofLoadNet = returnedBy('loadNet', 'builder');
/** For `checkOptions`: a network, or null. */
export const loadedNet: Is<Net | null> = { ...ofLoadNet, is: (v): v is Net | null => v === null || ofLoadNet.is(v) };

/** For `checkValues`: what a run is of. */
export const JOB = {
  device: openDevice,
  recipe: returnedBy('fillRecipe', 'stages'),
  inputs: {
    wanted: 'a Map of pictures by their names',
    is: (v): v is ReadonlyMap<string, Raster> => v instanceof Map && [...v.values()].every(picture.is),
  } satisfies Is<ReadonlyMap<string, Raster>>,
};

/** Names that `checkOptions` knows runs by. */
export const EVENT_OPTIONS: OptionNames<RunEvents> = {
  ...{ onPlan: call, onEstimate: call, onProgress: call, onPicture: call, wantsPicture: call, onStage: call },
  ...{ onFrame: call, onWarning: call, onNotice: call, signal: abortSignal, abort: abortSignal },
};

/** Where warnings go. */
export const warningsTo =
  (events: Pick<RunEvents, 'onWarning' | 'onNotice'>) =>
  (text: string): void =>
    (events.onWarning ?? events.onNotice)?.(text);

/** Passes each text on once. */
export function onceEach(tell: (text: string) => void): (text: string) => void {
  const told = new Set<string>();
  return (text) => {
    if (!told.has(text)) tell(text);
    told.add(text);
  };
}
