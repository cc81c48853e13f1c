// What profiling a plan found, as data: the schema of profile.json. Runs in browsers too.
import { EngineError } from '../base/errors';
import { type Overrides, specialise, takesSubgroups } from '../gpu/kernel';
import type { Clock, Roofline } from '../gpu/roofline';
import { variantText } from '../gpu/tune';
import type { Plan } from './plan';
import type { ProfileRow } from './profile';

/** What keeps a launch from being faster: arithmetic, memory, or that it is a launch at all. */
export type Bound = 'compute' | 'memory' | 'launch';

/**
 * How well a piece of work does. Times are milliseconds, rates 1e9 a second. The roof: no work takes less than
 * flops / peak and bytes / bandwidth, the larger of which is its `bound`, unless it took no more than two empty launches
 * do. `bytes` are those of all values bound, each once; what stays in caches can be faster than the roof: `ofRoof` > 1.
 */
export interface Pace {
  readonly ms: number;
  /** Of the time of all launches. */
  readonly share: number;
  readonly flops: number;
  readonly bytes: number;
  readonly gflops: number;
  readonly gbPerSecond: number;
  readonly bound: Bound;
  /** Share of the roof: the least time by the roof over the time it took. */
  readonly ofRoof: number;
}

/** One launch; rows are in the order of a run. */
export interface LaunchReport extends Pace {
  /** `conv2d#12`: the op and the node it computes. */
  readonly label: string;
  readonly op: string;
  readonly kernel: string;
  /** Override values: `{ WG: 64 }`. */
  readonly variant: Overrides;
  readonly grid: readonly [number, number, number];
  /** Where it lies in one run, the one whose sum is the median of all. */
  readonly startMs: number;
  readonly lastedMs: number;
}

/** All launches of a kernel; the slowest kernel first. */
export interface KernelReport extends Pace {
  readonly kernel: string;
  readonly launches: number;
  readonly variants: readonly Overrides[];
}

export interface ProfileReport {
  readonly format: 'toroid profile';
  /** Of this schema: a change that readers have to know of counts it up. */
  readonly version: 1;
  /** When it was made, ISO 8601. */
  readonly date: string;
  /** Of toroid and of what it runs on. */
  readonly versions: Readonly<Record<string, string>>;
  readonly adapter: { readonly name: string; readonly software: boolean };
  readonly subject: ProfileSubject;
  /** How launches were timed; by `wall` is rough. */
  readonly clock: Clock;
  /** Each time is the median of so many runs. */
  readonly runs: number;
  readonly roof: Roofline;
  readonly totals: ProfileTotals;
  readonly kernels: readonly KernelReport[];
  readonly rows: readonly LaunchReport[];
}

export interface ProfileSubject {
  readonly name: string;
  readonly stage: number;
  readonly stages: number;
  readonly stageName: string;
  readonly width: number;
  readonly height: number;
  readonly scalar: 'f32' | 'f16';
}

export interface ProfileTotals {
  readonly launches: number;
  /** Sum over all launches, each in a pass of its own. */
  readonly ms: number;
  readonly flops: number;
  readonly bytes: number;
  /** Bytes of device memory. */
  readonly memory: number;
  /** One of many runs as a recipe makes them, queued ahead: on the clock. */
  readonly wallMs: number;
  /** Of that within GPU passes; null where the adapter has no timestamps. */
  readonly gpuMs: number | null;
  /** What the host takes to encode and submit it, mostly while the GPU is busy. */
  readonly hostMs: number;
  /** Share of the clock outside GPU passes. */
  readonly outside: number | null;
}

/** What `timeRuns` found, or `clockRuns`. */
export interface WholeRun {
  readonly wallMs: number;
  readonly hostMs: number;
  readonly outside?: number;
}

/** Launches that took no more than so many empty ones say nothing of their kernel. */
const EMPTY = 2;

export interface ReportParts extends Pick<ProfileReport, 'date' | 'versions' | 'subject' | 'clock' | 'runs' | 'roof'> {
  readonly plan: Plan;
  readonly rows: readonly ProfileRow[];
  readonly whole: WholeRun;
}

