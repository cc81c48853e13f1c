import { size } from '../base/shape';
import type { Ref } from '../shaders/op';
import type { Plan } from './plan';

/**
 * Copies of a plan's states on the device, to go back to. Buffers are made once; saving and restoring are copies on
 * the queue that nobody waits for.
 */
export class StateBackup {
  readonly #copies: readonly { readonly ref: Ref; readonly buffer: GPUBuffer; readonly bytes: number }[];

  constructor(
    readonly plan: Plan,
    refs: readonly Ref[],
  ) {
    this.#copies = refs.map((ref) => {
      const bytes = Math.ceil(plan.bytes(ref) / 4) * 4;
      const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
      return { ref, bytes, buffer: plan.device.createBuffer({ label: 'backup', size: bytes, usage }) };
    });
  }

  /** Takes the states as they are after all runs submitted so far. */
  save(): void {
    this.#copy((c) => [this.plan.buffer(c.ref), c.buffer]);
  }

  /** Puts them back, before all runs submitted from now on. */
  restore(): void {
    this.#copy((c) => [c.buffer, this.plan.buffer(c.ref)]);
  }

  /** What was saved, in the order of the refs; f32 plans only. */
  async read(): Promise<Float32Array<ArrayBuffer>[]> {
    const arrays: Float32Array<ArrayBuffer>[] = [];
    for (const c of this.#copies) arrays.push(new Float32Array(await this.plan.device.read(c.buffer, c.bytes)));
    return arrays;
  }

  /** Sets what is saved. */
  write(arrays: readonly Float32Array[]): void {
    for (const [k, c] of this.#copies.entries()) {
      const data = arrays[k];
      if (data) this.plan.device.gpu.queue.writeBuffer(c.buffer, 0, Float32Array.from(data));
    }
  }

  close(): void {
    for (const c of this.#copies) c.buffer.destroy();
  }

  #copy(ends: (c: { ref: Ref; buffer: GPUBuffer }) => readonly [GPUBuffer, GPUBuffer]): void {
    const encoder = this.plan.device.gpu.createCommandEncoder({ label: 'backup' });
    for (const c of this.#copies) {
      const [from, to] = ends(c);
      encoder.copyBufferToBuffer(from, 0, to, 0, c.bytes);
    }
    this.plan.device.gpu.queue.submit([encoder.finish()]);
  }
}

/** Bytes that are read at once. */
const CHUNK = 2 ** 22;

/** Bytes of device memory that a backup on the host takes, to read states of at most `largest` bytes through. */
export const stagingBytes = (largest: number): number => Math.min(CHUNK, Math.ceil(largest / 4) * 4);

/** The same on the host, for states that would fill the device: saving waits for the device. f32 plans only. */
export class HostStateBackup {
  readonly #arrays: readonly Float32Array<ArrayBuffer>[];
  readonly #staging: GPUBuffer;
  readonly #chunk: number;

  constructor(
    readonly plan: Plan,
    readonly refs: readonly Ref[],
  ) {
    this.#arrays = refs.map((ref) => new Float32Array(size(ref.shape)));
    this.#chunk = stagingBytes(this.#arrays.reduce((most, a) => Math.max(most, a.byteLength), 4));
    this.#staging = plan.device.createBuffer({
      label: 'backup',
      size: this.#chunk,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
  }

  /** Takes the states as they are after all runs submitted so far. */
  async save(): Promise<void> {
    const { device } = this.plan;
    for (const [k, ref] of this.refs.entries()) {
      const array = this.#arrays[k] ?? new Float32Array();
      for (let at = 0; at < array.byteLength; at += this.#chunk) {
        const bytes = Math.min(this.#chunk, array.byteLength - at);
        const encoder = device.gpu.createCommandEncoder({ label: 'backup' });
        encoder.copyBufferToBuffer(this.plan.buffer(ref), at, this.#staging, 0, bytes);
        device.gpu.queue.submit([encoder.finish()]);
        try {
          await device.waitFor(this.#staging.mapAsync(GPUMapMode.READ, 0, bytes));
        } catch (cause) {
          device.check();
          throw cause;
        }
        array.set(new Float32Array(this.#staging.getMappedRange(0, bytes)), at / 4);
        this.#staging.unmap();
      }
    }
    device.check();
  }

  /** Puts them back, before all runs submitted from now on. */
  restore(): void {
    for (const [k, ref] of this.refs.entries()) {
      const array = this.#arrays[k];
      if (array) this.plan.write(ref, array);
    }
  }

  /** What was saved, in the order of the refs. */
  async read(): Promise<Float32Array<ArrayBuffer>[]> {
    return this.#arrays.map((a) => a.slice());
  }

  /** Sets what is saved. */
  write(arrays: readonly Float32Array[]): void {
    for (const [k, a] of this.#arrays.entries()) a.set(arrays[k] ?? a);
  }

  close(): void {
    this.#staging.destroy();
  }
}
