import { didYouMean } from '../base/did_you_mean';
import { bytesText, EngineError, graphError, invariant, shapeText } from '../base/errors';
import { fromHalf, toHalf } from '../base/half';
import {
  call,
  checkOptions,
  checkValues,
  flag,
  list,
  number,
  type OptionNames,
  returnedBy,
  text,
  whole,
} from '../base/known_options';
import { size } from '../base/shape';
import { type Device, openDevice } from '../gpu/device';
import type { KernelSource, Scalar } from '../gpu/kernel';
import type { Dtype, Ref } from '../shaders/op';
import { aGraph, type Graph, type Node } from './graph';
import { assertLimits } from './limits';
import type { Schedule } from './place';
import type { Recomputed } from './program';
import { schedule, unrolled } from './schedule';
import { bindStep, chosenVariant, type Step, startSteps, type VariantPlace } from './step';
import { type ScalarPlace, UniformBlocks } from './uniforms';

export interface CompileOptions {
  /** How f32 values are stored. Sums are f32 always. */
  readonly scalar?: Scalar;
  /**
   * Which of a kernel's usable variants to take, clamped to those there are. Asked once for all launches of a kernel
   * in one op: they may hand each other what depends on it. Default: what the device's tuning found, else what is
   * shipped for the adapter, else the first, or on a real GPU the one the kernel names for it.
   */
  readonly variant?: (kernel: KernelSource, at: VariantPlace) => number;
  /** Merge neighbouring ops (conv2d + bias + relu ...). Default true. */
  readonly fuse?: boolean;
  /** Compile what the outputs need and nothing else: assignments, and states that no output reads, are left out. */
  readonly alone?: boolean;
  /**
   * Bytes of memory that it should take at most; what the gradient needs is then computed again, to the same bits, as
   * far as that helps. Not a promise: `cost.memory` says what it took.
   */
  readonly memory?: number | undefined;
  /** Pointwise ops over the memory of an input that nobody needs any more. Default: where a plan takes less memory by it. */
  readonly inplace?: boolean | undefined;
}

const COMPILE_OPTIONS: OptionNames<CompileOptions> = {
  ...{ scalar: ['f32', 'f16'], variant: call, fuse: flag, alone: flag, memory: number, inplace: flag },
};

export type { Step, VariantPlace };

/** For `checkValues`. */
export const aPlan = returnedBy('Plan.compile', 'steps');

/** Deterministic counts of one run; CI pins these, not seconds. */
export interface Cost {
  readonly launches: number;
  readonly bytes: number;
  readonly flops: number;
  /** Device memory of all slots. */
  readonly memory: number;
}

const CLOSE_LATER = 'Close it when the last run is read.';

/** Launches in one submission at most: systems take a queue that stays busy for seconds for one that hangs. */
const CHUNK = 1024;

/**
 * A graph compiled for one device: pipelines, memory and bind groups are made once, then replayed. `run` creates
 * no buffer, bind group or pipeline, and reads nothing back.
 */
export class Plan {
  readonly #scalars: ReadonlyMap<string, ScalarPlace>;
  #closed = false;

  private constructor(
    readonly device: Device,
    private readonly graph: Graph,
    /** What each run does, in order. */
    readonly steps: readonly Step[],
    readonly cost: Cost,
    private readonly schedule: Schedule,
    private readonly slots: readonly GPUBuffer[],
    private readonly uniforms: UniformBlocks,
    private readonly copies: readonly { from: GPUBuffer; to: GPUBuffer; bytes: number }[],
  ) {
    this.#scalars = uniforms.scalars;
  }

