import { bytesText, EngineError } from '../base/errors';
import { size } from '../base/shape';
import type { Device } from '../gpu/device';
import { foldable, replaceByConstants } from '../graph/fold_constants';
import { checkLimits, memoryOf } from '../graph/limits';
import type { Schedule } from '../graph/place';
import { schedule } from '../graph/schedule';
import { stagingBytes } from '../graph/state_backup';
import { countOf, type Layout, layouts } from '../graph/tiling/layout';
import type { StageSetup } from './objective';
import { type CarryOver, type StageGraph, stageGraph } from './stage';

/** How a stage can be run: whole (null), or in blocks; and the device memory it takes, states kept for a fall back included. */
export interface FitResult {
  readonly layout: Layout | null;
  readonly memory: number;
  /**
   * Memory is short, though not so short as to need blocks: statistics of pictures are computed apart, states to fall
   * back on are kept by the host, and the plan is told to take no more than so many bytes. In blocks all but the last
   * goes without saying.
   */
  readonly plan?: number;
  /** Arithmetic beyond that of the whole canvas done once, as a share of it. */
  readonly more?: number;
  /** How many values are computed again. */
  readonly again?: number;
  /** Its convolutions are computed as sums: those of Winograd, faster, take more memory than there is. */
  readonly direct?: boolean;
}

/** Why a stage cannot be run, and by how much its sides should shrink. */
export interface Misfit {
  readonly detail: string;
  readonly factor: number;
  /** The memory it would take, where only the budget is in the way. */
  readonly least?: number;
}

/** Losses on the picture itself: blocks would save nothing. */
const NOTHING = 'no loss looks through a net';

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
): FitResult | Misfit {
  const fit = fitAs(device, setup, start, budget, any);
  if ('memory' in fit) return fit;
  const direct = fitAs(device, asSums(setup), start, budget, any);
  return 'memory' in direct ? { ...direct, direct: true } : direct;
}

/** A stage whose convolutions are computed as they are written. */
export const asSums = (setup: StageSetup): StageSetup => ({ ...setup, convolutions: () => 'direct' });

function fitAs(device: Device, setup: StageSetup, start: Start, budget: number, any: boolean): FitResult | Misfit {
  const as = stageGraph(setup, start);
  const whole = judge(device, as, budget, 2);
  if ('memory' in whole) return { layout: null, memory: whole.memory };
  // What is too large to be bound is no smaller for being computed twice.
  const again = whole.least === undefined ? whole : judge(device, as, budget, 0);
  if ('memory' in again) {
    const { memory, values, share, plan } = again;
    return { layout: null, memory, plan, more: share, again: values };
  }
  const once = flopsOf(schedule(as.graph, as.outputs, AS_USUAL));
  let list: readonly Layout[] = [];
  const at = (k: number): { readonly layout: Layout; readonly verdict: Verdict | Misfit } => {
    let layout: Layout | undefined;
    const built = stageGraph(setup, start, (o) => {
      const { locality, halo, stride, statistics } = o;
      if (statistics.length === 0) throw new EngineError('LimitError', NOTHING);
      if (list.length === 0) list = layouts(locality.side, halo, stride, locality.torus);
      layout = list[Math.min(k, list.length - 1)] ?? list[0];
      if (!layout) throw new EngineError('LimitError', 'there is no way to cut it in blocks');
      return layout;
    });
    if (!layout) return { layout: [] as unknown as Layout, verdict: whole };
    return { layout, verdict: judge(device, built, budget, 0) };
  };
  try {
    const least = at(Number.POSITIVE_INFINITY);
    if (!('memory' in least.verdict)) {
      const { detail } = least.verdict;
      return { ...least.verdict, detail: `even in ${blocksText(least.layout)} ${detail}` };
    }
    const fit = (layout: Layout, { memory, values, flops, plan }: Verdict): FitResult => ({
      layout,
      memory,
      more: flops / once - 1,
      ...(values > 0 && { plan, again: values }),
    });
    let best: FitResult = fit(least.layout, least.verdict);
    let [bad, good] = [any ? list.length - 2 : -1, list.length - 1];
    while (good - bad > 1) {
      const middle = Math.floor((bad + good) / 2);
      const { layout, verdict } = at(middle);
      if ('memory' in verdict) {
        const found = fit(layout, verdict);
        if ((found.more ?? 0) <= (best.more ?? 0)) best = found;
        good = middle;
      } else bad = middle;
    }
    return best;
  } catch (error) {
    if (!(error instanceof EngineError && error.code === 'LimitError')) throw error;
    return error.message === NOTHING ? again : { ...again, detail: `${again.detail}; ${error.message}` };
  }
}