export function reportOf({ plan, rows, whole, roof, ...about }: ReportParts): ProfileReport {
  const total = rows.reduce((n, r) => n + r.ms, 0);
  const launches = rows.map(({ step, ms, startMs, lastedMs }): LaunchReport => {
    const { label, kernel, overrides, grid, flops, bytes } = step;
    const op = label.replace(/#\d+$/, '');
    const pace = paceOf({ ms, flops, bytes, least: leastMs(roof, flops, bytes), launches: 1 }, roof, total);
    return { label, op, kernel, variant: overrides, grid, ...pace, startMs, lastedMs };
  });
  const { cost } = plan;
  return {
    format: 'toroid profile',
    version: 1,
    ...about,
    adapter: { name: plan.device.adapter.description || plan.device.name, software: plan.device.adapter.software },
    roof,
    totals: {
      launches: cost.launches,
      ms: total,
      flops: cost.flops,
      bytes: cost.bytes,
      memory: cost.memory,
      wallMs: whole.wallMs,
      // Not the median of the passes: on a busy machine that would contradict the share.
      gpuMs: whole.outside === undefined ? null : whole.wallMs * (1 - whole.outside),
      hostMs: whole.hostMs,
      outside: whole.outside ?? null,
    },
    kernels: byKernel(launches, roof, total),
    rows: launches,
  };
}

const leastMs = (roof: Roofline, flops: number, bytes: number): number =>
  Math.max(flops / roof.gflops, bytes / roof.gbPerSecond) / 1e6;

interface Work {
  readonly ms: number;
  readonly flops: number;
  readonly bytes: number;
  /** Milliseconds it takes at the roof. */
  readonly least: number;
  readonly launches: number;
}

function paceOf({ ms, flops, bytes, least, launches }: Work, roof: Roofline, total: number): Pace {
  const rate = (work: number): number => (ms > 0 ? work / (ms * 1e6) : 0);
  const wide = flops / roof.gflops >= bytes / roof.gbPerSecond ? 'compute' : 'memory';
  // By the clock, what an empty launch takes has been taken off already.
  const empty = roof.clock === 'wall' ? 0 : EMPTY * roof.passMs * launches;
  return {
    ms,
    share: total > 0 ? ms / total : 0,
    flops,
    bytes,
    gflops: rate(flops),
    gbPerSecond: rate(bytes),
    bound: ms <= empty && least < ms ? 'launch' : wide,
    ofRoof: ms > 0 ? least / ms : 0,
  };
}

function byKernel(rows: readonly LaunchReport[], roof: Roofline, total: number): KernelReport[] {
  const groups = new Map<string, LaunchReport[]>();
  for (const r of rows) groups.set(r.kernel, [...(groups.get(r.kernel) ?? []), r]);
  const all = [...groups].map(([kernel, own]): KernelReport => {
    const sum = (value: (r: LaunchReport) => number): number => own.reduce((n, r) => n + value(r), 0);
    const work = {
      ms: sum((r) => r.ms),
      flops: sum((r) => r.flops),
      bytes: sum((r) => r.bytes),
      least: sum((r) => r.ofRoof * r.ms),
      launches: own.length,
    };
    const variants = [...new Map(own.map((r) => [variantText(r.variant), r.variant])).values()];
    return { kernel, launches: own.length, variants, ...paceOf(work, roof, total) };
  });
  return all.sort((a, b) => b.ms - a.ms);
}

/** The text that was compiled of every kernel of a plan, in its storage type. */
export function sourcesOf(plan: Plan): ReadonlyMap<string, string> {
  return new Map(
    plan.steps.map((s) => [
      s.kernel,
      specialise(s.source, s.scalar, plan.scalar, takesSubgroups(s.source, s.overrides)),
    ]),
  );
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** What to look at first, in one sentence: where most time could be won. */
export function headline({ kernels, totals, roof }: ProfileReport): string {
  const lost = (k: KernelReport): number => k.ms * Math.max(0, 1 - k.ofRoof);
  const worst = kernels.reduce<KernelReport | undefined>((a, b) => (a && lost(a) >= lost(b) ? a : b), undefined);
  if (!worst) return 'Nothing is launched.';
  const { outside, wallMs, launches } = totals;
  if (outside !== null && outside * wallMs > lost(worst) && outside > 0.1) {
    return `Look first at the host: ${percent(outside)} of the time on the clock is outside GPU passes.`;
  }
  const small = kernels.filter((k) => k.bound === 'launch').reduce((n, k) => n + k.ms, 0);
  if (small > lost(worst) && roof.clock === 'timestamps') {
    return `Look first at the number of launches: ${percent(small / totals.ms)} of the time goes into kernels that take hardly longer than an empty launch (${launches} launches in all).`;
  }
  const { kernel, share, ofRoof, bound } = worst;
  const how = {
    compute: `at ${percent(ofRoof)} of the compute roof`,
    memory: `at ${percent(ofRoof)} of the memory roof`,
    launch: 'most of it launching',
  }[bound];
  return `Look first at ${kernel}: it takes ${percent(share)} of the time, ${how}.`;
}

/**
 * A report from the text of a profile.json.
 * @throws EngineError `ProfileError` for what is none, or of another version.
 */
export function parseReport(text: string, name: string): ProfileReport {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  const report = value as Partial<ProfileReport> | null;
  if (report?.format !== 'toroid profile' || !Array.isArray(report.rows)) {
    throw new EngineError(
      'ProfileError',
      `${name} is no profile`,
      'Give the profile.json that `toroid profile` writes.',
    );
  }
  if (report.version !== 1) {
    throw new EngineError(
      'ProfileError',
      `${name} is of version ${report.version}; this toroid knows 1`,
      'Make it anew.',
    );
  }
  return report as ProfileReport;
}
