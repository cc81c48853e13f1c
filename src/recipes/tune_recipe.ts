// Tunes the kernels of a recipe: of the very plans that a run would replay.
import type { Aborted } from '../base/aborted';
import {
  abortSignal,
  call,
  checkOptions,
  checkValues,
  flag,
  number,
  type OptionNames,
  returnedBy,
} from '../base/known_options';
import type { Raster } from '../base/raster';
import type { Device } from '../gpu/device';
import type { TuneRecord, Tuning } from '../gpu/tune';
import { Plan } from '../graph/plan';
import { tuneConvolutions } from '../graph/tune_conv';
import { type TuneOutcome, tunePlan } from '../graph/tune_plan';
import type { Net } from '../nets/weights';
import { type Algorithm, algorithmFor } from '../shaders/conv2d';
import type { ConvSize } from '../shaders/conv2d/policy';
import { refuseTooLarge } from './assert_fits';
import { JOB, loadedNet, onceEach } from './events';
import type { PlannedStage } from './plan_stages';
import { prepare } from './prepare';
import type { Recipe } from './recipe';
import { stageGraph } from './stage_graph';

export interface TuneRecipeOptions {
  readonly tuning: Tuning;
  readonly net?: Net | null | undefined;
  /** By `performance.now()`: nothing is begun after it. */
  readonly until?: number | undefined;
  readonly again?: boolean | undefined;
  readonly signal?: Aborted | undefined;
  onWarning?(text: string): void;
  onStage?(stage: { readonly name: string; readonly width: number; readonly height: number }): void;
  onRecord?(record: TuneRecord): void;
}

const TUNE_OPTIONS: OptionNames<TuneRecipeOptions> = {
  ...{ tuning: returnedBy('new Tuning', 'find'), net: loadedNet, until: number, again: flag, signal: abortSignal },
  ...{ onWarning: call, onStage: call, onRecord: call },
};

export interface RecipeTuned extends TuneOutcome {
  /** Stages whose kernels were not measured for lack of time: `fine 256x256`. */
  readonly stagesLeft: readonly string[];
}

/**
 * Tunes stage after stage, the largest first: most of a run's time goes there.
 * @throws EngineError what `run` throws for a recipe that cannot be run.
 */
export async function tuneRecipe(
  device: Device,
  wanted: Recipe,
  inputs: ReadonlyMap<string, Raster>,
  options: TuneRecipeOptions,
): Promise<RecipeTuned> {
  checkValues('tuneRecipe', { device, recipe: wanted, inputs }, JOB);
  checkOptions('tuneRecipe', options, TUNE_OPTIONS, ['tuning']);
  const { tuning, until = Number.POSITIVE_INFINITY, signal } = options;
  const warn = onceEach((text) => options.onWarning?.(text));
  const prepared = prepare(device, wanted, inputs, options.net ?? null, warn);
  const { fitOf } = refuseTooLarge(device, prepared);
  const records: TuneRecord[] = [];
  const left = new Set<string>();
  const stagesLeft: string[] = [];
  const optimising = prepared.stages.filter((s) => s.recipe.method !== 'copy');
  for (const stage of optimising.sort((a, b) => area(b) - area(a))) {
    const [width, height] = stage.size;
    if (performance.now() >= until || signal?.aborted) {
      stagesLeft.push(`${stage.name} ${width}x${height}`);
      continue;
    }
    options.onStage?.({ name: stage.name, width, height });
    const canvas = await prepared.start(stage.size, warn);
    const sizes: ConvSize[] = [];
    const convolutions = (size: ConvSize): Algorithm => {
      sizes.push(size);
      return algorithmFor(size, device.adapter);
    };
    const setup = { ...prepared.setup(stage, canvas, warn), convolutions };
    const { graph, outputs } = stageGraph(setup, { canvas, counter: 0 }, fitOf(stage)?.layout);
    const plan = await Plan.compile(device, graph, outputs);
    try {
      const { onRecord, again } = options;
      const wishes = { tuning, until, signal, again, ...(onRecord && { onRecord }) };
      // What is computed once, such as statistics of a style, is not worth the time.
      const shapes = new Set(plan.steps.flatMap(({ launch }) => launch.bind.map((r) => r.shape.join())));
      const repeated = sizes.filter(({ O, H, W }) => shapes.has([O, H, W].join()));
      // Algorithms first: there is more to gain.
      for (const found of [await tuneConvolutions(device, repeated, wishes), await tunePlan(plan, wishes)]) {
        records.push(...found.records);
        for (const name of found.left) left.add(name);
      }
    } finally {
      plan.close();
      device.pool.trim();
    }
  }
  return { records, left: [...left], stagesLeft };
}

const area = ({ size: [w, h] }: PlannedStage): number => w * h;
