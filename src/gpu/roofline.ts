// What an adapter can do at best, as kernels of ours can reach it: the two lines of a roofline (Williams, Waterman,
// Patterson, "Roofline: an insightful visual performance model", 2009), and what launching alone takes.
import { EngineError } from '../base/errors';
import type { Device } from './device';
import { defineKernel, type Kernel } from './kernel';
import copyWgsl from './roof_copy.wgsl';
import multiplyAddWgsl from './roof_multiply_add.wgsl';

export interface Roofline {
  /** Multiply-adds in registers, each counted as 2: GFLOP per second. */
  readonly gflops: number;
  /** Copying from buffer to buffer, reads and writes both counted: GB (1e9 bytes) per second. */
  readonly gbPerSecond: number;
  /** Milliseconds of a compute pass with next to no work in it; by the clock, with the way there and back. */
  readonly passMs: number;
  /** Whether the adapter's timestamps told, or the clock. */
  readonly clock: Clock;
}

export type Clock = 'timestamps' | 'wall';

/** Work of a known amount, to be timed. */
export interface Probe {
  readonly device: Device;
  /** Of one run. */
  readonly flops: number;
  readonly bytes: number;
  /** Submits so many runs. */
  run(times?: number): void;
  /** One run, as a pass. */
  encode(encoder: GPUCommandEncoder, timestampWrites?: GPUComputePassTimestampWrites): void;
  /** @throws EngineError `DeviceError` when what it computed is wrong. */
  check(): Promise<void>;
  close(): void;
}

const TURNS = 512;
/** Multiply-adds in one turn of the loop: 16 vec4s. */
const PER_TURN = 64;

const multiplyAddKernel = defineKernel({
  name: 'roof_multiply_add',
  wgsl: multiplyAddWgsl,
  binds: ['read', 'write'],
  uniforms: { steps: 'u32', scale: 'f32', shift: 'f32' },
  variants: [{ WG: 64 }],
});

const copyKernel = defineKernel({
  name: 'roof_copy',
  wgsl: copyWgsl,
  binds: ['read', 'write'],
  uniforms: {},
  variants: [{ WG: 256, PER: 4 }],
});

