import { EngineError } from '../base/errors';
import { KernelCache } from './kernel';
import { BufferPool } from './pool';
import type { Tuning } from './tune';

/** What a computation ran on, for reports and for the keys of measurements. */
export interface AdapterFacts {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  /** A CPU that pretends to be a GPU. */
  readonly software: boolean;
}

/** Platform services a device needs: Node and browsers each bring their own. */
export interface Platform {
  /** Waits for work on the GPU. Software adapters need care here; see wait.node.ts. */
  settle<T>(pending: Promise<T>, software: boolean): Promise<T>;
  /** Lets go of whatever keeps the WebGPU implementation alive. */
  release(): void;
}

/** A GPU opened for computing: the device, its limits, its compiled kernels and its buffers. */
export class Device {
  readonly kernels: KernelCache;
  readonly pool: BufferPool;
  /** What was measured of kernels on this adapter, for plans to choose by. Without it they choose the same always. */
  tuning: Tuning | undefined;
  #fault: string | undefined;
  #closed = false;

  constructor(
    readonly gpu: GPUDevice,
    readonly adapter: AdapterFacts,
    readonly platform: Platform,
  ) {
    this.kernels = new KernelCache(gpu);
    this.pool = new BufferPool(gpu);
    gpu.addEventListener('uncapturederror', (event) => {
      this.#fault ??= event.error.message;
    });
    void gpu.lost.then((info) => {
      if (!this.#closed) this.#fault ??= `the GPU device was lost (${info.reason}): ${info.message}`;
    });
  }

  /** `SwiftShader Device (Subzero), software` */
  get name(): string {
    const { description, vendor, architecture, software } = this.adapter;
    return `${description || `${vendor} ${architecture}`}${software ? ' (software: no GPU)' : ''}`;
  }

  has(feature: GPUFeatureName): boolean {
    return this.gpu.features.has(feature);
  }

  /** Throws if the GPU has reported a fault that no call was there to catch. */
  check(): void {
    if (this.#fault !== undefined) throw new EngineError('DeviceError', this.#fault);
  }

  /** Waits until all submitted work is done. */
  async idle(): Promise<void> {
    await this.settle(this.gpu.queue.onSubmittedWorkDone());
    this.check();
  }

  async settle<T>(pending: Promise<T>): Promise<T> {
    return this.platform.settle(pending, this.adapter.software);
  }

  /** Copies `bytes` of a buffer to the host. For results, never inside an iteration. */
  async read(buffer: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
    this.check();
    const staging = this.gpu.createBuffer({
      label: `read ${buffer.label}`,
      size: Math.ceil(bytes / 4) * 4,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    try {
      const encoder = this.gpu.createCommandEncoder({ label: staging.label });
      encoder.copyBufferToBuffer(buffer, 0, staging, 0, staging.size);
      this.gpu.queue.submit([encoder.finish()]);
      await this.settle(staging.mapAsync(GPUMapMode.READ));
      this.check();
      return staging.getMappedRange().slice(0, bytes);
    } catch (cause) {
      this.check();
      throw cause;
    } finally {
      staging.destroy();
    }
  }

  /** Frees everything and lets the process exit. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.pool.trim();
    this.gpu.destroy();
    this.platform.release();
  }
}
