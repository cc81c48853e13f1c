import { bytesText, EngineError, invariant, shapeText } from '../base/errors';
import { fromHalf, toHalf } from '../base/half';
import { size } from '../base/shape';
import type { Device } from '../gpu/device';
import type { KernelSource, Overrides, Scalar } from '../gpu/kernel';
import { defaultVariant, shapeClass, usableVariants } from '../gpu/tune';
import type { Dtype, Launch, Ref } from '../shaders/op';
import type { Graph } from './graph';
import { assertLimits, gridOf } from './limits';
import type { Recomputed } from './program';
import { type Schedule, schedule, unrolled } from './schedule';
import { type ScalarPlace, UniformBlocks } from './uniforms';

export interface CompileOptions {
  /** Storage type of real values. Sums are f32 always. */
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
  readonly overwrite?: boolean | undefined;
}

/** Where a variant is chosen for. */
export interface VariantPlace {
  /** Of the op's first launch of the kernel: see `shapeClass`. */
  readonly shape: string;
  readonly scalar: Scalar;
  /** What the adapter can run. */
  readonly usable: readonly Overrides[];
}

/** One dispatch, ready to be replayed. */
export interface Step {
  /** `conv2d#12`: the op and the node it computes. */
  readonly label: string;
  readonly kernel: string;
  readonly overrides: Overrides;
  readonly grid: readonly [number, number, number];
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly flops: number;
  /** Bytes of all values bound, each counted once: what must move if caches were perfect. */
  readonly bytes: number;
  /** What was compiled, for those who show it. */
  readonly source: KernelSource;
  /** How it stores maps. */
  readonly scalar: Scalar;
  /** What was asked for, and the memory of each of its bindings, for those who try other variants. */
  readonly launch: Launch;
  readonly buffers: readonly { readonly buffer: GPUBuffer; readonly bytes: number }[];
}

