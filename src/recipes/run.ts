import { EngineError, invariant } from '../base/errors';
import type { Raster } from '../base/raster';
import { resample } from '../base/resample';
import type { Device } from '../gpu/device';
import type { Net } from '../nets/weights';
import { refuseTooLarge, refuseTooSmall } from './assert_fits';
import type { Checkpoint } from './checkpoint';
import { chooseSeam } from './choose_seam';
import { encode } from './colour/canvas_space';
import { lockPalette, paletteOf } from './colour/palette';
import { type RunEvents, type StageResult, warningsTo } from './events';
import { parseInit } from './init/expression';
import { paintInit } from './init/paint';
import { asSums, type FitResult, fitStage, fitText } from './memory_fit';
import type { StageSetup } from './objective';
import {
  allowedSide,
  fullSize,
  type Limits,
  limitsOf,
  type PlannedStage,
  planStages,
  type Size,
  scaleFactors,
  styleSizes,
} from './plan_stages';
import { convolutionsOf, requirePrecision } from './precision';
import type { Recipe } from './recipe';
import { CanvasRenderer } from './render';
import { checkRecipe, netLayers, type ResolvedRecipe, resolveRecipe, sizeOf } from './resolve';
import { type CarryOver, runStage, type StageOutcome } from './stage';
import { enlargeMemory } from './upscale';
import { zoomed } from './zoom';

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
  /** What it throws ends the run, and `run` throws it: that is how a run is put off. */
  onCheckpoint?(c: Checkpoint): Promise<void>;
}

export interface RunResult {
  readonly raster: Raster;
  /** The recipe as run, with its size rounded. */
  readonly recipe: Recipe;
  readonly stages: readonly StageResult[];
  readonly stopped: boolean;
  /** By how much the finished tile was rolled, to lay its border along an ordinary line (see border.ts). */
  readonly moved: readonly [dx: number, dy: number];
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
  if (!zoom) return runOnce(device, wanted, inputs, options, 0);
  checkRecipe(wanted, [...inputs.keys()]);
  const { content } = wanted;
  if (content === undefined) throw invariant('a zoom without a content');
  let current = inputs;
  const stages: StageResult[] = [];
  let from = 0;
  if (options.resume) {
    from = options.resume.frame;
    const { feedback } = options.resume;
    if (feedback) current = new Map(inputs).set(content, feedback);
  }
  for (let frame = from; ; frame++) {
    const result = await runOnce(
      device,
      wanted,
      current,
      frame === from ? options : { ...options, resume: undefined },
      frame,
    );
    stages.push(...result.stages);
    await options.onFrame?.({ frame, frames: zoom.frames, raster: result.raster });
    if (result.stopped || frame + 1 >= zoom.frames) return { ...result, stages };
    current = new Map(inputs).set(content, zoomed(result.raster, zoom.factor, zoom.turn));
  }
}

/** Everything that is known before the first step. */
export interface Prepared {
  readonly cast: ResolvedRecipe;
  readonly full: Size;
  readonly stages: readonly PlannedStage[];
  /** What sides a canvas may have. */
  readonly limits: Limits;
  /** The seed at a size, coordinates [rank, H, W]. */
  start(size: Size, warn: (text: string) => void): Float32Array;
  setup(stage: PlannedStage, start: Float32Array, warn: (text: string) => void): StageSetup;
}