  /**
   * Compiles what `outputs` and the graph's assignments need; the rest is left out.
   * @throws EngineError `LimitError`, before anything is allocated, when a value is larger than the adapter binds.
   */
  static async compile(
    device: Device,
    graph: Graph,
    outputs: readonly Ref[],
    options: CompileOptions = {},
  ): Promise<Plan> {
    checkValues('Plan.compile', { device, graph, outputs }, { device: openDevice, graph: aGraph, outputs: list });
    checkOptions('Plan.compile', options, COMPILE_OPTIONS);
    device.check();
    const { scalar: sums = 'f32', variant = (k, at) => chosenVariant(device, k, at) } = options;
    const s = schedule(graph, outputs, {
      fuse: options.fuse ?? true,
      realBytes: sums === 'f16' ? 2 : 4,
      alone: options.alone,
      budget: options.memory,
      inplace: options.inplace,
    });
    assertLimits(device, s);
    const uniforms = new UniformBlocks(device.gpu.limits.minUniformBufferOffsetAlignment);
    const pending = startSteps(device, s.launches, uniforms, sums, variant);
    const kernels = await Promise.all(pending.map((p) => p.kernel));

    // Nothing waits between here and the end of the scopes, so two compilations never see each other's errors.
    device.gpu.pushErrorScope('validation');
    device.gpu.pushErrorScope('out-of-memory');
    const slots = s.assignment.slots.map((bytes, k) => device.pool.acquire(bytes, `slot ${k}`));
    const exhausted = device.gpu.popErrorScope();
    uniforms.upload(device);
    const bufferOf = (id: number): GPUBuffer => {
      const buffer = slots[s.slotOf(id)];
      if (!buffer) throw invariant(`value #${id} has no memory`);
      return buffer;
    };
    const bound = pending.map((p, k) => {
      const kernel = kernels[k];
      if (!kernel) throw invariant(`no kernel for ${p.label}`);
      return { setup: p.setup, section: p.section, step: bindStep(device, p, kernel, s, uniforms, bufferOf) };
    });
    const all = unrolled(bound, s.times);
    const steps = (setup: boolean): Step[] => all.filter((b) => b.setup === setup).map((b) => b.step);
    const copies = s.copies.map(({ from, to }) => ({
      from: bufferOf(from),
      to: bufferOf(to),
      bytes: Math.ceil(s.bytesOf(to) / 4) * 4,
    }));
    const plan = new Plan(device, graph, steps(false), costOf(steps(false), slots), s, slots, uniforms, copies);
    // What cannot be read, from a file that is gone say, is told when the scopes are closed.
    let unread: { readonly cause: unknown } | undefined;
    try {
      upload(device, graph, s, bufferOf, sums);
    } catch (cause) {
      unread = { cause };
    }
    plan.#submit(steps(true), 1, []);
    const [full, fault] = await Promise.all([exhausted, device.gpu.popErrorScope()]);
    if (full) throw plan.#exhausted();
    if (unread) {
      plan.close();
      throw unread.cause;
    }
    if (fault) {
      throw new EngineError(
        'KernelError',
        `the plan does not validate: ${fault.message}`,
        "Check the kernels of your own ops; where all are toroid's, please report it.",
      );
    }
    return plan;
  }

