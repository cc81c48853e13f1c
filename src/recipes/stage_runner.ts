import { anyAborted } from '../base/aborted';
import type { Device } from '../gpu/device';
import type { CarryOver, RunOptions, StagePoint } from './checkpoint';
import type { StageResult } from './events';
import { asSums, type Fit, fitText, withLessMemory } from './memory_fit';
import type { PlannedStage } from './plan_stages';
import type { Prepared } from './prepare';
import { CanvasRenderer } from './render';
import type { StageOptions, StageOutcome } from './stage';

/** What the stages of a run have in common. */
interface StageRunnerSettings {
  /** How a stage is run; null: whole. */
  readonly fitOf: (stage: PlannedStage) => Fit | null;
  readonly options: RunOptions;
  readonly warn: (text: string) => void;
  readonly frame: number;
  /** The stages that are over, for checkpoints. */
  readonly done: readonly StageResult[];
}

/** How a stage has ended. */
interface StageEnd {
  readonly carryOver: CarryOver;
  readonly stopped: boolean;
  readonly steps: number;
  /** Null where it has no step to show. */
  readonly result: StageResult | null;
}

/** Runs the stages of a run: each in the way that fits the memory there is, with the run's events and checkpoints. */
export class StageRunner {
  #lastSaved = performance.now();

  constructor(
    private readonly device: Device,
    private readonly prepared: Prepared,
    private readonly settings: StageRunnerSettings,
  ) {}

  /** @param until the step to stop at, if it is to */
  async run(
    stage: PlannedStage,
    start: CarryOver,
    point: StagePoint | undefined,
    until: number | undefined,
  ): Promise<StageEnd> {
    const { device, prepared } = this;
    const { fitOf, warn, options } = this.settings;
    const setup = prepared.setup(stage, start.canvas, warn);
    const renderer = new CanvasRenderer(device, prepared.resolved, stage, warn);
    const events = this.#events(stage, start, renderer);
    const attempt = async (fit: Fit | null): Promise<StageOutcome> => {
      const how = fit && fitText(fit);
      if (how) warn(`${stage.size.join('x')} ${how}`);
      const { runStage } = await import('./stage');
      return runStage(device, fit?.direct ? asSums(setup) : setup, {
        ...events,
        carryOver: start,
        layout: fit?.layout ?? null,
        planBytes: fit?.planBytes,
        resume: point,
        until,
      });
    };
    try {
      const outcome =
        stage.recipe.method === 'copy'
          ? await (await import('./copy_stage')).runCopyStage(device, setup, {
              ...events,
              carryOver: start,
              resume: point,
            })
          : await withLessMemory(device, setup, start, fitOf(stage), attempt);
      options.abort?.throwIfAborted();
      const canvas = await renderer.settled(outcome.carryOver.canvas);
      const raster = await renderer.picture(canvas);
      const { steps, msPerStep, curves, stopped } = outcome;
      const [width, height] = stage.size;
      const result = { stage: stage.index, name: stage.name, width, height, steps, msPerStep, curves, raster };
      const field = outcome.carryOver.field ?? start.field;
      return { carryOver: { ...outcome.carryOver, canvas, field }, stopped, steps, result: steps > 0 ? result : null };
    } finally {
      renderer.close();
    }
  }

  /** What a stage is to tell, and ask, while it runs. */
  #events(
    stage: PlannedStage,
    start: CarryOver,
    renderer: CanvasRenderer,
  ): Omit<StageOptions, 'carryOver' | 'layout' | 'planBytes' | 'resume'> {
    const { options } = this.settings;
    const stages = this.prepared.stages.length;
    return {
      signal: anyAborted(options.signal, options.abort),
      checkpointEvery: options.checkpointSteps,
      onProgress: (p) => {
        const [width, height] = stage.size;
        const { index, name, recipe } = stage;
        options.onProgress?.({ stage: index, stages, name, width, height, steps: recipe.steps, ...p });
      },
      wantsCanvas: () => options.wantsPicture?.() ?? false,
      onCanvas: async (canvas, step) =>
        options.onPicture?.({ stage: stage.index, step, raster: await renderer.picture(canvas) }),
      checkpointDue: (step) => this.#checkpointDue(step),
      onCheckpoint: (at) => this.#saveCheckpoint(stage, start, at),
      ...(options.onCheckpoint && {
        onStopped: async (at: StagePoint) => {
          if (!options.abort?.aborted) await this.#saveCheckpoint(stage, start, at);
        },
      }),
    };
  }

  #checkpointDue(step: number): boolean {
    const { options } = this.settings;
    const { checkpointSteps: steps, checkpointSeconds: seconds } = options;
    if (!options.onCheckpoint) return false;
    if (options.wantsCheckpoint?.()) return true;
    if (steps !== undefined && step % steps === 0) return true;
    return seconds !== undefined && performance.now() - this.#lastSaved >= 1000 * seconds;
  }

  async #saveCheckpoint(stage: PlannedStage, start: CarryOver, point: StagePoint): Promise<void> {
    const { options, frame, done } = this.settings;
    const { recipe, content } = this.prepared.resolved;
    const feedback = frame > 0 && recipe.content !== undefined ? content : null;
    const stages = this.prepared.stages.length;
    await options.onCheckpoint?.({ frame, feedback, stage: stage.index, stages, memory: start, point, done });
    this.#lastSaved = performance.now();
  }
}
