import { graphError } from '../base/errors';
import { checkValues, list, whole } from '../base/known_options';
import { size } from '../base/shape';
import type { Ref } from '../shaders/op';
import { aPlan, type Plan } from './plan';

/**
 * Reads small outputs (losses) while runs go on: each sample is a copy queued behind the runs submitted so far, so
 * the GPU never waits for the host. The buffers it copies through are made once.
 */
export class ScalarReadback {
  readonly #free: GPUBuffer[] = [];
  readonly #all: GPUBuffer[] = [];
  readonly #bytes: number;

  /** `depth` samples may be under way at once. */
  constructor(
    readonly plan: Plan,
    readonly refs: readonly Ref[],
    depth = 3,
  ) {
    checkValues('ScalarReadback', { plan, refs, depth }, { plan: aPlan, refs: list, depth: whole(1) });
    for (const r of refs) plan.buffer(r); // refuses what it has not
    if (plan.scalar !== 'f32' || refs.some((r) => r.dtype !== 'f32'))
      throw graphError('ScalarReadback reads f32 values', 'Read others with plan.read.');
    this.#bytes = 4 * refs.reduce((n, r) => n + size(r.shape), 0);
    for (let k = 0; k < depth; k++) {
      const buffer = plan.device.createBuffer({
        label: `readback ${k}`,
        size: this.#bytes,
        usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
      });
      this.#all.push(buffer);
      this.#free.push(buffer);
    }
  }

  /** The values after all runs submitted so far, one after another in the order of `refs`. */
  async sample(): Promise<Float32Array> {
    const { device } = this.plan;
    device.check();
    const staging = this.#free.pop();
    if (!staging) {
      throw graphError(
        `${this.#all.length} samples are under way, and no more fit`,
        'Await some first, or make the ScalarReadback deeper.',
      );
    }
    const encoder = device.gpu.createCommandEncoder({ label: staging.label });
    let offset = 0;
    for (const r of this.refs) {
      const bytes = 4 * size(r.shape);
      encoder.copyBufferToBuffer(this.plan.buffer(r), 0, staging, offset, bytes);
      offset += bytes;
    }
    device.gpu.queue.submit([encoder.finish()]);
    try {
      await device.waitFor(staging.mapAsync(GPUMapMode.READ));
    } catch (cause) {
      device.check();
      throw cause;
    }
    const values = new Float32Array(staging.getMappedRange().slice(0));
    staging.unmap();
    this.#free.push(staging);
    device.check();
    return values;
  }

  close(): void {
    for (const buffer of this.#all) buffer.destroy();
  }
}
