import { invariant } from '../base/errors';
import { call, checkOptions, checkValues, group, number, type OptionNames, returnedBy } from '../base/known_options';
import type { Raster } from '../base/raster';
import { type Field, rolledField } from '../copy/field';
import type { Device } from '../gpu/device';
import { type CarryOver, foreignCheckpoint, type RunOptions } from './checkpoint';
import { EVENT_OPTIONS, JOB, loadedNet, onceEach, type StageResult, warningsTo } from './events';
import { finish } from './finish';
import type { RunFacts } from './picture_record';
import type { Size } from './plan_stages';
import { prepare } from './prepare';
import type { Recipe } from './recipe';
import { CanvasRenderer } from './render';
import { checkRecipe } from './resolve';
import { upscale } from './upscale';
import { zoomed } from './zoom';

export type { RunOptions };

export interface RunResult {
  readonly raster: Raster;
  /** The recipe as run, with its size rounded. */
  readonly recipe: Recipe;
  readonly stages: readonly StageResult[];
  readonly stopped: boolean;
  /** Where, if it was. */
  readonly stoppedAt?: RunFacts['stopped'];
  /** By how much the finished tile was rolled, to lay its border along an ordinary line (see finish.ts). */
  readonly moved: readonly [dx: number, dy: number];
  /** Where each pixel came from, if it was copied at this size; `applyField` takes maps of the exemplar there. */
  readonly field?: Field | undefined;
}

/**
 * Runs a recipe.
 * @param inputs the pictures that the recipe names.
 * @throws EngineError `RecipeError` before any work for what a recipe asks and there is not; `LimitError` when it is
 *   too large for the adapter; `RunError` when it has no finite loss to begin with.
 */
export async function run(
  device: Device,
  wanted: Recipe,
  inputs: ReadonlyMap<string, Raster>,
  options: RunOptions = {},
): Promise<RunResult> {
  options.abort?.throwIfAborted();
  const { zoom } = wanted;
  if (!zoom) return runFrame(device, wanted, inputs, options, 0);
  checkRecipe(wanted, [...inputs.keys()]);
  const { content } = wanted;
  if (content === undefined) throw invariant('a zoom without a content');
  const from = options.resume?.frame ?? 0;
  const feedback = options.resume?.feedback;
  let current = feedback ? new Map(inputs).set(content, feedback) : inputs;
  const stages: StageResult[] = [];
  for (let frame = from; ; frame++) {
    const own = frame === from ? options : { ...options, resume: undefined };
    const result = await runFrame(device, wanted, current, own, frame);
    stages.push(...result.stages);
    await options.onFrame?.({ frame, frames: zoom.frames, raster: result.raster });
    if (result.stopped || frame + 1 >= zoom.frames) return { ...result, stages };
    current = new Map(inputs).set(content, zoomed(result.raster, zoom.factor, zoom.turn));
  }
}

const RUN_OPTIONS: OptionNames<RunOptions> = {
  ...EVENT_OPTIONS,
  ...{ net: loadedNet, memory: number, stopAt: returnedBy('readRecord', 'frame'), resume: group },
  ...{ checkpointSteps: number, checkpointSeconds: number, wantsCheckpoint: call, onCheckpoint: call },
};

/** `run` for programs: what it does not know is refused. @throws EngineError `SettingsError` besides */
export const runRecipe: typeof run = async (device, recipe, inputs, options = {}) => {
  checkValues('runRecipe', { device, recipe, inputs }, JOB);
  checkOptions('runRecipe', options, RUN_OPTIONS);
  return run(device, recipe, inputs, options);
};

/** Runs the stages of a recipe, one after another; of a film, those of one frame. */
async function runFrame(
  device: Device,
  wanted: Recipe,
  inputs: ReadonlyMap<string, Raster>,
  options: RunOptions,
  frame: number,
): Promise<RunResult> {
  const { resume, signal, abort } = options;
  const warn = onceEach(warningsTo(options));
  const prepared = prepare(device, wanted, inputs, options.net ?? null, warn);
  const { resolved, stages } = prepared;
  const [{ refuseTooLarge }, { StageRunner }] = await Promise.all([import('./assert_fits'), import('./stage_runner')]);
  const { fitOf, largest } = refuseTooLarge(device, prepared, { memory: options.memory });
  options.onPlan?.(stages.map((s) => ({ name: s.name, width: s.size[0], height: s.size[1], steps: s.recipe.steps })));
  const last = stages.at(-1);
  if (!last) throw invariant('a recipe without stages');
  if (resume && (resume.stage >= stages.length || resume.stages !== stages.length)) throw foreignCheckpoint();
  if (options.onEstimate && frame === (resume?.frame ?? 0) && !signal?.aborted) {
    const frames = (wanted.zoom?.frames ?? 1) - frame;
    const { estimateRun } = await import('./estimate');
    const estimate = await estimateRun(device, prepared, largest, { resume, frames });
    if (estimate) options.onEstimate(estimate);
  }

  const init = (size: Size): Promise<Float32Array> => prepared.start(size, warn);
  const done: StageResult[] = [...(resume?.done ?? [])];
  const runner = new StageRunner(device, prepared, { fitOf, options, warn, frame, done });
  let carryOver: CarryOver | null = resume?.memory ?? null;
  let size: Size | null = null;
  let stopped = false;
  const stopAt = options.stopAt?.frame === frame ? options.stopAt : undefined;
  let at: RunFacts['stopped'] = { frame, stage: (resume?.stage ?? 0) - 1, step: resume?.done.at(-1)?.steps ?? 0 };
  for (const stage of stages.slice(resume?.stage ?? 0)) {
    const point = stage.index === resume?.stage ? resume.point : undefined;
    abort?.throwIfAborted();
    stopped ||= (signal?.aborted ?? false) || (stopAt !== undefined && at.stage >= stopAt.stage);
    // Copying starts from nothing: it leaves what it was given only where it is stopped before its first step.
    const blank = !carryOver && !stopped && stage.recipe.method === 'copy';
    if (!carryOver) {
      const canvas = blank ? new Float32Array(3 * stage.size[0] * stage.size[1]) : await init(stage.size);
      carryOver = { canvas, counter: 0, optimiser: '', states: [] };
    } else if (size && (size[0] !== stage.size[0] || size[1] !== stage.size[1])) {
      carryOver = await upscale(device, carryOver, size, stage, resolved, init);
    }
    size = stage.size;
    if (stopped) continue; // enlarge what there is to the size asked for
    const ended = await runner.run(stage, carryOver, point, stopAt?.stage === stage.index ? stopAt.step : undefined);
    ({ carryOver, stopped } = ended);
    if (blank && ended.steps === 0) carryOver = { ...carryOver, canvas: await init(stage.size) };
    const hasty = stopped && stage.recipe.method === 'copy';
    at = { frame, stage: stage.index, step: ended.steps, ...(hasty && { hasty }) };
    if (!ended.result) continue;
    done.push(ended.result);
    await options.onStage?.(ended.result);
  }
  if (!carryOver) throw invariant('a run without a canvas');
  const renderer = new CanvasRenderer(device, resolved, last, warn);
  try {
    const { raster, moved } = await finish(await renderer.picture(carryOver.canvas), resolved);
    const field = carryOver.field && rolledField(carryOver.field, moved);
    return { raster, moved, field, recipe: resolved.recipe, stages: done, stopped, ...(stopped && { stoppedAt: at }) };
  } finally {
    renderer.close();
  }
}