/** Deterministic counts of one run; CI pins these, not seconds. */
export interface Cost {
  readonly launches: number;
  readonly bytes: number;
  readonly flops: number;
  /** Device memory of all slots. */
  readonly memory: number;
}

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
    const { scalar: sums = 'f32', variant = (k, at) => chosenVariant(device, k, at) } = options;
    const s = schedule(graph, outputs, {
      fuse: options.fuse ?? true,
      realBytes: sums === 'f16' ? 2 : 4,
      alone: options.alone,
      budget: options.memory,
      overwrite: options.overwrite,
    });
    assertLimits(device, s);

    // Choose variants and start every pipeline before waiting for any.
    const uniforms = new UniformBlocks(device.gpu.limits.minUniformBufferOffsetAlignment);
    const chosen = new Map<string, number>();
    const drafts = s.launches.map(({ launch, label, once, section, over }) => {
      const usable = usableVariants(device.gpu, launch.kernel);
      const scalar: Scalar = sums === 'f16' || launch.bind.some((r) => r.dtype === 'f16') ? 'f16' : 'f32';
      if (sums === 'f32' && scalar === 'f16') checkKinds(launch, label);
      const asked = `${label} ${launch.kernel.name}`;
      const index = chosen.get(asked) ?? variant(launch.kernel, { shape: shapeClass(launch), scalar, usable });
      chosen.set(asked, index);
      const values = usable[Math.min(index, usable.length - 1)];
      if (!values) throw invariant(`${launch.kernel.name} has no variant that runs on ${device.name}`);
      const overrides = { ...launch.overrides, ...values };
      const grid = gridOf(device, launch, values, label);
      const kernel = device.kernels.get(launch.kernel, overrides, scalar, sums);
      return { launch, scalar, label, once, section, over, overrides, grid, kernel, block: uniforms.add(launch) };
    });
    const kernels = await Promise.all(drafts.map((d) => d.kernel));

    // Nothing waits between here and the end of the scopes, so two compilations never see each other's errors.
    device.gpu.pushErrorScope('validation');
    device.gpu.pushErrorScope('out-of-memory');
    const slots = s.layout.slots.map((bytes, k) => device.pool.acquire(bytes, `slot ${k}`));
    const exhausted = device.gpu.popErrorScope();
    const bufferOf = (id: number): GPUBuffer => {
      const buffer = slots[s.slotOf(id)];
      if (!buffer) throw invariant(`value #${id} has no memory`);
      return buffer;
    };
    uniforms.upload(device);
    const steps = drafts.map((d, k): Step & { once: boolean; section: number } => {
      const kernel = kernels[k];
      if (!kernel) throw invariant(`no kernel for ${d.label}`);
      const entries = d.launch.bind.map(
        (r, binding): GPUBindGroupEntry => ({
          binding,
          // WebGPU binds whole words; an odd number of f16 ends in half of one.
          resource: { buffer: bufferOf(r.id), size: Math.ceil(s.bytesOf(r.id) / 4) * 4 },
        }),
      );
      if (d.block) {
        entries.push({ binding: entries.length, resource: { buffer: uniforms.buffer, ...d.block } });
      }
      const group = device.gpu.createBindGroup({ label: d.label, layout: kernel.layout, entries });
      // What is written over is read before.
      const moved = new Set([...d.launch.bind, ...(d.over ? [d.over] : [])].map((r) => r.id));
      const bytes = [...moved].reduce((n, id) => n + s.bytesOf(id), 0);
      return {
        label: d.label,
        kernel: d.launch.kernel.name,
        overrides: d.overrides,
        grid: d.grid,
        pipeline: kernel.pipeline,
        group,
        flops: d.launch.flops ?? 0,
        bytes,
        source: d.launch.kernel,
        scalar: d.scalar,
        launch: d.launch,
        buffers: d.launch.bind.map((r) => ({ buffer: bufferOf(r.id), bytes: s.bytesOf(r.id) })),
        once: d.once,
        section: d.section,
      };
    });

    // What cannot be read, from a file that is gone say, is told when the scopes are closed.
    let unread: unknown;
    try {
      upload(device, graph, s, bufferOf, sums);
    } catch (cause) {
      unread = cause;
    }
    const copies = s.copies.map(({ from, to }) => ({
      from: bufferOf(from),
      to: bufferOf(to),
      bytes: Math.ceil(s.bytesOf(to) / 4) * 4,
    }));
    const all = unrolled(steps, s.times);
    const main = all.filter((step) => !step.once);
    const cost = {
      launches: main.length,
      bytes: main.reduce((n, step) => n + step.bytes, 0),
      flops: main.reduce((n, step) => n + step.flops, 0),
      memory: slots.reduce((n, b) => n + b.size, 0),
    };
    const plan = new Plan(device, main, cost, s, slots, uniforms, copies);
    plan.#submit(
      all.filter((step) => step.once),
      1,
      [],
    );
    const [full, fault] = await Promise.all([exhausted, device.gpu.popErrorScope()]);
    if (full) {
      plan.#closed = true; // its slots are no memory: they must not go back to the pool
      for (const slot of slots) device.pool.discard(slot);
      uniforms.buffer.destroy();
      throw new EngineError(
        'LimitError',
        `the plan needs ${bytesText(cost.memory)} of memory in ${slots.length} buffers, and ${device.name} has not so much left`,
        'Use a smaller size.',
      );
    }
    if (unread !== undefined) {
      plan.close();
      throw unread;
    }
    if (fault) throw invariant(`the plan does not validate: ${fault.message}`);
    return plan;
  }

  /** Replays the plan: one encoder and one submit, however many `times`, unless it has thousands of launches. */
  run(times = 1): void {
    this.device.check();
    this.#submit(this.steps, times, this.copies);
  }

  #submit(steps: readonly Step[], times: number, copies: typeof this.copies): void {
    if (this.#closed) throw invariant('run of a closed plan');
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

  /** Copies made at the end of each run, for those who encode runs themselves (profilers). */
  encodeCopies(encoder: GPUCommandEncoder): void {
    for (const { from, to, bytes } of this.copies) encoder.copyBufferToBuffer(from, 0, to, 0, bytes);
  }

  /** Sets an input or a state. */
  write(ref: Ref, data: Float32Array | Uint32Array): void {
    if (!this.schedule.writable(ref.id)) throw invariant(`write to value #${ref.id}, which is no input and no state`);
    if ((ref.dtype === 'u32') !== data instanceof Uint32Array)
      throw invariant(`write of other numbers than ${ref.dtype}`);
    if (data.length !== size(ref.shape)) {
      throw new EngineError('ShapeError', `write of ${data.length} elements into ${shapeText(ref.shape)}`);
    }
    this.device.gpu.queue.writeBuffer(this.buffer(ref), 0, packed(data, storage(ref.dtype, this.scalar)));
  }

  /** The buffer that holds an input, a state or an output. */
  buffer(ref: Ref): GPUBuffer {
    // The memory of a closed plan may be another's by now.
    if (this.#closed) throw invariant(`value #${ref.id} of a closed plan`);
    const slot = this.slots[this.schedule.hostSlotOf(ref.id)];
    if (!slot) throw invariant(`value #${ref.id} is not kept: compile it as an output`);
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

  /** Changes a number in the uniforms of every launch that uses it. */
  setScalar(name: string, value: number): void {
    const place = this.#scalars.get(name);
    if (!place) throw invariant(`the plan has no runtime scalar ${name}`);
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
  get again(): Recomputed | null {
    return this.schedule.again;
  }

  /** How real values are stored; halves are f16 in every plan. */
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

function chosenVariant(device: Device, kernel: KernelSource, { usable, scalar, shape }: VariantPlace): number {
  const untuned = defaultVariant(device.adapter, kernel, usable);
  return device.tuning?.choose(kernel, usable, scalar, shape, untuned) ?? untuned;
}

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

const storage = (dtype: Dtype | undefined, real: Scalar): Scalar => (dtype === 'f16' ? 'f16' : real);

/** Whether all that a launch has in the kernel's type T is f16: f32 taken for it would go unnoticed. */
function checkKinds({ kernel, bind }: Launch, label: string): void {
  const types = [...kernel.wgsl.matchAll(/@binding\(\d+\)\s+var<storage[^>]*>\s*\w+\s*:\s*array<(.+)>;/g)];
  for (const [k, type] of types.entries()) {
    const dtype = bind[k]?.dtype;
    const half = /\bT\b/.test(type[1] ?? '');
    if (half && dtype !== 'f16') throw invariant(`${label} has ${dtype} in place ${k} of ${kernel.name}, which is f16`);
  }
}

/** Host data as bytes to upload, in the storage type of its value. */
function packed(data: Float32Array | Uint32Array, scalar: Scalar): ArrayBuffer {
  const exact = scalar === 'f16' && data instanceof Float32Array ? toHalf(data) : data;
  // A copy, also because writeBuffer refuses views of shared memory.
  const bytes = new Uint8Array(Math.ceil(exact.byteLength / 4) * 4);
  bytes.set(new Uint8Array(exact.buffer, exact.byteOffset, exact.byteLength));
  return bytes.buffer;
}