/** Checks a recipe against its inputs and its net, and lays out its stages. Touches the adapter's limits only. */
export function prepare(
  device: Device,
  wanted: Recipe,
  inputs: ReadonlyMap<string, Raster>,
  net: Net | null,
  warn: (text: string) => void,
): Prepared {
  if (wanted.net !== undefined && !net) {
    throw new EngineError('RecipeError', 'net: the recipe names a net, and none was loaded', 'Pass the net to run.');
  }
  requirePrecision(device, wanted);
  const layers = netLayers(wanted, net);
  const used = layers.length > 0 ? net : null;
  const strides = used ? used.builder.stride(used.model, layers) : ([1, 1] as const);
  const first = resolveRecipe(wanted, used, inputs);
  const limits = limitsOf(wanted, strides);
  const asked = fullSize(wanted, first.content && sizeOf(first.content));
  const full: Size = [
    allowedSide(asked[0], limits.multiple[0], limits.accepts),
    allowedSide(asked[1], limits.multiple[1], limits.accepts),
  ];
  if (full[0] !== asked[0] || full[1] !== asked[1]) {
    warn(
      `size ${asked.join('x')} becomes ${full.join('x')}: here sides have to be multiples of ${[...new Set(limits.multiple)].join(' and ')}`,
    );
  }
  const masks = [...wanted.styles.map((s) => s.mask), wanted.pin].flatMap((m) => (m ? [m.input] : []));
  for (const name of new Set(masks)) {
    const [w, h] = sizeOf(inputs.get(name) ?? { width: 0, height: 0, data: new Float32Array() });
    if (w !== full[0] || h !== full[1]) warn(`the mask ${name} is ${w}x${h}: it is resized to ${full.join('x')}`);
  }
  const recipe: Recipe = { ...wanted, size: full };
  const cast: ResolvedRecipe = { ...first, recipe };
  refuseTooSmall(cast, full, used ? Math.max(...strides) : null);
  const native = cast.styles.flatMap((s) => styleSizes(s.recipe, sizeOf(s.picture), full, 1));
  const stages = planStages(recipe, full, scaleFactors(recipe, full, native), limits);
  const largest = Math.min(device.gpu.limits.maxStorageBufferBindingSize, device.gpu.limits.maxBufferSize);
  const setup = (stage: PlannedStage, start: Float32Array, say: (text: string) => void): StageSetup => ({
    cast,
    stage,
    full,
    layers,
    stride: Math.max(...strides),
    start,
    largest,
    convolutions: convolutionsOf(device, recipe.precision),
    matrices: device.adapter.matrices,
    warn: say,
  });
  const seed = parseInit(recipe.canvas, [...inputs.keys()]);
  const kept = cast.styles.filter((s) => s.weight > 0).map((s) => s.picture);
  const { space, torus } = cast;
  const start = (size: Size, say: (text: string) => void): Float32Array => {
    const from = { size, seed: recipe.seed, torus, inputs, styles: kept, space, warn: say };
    return encode(space, { width: size[0], height: size[1], data: paintInit(seed, from) });
  };
  return { cast, full, stages, limits, start, setup };
}

