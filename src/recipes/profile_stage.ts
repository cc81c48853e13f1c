// Profiles a stage of a recipe: the very plan that a run would replay.

import { EngineError } from '../base/errors';
import { call, checkOptions, checkValues, group, number, type OptionNames, whole } from '../base/known_options';
import type { Raster } from '../base/raster';
import type { Device } from '../gpu/device';
import { type Clock, measureRoofline, type Roofline } from '../gpu/roofline';
import { Plan } from '../graph/plan';
import { clockRuns, profile, timeRuns } from '../graph/profile';
import { type ProfileReport, reportOf, sourcesOf } from '../graph/profile_report';
import type { Net } from '../nets/weights';
import { refuseTooLarge } from './assert_fits';
import { JOB, loadedNet, onceEach } from './events';
import type { PlannedStage } from './plan_stages';
import { prepare } from './prepare';
import type { Recipe } from './recipe';
import { stageGraph } from './stage_graph';

interface ProfileStageOptions {
  readonly net?: Net | null | undefined;
  /** Counted from 0. Default: the largest, the last one of several. */
  readonly stage?: number | undefined;
  /** Runs to take medians of. Default: as many as fit into a second or so, 3 to 25. */
  readonly runs?: number | undefined;
  /** Default: timestamps, where the adapter has them. */
  readonly clock?: Clock | undefined;
  /** Default: measured. */
  readonly roof?: Roofline | undefined;
  /** For the report: of toroid and of what it runs on. */
  readonly versions?: Readonly<Record<string, string>> | undefined;
  onWarning?(text: string): void;
}

const PROFILE_OPTIONS: OptionNames<ProfileStageOptions> = {
  ...{
    net: loadedNet,
    stage: number,
    runs: whole(1),
    clock: ['timestamps', 'wall'],
    roof: group,
    versions: group,
    onWarning: call,
  },
};

export interface StageProfile {
  readonly report: ProfileReport;
  /** The text that was compiled, by kernel. */
  readonly sources: ReadonlyMap<string, string>;
}

/** Milliseconds that all runs to be timed may take, about. */
const BUDGET = 1000;
/** And runs in a batch, as a recipe queues them. */
const BATCH = 100;

/**
 * @throws EngineError what `run` throws for a recipe that cannot be run, and `RecipeError` for a stage there is not.
 */
export async function profileStage(
  device: Device,
  wanted: Recipe,
  inputs: ReadonlyMap<string, Raster>,
  options: ProfileStageOptions = {},
): Promise<StageProfile> {
  checkValues('profileStage', { device, recipe: wanted, inputs }, JOB);
  checkOptions('profileStage', options, PROFILE_OPTIONS);
  const warn = onceEach((text) => options.onWarning?.(text));
  const prepared = prepare(device, wanted, inputs, options.net ?? null, warn);
  const { fitOf } = refuseTooLarge(device, prepared);
  const { stages, resolved } = prepared;
  const optimising = stages.filter((s) => s.recipe.method !== 'copy');
  const stage = options.stage === undefined ? largest(optimising) : stages[options.stage];
  if (stage ? stage.recipe.method === 'copy' : optimising.length === 0) {
    throw new EngineError(
      'RecipeError',
      `${wanted.name}: a stage that copies has no step to profile`,
      'Profile a recipe that optimises: toroid recipes lists them.',
    );
  }
  if (!stage) {
    throw new EngineError(
      'RecipeError',
      `there is no stage ${options.stage}: the recipe ${wanted.name} has ${stages.length} here`,
      `Stages count from 0 to ${stages.length - 1}.`,
    );
  }
  const timed = device.has('timestamp-query');
  const clock = timed ? (options.clock ?? 'timestamps') : 'wall';
  if (!timed) {
    warn(`${device.name} has no timestamps: launches are timed one by one on the clock, which is rough for short ones`);
  }
  const roof = options.roof ?? (await measureRoofline(device, { clock }));
  const canvas = await prepared.start(stage.size, warn);
  const setup = prepared.setup(stage, canvas, warn);
  const { graph, outputs } = stageGraph(setup, { canvas, counter: 0 }, fitOf(stage)?.layout);
  const plan = await Plan.compile(device, graph, outputs);
  try {
    plan.run(); // what is done only once is done
    await device.idle();
    const began = performance.now();
    plan.run();
    await device.idle();
    const once = performance.now() - began;
    const runs = options.runs ?? Math.max(3, Math.min(25, Math.floor(BUDGET / once)));
    const rows = await profile(plan, runs, clock);
    const times = Math.max(1, Math.min(64, Math.floor(BATCH / once)));
    const batches = once > BUDGET ? 2 : 5;
    const whole = await (clock === 'timestamps' ? timeRuns(plan, times, batches) : clockRuns(plan, times, batches));
    const [width, height] = stage.size;
    const report = reportOf({
      plan,
      rows,
      whole,
      roof,
      clock,
      runs,
      date: new Date().toISOString(),
      versions: options.versions ?? {},
      subject: {
        name: wanted.name,
        stage: stage.index,
        stages: stages.length,
        stageName: stage.name,
        width,
        height,
        scalar: resolved.recipe.precision === 'f32' ? 'f32' : 'f16',
      },
    });
    return { report, sources: sourcesOf(plan) };
  } finally {
    plan.close();
    device.pool.trim();
  }
}

const area = ({ size: [w, h] }: PlannedStage): number => w * h;

const largest = (stages: readonly PlannedStage[]): PlannedStage | undefined =>
  stages.reduce<PlannedStage | undefined>((a, b) => (a && area(a) > area(b) ? a : b), undefined);
