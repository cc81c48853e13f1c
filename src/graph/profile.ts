import { EngineError } from '../base/errors';
import { checkValues, whole } from '../base/known_options';
import type { Clock } from '../gpu/roofline';
import { aPlan, type Plan, type Step } from './plan';

/** What one launch of a plan took, the median of several runs. */
export interface ProfileRow {
  readonly step: Step;
  readonly ms: number;
  readonly gflops: number;
  /** Bytes of all values bound over time: a lower bound of the traffic. */
  readonly gbPerSecond: number;
  /** In the run whose sum is the median of all: from its first launch to this one, and how long this one took. */
  readonly startMs: number;
  readonly lastedMs: number;
}

/** Where one launch lies within a run. */
interface Span {
  readonly startMs: number;
  readonly ms: number;
}

/**
 * Times every launch of a plan by timestamps around a pass of its own. The passes cost a little that a plain run does
 * not pay, so the sum is an upper bound of a step.
 * @param clock `wall` times launches one by one on the clock instead, each submitted when the one before is done, less
 *   what a submit of nothing takes: for adapters without timestamps, and rough.
 * @throws EngineError `DeviceError` when the adapter has no timestamp-query.
 */
export async function profile(plan: Plan, runs = 7, clock: Clock = 'timestamps'): Promise<ProfileRow[]> {
  checkValues('profile', { plan, runs, clock }, { plan: aPlan, runs: whole(1), clock: ['timestamps', 'wall'] });
  const { device, steps } = plan;
  if (clock === 'timestamps' && !device.has('timestamp-query')) {
    throw new EngineError('DeviceError', `${device.name} has no timestamp-query: kernels cannot be timed one by one`);
  }
  const found = await (clock === 'timestamps' ? byTimestamps(plan, runs) : byClock(plan, runs));
  const totals = found.map((spans) => sum(spans.map((s) => s.ms)));
  const order = [...totals.keys()].sort((a, b) => (totals[a] ?? 0) - (totals[b] ?? 0));
  const typical = found[order[order.length >> 1] ?? 0] ?? [];
  return steps.map((step, k) => {
    const ms = median(found.map((spans) => spans[k]?.ms ?? Number.NaN));
    const span = typical[k];
    const rate = (work: number): number => (ms > 0 ? work / (ms * 1e6) : 0);
    return {
      step,
      ms,
      gflops: rate(step.flops),
      gbPerSecond: rate(step.bytes),
      startMs: span?.startMs ?? 0,
      lastedMs: span?.ms ?? 0,
    };
  });
}

async function byTimestamps(plan: Plan, runs: number): Promise<Span[][]> {
  const { device, steps } = plan;
  const count = 2 * steps.length;
  const found: Span[][] = [];
  // A query set holds at most 4096 timestamps.
  const part = Math.min(count, 4096);
  const query = device.createQuerySet({ type: 'timestamp', count: part });
  const resolved = device.createBuffer({
    size: 8 * part,
    usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
  });
  try {
    for (let run = 0; run < runs; run++) {
      const spans: Span[] = [];
      let before = 0;
      for (let first = 0; first < steps.length; first += part / 2) {
        const chunk = steps.slice(first, first + part / 2);
        const encoder = device.gpu.createCommandEncoder({ label: 'profile' });
        for (const [k, step] of chunk.entries()) {
          const pass = encoder.beginComputePass({
            timestampWrites: { querySet: query, beginningOfPassWriteIndex: 2 * k, endOfPassWriteIndex: 2 * k + 1 },
          });
          dispatch(pass, step);
          pass.end();
        }
        if (first + chunk.length === steps.length) plan.encodeCopies(encoder);
        encoder.resolveQuerySet(query, 0, 2 * chunk.length, resolved, 0);
        device.gpu.queue.submit([encoder.finish()]);
        const stamps = new BigUint64Array(await device.read(resolved, 16 * chunk.length));
        // The way to the host between two parts of a run is no part of it.
        const origin = stamps[0] ?? 0n;
        for (const k of chunk.keys()) {
          const [from, to] = [stamps[2 * k] ?? 0n, stamps[2 * k + 1] ?? 0n];
          const startMs = before + Number(from - origin) * 1e-6;
          spans.push({ startMs, ms: Math.max(0, Number(to - from) * 1e-6) });
        }
        before = Math.max(...spans.map((s) => s.startMs + s.ms));
      }
      found.push(spans);
    }
  } finally {
    query.destroy();
    resolved.destroy();
  }
  return found;
}

async function byClock(plan: Plan, runs: number): Promise<Span[][]> {
  const { device, steps } = plan;
  const timed = async (encode: (encoder: GPUCommandEncoder) => void): Promise<number> => {
    const encoder = device.gpu.createCommandEncoder({ label: 'profile' });
    encode(encoder);
    const began = performance.now();
    device.gpu.queue.submit([encoder.finish()]);
    await device.idle();
    return performance.now() - began;
  };
  const nothing: number[] = [];
  for (let k = 0; k < 9; k++) nothing.push(await timed((encoder) => encoder.beginComputePass().end()));
  const trip = median(nothing);
  const found: Span[][] = [];
  for (let run = 0; run < runs; run++) {
    const spans: Span[] = [];
    let startMs = 0;
    for (const step of steps) {
      const all = await timed((encoder) => {
        const pass = encoder.beginComputePass();
        dispatch(pass, step);
        pass.end();
      });
      const ms = Math.max(1e-3, all - trip);
      spans.push({ startMs, ms });
      startMs += ms;
    }
    await timed((encoder) => plan.encodeCopies(encoder));
    found.push(spans);
  }
  return found;
}

