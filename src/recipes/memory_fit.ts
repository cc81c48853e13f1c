import { bytesText, EngineError, invariant } from '../base/errors';
import { size } from '../base/shape';
import type { Device } from '../gpu/device';
import { foldable, replaceByConstants } from '../graph/fold_constants';
import { checkLimits, type Excess, memoryOf } from '../graph/limits';
import type { Schedule } from '../graph/place';
import { schedule } from '../graph/schedule';
import { stagingBytes } from '../graph/state_backup';
import { countOf, type Layout, layouts } from '../graph/tiling/layout';
import type { CarryOver } from './checkpoint';
import { type StageGraph, stageGraph } from './stage_graph';
import type { StageSetup } from './stage_setup';

/** How a stage can be run, and the device memory it takes, states kept to fall back on included. */
export interface Fit {
  readonly fits: true;
  /** In blocks, or null: whole. */
  readonly layout: Layout | null;
  readonly memory: number;
  /** Arithmetic of a step. */
  readonly flops: number;
  /**
   * Memory is short, though not so short as to need blocks: statistics of pictures are computed apart, states to fall
   * back on are kept by the host, and the plan is told to take no more than so many bytes. In blocks all but the last
   * goes without saying.
   */
  readonly planBytes?: number;
  /** Arithmetic beyond that of the whole canvas done once, as a share of it. */
  readonly extraWork?: number;
  /** How many values are computed again. */
  readonly recomputed?: number;
  /** Its convolutions are computed as sums: those of Winograd, faster, take more memory than there is. */
  readonly direct?: boolean;
}

/** Why a stage cannot be run, and by how much its sides should shrink. */
export interface Misfit {
  readonly fits: false;
  readonly detail: string;
  readonly factor: number;
  /** The memory it would take, where only the budget is in the way. */
  readonly least?: number;
  /** No adapter could: an op goes no further. */
  readonly anywhere?: boolean;
}

export type FitResult = Fit | Misfit;

type Start = Pick<CarryOver, 'canvas' | 'counter'>;

/**
 * Finds out, without any device memory, how a stage fits an adapter: whole if it can, else with what its gradient needs
 * computed again, else in the largest blocks that do. Work grows with the halos as blocks get smaller, so of all that
 * fit those of the least work are taken.
 * @param any the smallest blocks will do, for those who only ask whether.
 * @param budget bytes that the plan may take; default: as many as it likes, within what the adapter binds.
 */
export function fitStage(
  device: Device,
  setup: StageSetup,
  start: Start,
  budget = Number.POSITIVE_INFINITY,
  any = false,
): FitResult {
  const fit = fitAs(device, setup, start, budget, any);
  if (fit.fits) return fit;
  const direct = fitAs(device, asSums(setup), start, budget, any);
  return direct.fits ? { ...direct, direct: true } : direct;
}

/** A stage whose convolutions are computed as they are written. */
export const asSums = (setup: StageSetup): StageSetup => ({ ...setup, convolutions: () => 'direct' });

/**
 * Tries a stage, and where the device has less memory left than it takes, which no adapter tells beforehand, tries it
 * again in a way that takes half as much, and so on.
 * @param first how to try it first; null: whole.
 */
export async function withLessMemory<Outcome>(
  device: Device,
  setup: StageSetup,
  start: Start,
  first: Fit | null,
  attempt: (fit: Fit | null) => Promise<Outcome>,
): Promise<Outcome> {
  for (let fit = first; ; ) {
    try {
      return await attempt(fit);
    } catch (error) {
      if (!(error instanceof EngineError && error.code === 'LimitError')) throw error;
      const tried = fit ?? fitStage(device, setup, start);
      const less = tried.fits ? fitStage(device, setup, start, tried.memory / 2) : tried;
      if (!less.fits) throw error;
      fit = less;
    }
  }
}

function fitAs(device: Device, setup: StageSetup, start: Start, budget: number, any: boolean): FitResult {
  const built = stageGraph(setup, start);
  const whole = measure(device, built, budget, 2);
  if (whole.fits) return { fits: true, layout: null, memory: whole.memory, flops: whole.flops };
  // What is too large to be bound is no smaller for being computed twice.
  const again = whole.least === undefined ? whole : measure(device, built, budget, 0);
  if (again.fits) {
    const { memory, flops, recomputed, share, planBytes } = again;
    return { fits: true, layout: null, memory, flops, planBytes, extraWork: share, recomputed };
  }
  const flops = flopsOf(schedule(built.graph, built.outputs, AS_USUAL));
  try {
    return fitInBlocks(device, setup, start, { budget, any, flops });
  } catch (error) {
    if (error instanceof NothingInBlocks) return again;
    if (!(error instanceof EngineError && error.code === 'LimitError')) throw error;
    return { ...again, detail: `${again.detail}; ${error.message}` };
  }
}

/** All losses are on the picture itself: blocks would save nothing. */
class NothingInBlocks extends Error {}

/**
 * The blocks of the least work that fit, by halving the list of layouts, which go from the least work to the least memory.
 * @throws NothingInBlocks; EngineError `LimitError` where the objective cannot be computed in blocks.
 */