/** Multiply-adds in registers: no memory to wait for, no long chains of dependence. `threads`: a multiple of 64. */
export async function multiplyAddProbe(
  device: Device,
  threads: number = device.adapter.software ? 4096 : 1 << 20,
): Promise<Probe> {
  const kernel = await device.kernels.get(multiplyAddKernel, { WG: 64 });
  const uniforms = device.createBuffer({ size: 16, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
  const data = new DataView(new ArrayBuffer(16));
  data.setUint32(0, TURNS, true);
  data.setFloat32(4, 0.5, true);
  data.setFloat32(8, 1, true);
  device.gpu.queue.writeBuffer(uniforms, 0, data.buffer);
  const sizes = { bytes: 4 * threads, groups: threads / 64, flops: threads * TURNS * PER_TURN * 2 };
  // x -> x / 2 + 1 ends at 2 from anywhere: 16 vec4s of 2 sum to 128.
  return probe(device, kernel, sizes, 'roof_multiply_add', uniforms, (value) => Math.abs(value - 128) < 1e-3);
}

/** Copying: `bytes` of one buffer to another, by default far more than caches hold. */
export async function copyProbe(device: Device, bytes: number = copyBytes(device)): Promise<Probe> {
  const kernel = await device.kernels.get(copyKernel, { WG: 256, PER: 4 });
  return probe(device, kernel, { bytes, groups: Math.ceil(bytes / (16 * 256 * 4)), flops: 0 }, 'roof_copy', null, (v) =>
    Object.is(v, MARK),
  );
}

/** What the end of a copy's source holds, to see that it arrives. */
const MARK = 7;

function copyBytes({ adapter, gpu: { limits } }: Device): number {
  const wanted = (adapter.software ? 64 : 256) * 2 ** 20;
  return Math.min(
    wanted,
    2 ** Math.floor(Math.log2(Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize))),
  );
}

function probe(
  device: Device,
  { pipeline, layout }: Kernel,
  { bytes, groups, flops }: { readonly bytes: number; readonly groups: number; readonly flops: number },
  label: string,
  uniforms: GPUBuffer | null,
  right: (value: number) => boolean,
): Probe {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const buffers = ['from', 'to'].map((name) => device.createBuffer({ label: `${label} ${name}`, size: bytes, usage }));
  const [from, to] = buffers as [GPUBuffer, GPUBuffer];
  device.gpu.queue.writeBuffer(from, bytes - 4, Float32Array.of(MARK));
  const all = uniforms ? [from, to, uniforms] : [from, to];
  const entries = all.map((buffer, binding): GPUBindGroupEntry => ({ binding, resource: { buffer } }));
  const group = device.gpu.createBindGroup({ label, layout, entries });
  const encode: Probe['encode'] = (encoder, timestampWrites) => {
    const pass = encoder.beginComputePass(timestampWrites ? { timestampWrites } : {});
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(groups);
    pass.end();
  };
  return {
    device,
    flops,
    bytes: 2 * bytes,
    encode,
    run(times = 1) {
      const encoder = device.gpu.createCommandEncoder({ label });
      for (let k = 0; k < times; k++) encode(encoder);
      device.gpu.queue.submit([encoder.finish()]);
    },
    async check() {
      const encoder = device.gpu.createCommandEncoder({ label });
      const end = device.createBuffer({ size: 4, usage: GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST });
      try {
        encoder.copyBufferToBuffer(to, bytes - 4, end, 0, 4);
        device.gpu.queue.submit([encoder.finish()]);
        const [value = Number.NaN] = new Float32Array(await device.read(end, 4));
        if (!right(value))
          throw new EngineError('DeviceError', `${device.name}: the kernel ${label} computes ${value}`);
      } finally {
        end.destroy();
      }
    },
    close() {
      for (const b of all) b.destroy();
    },
  };
}

/** Milliseconds of each of several runs; a first one that warms up is not among them. */
async function timesOf(p: Probe, budget: number, clock: Clock): Promise<number[]> {
  const { device } = p;
  const times: number[] = [];
  p.run();
  await device.idle();
  await p.check();
  const until = performance.now() + budget;
  if (clock === 'wall') {
    while (times.length < 3 || (performance.now() < until && times.length < 200)) {
      const began = performance.now();
      p.run();
      await device.idle();
      times.push(performance.now() - began);
    }
    return times;
  }
  const query = device.createQuerySet({ type: 'timestamp', count: 2 });
  const resolved = device.createBuffer({ size: 16, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
  try {
    while (times.length < 3 || (performance.now() < until && times.length < 200)) {
      const encoder = device.gpu.createCommandEncoder({ label: 'roof' });
      p.encode(encoder, { querySet: query, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 });
      encoder.resolveQuerySet(query, 0, 2, resolved, 0);
      device.gpu.queue.submit([encoder.finish()]);
      const [from = 0n, to = 0n] = new BigUint64Array(await device.read(resolved, 16));
      times.push(Number(to - from) * 1e-6);
    }
  } finally {
    query.destroy();
    resolved.destroy();
  }
  return times;
}

/**
 * Measures the roof, in about `ms` milliseconds on a GPU: the best of several runs, for others may use the machine too.
 * @param clock by default timestamps where the adapter has them. By the clock, a short way there and back is part of it.
 */
export async function measureRoofline(
  device: Device,
  {
    // What a processor does at best shows in a few runs.
    ms = device.adapter.software ? 200 : 1000,
    clock = device.has('timestamp-query') ? 'timestamps' : 'wall',
  }: { ms?: number; clock?: Clock } = {},
): Promise<Roofline> {
  const use = async (making: Promise<Probe>, share: number): Promise<{ probe: Probe; times: number[] }> => {
    const made = await making;
    try {
      return { probe: made, times: (await timesOf(made, share * ms, clock)).filter((t) => t > 0) };
    } finally {
      made.close();
    }
  };
  const tiny = await use(copyProbe(device, 4096), 0.1);
  const add = await use(multiplyAddProbe(device), 0.45);
  const copy = await use(copyProbe(device), 0.45);
  const best = (times: readonly number[]): number => {
    if (times.length === 0) throw new EngineError('DeviceError', `the timestamps of ${device.name} stand still`);
    return Math.min(...times);
  };
  const sorted = tiny.times.sort((a, b) => a - b);
  return {
    gflops: add.probe.flops / (best(add.times) * 1e6),
    gbPerSecond: copy.probe.bytes / (best(copy.times) * 1e6),
    passMs: sorted[sorted.length >> 1] ?? 0,
    clock,
  };
}
