// A recipe with its pictures, from what was asked for to what is written: the same for all who run one.
import { anyAborted } from '../base/aborted';
import type { Raster } from '../base/raster';
import { Device } from '../gpu/device';
import type { Choices, TuneMode } from '../gpu/tune';
import type { Net } from '../nets/weights';
import type { Checkpoint } from '../recipes/checkpoint';
import type { FoundRecord, PictureRecord, RunFacts } from '../recipes/picture_record';
import type { Recipe } from '../recipes/recipe';
import { checkRecipe, withoutSpare } from '../recipes/resolve';
import { type RunOptions, type RunResult, run } from '../recipes/run';
import { type Input, type ReadInputsOptions, rastersOf, readInputs } from './inputs';
import { loadNet, nameNet, netName, withNet } from './nets';
import { eventsOf, type JobInfo, type JobResult, type Output } from './output';
import type { Files, Platform } from './platform';
import { recordOf } from './record';
import { Recovery, retryDeviceLost } from './recover';
import { otherChoices, startTuning } from './tuning';

/** A recipe with all that can be had before there is a device. */
export interface Job {
  /** Filled, with its net named. */
  readonly recipe: Recipe;
  readonly inputs: readonly Input[];
  /** A net that the caller has, or what to load in place of the recipe's name for it. */
  readonly net?: Net | string | undefined;
  /** The adapter of the picture or run that is to be made again, and the choices of kernels it made there. */
  readonly adapter?: string | undefined;
  readonly tuned?: Choices | undefined;
  /** Of the record of that picture. */
  readonly version?: string | undefined;
  readonly run?: RunFacts | undefined;
  /** Something of that recipe was changed: another picture is what is wanted. */
  readonly altered?: boolean | undefined;
  readonly resume?: Checkpoint | undefined;
}

export interface PrepareOptions extends ReadInputsOptions {
  readonly net?: Net | string | undefined;
}

/**
 * Looks up everything that can be refused before a device is opened: names, pictures, whether the net is here.
 * @throws EngineError `RecipeError`, `PictureError`, `WeightsError`
 */
export async function prepareJob<Source>(
  platform: Platform<Source>,
  wanted: Recipe,
  sources: ReadonlyMap<string, Source>,
  options: PrepareOptions,
): Promise<Job> {
  const { net, warn } = options;
  const own = typeof net === 'object' ? net : undefined;
  const asked = withoutSpare(wanted, [...sources.keys()]);
  const swapped = own && asked.net !== undefined ? withNet(asked, own.name) : asked;
  const recipe = net === undefined ? await nameNet(platform.nets, swapped, warn) : swapped;
  checkRecipe(recipe, [...sources.keys()]);
  const inputs = await readInputs(platform, recipe, sources, options);
  const fitted = await withFittingSize(recipe, rastersOf(inputs));
  const name = typeof net === 'string' ? net : netName(recipe);
  if (!own && recipe.net !== undefined && name !== null) await platform.nets.check(name);
  return { inputs, net, recipe: fitted };
}

/** A tile that is to fit what repeats in its exemplar gets the size for that before anybody is told of one. */
async function withFittingSize(recipe: Recipe, inputs: ReadonlyMap<string, Raster>): Promise<Recipe> {
  if (!recipe.stages.some((s) => s.copy?.fit === 'size')) return recipe;
  return (await import('../recipes/copy_stage')).withFittingSize(recipe, inputs);
}

export interface RunJobOptions
  extends Pick<
    RunOptions,
    'memory' | 'signal' | 'abort' | 'checkpointSteps' | 'checkpointSeconds' | 'wantsCheckpoint'
  > {
  /** What to compute on, and to leave open. Default: what the platform opens, which is closed at the end. */
  readonly device?: Device | GPUDevice | undefined;
  readonly tune?: TuneMode | undefined;
  /** Where `tune` is not given: see `TuningOptions.usual`. */
  readonly usualTune?: TuneMode | undefined;
  readonly weightsUnchecked?: boolean | undefined;
  /** What was to be told before there was somebody to tell it. */
  readonly warnings?: readonly string[] | undefined;
  /** What to advise when a lost device is the end. */
  readonly remedy?: string | undefined;
}

/** Seconds between checkpoints that are only kept in memory, for the case that the device is lost. */
const KEPT_SECONDS = 60;

