// Tries the variants of a plan's kernels on the very data the plan gives them, and keeps what was measured.
import { EngineError } from '../base/errors';
import { fromHalf } from '../base/half';
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
import type { Kind } from '../shaders/op';
import { gridOf, type Plan, type Step } from './plan';

export const WARM_UPS = 3;
export const RUNS = 7;
/** A candidate this many times slower than variant 0 is not timed to the end. */
export const TOO_SLOW = 3;
/** A variant has to be this much faster than the untuned one: less is noise, and would come and go. */
const LEAD = 1.05;
/** And by this many milliseconds: clocks of adapters tick no finer. */
const TICK = 1e-3;
/** Difference from variant 0's output against its largest element: sums may be taken in another order. */
const TOLERANCE = { f32: 1e-4, f16: 1e-2 } as const;
/** Milliseconds of work in one submission, about. */
const SUBMIT_MS = 250;
/** What a query set holds at most. */
const STAMPS = 4096;
/** Outputs are compared up to here, bytes. */
const COMPARED = 2 ** 26;

/** Given what one timing of a variant measured, milliseconds, the time to go by: for tests, where time has to stand still. */
export type Stopwatch = (variant: string, measured: number) => number;

export interface TuneOptions {
  readonly tuning: Tuning;
  /** By `performance.now()`: no race is begun after it. */
  readonly until?: number | undefined;
  /** Also races that were run before. */
  readonly again?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly stopwatch?: Stopwatch | undefined;
  onRecord?(record: TuneRecord): void;
}

export interface TuneOutcome {
  readonly records: readonly TuneRecord[];
  /** Races that there was no time for, or no memory: `conv2d c=64 ...`. */
  readonly left: readonly string[];
}

/** All launches of one op: what tuning runs at a time, as they may share scratch memory. */
type OpSteps = readonly [Step, ...Step[]];

