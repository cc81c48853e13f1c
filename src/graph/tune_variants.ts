// Runs the launches of one op again and again from the same memory, with one variant of a kernel after another.
import type { KernelSource } from '../gpu/kernel';
import type { TuneRecord } from '../gpu/tune';
import type { Dtype } from '../shaders/op';
import type { Plan, Step } from './plan';
import { Dropped, type Output } from './tune_verdict';

/** What a query set holds at most. */
const STAMPS = 4096;
/** Outputs are compared up to here, bytes. */
const COMPARED = 2 ** 26;

/** All launches of one op: what tuning runs at a time, as they may share scratch memory. */
export type OpSteps = readonly [Step, ...Step[]];

/** What is dispatched for a step: the plan's own, or a candidate. */
export interface Ready {
  readonly pipeline: GPUComputePipeline;
  readonly grid: readonly [number, number, number];
}

export function dispatch(
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

/** An op, to be run again and again from the same memory. */
export class Bench {
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
    this.#query = timestamps ? device.createQuerySet({ type: 'timestamp', count: STAMPS }) : null;
    this.#resolved = timestamps
      ? device.createBuffer({ size: 8 * STAMPS, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC })
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
    const written = new Map<number, { dtype: Dtype; buffer: GPUBuffer; bytes: number }>();
    for (const { launch, buffers } of this.steps) {
      for (const [k, ref] of launch.bind.entries()) {
        const at = buffers[k];
        if (at && ref.id >= 0 && launch.kernel.binds[k] === 'write') written.set(ref.id, { dtype: ref.dtype, ...at });
      }
    }
    const all: Output[] = [];
    for (const { dtype, buffer, bytes } of written.values()) {
      all.push({ dtype, data: await device.read(buffer, Math.min(bytes, COMPARED)) });
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