/** A job on an open device, with its net loaded and its kernels chosen. */
export class OpenJob implements JobInfo {
  readonly warnings: string[] = [];
  readonly rasters: ReadonlyMap<string, Raster>;
  readonly #opened = performance.now();
  net: Net | null = null;
  /** What the recipe does not say of the run. */
  #facts: RunFacts = {};

  constructor(
    readonly files: Pick<Platform<unknown>, keyof Files | 'openDevice' | 'closeDevice'>,
    readonly job: Job,
    private readonly outputs: readonly Output[],
    public device: Device,
    private readonly given: Device | GPUDevice | undefined,
  ) {
    this.rasters = rastersOf(job.inputs);
  }

  get recipe(): Recipe {
    return this.job.recipe;
  }

  get inputs(): readonly Input[] {
    return this.job.inputs;
  }

  get resume(): Checkpoint | undefined {
    return this.job.resume;
  }

  /** The choices that are made again: those of a run on this adapter. */
  get pinned(): Choices | undefined {
    return this.job.adapter === this.device.adapter.description ? this.job.tuned : undefined;
  }

  /** The record of the picture that is made again as it is. */
  get replayed(): Omit<FoundRecord, 'recipe'> {
    const { altered, adapter, version, run } = this.job;
    return altered
      ? {}
      : { ...(adapter !== undefined && { adapter }), ...(version !== undefined && { version }), ...(run && { run }) };
  }

  /** Adds to what the record says of the run. */
  note(facts: RunFacts): void {
    this.#facts = { ...this.#facts, ...facts };
  }

