import { EngineError } from '../base/errors';
import { returnedBy } from '../base/known_options';
import type { AdapterFacts } from './adapter';
import { KernelCache } from './kernel';
import { BufferPool } from './pool';
import type { Tuning } from './tune';

/** Bytes that are read at once: what is large is not to need as much again to be read. */
const PIECE = 2 ** 24;

/** A GPU opened for computing: the device, its limits, its compiled kernels and its buffers. */
export class Device {
  readonly kernels: KernelCache;
  readonly pool: BufferPool;
  /** What was measured of kernels on this adapter, for plans to choose by. Without it they choose the same always. */
  tuning: Tuning | undefined;
  #fault: string | undefined;
  #loss: string | null = null;
  #closed = false;
  /** What the GPU was given last and may still be at, and how often it was given something. */
  #flight: { readonly count: number; readonly what: () => string } | undefined;
  #flights = 0;
  readonly #held = new Set<GPUBuffer | GPUQuerySet>();
  readonly #onError = (event: GPUUncapturedErrorEvent): void => {
    // Of a shared device's errors, a faulty call is as likely its owner's; the others end everybody's work.
    if (this.platform.borrowed && event.error instanceof GPUValidationError) return;
    this.#fault ??= event.error.message;
  };

  constructor(
    readonly gpu: GPUDevice,
    readonly adapter: AdapterFacts,
    readonly platform: Platform,
  ) {
    this.kernels = new KernelCache(gpu, (pending) => this.waitFor(pending));
    this.pool = new BufferPool(gpu, (wanted) => this.createBuffer(wanted));
    gpu.addEventListener('uncapturederror', this.#onError);
    void gpu.lost.then((info) => {
      if (this.#closed) return;
      const work = this.#flight ? `; it was at ${this.#flight.what()}` : '';
      this.#loss = `the GPU device was lost (${info.reason}): ${info.message.trim().replace(/\.$/, '')}${work}`;
      this.#fault ??= this.#loss;
    });
  }

  /** `SwiftShader Device (Subzero), software` */
  get name(): string {
    const { description, vendor, architecture, software } = this.adapter;
    return `${description || `${vendor} ${architecture}`}${software ? ' (software: no GPU)' : ''}`;
  }

  /** Whether `close` was called. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Whether the GPU went away: another device may be opened. */
  get lost(): boolean {
    return this.#loss !== null;
  }

  /** Why the GPU went away, and at what work; null where it did not. */
  get loss(): string | null {
    return this.#loss;
  }

  /** To be told of each submission; `what` names its kernels, should the device be lost before all is done. */
  submitted(what: () => string): void {
    this.#flight = { count: ++this.#flights, what };
  }

  #landed(count: number): void {
    if (this.#flight?.count === count) this.#flight = undefined;
  }

  /** What is held on the GPU: all buffers and query sets that were made here and not destroyed yet. */
  get held(): { readonly count: number; readonly bytes: number } {
    let bytes = 0;
    for (const h of this.#held) bytes += 'size' in h ? h.size : 8 * h.count;
    return { count: this.#held.size, bytes };
  }

  /** A buffer that `close` destroys, unless its user has before. */
  createBuffer(wanted: GPUBufferDescriptor): GPUBuffer {
    if (this.#closed) this.check();
    return this.#keep(this.gpu.createBuffer(wanted));
  }

  /** Queries that `close` destroys, unless their user has before. */
  createQuerySet(wanted: GPUQuerySetDescriptor): GPUQuerySet {
    return this.#keep(this.gpu.createQuerySet(wanted));
  }

  #keep<T extends GPUBuffer | GPUQuerySet>(made: T): T {
    this.#held.add(made);
    const destroy = made.destroy.bind(made);
    return Object.assign(made, {
      destroy: () => {
        this.#held.delete(made);
        return destroy();
      },
    });
  }

  has(feature: GPUFeatureName): boolean {
    return this.gpu.features.has(feature);
  }

  /** Throws if the device is closed, or the GPU has reported a fault that no call was there to catch. */
  check(): void {
    if (this.#closed)
      throw new EngineError('DeviceError', 'the device is closed', 'Use it before device.close(), or open another.');
    if (this.#fault !== undefined) throw new EngineError('DeviceError', this.#fault);
  }

  /** Waits until all submitted work is done. */
  async idle(): Promise<void> {
    const flight = this.#flights;
    if (!this.#closed) await this.waitFor(this.gpu.queue.onSubmittedWorkDone());
    this.check();
    this.#landed(flight);
  }

  async waitFor<T>(pending: Promise<T>): Promise<T> {
    return this.platform.waitFor(pending, this.adapter.software);
  }

  /**
   * Copies `bytes` of a buffer to the host, 16 MiB at a time: nothing that writes it may be submitted meanwhile. For
   * results, never inside an iteration.
   */
  async read(buffer: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
    this.check();
    const all = Math.ceil(bytes / 4) * 4;
    const staging = this.createBuffer({
      label: `read ${buffer.label}`,
      size: Math.min(all, PIECE),
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    try {
      const found = new Uint8Array(all);
      for (let at = 0; at < all; at += PIECE) {
        const piece = Math.min(PIECE, all - at);
        const encoder = this.gpu.createCommandEncoder({ label: staging.label });
        encoder.copyBufferToBuffer(buffer, at, staging, 0, piece);
        this.gpu.queue.submit([encoder.finish()]);
        const flight = this.#flights;
        await this.waitFor(staging.mapAsync(GPUMapMode.READ, 0, piece));
        this.check();
        this.#landed(flight);
        found.set(new Uint8Array(staging.getMappedRange(0, piece)), at);
        staging.unmap();
      }
      return all === bytes ? found.buffer : found.buffer.slice(0, bytes);
    } catch (cause) {
      this.check();
      throw cause;
    } finally {
      staging.destroy();
    }
  }

  /** Frees everything and lets the process exit. A device of the caller's is given back as it was. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.pool.trim();
    for (const h of this.#held) h.destroy();
    this.gpu.removeEventListener('uncapturederror', this.#onError);
    if (!this.platform.borrowed) this.gpu.destroy();
    this.platform.release();
  }
}

/** For `checkValues`. */
export const openDevice = returnedBy('open', 'kernels');

export const gpuDevice = returnedBy('requestDevice', 'queue');

/** Platform services a device needs: Node and browsers each bring their own. */
export interface Platform {
  /** Waits for work on the GPU. Software adapters need care here; see open.node.ts. */
  waitFor<T>(pending: Promise<T>, software: boolean): Promise<T>;
  /** Lets go of whatever keeps the WebGPU implementation alive. */
  release(): void;
  /** The GPUDevice is somebody else's: it is never destroyed, only what was made on it. */
  readonly borrowed?: boolean;
}
