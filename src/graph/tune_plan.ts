// Tries the variants of a plan's kernels on the very data the plan gives them, and keeps what was measured.
import type { Aborted } from '../base/aborted';
import { EngineError } from '../base/errors';
import type { Kernel, KernelSource, Overrides, Scalar } from '../gpu/kernel';
import {
  defaultVariant,
  kernelHash,
  shapeClass,
  type TuneCandidate,
  type TuneRecord,
  type Tuning,
  usableVariants,
  variantText,
} from '../gpu/tune';
import { gridOf } from './limits';
import type { Plan, Step } from './plan';
import { Bench, dispatch, type OpSteps, type Ready } from './tune_variants';
import { bestOf, Dropped, difference, type Output, RUNS, reasonOf, rounded, TOO_SLOW, WARM_UPS } from './tune_verdict';

/** Milliseconds of work in one submission, about. */
const SUBMIT_MS = 250;

/** Given what one timing of a variant measured, milliseconds, the time to go by: for tests, where time has to stand still. */
export type Stopwatch = (variant: string, measured: number) => number;

export interface TuneOptions {
  readonly tuning: Tuning;
  /** By `performance.now()`: no benchmark is begun after it. */
  readonly until?: number | undefined;
  /** Also benchmarks that were run before. */
  readonly again?: boolean | undefined;
  readonly signal?: Aborted | undefined;
  readonly stopwatch?: Stopwatch | undefined;
  onRecord?(record: TuneRecord): void;
}

export interface TuneOutcome {
  readonly records: readonly TuneRecord[];
  /** Benchmarks that there was no time for, or no memory: `conv2d c=64 ...`. */
  readonly left: readonly string[];
}

/** A kernel of an op that has variants to choose from. */
interface Benchmark {
  readonly source: KernelSource;
  readonly shape: string;
  readonly scalar: Scalar;
  readonly usable: readonly Overrides[];
}

/**
 * Runs a plan once, and times the variants of each kernel at the point where its inputs are what they will be. A
 * candidate that does not compile, computes something else than variant 0 or is far slower is dropped, and why is
 * kept. The plan's states are not what they were afterwards: close it. Records go to `tuning` and are returned.
 * @throws EngineError `DeviceError` when the device fails.
 */
export async function tunePlan(plan: Plan, options: TuneOptions): Promise<TuneOutcome> {
  const { tuning, again = false, until = Number.POSITIVE_INFINITY, signal } = options;
  const { device } = plan;
  const records: TuneRecord[] = [];
  const left = new Set<string>();
  const seen = new Set<string>();
  for (const steps of opsOf(plan.steps)) {
    for (const benchmark of benchmarksOf(plan, steps)) {
      const name = `${benchmark.source.name} ${benchmark.scalar === 'f32' ? '' : `${benchmark.scalar} `}${benchmark.shape}`;
      if (seen.has(name) || (!again && tuning.find(benchmark.source, benchmark.scalar, benchmark.shape))) continue;
      if (performance.now() >= until || signal?.aborted) {
        left.add(name);
        continue;
      }
      seen.add(name);
      const record = await run(plan, steps, benchmark, options);
      if (!record) {
        left.add(`${name}: not enough memory`);
        continue;
      }
      tuning.add([record]);
      records.push(record);
      left.delete(name);
      options.onRecord?.(record);
    }
    const encoder = device.gpu.createCommandEncoder({ label: 'tune' });
    for (const step of steps) dispatch(encoder, step, step);
    device.gpu.queue.submit([encoder.finish()]);
  }
  await device.idle();
  return { records, left: [...left] };
}

function opsOf(all: readonly Step[]): OpSteps[] {
  const ops: [Step, ...Step[]][] = [];
  const known = new Set<Step>();
  for (const step of all) {
    if (known.has(step)) continue; // a part of the run that is repeated
    known.add(step);
    const last = ops.at(-1);
    if (last?.[0].label === step.label) last.push(step);
    else ops.push([step]);
  }
  return ops;
}

function benchmarksOf({ device }: Plan, steps: OpSteps): Benchmark[] {
  const benchmarks = new Map<string, Benchmark>();
  for (const { launch, scalar } of steps) {
    const source = launch.kernel;
    if (benchmarks.has(source.name)) continue;
    const usable = usableVariants(device.gpu, source);
    // The key has to be found again when a plan is compiled: the class of the op's first launch of the kernel.
    if (usable.length > 1) benchmarks.set(source.name, { source, scalar, usable, shape: shapeClass(launch) });
  }
  return [...benchmarks.values()];
}