  /** Since the device was opened. */
  get seconds(): number {
    return (performance.now() - this.#opened) / 1000;
  }

  /** Another device in place of a lost one; undefined where the caller brought it. */
  get reopen(): (() => Promise<Device>) | undefined {
    if (this.given !== undefined) return undefined;
    return async () => {
      const { tuning } = this.device;
      this.#release();
      const device = await this.files.openDevice({});
      if (!device) throw new DOMException('it was stopped', 'AbortError');
      const { description } = this.device.adapter;
      if (tuning?.adapter === device.adapter.description) device.tuning = tuning;
      if (device.adapter.description !== description)
        this.note({ before: [...(this.#facts.before ?? []), description] });
      this.device = device;
      return device;
    };
  }

  readonly warn = (text: string): void => {
    this.warnings.push(text);
    for (const o of this.outputs) o.onWarning?.(text);
  };

  record(path: string, recipe: Recipe = this.recipe): PictureRecord {
    const place = (input: string): string => this.files.inputPath(input, path);
    return this.#record(recipe, place);
  }

  #record(recipe: Recipe, place?: (path: string) => string): PictureRecord {
    const run = { ...this.#facts, ...(this.net?.sha256 !== undefined && { net: this.net.sha256 }) };
    return recordOf(recipe, this.inputs, this.device, {
      ...(place && { place }),
      before: this.resume && this.pinned,
      run,
    });
  }

  /** The record for a picture that is no file yet. */
  recordAnywhere(recipe: Recipe): PictureRecord {
    return this.#record(recipe);
  }

  /** What the run tells and asks, for all outputs. */
  events(): ReturnType<typeof eventsOf> {
    const frames = this.recipe.zoom?.frames;
    return { ...eventsOf(this.outputs, { frames, framesDone: this.resume?.frame }), onWarning: this.warn };
  }

  /**
   * Has the outputs finished; those of a run that was stopped before its first step write nothing. Once the picture is
   * written, what goes wrong with one output keeps none from the others.
   */
  async finish(run: RunResult): Promise<JobResult> {
    const written = new Map<string, string | readonly string[]>();
    const result: JobResult = { ...run, seconds: this.seconds, written };
    if (run.stoppedAt) this.note({ stopped: run.stoppedAt });
    const other = this.pinned && otherChoices(this.device, this.pinned);
    if (other) this.warn(other);
    if (run.stages.every((s) => s.steps === 0)) return result;
    const faults: unknown[] = [];
    for (const o of this.outputs) {
      try {
        const file = await o.finish?.(result, this);
        if (o.kind !== undefined && file !== undefined) written.set(o.kind, file);
      } catch (error) {
        if (!written.has('file')) throw error;
        faults.push(error);
      }
    }
    if (faults.length > 0) throw faults[0];
    return result;
  }

  /** Tells the outputs what went wrong. */
  async fail(error: unknown): Promise<void> {
    for (const o of this.outputs) await o.fail?.(error);
  }

  /** Lets go of everything. */
  async close(): Promise<void> {
    try {
      for (const o of this.outputs) await o.close?.();
    } finally {
      this.#release();
    }
  }

  #release(): void {
    if (this.device === this.given) return;
    if (this.given === undefined && this.files.closeDevice) this.files.closeDevice(this.device);
    else this.device.close();
  }
}

/**
 * Opens the device, loads the net, chooses the kernels and begins the outputs. Whoever calls it closes the job.
 * @returns null where the platform opened none
 */
export async function openJob<Source>(
  platform: Platform<Source>,
  job: Job,
  outputs: readonly Output[],
  options: RunJobOptions,
): Promise<OpenJob | null> {
  const { device: given, tune: mode, usualTune: usual, signal, abort } = options;
  const device =
    given instanceof Device ? given : await platform.openDevice({ ...(given !== undefined && { device: given }) });
  if (!device) return null;
  const opened = new OpenJob(platform, job, outputs, device, given);
  const { warn, recipe, rasters, pinned } = opened;
  try {
    abort?.throwIfAborted();
    for (const o of outputs) o.onDevice?.(device.adapter);
    for (const text of options.warnings ?? []) warn(text);
    const unchecked = options.weightsUnchecked === true;
    opened.net = await loadNet(platform.nets, recipe, job.net, { unchecked, warn });
    const here = { adapter: device.adapter.description, net: opened.net?.sha256 };
    const { replayed } = opened;
    if (Object.keys(replayed).length > 0) {
      const { replayWarnings } = await import('./replay');
      for (const text of replayWarnings(replayed, here)) warn(text);
    }
    if (job.resume && job.adapter !== undefined && job.adapter !== here.adapter) opened.note({ before: [job.adapter] });
    const memory = options.memory ?? opened.replayed.run?.memory;
    if (memory !== undefined) opened.note({ memory });
    const measure = await startTuning(device, () => platform.tuneStore(), { mode, usual, pinned }, warn);
    if (measure) {
      for (const o of outputs) o.onTuning?.();
      await measure(recipe, rasters, { net: opened.net, signal: anyAborted(signal, abort), onWarning: warn });
    }
    abort?.throwIfAborted();
    for (const o of outputs) await o.begin?.(opened);
    return opened;
  } catch (error) {
    await opened.fail(error);
    await opened.close();
    throw error;
  }
}

/**
 * Runs a job to its end, on another device where one is lost.
 * @returns null where the platform opened no device
 * @throws EngineError as `run` does; the reason of `abort`.
 */
export async function runJob<Source>(
  platform: Platform<Source>,
  job: Job,
  outputs: readonly Output[],
  options: RunJobOptions,
): Promise<{ readonly result: JobResult; readonly record: PictureRecord } | null> {
  const opened = await openJob(platform, job, outputs, options);
  if (!opened) return null;
  try {
    const { recipe, resume } = opened;
    const events = opened.events();
    const recovery = new Recovery({ reopen: opened.reopen, warn: opened.warn, remedy: options.remedy }, resume);
    const wanted = outputs.some((o) => o.onCheckpoint);
    const stopAt = opened.replayed.run && (await import('./replay')).replayStop(opened.replayed);
    const raster = await retryDeviceLost(opened.device, recovery, (device, from) =>
      run(device, recipe, opened.rasters, {
        ...events,
        ...checkpointsOf(options, wanted, opened.reopen !== undefined),
        onCheckpoint: async (c) => {
          recovery.keep(c);
          await events.onCheckpoint(c);
        },
        net: opened.net,
        resume: from,
        memory: options.memory ?? opened.replayed.run?.memory,
        stopAt,
        signal: options.signal,
        abort: options.abort,
      }),
    );
    options.abort?.throwIfAborted();
    const result = await opened.finish(raster);
    return { result, record: opened.recordAnywhere(result.recipe) };
  } catch (error) {
    await opened.fail(error);
    throw error;
  } finally {
    await opened.close();
  }
}

/** When checkpoints are made: as asked for by who wants them; else now and then, for the case that the device is lost. */
function checkpointsOf(
  { checkpointSteps, checkpointSeconds, wantsCheckpoint }: RunJobOptions,
  wanted: boolean,
  useful: boolean,
): Pick<RunOptions, 'checkpointSteps' | 'checkpointSeconds' | 'wantsCheckpoint'> {
  if (!wanted) return useful ? { checkpointSteps, checkpointSeconds: KEPT_SECONDS } : {};
  return { checkpointSteps, checkpointSeconds, ...(wantsCheckpoint && { wantsCheckpoint }) };
}