  /** Drops what could not be allocated. */
  #exhausted(): EngineError {
    const { device, slots, cost } = this;
    this.#closed = true; // its slots are no memory: they must not go back to the pool
    for (const slot of slots) device.pool.discard(slot);
    this.uniforms.buffer.destroy();
    return new EngineError(
      'LimitError',
      `the plan needs ${bytesText(cost.memory)} of memory in ${slots.length} buffers, and ${device.name} has not so much left`,
      'Use a smaller size.',
    );
  }

  /** Replays the plan: one encoder and one submit, however many `times`, unless it has thousands of launches. */
  run(times = 1): void {
    checkValues('run', { times }, { times: whole(0) });
    this.device.check();
    this.#submit(this.steps, times, this.copies);
  }

  #submit(steps: readonly Step[], times: number, copies: typeof this.copies): void {
    if (this.#closed) throw graphError('the plan is closed: it cannot run', CLOSE_LATER);
    this.device.submitted(() => flightText(steps, times));
    let encoder = this.device.gpu.createCommandEncoder({ label: 'plan' });
    for (let k = 0; k < times; k++) {
      for (let start = 0; start < Math.max(1, steps.length); start += CHUNK) {
        if (start > 0) {
          this.device.gpu.queue.submit([encoder.finish()]);
          encoder = this.device.gpu.createCommandEncoder({ label: 'plan' });
        }
        const pass = encoder.beginComputePass();
        for (const step of steps.slice(start, start + CHUNK)) {
          pass.setPipeline(step.pipeline);
          pass.setBindGroup(0, step.group);
          pass.dispatchWorkgroups(...step.grid);
        }
        pass.end();
      }
      for (const { from, to, bytes } of copies) encoder.copyBufferToBuffer(from, 0, to, 0, bytes);
    }
    this.device.gpu.queue.submit([encoder.finish()]);
  }

  /**
   * Writes inputs and states by their names, then runs: `plan.step({ x: pixels, y: labels })`.
   * @throws EngineError `GraphError` for a name that no input and no state has, or several have.
   */
  step(values: Readonly<Record<string, Float32Array | Uint32Array>> = {}, times = 1): void {
    for (const [name, data] of Object.entries(values)) this.write(this.#named(name), data);
    this.run(times);
  }

  #named(name: string): Node {
    const host = this.graph.nodes.filter((n) => this.schedule.writable(n.id));
    const [found, ...others] = host.filter((n) => n.label === name);
    if (found && others.length === 0) return found;
    const labels = [...new Set(host.map((n) => n.label))];
    const near = found ? undefined : didYouMean(name, labels);
    throw graphError(
      found
        ? `${others.length + 1} inputs and states are called ${name}`
        : `the graph has no input and no state ${name}.${near ? ` Did you mean ${near}?` : ''}`,
      found ? 'Give them names of their own.' : `It has ${labels.join(', ') || 'none'}.`,
    );
  }

  /** Copies made at the end of each run, for those who encode runs themselves (profilers). */
  encodeCopies(encoder: GPUCommandEncoder): void {
    for (const { from, to, bytes } of this.copies) encoder.copyBufferToBuffer(from, 0, to, 0, bytes);
  }

  /** Sets an input or a state. */
  write(ref: Ref, data: Float32Array | Uint32Array): void {
    const node = this.graph.node(ref);
    const name = `${node.label}#${node.id}`;
    if (!this.schedule.writable(ref.id)) {
      throw graphError(`${name} cannot be written: it is no input and no state`, 'Make it with g.input(shape).');
    }
    const wanted = ref.dtype === 'u32' ? 'Uint32Array' : 'Float32Array';
    if (!(data instanceof (ref.dtype === 'u32' ? Uint32Array : Float32Array)))
      throw graphError(`${name} is ${ref.dtype}: it is written from a ${wanted}`, `Use ${wanted}.from(numbers).`);
    if (data.length !== size(ref.shape)) {
      throw new EngineError(
        'ShapeError',
        `${name} ${shapeText(ref.shape)} has ${size(ref.shape)} elements, and ${data.length} are written`,
      );
    }
    this.device.check();
    this.device.gpu.queue.writeBuffer(this.buffer(ref), 0, packed(data, storage(ref.dtype, this.scalar)));
  }

  /** The buffer that holds an input, a state or an output. */
  buffer(ref: Ref): GPUBuffer {
    const node = this.graph.node(ref);
    const name = `${node.label}#${node.id}`;
    // The memory of a closed plan may be another's by now.
    if (this.#closed) throw graphError(`${name} is of a closed plan`, CLOSE_LATER);
    const slot = this.slots[this.schedule.hostSlotOf(ref.id)];
    if (!slot) {
      throw graphError(
        `${name} is not kept after a run`,
        'Name it among the outputs: Plan.compile(device, g, [value]).',
      );
    }
    return slot;
  }

  bytes(ref: Ref): number {
    return this.schedule.bytesOf(ref.id);
  }

  /** Reads an input, a state or an output. For results, never inside an iteration: see `Watch`. */
  async read(ref: Ref): Promise<Float32Array<ArrayBuffer>> {
    const bytes = await this.device.read(this.buffer(ref), this.bytes(ref));
    if (ref.dtype === 'u32') return Float32Array.from(new Uint32Array(bytes));
    return storage(ref.dtype, this.scalar) === 'f16' ? fromHalf(new Uint16Array(bytes)) : new Float32Array(bytes);
  }

  /** Reads whole numbers with all their bits: `read` makes f32 of them. */
  async readWords(ref: Ref): Promise<Uint32Array<ArrayBuffer>> {
    if (ref.dtype !== 'u32') throw graphError(`value #${ref.id} is ${ref.dtype}, not u32`, 'Use plan.read.');
    return new Uint32Array(await this.device.read(this.buffer(ref), this.bytes(ref)));
  }

  /** Changes a number in the uniforms of every launch that uses it. */
  setScalar(name: string, value: number): void {
    checkValues('setScalar', { name, value }, { name: text, value: number });
    const place = this.#scalars.get(name);
    if (!place) {
      const known = [...this.#scalars.keys()];
      const near = didYouMean(name, known);
      throw graphError(
        `the plan has no runtime scalar ${name}.${near ? ` Did you mean ${near}?` : ''}`,
        `It has ${known.join(', ') || 'none'}.`,
      );
    }
    place.set(value);
    for (const offset of place.offsets) {
      this.device.gpu.queue.writeBuffer(this.uniforms.buffer, offset, place.data);
    }
  }

  /** @deprecated The name of `setScalar` in 0.1.0. */
  knob(name: string, value: number): void {
    this.setScalar(name, value);
  }

  /** What is computed twice to take less memory; null: nothing. */
  get recomputed(): Recomputed | null {
    return this.schedule.recomputed;
  }

  /** How f32 values are stored; f16 ones are f16 in every plan. */
  get scalar(): Scalar {
    return this.schedule.realBytes === 2 ? 'f16' : 'f32';
  }

  /** Gives the memory back to the device's pool. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const slot of this.slots) this.device.pool.release(slot);
    this.uniforms.buffer.destroy();
  }

  /** The table that `--explain` prints and golden tests pin. */
  toString(): string {
    // What is repeated is shown once.
    const rows = [...new Set(this.steps)].map((s) => {
      const settings = Object.entries(s.overrides).map(([k, v]) => `${k}=${v}`);
      return [s.label, s.kernel, settings.join(' '), s.grid.join('x'), `${s.flops}`, `${s.bytes}`];
    });
    const head = ['op', 'kernel', 'overrides', 'grid', 'flops', 'bytes'];
    const widths = head.map((h, c) => Math.max(h.length, ...rows.map((r) => (r[c] ?? '').length)));
    const line = (r: readonly string[]): string =>
      r
        .map((cell, c) => cell.padEnd(widths[c] ?? 0))
        .join('  ')
        .trimEnd();
    const { launches, flops, bytes, memory } = this.cost;
    return [
      line(head),
      ...rows.map(line),
      '',
      `${launches} launches, ${flops} flops, ${bytes} bytes, ${bytesText(memory)} of memory`,
    ].join('\n');
  }
}

/** `8 runs of 164 launches, conv2d#5 to add#164, with most of the work in gram#12 (gram)` */
function flightText(steps: readonly Step[], times: number): string {
  const [first] = steps;
  if (!first) return 'copies';
  const most = steps.reduce((best, s) => (s.flops > best.flops ? s : best), first);
  const runs = times > 1 ? `${times} runs of ` : '';
  const range =
    steps.length > 1
      ? `${steps.length} launches, ${first.label} to ${steps.at(-1)?.label}, with most of the work in `
      : '';
  return `${runs}${range}${most.label} (${most.kernel})`;
}

const costOf = (steps: readonly Step[], slots: readonly GPUBuffer[]): Cost => ({
  launches: steps.length,
  bytes: steps.reduce((n, step) => n + step.bytes, 0),
  flops: steps.reduce((n, step) => n + step.flops, 0),
  memory: slots.reduce((n, b) => n + b.size, 0),
});

/** Writes constants and first states. Of what comes from functions, no more than one is in memory at a time. */
function upload(device: Device, graph: Graph, s: Schedule, bufferOf: (id: number) => GPUBuffer, sums: Scalar): void {
  for (const { id, data } of s.initial) {
    const node = graph.nodes[id];
    const found = typeof data === 'function' ? data() : data;
    if (node && found.length !== size(node.shape)) {
      throw new EngineError('ShapeError', `${node.label} has ${found.length} elements for ${shapeText(node.shape)}`);
    }
    const scalar = storage(node?.dtype, sums);
    const bytes = typeof data === 'function' && scalar === 'f32' ? found : packed(found, scalar);
    device.gpu.queue.writeBuffer(bufferOf(id), 0, bytes as GPUAllowSharedBufferSource);
  }
}

const storage = (dtype: Dtype | undefined, f32: Scalar): Scalar => (dtype === 'f16' ? 'f16' : f32);

/** Host data as bytes to upload, in the storage type of its value. */
function packed(data: Float32Array | Uint32Array, scalar: Scalar): ArrayBuffer {
  const exact = scalar === 'f16' && data instanceof Float32Array ? toHalf(data) : data;
  // A copy, also because writeBuffer refuses views of shared memory.
  const bytes = new Uint8Array(Math.ceil(exact.byteLength / 4) * 4);
  bytes.set(new Uint8Array(exact.buffer, exact.byteOffset, exact.byteLength));
  return bytes.buffer;
}