function dispatch(pass: GPUComputePassEncoder, step: Step): void {
  pass.setPipeline(step.pipeline);
  pass.setBindGroup(0, step.group);
  pass.dispatchWorkgroups(...step.grid);
}

/** A plan's time per run: medians over batches. */
export interface RunTime {
  /** Milliseconds on the clock. */
  readonly wallMs: number;
  /** Inside compute passes on the GPU, of the very runs that the clock covers. */
  readonly gpuMs: number;
  /** What the host takes to encode and submit a run, most of it while the GPU is busy with earlier ones. */
  readonly hostMs: number;
  /** Share of the clock outside compute passes: waiting for work, copies of states, gaps between passes. */
  readonly outside: number;
}

/**
 * Times runs of a plan as a recipe makes them: `times` of them to a submit, the next batch submitted before the last
 * one is waited for. The clock goes from the moment one batch is seen to be done to that of the next; every pass in
 * between has its pair of timestamps, so nothing is extrapolated from a run that had the GPU to itself.
 * @throws EngineError `DeviceError` when the adapter has no timestamp-query.
 */
export async function timeRuns(plan: Plan, times: number, batches: number): Promise<RunTime> {
  const { device, steps } = plan;
  if (!device.has('timestamp-query')) {
    throw new EngineError('DeviceError', `${device.name} has no timestamp-query: passes cannot be timed`);
  }
  const runs = Math.max(1, Math.min(times, 2048)); // a query set holds at most 4096 timestamps
  const bytes = 16 * runs;
  const stampsOf = () => ({
    query: device.createQuerySet({ type: 'timestamp', count: 2 * runs }),
    resolved: device.createBuffer({ size: bytes, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC }),
    staging: device.createBuffer({ size: bytes, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST }),
  });
  type Stamps = ReturnType<typeof stampsOf>;
  const even = stampsOf();
  const odd = stampsOf();

  const submit = ({ query, resolved, staging }: Stamps): { ms: number; mapped: Promise<void> } => {
    const began = performance.now();
    const encoder = device.gpu.createCommandEncoder({ label: 'timed runs' });
    for (let k = 0; k < runs; k++) {
      const pass = encoder.beginComputePass({
        timestampWrites: { querySet: query, beginningOfPassWriteIndex: 2 * k, endOfPassWriteIndex: 2 * k + 1 },
      });
      for (const step of steps) dispatch(pass, step);
      pass.end();
      plan.encodeCopies(encoder);
    }
    encoder.resolveQuerySet(query, 0, 2 * runs, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, bytes);
    device.gpu.queue.submit([encoder.finish()]);
    return { ms: performance.now() - began, mapped: device.waitFor(staging.mapAsync(GPUMapMode.READ)) };
  };
  const inPasses = ({ staging }: Stamps): number => {
    const stamps = new BigUint64Array(staging.getMappedRange());
    let ticks = 0n;
    for (let k = 0; k < runs; k++) ticks += (stamps[2 * k + 1] ?? 0n) - (stamps[2 * k] ?? 0n);
    staging.unmap();
    return Number(ticks) * 1e-6;
  };

  const found: { wall: number; gpu: number; host: number }[] = [];
  try {
    await device.idle();
    let pending = { set: even, ...submit(even) };
    let seen = 0;
    // One batch more than asked for: the first only fills the queue.
    for (let b = 0; b <= batches; b++) {
      const next = b % 2 === 0 ? odd : even;
      const after = b < batches ? { set: next, ...submit(next) } : null;
      await pending.mapped;
      const now = performance.now();
      const gpu = inPasses(pending.set);
      if (b > 0) found.push({ wall: now - seen, gpu, host: pending.ms });
      seen = now;
      if (after) pending = after;
    }
  } finally {
    await device.idle();
    for (const { query, resolved, staging } of [even, odd]) {
      query.destroy();
      resolved.destroy();
      staging.destroy();
    }
  }
  return {
    wallMs: median(found.map((f) => f.wall)) / runs,
    gpuMs: median(found.map((f) => f.gpu)) / runs,
    hostMs: median(found.map((f) => f.host)) / runs,
    // Of the sums: a batch that is seen late makes the next one look short.
    outside: 1 - sum(found.map((f) => f.gpu)) / sum(found.map((f) => f.wall)),
  };
}

/** `timeRuns` for an adapter without timestamps: only what the clock tells. */
export async function clockRuns(
  plan: Plan,
  times: number,
  batches: number,
): Promise<Pick<RunTime, 'wallMs' | 'hostMs'>> {
  const found: { wall: number; host: number }[] = [];
  await plan.device.idle();
  for (let b = 0; b < batches; b++) {
    const began = performance.now();
    plan.run(times);
    const host = performance.now() - began;
    await plan.device.idle();
    found.push({ wall: performance.now() - began, host });
  }
  return { wallMs: median(found.map((f) => f.wall)) / times, hostMs: median(found.map((f) => f.host)) / times };
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}