async function runOnce(
  device: Device,
  wanted: Recipe,
  inputs: ReadonlyMap<string, Raster>,
  options: RunOptions,
  frame: number,
): Promise<RunResult> {
  const said = new Set<string>();
  const tell = warningsTo(options);
  const warn = (text: string): void => {
    if (!said.has(text)) tell(text);
    said.add(text);
  };
  const prepared = prepare(device, wanted, inputs, options.net ?? null, warn);
  const { cast, stages } = prepared;
  const { recipe, torus } = cast;
  const fitOf = refuseTooLarge(device, prepared, { memory: options.memory });
  options.onPlan?.(stages.map((s) => ({ name: s.name, width: s.size[0], height: s.size[1], steps: s.recipe.steps })));
  const resume = options.resume;
  if (resume && (resume.stage >= stages.length || resume.stages !== stages.length)) {
    throw new EngineError(
      'CheckpointError',
      'the checkpoint is of another recipe',
      'Resume with the recipe it was made by.',
    );
  }
  const paint = (size: Size): Float32Array => prepared.start(size, warn);

  const done: StageResult[] = [...(resume?.done ?? [])];
  let memory: CarryOver | null = resume?.memory ?? null;
  let size: Size | null = null;
  let stopped = false;
  let lastSaved = performance.now();
  const ends = AbortSignal.any([options.signal, options.abort].filter((s) => s !== undefined));
  for (const stage of stages.slice(resume?.stage ?? 0)) {
    const point = stage.index === resume?.stage ? resume.point : undefined;
    if (!memory) memory = { canvas: paint(stage.size), counter: 0, optimiser: '', states: [] };
    else if (!point && size && (size[0] !== stage.size[0] || size[1] !== stage.size[1])) {
      memory = await toSize(device, memory, cast, size, stage, paint);
    }
    size = stage.size;
    options.abort?.throwIfAborted();
    stopped ||= options.signal?.aborted ?? false;
    if (stopped) continue; // enlarge what there is to the size asked for
    const start = memory;
    const developer = new CanvasRenderer(device, cast, stage, warn);
    const setup = prepared.setup(stage, start.canvas, warn);
    const attempt = (fit: FitResult | null): Promise<StageOutcome> => {
      const layout = fit?.layout ?? null;
      const how = fit && fitText(fit);
      if (how) warn(`${stage.size.join('x')} ${how}`);
      return runStage(device, fit?.direct ? asSums(setup) : setup, {
        memory: start,
        layout,
        plan: fit?.plan,
        resume: point,
        signal: ends,
        checkpointEvery: options.checkpointSteps,
        onProgress: (p) =>
          options.onProgress?.({
            stage: stage.index,
            stages: stages.length,
            name: stage.name,
            width: stage.size[0],
            height: stage.size[1],
            steps: stage.recipe.steps,
            ...p,
          }),
        wantsCanvas: () => options.wantsPicture?.() ?? false,
        onCanvas: async (canvas, step) =>
          options.onPicture?.({ stage: stage.index, step, raster: await developer.picture(canvas) }),
        checkpointDue: (step) =>
          options.onCheckpoint !== undefined &&
          (options.wantsCheckpoint?.() ||
            (options.checkpointSteps !== undefined && step % options.checkpointSteps === 0) ||
            (options.checkpointSeconds !== undefined &&
              performance.now() - lastSaved >= 1000 * options.checkpointSeconds)),
        onCheckpoint: async (at) => {
          const feedback = frame > 0 && recipe.content !== undefined ? (inputs.get(recipe.content) ?? null) : null;
          await options.onCheckpoint?.({
            frame,
            feedback,
            stage: stage.index,
            stages: stages.length,
            memory: start,
            point: at,
            done,
          });
          lastSaved = performance.now();
        },
      });
    };
    let outcome: StageOutcome;
    let raster: Raster;
    try {
      outcome = await withLess(device, setup, start, fitOf(stage), attempt);
      options.abort?.throwIfAborted();
      memory = { ...outcome.memory, canvas: await developer.settled(outcome.memory.canvas) };
      raster = await developer.picture(memory.canvas);
    } finally {
      developer.close();
    }
    stopped = outcome.stopped;
    if (outcome.steps === 0) continue;
    const result: StageResult = {
      stage: stage.index,
      name: stage.name,
      width: stage.size[0],
      height: stage.size[1],
      steps: outcome.steps,
      msPerStep: outcome.msPerStep,
      curves: outcome.curves,
      raster,
    };
    done.push(result);
    await options.onStage?.(result);
  }
  const last = stages.at(-1);
  if (!last || !memory) throw new EngineError('RecipeError', 'stages: there is none', 'Add a stage.');
  const developer = new CanvasRenderer(device, cast, last, warn);
  let raster = await developer.picture(memory.canvas);
  developer.close();
  const { palette } = recipe.color;
  const from = palette && inputs.get(palette.input);
  if (palette && from) {
    raster = lockPalette(raster, paletteOf([from], palette.colors, recipe.seed), { softness: palette.softness });
  }
  if (cast.content?.alpha) {
    const alpha = resample(cast.content.alpha, sizeOf(cast.content), [raster.width, raster.height], 'soft');
    raster = { ...raster, alpha };
  }
  const border = cast.placed ? { raster, moved: [0, 0] as const } : chooseSeam(raster, torus);
  return { raster: border.raster, moved: border.moved, recipe, stages: done, stopped };
}

/**
 * Tries a stage, and where the device has less memory left than it takes, which no adapter tells beforehand, tries it
 * again in blocks that take half as much, and so on.
 */
async function withLess(
  device: Device,
  setup: StageSetup,
  start: CarryOver,
  first: FitResult | null,
  attempt: (fit: FitResult | null) => Promise<StageOutcome>,
): Promise<StageOutcome> {
  for (let fit = first; ; ) {
    try {
      return await attempt(fit);
    } catch (error) {
      if (!(error instanceof EngineError && error.code === 'LimitError')) throw error;
      const tried = fit ?? fitStage(device, setup, start);
      const less = 'memory' in tried ? fitStage(device, setup, start, tried.memory / 2) : tried;
      if ('detail' in less) throw error;
      fit = less;
    }
  }
}

async function toSize(
  device: Device,
  memory: CarryOver,
  cast: ResolvedRecipe,
  from: Size,
  stage: PlannedStage,
  paint: (size: Size) => Float32Array,
): Promise<CarryOver> {
  const { recipe, space, torus, placed } = cast;
  const enlarge = (m: CarryOver): Promise<CarryOver> =>
    enlargeMemory(device, m, {
      from,
      to: stage.size,
      rank: space.rank,
      torus,
      placed,
      seed: recipe.seed,
      stage: stage.index,
    });
  if (recipe.enlarge === 'canvas') return enlarge(memory);
  // Only what was changed is enlarged: the seed has detail of its own at the new size.
  const before = paint(from);
  const change = await enlarge({ ...memory, canvas: memory.canvas.map((v, i) => v - (before[i] ?? 0)) });
  const after = paint(stage.size);
  return { ...change, canvas: change.canvas.map((v, i) => v + (after[i] ?? 0)) };
}