/** `25 blocks of 992x992` */
export const blocksText = (layout: Layout): string =>
  `${countOf(layout)} blocks of ${layout[1].window}x${layout[0].window}`;

/** What is done to need less memory, and what it costs; null: nothing. */
export function fitText({ layout, memory, plan, more = 0, again = 0, direct = false }: FitResult): string | null {
  if (!layout && plan === undefined && !direct) return null;
  const how = [
    ...(layout ? [`in ${blocksText(layout)}`] : []),
    ...(again > 0 ? [`with ${again} ${again === 1 ? 'value' : 'values'} of each step computed again`] : []),
    ...(!layout && plan !== undefined && again === 0 ? ['with the statistics of pictures computed before'] : []),
    ...(direct ? ['with convolutions as plain sums, which are slower than by Winograd'] : []),
    ...(more > 0.0005 ? [`${(100 * more).toFixed(1)} % more arithmetic`] : []),
  ];
  return `${how.join(', ')}, to need no more than ${bytesText(memory)} of memory`;
}

interface Verdict {
  readonly memory: number;
  /** Computed again, and how much of the arithmetic that is. */
  readonly values: number;
  readonly share: number;
  /** Of a run. */
  readonly flops: number;
  /** Bytes that the plan was told to take at most. */
  readonly plan: number;
}

const AS_USUAL = { fuse: true, realBytes: 4 } as const;

/** Arithmetic of a run. */
const flopsOf = (s: Schedule): number =>
  s.launches.reduce((n, l) => n + (l.setup ? 0 : (s.times[l.section] ?? 1) * (l.launch.flops ?? 0)), 0);

/** @param snapshots copies of all states that are kept on the device to fall back on; where memory is short, none. */
function judge(
  device: Device,
  { graph, outputs, canvas, counter, optimiser }: StageGraph,
  budget: number,
  snapshots: number,
): Verdict | Misfit {
  const states = [canvas, counter, ...optimiser.states.map((v) => v.node)].map((v) => 4 * size(v.shape));
  // To fall back on: two copies of all states, or two buffers to read them through.
  const aside =
    snapshots > 0 ? snapshots * states.reduce((n, bytes) => n + bytes, 0) : 2 * stagingBytes(Math.max(...states));
  let before = 0;
  if (snapshots === 0) {
    const apart = foldable(graph, outputs);
    const first = schedule(graph, apart, { ...AS_USUAL, alone: true });
    const excess = checkLimits(device, first);
    if (excess) return { detail: excess.message, factor: Math.sqrt(excess.limit / excess.bytes) };
    before = memoryOf(first);
    replaceByConstants(apart);
  }
  const s = schedule(graph, outputs, snapshots === 0 ? { ...AS_USUAL, budget: budget - aside } : AS_USUAL);
  const excess = checkLimits(device, s);
  if (excess) return { detail: excess.message, factor: Math.sqrt(excess.limit / excess.bytes) };
  const memory = Math.max(before, memoryOf(s) + aside);
  if (memory <= budget)
    return {
      memory,
      values: s.recomputed?.values ?? 0,
      share: s.recomputed?.share ?? 0,
      flops: flopsOf(s),
      plan: budget - aside,
    };
  return {
    detail: `${memory > before ? (s.recomputed ? 'with all that can be computed again it takes' : 'it takes') : 'the pictures it is compared with take'} ${bytesText(memory)} of memory, and ${bytesText(budget)} are allowed`,
    factor: Math.sqrt(budget / memory),
    least: memory,
  };
}