function fitInBlocks(
  device: Device,
  setup: StageSetup,
  start: Start,
  { budget, any, flops }: { readonly budget: number; readonly any: boolean; readonly flops: number },
): FitResult {
  let list: readonly Layout[] = [];
  const measureAt = (k: number): { readonly layout: Layout; readonly found: Measured | Misfit } => {
    let layout: Layout | undefined;
    const built = stageGraph(setup, start, (o) => {
      const { fields, halo, stride, statistics } = o;
      if (statistics.length === 0) throw new NothingInBlocks();
      if (list.length === 0) list = layouts(fields.side, halo, stride, fields.torus);
      layout = list[Math.min(k, list.length - 1)];
      if (!layout) throw new EngineError('LimitError', 'there is no way to cut it in blocks');
      return layout;
    });
    if (!layout) throw invariant('an objective in blocks that asked for no layout');
    return { layout, found: measure(device, built, budget, 0) };
  };
  const fitOf = (layout: Layout, found: Measured): Fit & { readonly extraWork: number } => ({
    fits: true,
    layout,
    memory: found.memory,
    flops: found.flops,
    extraWork: found.flops / flops - 1,
    ...(found.recomputed > 0 && { planBytes: found.planBytes, recomputed: found.recomputed }),
  });
  const least = measureAt(Number.POSITIVE_INFINITY);
  if (!least.found.fits) {
    return { ...least.found, detail: `even in ${blocksText(least.layout)} ${least.found.detail}` };
  }
  let best = fitOf(least.layout, least.found);
  let [tooLarge, fitting] = [any ? list.length - 2 : -1, list.length - 1];
  while (fitting - tooLarge > 1) {
    const middle = Math.floor((tooLarge + fitting) / 2);
    const { layout, found } = measureAt(middle);
    if (found.fits) {
      const fit = fitOf(layout, found);
      if (fit.extraWork <= best.extraWork) best = fit;
      fitting = middle;
    } else tooLarge = middle;
  }
  return best;
}

/** `25 blocks of 992x992` */
export const blocksText = (layout: Layout): string =>
  `${countOf(layout)} blocks of ${layout[1].window}x${layout[0].window}`;

/** What is done to need less memory, and what it costs; null: nothing. */
export function fitText(fit: Omit<Fit, 'fits' | 'flops'>): string | null {
  const { layout, memory, planBytes, extraWork = 0, recomputed = 0, direct = false } = fit;
  if (!layout && planBytes === undefined && !direct) return null;
  const how = [
    ...(layout ? [`in ${blocksText(layout)}`] : []),
    ...(recomputed > 0
      ? [`with ${recomputed} ${recomputed === 1 ? 'value' : 'values'} of each step computed again`]
      : []),
    ...(!layout && planBytes !== undefined && recomputed === 0
      ? ['with the statistics of pictures computed before']
      : []),
    ...(direct ? ['with convolutions as plain sums, which are slower than by Winograd'] : []),
    ...(extraWork > 0.0005 ? [`${(100 * extraWork).toFixed(1)} % more arithmetic`] : []),
  ];
  return `${how.join(', ')}, to need no more than ${bytesText(memory)} of memory`;
}

/** What a stage takes that fits. */
interface Measured {
  readonly fits: true;
  readonly memory: number;
  /** Values computed again, and how much of the arithmetic that is. */
  readonly recomputed: number;
  readonly share: number;
  /** Of a step. */
  readonly flops: number;
  /** Bytes that the plan was told to take at most. */
  readonly planBytes: number;
}

const AS_USUAL = { fuse: true, realBytes: 4 } as const;

/** Arithmetic of a run. */
const flopsOf = (s: Schedule): number =>
  s.launches.reduce((n, l) => n + (l.setup ? 0 : (s.times[l.section] ?? 1) * (l.launch.flops ?? 0)), 0);

/** @param copies of all states that are kept on the device to fall back on; where memory is short, none. */
function measure(
  device: Device,
  { graph, outputs, canvas, counter, optimiser }: StageGraph,
  budget: number,
  copies: number,
): Measured | Misfit {
  const states = [canvas, counter, ...optimiser.states.map((v) => v.node)].map((v) => 4 * size(v.shape));
  // To fall back on: two copies of all states, or two buffers to read them through.
  const kept = copies > 0 ? copies * states.reduce((n, bytes) => n + bytes, 0) : 2 * stagingBytes(Math.max(...states));
  let before = 0;
  if (copies === 0) {
    const constants = foldable(graph, outputs);
    const first = schedule(graph, constants, { ...AS_USUAL, alone: true });
    const excess = checkLimits(device, first);
    if (excess) return tooLarge(excess);
    before = memoryOf(first);
    replaceByConstants(constants);
  }
  const s = schedule(graph, outputs, copies === 0 ? { ...AS_USUAL, budget: budget - kept } : AS_USUAL);
  const excess = checkLimits(device, s);
  if (excess) return tooLarge(excess);
  const memory = Math.max(before, memoryOf(s) + kept);
  if (memory > budget) return overBudget(memory, budget, memory === before, s.recomputed !== null);
  return {
    fits: true,
    memory,
    recomputed: s.recomputed?.values ?? 0,
    share: s.recomputed?.share ?? 0,
    flops: flopsOf(s),
    planBytes: budget - kept,
  };
}

const tooLarge = ({ message, limit, bytes }: Excess): Misfit => ({
  fits: false,
  detail: message,
  factor: Math.sqrt(limit / bytes),
});

/** @param pictures whether it is the pictures it is compared with that take most. */
function overBudget(memory: number, budget: number, pictures: boolean, recomputed: boolean): Misfit {
  const what = pictures
    ? 'the pictures it is compared with take'
    : recomputed
      ? 'with all that can be computed again it takes'
      : 'it takes';
  return {
    fits: false,
    detail: `${what} ${bytesText(memory)} of memory, and ${bytesText(budget)} are allowed`,
    factor: Math.sqrt(budget / memory),
    least: memory,
  };
}
