// One piece of work, done by several engines in turn.
import { median } from '../../src/graph/profile';
import { Rival } from './rival';
import { distance, flopsOf, type Job, type Target, workOf } from './work';

/** An engine to measure beside ours. */
export interface Entry {
  readonly name: string;
  /** How far its loss and its gradient may be from ours, relatively. Beyond it is wrong, and not timed. */
  readonly tolerance: number;
  start(): Rival;
}

export interface Row {
  readonly engine: string;
  readonly version?: string;
  /** Milliseconds a step, the median of the rounds. */
  ms?: number;
  /** Its time over ours, the median over rounds: above 1, ours is faster. */
  ratio?: number;
  ratios?: number[];
  /** The same by processor time of all threads: on a software adapter, the steadier figures where others compute too. */
  cpuMs?: number;
  cpuRatio?: number;
  /** From the data on the host to the first loss, in a process of its own with no compiled shader on disk. */
  firstMs?: number;
  lossApart?: number;
  gradientApart?: number;
  /** Why there are no figures. */
  note?: string;
}

export interface Contest {
  /** `vgg19-relu3_1 64 gradient` */
  readonly name: string;
  readonly job: Job;
  readonly gflop: number;
  /** Ours is the first. */
  readonly rows: readonly Row[];
}

export interface ContestOptions {
  readonly adapter: string;
  readonly rounds: number;
  /** Milliseconds of a turn, about. */
  readonly turn: number;
  say(line: string): void;
}

interface Runner {
  readonly rival: Rival;
  readonly row: Row;
  readonly ms: number[];
  readonly cpuMs: number[];
  loss: number;
  times: number;
}

/**
 * Each engine in its own process: opened, checked against ours, then all take turns, in another order each round, so
 * that what disturbs the machine meets all of them. Only one process works at a time.
 */
export async function contest(job: Job, entries: readonly Entry[], options: ContestOptions): Promise<Contest> {
  const { adapter, rounds, turn, say } = options;
  const rows: Row[] = [{ engine: 'toroid' }];
  const running: Runner[] = [];
  const rivals: Rival[] = [];
  const begin = async (
    row: Row,
    rival: Rival,
    targets: readonly Target[] | null,
  ): Promise<Awaited<ReturnType<typeof first>>> => {
    rivals.push(rival);
    const opened = await rival.ask<'open'>({ op: 'open' });
    Object.assign(row, { version: opened.version });
    // Another kind of engine may call the same device by another name.
    if (!row.engine.startsWith('pytorch') && opened.adapter !== adapter) throw new Error(`runs on ${opened.adapter}`);
    const made = targets ?? (await rival.ask<'targets'>({ op: 'targets', job })).targets;
    return first(rival, row, job, made);
  };
  try {
    const [ourRow] = rows as [Row];
    say('toroid ...');
    const ours = await begin(ourRow, Rival.engine('ours'), null);
    running.push(ours.runner);
    for (const entry of entries) {
      say(`${entry.name} ...`);
      const row: Row = { engine: entry.name };
      rows.push(row);
      try {
        const theirs = await begin(row, entry.start(), ours.targets);
        row.lossApart = Math.abs(theirs.runner.loss - ours.runner.loss) / Math.abs(ours.runner.loss);
        if (ours.gradient) {
          row.gradientApart = theirs.gradient ? distance(theirs.gradient, ours.gradient) : Number.POSITIVE_INFINITY;
        }
        const worst = Math.max(row.lossApart, row.gradientApart ?? 0);
        if (worst <= entry.tolerance) running.push(theirs.runner);
        else row.note = `wrong: ${worst.toExponential(1)} from ours, ${entry.tolerance} is allowed. Not timed`;
      } catch (cause) {
        row.note = `failed: ${cause instanceof Error ? cause.message : cause}`;
      }
      if (row.note !== undefined) await rivals.at(-1)?.end();
    }
    await takeTurns(running, rounds, turn);
  } finally {
    for (const rival of rivals) await rival.end();
  }
  const [ours] = running;
  for (const { row, ms, cpuMs } of running) {
    if (ms.length === 0) continue;
    row.ms = median(ms);
    if (cpuMs.length > 0) row.cpuMs = median(cpuMs);
    if (row === rows[0]) continue;
    row.ratios = ms.map((v, k) => v / (ours?.ms[k] ?? Number.NaN));
    row.ratio = median(row.ratios);
    if (cpuMs.length > 0) row.cpuRatio = median(cpuMs.map((v, k) => v / (ours?.cpuMs[k] ?? Number.NaN)));
  }
  const name = `vgg19-${job.depth} ${job.side} ${job.mode}`;
  return { name, job, gflop: flopsOf(workOf({ ...job, weights: null })) / 1e9, rows };
}

async function first(
  rival: Rival,
  row: Row,
  job: Job,
  targets: readonly Target[],
): Promise<{ runner: Runner; gradient: Float32Array | null; targets: readonly Target[] }> {
  const { ms, loss, gradient } = await rival.ask<'first'>({ op: 'first', job, targets });
  row.firstMs = ms;
  if (!(loss > 0 && Number.isFinite(loss))) throw new Error(`the loss is ${loss}`);
  return { runner: { rival, row, ms: [], cpuMs: [], loss, times: 1 }, gradient, targets };
}

async function takeTurns(running: readonly Runner[], rounds: number, turn: number): Promise<void> {
  // The second step shows how many make a turn; it may still be slow, so that the third counts.
  for (const r of running) {
    await r.rival.ask<'time'>({ op: 'time', times: 1 });
    const { ms } = await r.rival.ask<'time'>({ op: 'time', times: 1 });
    r.times = Math.max(1, Math.min(200, Math.round(turn / ms)));
  }
  for (let round = 0; round < rounds; round++) {
    for (let k = 0; k < running.length; k++) {
      const r = running[(round + k) % running.length];
      if (!r) continue;
      const { ms, cpuMs, loss } = await r.rival.ask<'time'>({ op: 'time', times: r.times });
      if (!(Math.abs(loss - r.loss) <= 1e-3 * Math.abs(r.loss))) {
        throw new Error(`${r.row.engine}: the loss was ${r.loss} and is ${loss}, of the same picture`);
      }
      r.ms.push(ms);
      if (cpuMs !== undefined) r.cpuMs.push(cpuMs);
    }
  }
}