/** A kernel of an op that has variants to choose from. */
interface Race {
  readonly source: KernelSource;
  readonly shape: string;
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
  const { scalar, device } = plan;
  const records: TuneRecord[] = [];
  const left = new Set<string>();
  const seen = new Set<string>();
  for (const steps of opsOf(plan.steps)) {
    for (const race of racesOf(plan, steps)) {
      const name = `${race.source.name} ${race.shape}`;
      if (seen.has(name) || (!again && tuning.find(race.source, scalar, race.shape))) continue;
      if (performance.now() >= until || signal?.aborted) {
        left.add(name);
        continue;
      }
      seen.add(name);
      const record = await run(plan, steps, race, options);
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

function racesOf({ device }: Plan, steps: OpSteps): Race[] {
  const races = new Map<string, Race>();
  for (const { launch } of steps) {
    const source = launch.kernel;
    if (races.has(source.name)) continue;
    const usable = usableVariants(device.gpu, source);
    // The key has to be found again when a plan is compiled: the class of the op's first launch of the kernel.
    if (usable.length > 1) races.set(source.name, { source, usable, shape: shapeClass(launch) });
  }
  return [...races.values()];
}

/** What is dispatched for a step: the plan's own, or a candidate. */
interface Ready {
  readonly pipeline: GPUComputePipeline;
  readonly grid: readonly [number, number, number];
}

/** Null when there is no memory for a second copy of what the op writes. */
async function run(plan: Plan, steps: OpSteps, race: Race, options: TuneOptions): Promise<TuneRecord | null> {
  const { device, scalar } = plan;
  const { source, usable, shape } = race;
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
        const fault = difference(truth, found, scalar);
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

/** The fastest, unless it is not worth leaving the untuned one for. */
export function bestOf(candidates: readonly TuneCandidate[], untuned: string): string {
  const sound = candidates.filter((c) => c.dropped === undefined);
  const msOf = ({ ms = Number.POSITIVE_INFINITY }: TuneCandidate): number => ms;
  const fastest = sound.reduce<TuneCandidate | undefined>((a, b) => (a && msOf(a) <= msOf(b) ? a : b), undefined);
  const usual = sound.find((c) => c.variant === untuned);
  if (!fastest) return untuned;
  const worth = usual && msOf(usual) > LEAD * msOf(fastest) && msOf(usual) > msOf(fastest) + TICK;
  return usual && !worth ? untuned : fastest.variant;
}

/** Why a candidate is out. */
class Dropped extends Error {}

export const reasonOf = ({ message }: Error): string =>
  message.split('\n').slice(0, 2).join(' ').replaceAll(/\s+/g, ' ').trim();

export const rounded = (ms: number): number => Number(ms.toPrecision(4));

/** Compiles a variant for all of an op's launches of a kernel. */
async function readyFor(
  { device, scalar }: Plan,
  steps: OpSteps,
  source: KernelSource,
  values: Overrides,
): Promise<ReadonlyMap<Step, Ready>> {
  const ready = await Promise.all(
    steps.map(async (step): Promise<[Step, Ready]> => {
      const { launch } = step;
      if (launch.kernel.name !== source.name) return [step, step];
      const grid = gridOf(device, launch, values, step.label);
      const kernel: Kernel = await device.kernels.get(launch.kernel, { ...launch.overrides, ...values }, scalar);
      return [step, { pipeline: kernel.pipeline, grid }];
    }),
  );
  return new Map(ready);
}

function dispatch(
  encoder: GPUCommandEncoder,
  step: Step,
  { pipeline, grid }: Ready,
  timestampWrites?: GPUComputePassTimestampWrites,
): void {
  const pass = encoder.beginComputePass(timestampWrites ? { timestampWrites } : {});
  pass.setPipeline(pipeline);
  // Layouts are made of bindings alone: the group goes with every variant.
  pass.setBindGroup(0, step.group);
  pass.dispatchWorkgroups(...grid);
  pass.end();
}

export interface Output {
  readonly kind: Kind;
  readonly data: ArrayBuffer;
}

/** An op, to be run again and again from the same memory. */
class Bench {
  readonly clock: TuneRecord['clock'];
  readonly #kept: { readonly buffer: GPUBuffer; readonly copy: GPUBuffer; readonly bytes: number }[] = [];
  readonly #query: GPUQuerySet | null;
  readonly #resolved: GPUBuffer | null;
  /** Steps that count. */
  readonly #timed: ReadonlySet<Step>;

  static async open(plan: Plan, steps: OpSteps, source: KernelSource): Promise<Bench | null> {
    const { gpu, pool } = plan.device;
    // Copies into buffers that there was no memory for do not validate: that is no other fault.
    gpu.pushErrorScope('validation');
    gpu.pushErrorScope('out-of-memory');
    const bench = new Bench(plan, steps, source);
    const [full] = await Promise.all([gpu.popErrorScope(), gpu.popErrorScope()]);
    if (!full) return bench;
    for (const { copy } of bench.#kept) pool.discard(copy);
    bench.#query?.destroy();
    bench.#resolved?.destroy();
    return null;
  }

  private constructor(
    private readonly plan: Plan,
    private readonly steps: OpSteps,
    source: KernelSource,
  ) {
    const { device } = plan;
    this.#timed = new Set(steps.filter((s) => s.launch.kernel.name === source.name));
    // What the op writes may also be what it reads (a state), so every run starts from a copy.
    const written = new Map<GPUBuffer, number>();
    for (const { launch, buffers } of steps) {
      for (const [k, { buffer, bytes }] of buffers.entries()) {
        if (launch.kernel.binds[k] === 'write') {
          written.set(buffer, Math.max(written.get(buffer) ?? 0, Math.ceil(bytes / 4) * 4));
        }
      }
    }
    const encoder = device.gpu.createCommandEncoder({ label: 'tune' });
    for (const [buffer, bytes] of written) {
      const copy = device.pool.acquire(bytes, 'tune');
      encoder.copyBufferToBuffer(buffer, 0, copy, 0, bytes);
      this.#kept.push({ buffer, copy, bytes });
    }
    device.gpu.queue.submit([encoder.finish()]);
    // One round of all candidates has to fit into the query set.
    const timestamps = device.has('timestamp-query') && 2 * this.#timed.size * source.variants.length <= STAMPS;
    this.clock = timestamps ? 'timestamps' : 'wall';
    this.#query = timestamps ? device.gpu.createQuerySet({ type: 'timestamp', count: STAMPS }) : null;
    this.#resolved = timestamps
      ? device.gpu.createBuffer({ size: 8 * STAMPS, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC })
      : null;
  }

  #restore(encoder: GPUCommandEncoder): void {
    for (const { buffer, copy, bytes } of this.#kept) encoder.copyBufferToBuffer(copy, 0, buffer, 0, bytes);
  }

  /** What the op computes: the values of the graph, not the scratch memory of a variant's own. */
  async outputs(ready: ReadonlyMap<Step, Ready>): Promise<readonly Output[]> {
    const { device } = this.plan;
    device.gpu.pushErrorScope('validation');
    const encoder = device.gpu.createCommandEncoder({ label: 'tune' });
    this.#restore(encoder);
    for (const step of this.steps) dispatch(encoder, step, ready.get(step) ?? step);
    device.gpu.queue.submit([encoder.finish()]);
    const fault = await device.gpu.popErrorScope();
    if (fault) throw new Dropped(fault.message);
    const written = new Map<number, { kind: Kind; buffer: GPUBuffer; bytes: number }>();
    for (const { launch, buffers } of this.steps) {
      for (const [k, ref] of launch.bind.entries()) {
        const at = buffers[k];
        if (at && ref.id >= 0 && launch.kernel.binds[k] === 'write') written.set(ref.id, { kind: ref.kind, ...at });
      }
    }
    const all: Output[] = [];
    for (const { kind, buffer, bytes } of written.values()) {
      all.push({ kind, data: await device.read(buffer, Math.min(bytes, COMPARED)) });
    }
    return all;
  }

  /**
   * Times candidates in turn, `rounds` times.
   * @returns for each round, for each candidate the milliseconds of the kernel's launches; by the clock, of the whole
   *   op with the way there and back.
   */
  async time(candidates: readonly ReadonlyMap<Step, Ready>[], rounds: number): Promise<number[][]> {
    const { device } = this.plan;
    const found: number[][] = [];
    const query = this.#query;
    if (!query || !this.#resolved) {
      for (let k = 0; k < rounds; k++) {
        const row: number[] = [];
        for (const ready of candidates) row.push(await this.#clocked(ready));
        found.push(row);
      }
      return found;
    }
    const per = 2 * this.#timed.size; // timestamps of one run
    for (let k = 0; k < rounds; ) {
      const chunk = Math.max(1, Math.min(rounds - k, Math.floor(STAMPS / (per * candidates.length))));
      const encoder = device.gpu.createCommandEncoder({ label: 'tune' });
      let at = 0;
      for (let r = 0; r < chunk; r++) {
        for (const ready of candidates) {
          this.#restore(encoder);
          for (const step of this.steps) {
            const stamps = this.#timed.has(step)
              ? { querySet: query, beginningOfPassWriteIndex: at++, endOfPassWriteIndex: at++ }
              : undefined;
            dispatch(encoder, step, ready.get(step) ?? step, stamps);
          }
        }
      }
      encoder.resolveQuerySet(query, 0, at, this.#resolved, 0);
      device.gpu.queue.submit([encoder.finish()]);
      const stamps = new BigUint64Array(await device.read(this.#resolved, 8 * at));
      const run = (first: number): number => {
        let ticks = 0n;
        for (let i = first; i < first + per; i += 2) ticks += (stamps[i + 1] ?? 0n) - (stamps[i] ?? 0n);
        return Math.max(0, Number(ticks) * 1e-6);
      };
      for (let r = 0; r < chunk; r++) {
        found.push(candidates.map((_, c) => run(per * (r * candidates.length + c))));
      }
      k += chunk;
    }
    return found;
  }

  async #clocked(ready: ReadonlyMap<Step, Ready>): Promise<number> {
    const { device } = this.plan;
    const before = device.gpu.createCommandEncoder({ label: 'tune' });
    this.#restore(before);
    device.gpu.queue.submit([before.finish()]);
    const encoder = device.gpu.createCommandEncoder({ label: 'tune' });
    for (const step of this.steps) dispatch(encoder, step, ready.get(step) ?? step);
    await device.idle();
    const began = performance.now();
    device.gpu.queue.submit([encoder.finish()]);
    await device.idle();
    return performance.now() - began;
  }

  /** Leaves the plan's memory as it was found. */
  async close(): Promise<void> {
    const { device } = this.plan;
    const encoder = device.gpu.createCommandEncoder({ label: 'tune' });
    this.#restore(encoder);
    device.gpu.queue.submit([encoder.finish()]);
    await device.idle();
    for (const { copy } of this.#kept) device.pool.release(copy);
    this.#query?.destroy();
    this.#resolved?.destroy();
  }
}

/** How an output differs from variant 0's; null where it does not. */
export function difference(truth: readonly Output[], found: readonly Output[], scalar: Scalar): string | null {
  for (const [k, { kind, data }] of truth.entries()) {
    const other = found[k]?.data ?? new ArrayBuffer(0);
    const [a, b] = [numbers(data, kind, scalar), numbers(other, kind, scalar)];
    let [largest, apart] = [0, 0];
    for (let i = 0; i < a.length; i++) {
      const [x = Number.NaN, y = Number.NaN] = [a[i], b[i]];
      if (Number.isFinite(x)) largest = Math.max(largest, Math.abs(x));
      if (Object.is(x, y) || x === y) continue;
      const off = Math.abs(x - y);
      apart = Number.isNaN(off) ? Number.POSITIVE_INFINITY : Math.max(apart, off);
    }
    if (kind === 'u32' ? apart > 0 : apart > TOLERANCE[scalar] * largest) {
      const by = Number.isFinite(apart) ? apart.toPrecision(3) : 'no number';
      return `differs from variant 0: by ${by} where the largest element is ${largest.toPrecision(3)}`;
    }
  }
  return null;
}

function numbers(data: ArrayBuffer, kind: Kind, scalar: Scalar): Float32Array | Uint32Array {
  if (kind === 'u32') return new Uint32Array(data);
  return scalar === 'f16' ? fromHalf(new Uint16Array(data)) : new Float32Array(data);
}
