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

const WARM_UPS = 3;
const RUNS = 7;
/** A candidate this many times slower than variant 0 is not timed to the end. */
const TOO_SLOW = 3;
/** A variant has to be this much faster than the untuned one: less is noise, and would come and go. */
const LEAD = 1.05;
/** And by this many milliseconds: clocks of adapters tick no finer. */
const TICK = 1e-3;
/** Difference from variant 0's output against its largest element: sums may be taken in another order. */
const TOLERANCE = { f32: 1e-4, f16: 1e-2 } as const;
/** Outputs are compared up to here, bytes. */
const COMPARED = 2 ** 26;

/** One attempt at timing a kernel's launches, milliseconds. Replaced in tests, where time has to stand still. */
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
  const clock = device.has('timestamp-query') ? 'timestamps' : 'wall';
  const untuned = usable[defaultVariant(device.adapter, source, usable)] ?? {};
  const bench = await Bench.open(plan, steps, source);
  if (!bench) return null;
  const candidates: TuneCandidate[] = [];
  let truth: readonly Output[] = [];
  let first = 0;
  try {
    for (const [index, values] of usable.entries()) {
      const variant = variantText(values);
      try {
        const ready = await readyFor(plan, steps, source, values);
        const found = await bench.outputs(ready);
        if (index === 0) truth = found;
        else {
          const fault = difference(truth, found, scalar);
          if (fault !== null) throw new Dropped(fault);
        }
        let ms = Number.POSITIVE_INFINITY;
        for (let k = 0; k < WARM_UPS + RUNS; k++) {
          const measured = await bench.time(ready);
          const took = options.stopwatch ? options.stopwatch(variant, measured) : measured;
          if (k < WARM_UPS - 1) continue;
          if (k === WARM_UPS - 1) {
            if (index > 0 && took > TOO_SLOW * first) {
              candidates.push({ variant, ms: rounded(took), dropped: `${(took / first).toFixed(1)} times slower` });
              break;
            }
            continue;
          }
          ms = Math.min(ms, took);
        }
        if (ms === Number.POSITIVE_INFINITY) continue;
        if (index === 0) first = Math.max(ms, 1e-6);
        candidates.push({ variant, ms: rounded(ms) });
      } catch (cause) {
        device.check(); // a device that is lost is no fault of the candidate
        if (!(cause instanceof Dropped || cause instanceof EngineError)) throw cause;
        candidates.push({ variant, dropped: reasonOf(cause) });
        if (index === 0) break; // there is nothing to hold the others against
      }
    }
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
    clock,
    untuned: variantText(untuned),
    best: bestOf(candidates, variantText(untuned)),
    candidates,
  };
}

/** The fastest, unless it is not worth leaving the untuned one for. */
function bestOf(candidates: readonly TuneCandidate[], untuned: string): string {
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

const reasonOf = ({ message }: Error): string =>
  message.split('\n').slice(0, 2).join(' ').replaceAll(/\s+/g, ' ').trim();

const rounded = (ms: number): number => Number(ms.toPrecision(4));

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

interface Output {
  readonly kind: Kind;
  readonly data: ArrayBuffer;
}

/** An op, to be run again and again from the same memory. */
class Bench {
  readonly #kept: { readonly buffer: GPUBuffer; readonly copy: GPUBuffer; readonly bytes: number }[] = [];
  readonly #query: GPUQuerySet | null;
  readonly #resolved: GPUBuffer | null;
  /** Steps that count. */
  readonly #timed: readonly Step[];

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
    this.#timed = steps.filter((s) => s.launch.kernel.name === source.name);
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
    const count = 2 * this.#timed.length;
    const timestamps = device.has('timestamp-query') && count <= 4096;
    this.#query = timestamps ? device.gpu.createQuerySet({ type: 'timestamp', count }) : null;
    this.#resolved = timestamps
      ? device.gpu.createBuffer({ size: 8 * count, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC })
      : null;
  }

  #restore(): void {
    const encoder = this.plan.device.gpu.createCommandEncoder({ label: 'tune' });
    for (const { buffer, copy, bytes } of this.#kept) encoder.copyBufferToBuffer(copy, 0, buffer, 0, bytes);
    this.plan.device.gpu.queue.submit([encoder.finish()]);
  }

  /** What the op computes: the values of the graph, not the scratch memory of a variant's own. */
  async outputs(ready: ReadonlyMap<Step, Ready>): Promise<readonly Output[]> {
    const { device } = this.plan;
    this.#restore();
    device.gpu.pushErrorScope('validation');
    const encoder = device.gpu.createCommandEncoder({ label: 'tune' });
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

  /** Milliseconds of the kernel's launches; by the clock, of the whole op with the way there and back. */
  async time(ready: ReadonlyMap<Step, Ready>): Promise<number> {
    const { device } = this.plan;
    this.#restore();
    const encoder = device.gpu.createCommandEncoder({ label: 'tune' });
    const query = this.#query;
    let at = 0;
    for (const step of this.steps) {
      const stamps =
        query && this.#timed.includes(step)
          ? { querySet: query, beginningOfPassWriteIndex: at++, endOfPassWriteIndex: at++ }
          : undefined;
      dispatch(encoder, step, ready.get(step) ?? step, stamps);
    }
    if (query && this.#resolved) {
      encoder.resolveQuerySet(query, 0, at, this.#resolved, 0);
      device.gpu.queue.submit([encoder.finish()]);
      const found = new BigUint64Array(await device.read(this.#resolved, 8 * at));
      let ticks = 0n;
      for (let k = 0; k < at; k += 2) ticks += (found[k + 1] ?? 0n) - (found[k] ?? 0n);
      return Math.max(0, Number(ticks) * 1e-6);
    }
    await device.idle();
    const began = performance.now();
    device.gpu.queue.submit([encoder.finish()]);
    await device.idle();
    return performance.now() - began;
  }

  /** Leaves the plan's memory as it was found. */
  async close(): Promise<void> {
    this.#restore();
    await this.plan.device.idle();
    for (const { copy } of this.#kept) this.plan.device.pool.release(copy);
    this.#query?.destroy();
    this.#resolved?.destroy();
  }
}

/** How an output differs from variant 0's; null where it does not. */
function difference(truth: readonly Output[], found: readonly Output[], scalar: Scalar): string | null {
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