/** Null when there is no memory for a second copy of what the op writes. */
async function run(plan: Plan, steps: OpSteps, benchmark: Benchmark, options: TuneOptions): Promise<TuneRecord | null> {
  const { device } = plan;
  const { source, usable, shape, scalar } = benchmark;
  const untuned = usable[defaultVariant(device.adapter, source, usable)] ?? {};
  const bench = await Bench.open(plan, steps, source);
  if (!bench) return null;
  const candidates: TuneCandidate[] = [];
  try {
    const runners: Runner[] = [];
    let truth: readonly Output[] = [];
    for (const [index, values] of usable.entries()) {
      const variant = variantText(values);
      try {
        const ready = await readyFor(plan, steps, source, values);
        const found = await bench.outputs(ready);
        if (index === 0) truth = found;
        const fault = difference(truth, found, scalar, plan.scalar);
        if (fault !== null) throw new Dropped(fault);
        const warmUps = await bench.time([ready], WARM_UPS);
        const warm = Math.min(...warmUps.map(([ms = 0]) => seen(variant, ms, options)));
        const times = warm / Math.max(runners[0]?.warm ?? warm, 1e-6);
        if (times > TOO_SLOW) {
          candidates.push({ variant, ms: rounded(warm), dropped: `${times.toFixed(1)} times slower` });
        } else runners.push({ variant, ready, warm, ms: Number.POSITIVE_INFINITY });
      } catch (cause) {
        device.check(); // a device that is lost is no fault of the candidate
        if (!(cause instanceof Dropped || cause instanceof EngineError)) throw cause;
        candidates.push({ variant, dropped: reasonOf(cause) });
        if (index === 0) break; // there is nothing to hold the others against
      }
    }
    // In turn, so that whatever else the machine does meanwhile slows all of them alike.
    const round = runners.reduce((n, r) => n + r.warm, 0);
    const atOnce = Math.max(1, Math.min(RUNS, Math.floor(SUBMIT_MS / Math.max(round, 1e-3))));
    for (let k = 0; k < RUNS; k += atOnce) {
      const times = await bench.time(
        runners.map((r) => r.ready),
        Math.min(atOnce, RUNS - k),
      );
      for (const row of times) {
        for (const [c, r] of runners.entries()) r.ms = Math.min(r.ms, seen(r.variant, row[c] ?? 0, options));
      }
    }
    candidates.push(...runners.map(({ variant, ms }) => ({ variant, ms: rounded(ms) })));
    const order = usable.map(variantText);
    candidates.sort((a, b) => order.indexOf(a.variant) - order.indexOf(b.variant));
  } finally {
    await bench.close();
  }
  return {
    adapter: options.tuning.adapter,
    kernel: source.name,
    scalar,
    shape,
    hash: kernelHash(source),
    date: new Date().toISOString(),
    clock: bench.clock,
    untuned: variantText(untuned),
    best: bestOf(candidates, variantText(untuned)),
    candidates,
  };
}

/** A candidate that takes part. */
interface Runner {
  readonly variant: string;
  readonly ready: ReadonlyMap<Step, Ready>;
  readonly warm: number;
  /** The least so far. */
  ms: number;
}

const seen = (variant: string, measured: number, { stopwatch }: TuneOptions): number =>
  stopwatch ? stopwatch(variant, measured) : measured;

/** Compiles a variant for all of an op's launches of a kernel. */
async function readyFor(
  { device, scalar: sums }: Plan,
  steps: OpSteps,
  source: KernelSource,
  values: Overrides,
): Promise<ReadonlyMap<Step, Ready>> {
  const ready = await Promise.all(
    steps.map(async (step): Promise<[Step, Ready]> => {
      const { launch } = step;
      if (launch.kernel.name !== source.name) return [step, step];
      const grid = gridOf(device, launch, values, step.label);
      const overrides = { ...launch.overrides, ...values };
      const kernel: Kernel = await device.kernels.get(launch.kernel, overrides, step.scalar, sums);
      return [step, { pipeline: kernel.pipeline, grid }];
    }),
  );
  return new Map(ready);
}
