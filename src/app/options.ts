import { abortSignal, call, group, type Is, number, type OptionNames, text } from '../base/known_options';
import { type Device, openDevice } from '../gpu/device';
import type { TuneMode } from '../gpu/tune';
import type { Net } from '../nets/weights';
import { EVENT_OPTIONS, loadedNet, type Progress, type RunEvents } from '../recipes/events';
import type { FoundRecord } from '../recipes/picture_record';
import type { RecipeText } from '../recipes/recipe';
import type { RunOptions } from '../recipes/run';
import type { TextureSettingsText } from '../recipes/texture_settings';
import type { TimeLeft } from './eta';
import type { Output } from './output';
import type { TextureChoice } from './texture_recipe';

/** What every call takes. */
export interface CallOptions
  extends Omit<RunEvents, 'onProgress' | 'signal' | 'abort'>,
    Pick<
      RunOptions,
      'resume' | 'memory' | 'checkpointSteps' | 'checkpointSeconds' | 'wantsCheckpoint' | 'onCheckpoint'
    > {
  /**
   * What to compute on: an engine of `open()`, which stays open, or a GPUDevice of your own, which is given back as it
   * was. Default: a device for this call alone.
   */
  readonly device?: Device | GPUDevice | undefined;
  /** The network, loaded by `loadNet`. In Node also its name or the path of an .onnx file. */
  readonly net?: Net | string | undefined;
  /** Gives up: the call throws the signal's reason (an `AbortError`) after the current batch of steps, all memory freed. */
  readonly signal?: AbortSignal | undefined;
  /** Ends early: the call resolves, after the current batch of steps, to the picture as it is by then. */
  readonly stop?: AbortSignal | undefined;
  /** Variants of kernels. Default: what was measured on this machine before, nothing on a software adapter. */
  readonly tune?: TuneMode | undefined;
  /** @param left how much of all work is done, and the seconds left */
  onProgress?(p: Progress, left: TimeLeft): void;
  /** What else is made of the run: see `Output`. */
  readonly outputs?: readonly Output[] | undefined;
}

export interface TextureOptions extends CallOptions, Omit<TextureSettingsText, 'size' | 'net'> {
  /**
   * Width and height of the tile, pixels; one number: square. Default: 512 for copies, or the
   * nearest size that holds what repeats where the method is chosen; else 256.
   */
  readonly size?: number | readonly [width: number, height: number] | undefined;
  /** The name of a recipe with one style, or such a recipe. Default: `texture`, or `texture-net` where a net is given. */
  readonly recipe?: string | RecipeText | undefined;
}

export interface RecipeOptions extends CallOptions {
  readonly seed?: number | undefined;
  /** Width and height, pixels; one number: the longer side. */
  readonly size?: number | readonly [width: number, height: number] | undefined;
}

export const anyDevice: Is<Device | GPUDevice> = {
  wanted: 'what open returns, or a GPUDevice',
  is: (v): v is Device | GPUDevice => openDevice.is(v) || Object(v).queue !== undefined,
};
const netOrName: Is<Net | string> = {
  wanted: 'a network of loadNet, or the name of one',
  is: (v): v is Net | string => text.is(v) || (v !== null && loadedNet.is(v)),
};
const outputs: Is<readonly Output[]> = {
  wanted: 'a list of outputs',
  is: (v): v is readonly Output[] => Array.isArray(v) && v.every(group.is),
};

/** Names that `checkOptions` knows calls by. */
const { abort: _, ...EVENTS } = EVENT_OPTIONS;
const CALL: OptionNames<CallOptions> = {
  ...EVENTS,
  ...{ device: anyDevice, net: netOrName, stop: abortSignal, outputs, memory: number, resume: group },
  tune: ['off', 'cached', 'now'],
  ...{ onCheckpoint: call, wantsCheckpoint: call, checkpointSteps: number, checkpointSeconds: number },
};
export const RECIPE_OPTIONS: OptionNames<RecipeOptions> = { seed: true, size: true, ...CALL };
export const CHOICE_OPTIONS: OptionNames<TextureChoice> = {
  ...{ size: true, seed: true, recipe: true, method: true, tile: true, variety: true, fit: true, flatten: true },
  ...{ polish: true, steps: true, scales: true, canvas: true, layers: true, pooling: true, net: true },
  rectify: true,
};
export const TEXTURE_OPTIONS: OptionNames<TextureOptions> = { ...CHOICE_OPTIONS, ...CALL };

/** A recipe to run: the name of one that comes with toroid, one written out, or what `readRecord` found in a picture. */
export type RecipeLike = string | RecipeText | FoundRecord;

/** Pictures by the names that the recipe has for them. */
export type Inputs<Source> = Readonly<Record<string, Source>> | ReadonlyMap<string, Source>;
