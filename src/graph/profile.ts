import { EngineError } from '../base/errors';
import type { Plan, Step } from './plan';

/** What one launch of a plan took, the median of several runs. */
export interface ProfileRow {
  readonly step: Step;
  readonly ms: number;
  readonly gflops: number;
  /** Bytes of all values bound over time: a lower bound of the traffic. */
  readonly gbPerSecond: number;
}

/**
 * Times every launch of a plan by timestamps around a pass of its own. The passes cost a little that a plain run does
 * not pay, so the sum is an upper bound of a step.
 * @throws EngineError `DeviceError` when the adapter has no timestamp-query.
 */
export async function profile(plan: Plan, runs = 7): Promise<ProfileRow[]> {
  const { device, steps } = plan;
  if (!device.has('timestamp-query')) {
    throw new EngineError('DeviceError', `${device.name} has no timestamp-query: kernels cannot be timed one by one`);
  }
  const count = 2 * steps.length;
  const times: number[][] = steps.map(() => []);
  // A query set holds at most 4096 timestamps.
  const part = Math.min(count, 4096);
  const query = device.gpu.createQuerySet({ type: 'timestamp', count: part });
  const resolved = device.gpu.createBuffer({
    size: 8 * part,
    usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
  });
  try {
    for (let run = 0; run < runs; run++) {
      for (let first = 0; first < steps.length; first += part / 2) {
        const chunk = steps.slice(first, first + part / 2);
        const encoder = device.gpu.createCommandEncoder({ label: 'profile' });
        for (const [k, step] of chunk.entries()) {
          const pass = encoder.beginComputePass({
            timestampWrites: { querySet: query, beginningOfPassWriteIndex: 2 * k, endOfPassWriteIndex: 2 * k + 1 },
          });
          pass.setPipeline(step.pipeline);
          pass.setBindGroup(0, step.group);
          pass.dispatchWorkgroups(...step.grid);
          pass.end();
        }
        if (first + chunk.length === steps.length) plan.encodeCopies(encoder);
        encoder.resolveQuerySet(query, 0, 2 * chunk.length, resolved, 0);
        device.gpu.queue.submit([encoder.finish()]);
        const stamps = new BigUint64Array(await device.read(resolved, 16 * chunk.length));
        for (const k of chunk.keys()) {
          times[first + k]?.push(Number((stamps[2 * k + 1] ?? 0n) - (stamps[2 * k] ?? 0n)) * 1e-6);
        }
      }
    }
  } finally {
    query.destroy();
    resolved.destroy();
  }
  return steps.map((step, k) => {
    const ms = median(times[k] ?? []);
    return { step, ms, gflops: step.flops / (ms * 1e6), gbPerSecond: step.bytes / (ms * 1e6) };
  });
}

/** A plan's time per run: on the clock, and between the first and last timestamp of its passes on the GPU. */
export interface RunTime {
  readonly wallMs: number;
  readonly gpuMs: number;
}

/** Medians over `batches` of `times` runs each, submitted as a run of a recipe would. */
export async function timeRuns(plan: Plan, times: number, batches: number): Promise<RunTime> {
  const { device, steps } = plan;
  const query = device.gpu.createQuerySet({ type: 'timestamp', count: 2 });
  const resolved = device.gpu.createBuffer({ size: 16, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
  const wall: number[] = [];
  const gpu: number[] = [];
  try {
    for (let b = 0; b < batches; b++) {
      await device.idle();
      const began = performance.now();
      let inside = 0;
      for (let k = 0; k < times; k++) {
        const encoder = device.gpu.createCommandEncoder({ label: 'timed run' });
        const pass = encoder.beginComputePass({
          timestampWrites: { querySet: query, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 },
        });
        for (const step of steps) {
          pass.setPipeline(step.pipeline);
          pass.setBindGroup(0, step.group);
          pass.dispatchWorkgroups(...step.grid);
        }
        pass.end();
        plan.encodeCopies(encoder);
        encoder.resolveQuerySet(query, 0, 2, resolved, 0);
        device.gpu.queue.submit([encoder.finish()]);
        if (k === times - 1) {
          await device.idle();
          const stamps = new BigUint64Array(await device.read(resolved, 16));
          inside = Number((stamps[1] ?? 0n) - (stamps[0] ?? 0n)) * 1e-6;
        }
      }
      wall.push((performance.now() - began) / times);
      gpu.push(inside);
    }
  } finally {
    query.destroy();
    resolved.destroy();
  }
  return { wallMs: median(wall), gpuMs: median(gpu) };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}
