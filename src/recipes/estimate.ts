// What a run is going to take, before its first step.
import { EngineError } from '../base/errors';
import type { Device } from '../gpu/device';
import type { FittedStage } from './assert_fits';
import type { Checkpoint } from './checkpoint';
import type { RunEstimate } from './events';
import { asSums } from './memory_fit';
import type { PlannedStage } from './plan_stages';
import type { Prepared } from './prepare';
import { runStage } from './stage';

/** Arithmetic a second of adapters that are slow of their kind: what is short even there is not worth a try. */
const SLOW = { software: 2e9, hardware: 1e11 };
/** Seconds at that pace from which a step is tried. */
const WORTH_A_TRY = 10;
/** A run of fewer steps is told by its first ones: two more would cost too much of it. */
const FEWEST = 40;
/** Bytes of the process itself, which has the device's memory too where that is software: 165 to 207 MB measured. */
const PROCESS = 190e6;

/**
 * What is left of a run takes its steps times a step, which is tried on the largest stage of each kind (the second of two, since the
 * first compiles) and taken to grow with the pixels. Nothing of the try is kept.
 * @param largest of stages that optimise
 * @returns null where the run is short, or copies only
 */
export async function estimateRun(
  device: Device,
  prepared: Prepared,
  largest: readonly FittedStage[],
  { resume, frames }: { readonly resume: Checkpoint | undefined; readonly frames: number },
): Promise<RunEstimate | null> {
  const left = (path: string): readonly (readonly [pixels: number, steps: number])[] =>
    prepared.stages
      .filter((s) => s.path === path && s.index >= (resume?.stage ?? 0))
      .map((s) => [area(s), s.recipe.steps - (s.index === resume?.stage ? resume.point.step : 0)]);
  /** How many steps of the largest stage cost as much as all that are left of its kind. */
  const stepsOf = ({ stage }: FittedStage): number =>
    left(stage.path).reduce((sum, [pixels, steps]) => sum + (steps * pixels) / area(stage), 0);
  const pace = device.adapter.software ? SLOW.software : SLOW.hardware;
  const slowly = largest.reduce((sum, f) => sum + (stepsOf(f) * f.fit.flops) / pace, 0);
  if (frames * slowly < WORTH_A_TRY || largest.some((f) => frames * stepsOf(f) < FEWEST)) return null;
  let seconds = 0;
  for (const fitted of largest) {
    const ms = await tryStep(device, prepared, fitted);
    if (ms === null) return null;
    seconds += (stepsOf(fitted) * ms) / 1000;
  }
  const most = Math.max(...largest.map(({ fit }) => fit.memory));
  return { seconds: frames * seconds, memory: most + (device.adapter.software ? PROCESS : 0) };
}

const area = ({ size: [w, h] }: PlannedStage): number => w * h;

/** Milliseconds of a step; null where it cannot be run as it is planned, which the run will find a way around. */
async function tryStep(device: Device, prepared: Prepared, { stage, fit }: FittedStage): Promise<number | null> {
  const silent = (): void => {};
  const canvas = await prepared.start(stage.size, silent);
  const setup = prepared.setup(stage, canvas, silent);
  const times: number[] = [];
  try {
    await runStage(device, fit.direct ? asSums(setup) : setup, {
      carryOver: { canvas, counter: 0, optimiser: '', states: [] },
      layout: fit.layout,
      planBytes: fit.planBytes,
      until: 2,
      onProgress: () => void times.push(performance.now()),
    });
  } catch (error) {
    if (error instanceof EngineError) return null;
    throw error;
  }
  const [first = 0, second = 0] = times;
  return second > first ? second - first : null;
}
