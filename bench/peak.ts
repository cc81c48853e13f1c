// The multiply-add peak of an adapter, as a kernel can reach it: no memory, no chains of dependence. What other
// figures of the same run are a share of.
import { EngineError } from '../src/base/errors';
import { size } from '../src/base/shape';
import type { Device } from '../src/gpu/device';
import { defineKernel } from '../src/gpu/kernel';
import { Graph } from '../src/graph/graph';
import { Plan } from '../src/graph/plan';
import { defineOp, launch } from '../src/shaders/op';
import wgsl from './peak.wgsl';

const STEPS = 512;
/** Multiply-adds in one turn of the loop: 16 vec4s. */
const PER_STEP = 64;

const kernel = defineKernel({
  name: 'peak',
  wgsl,
  binds: ['read', 'write'],
  uniforms: { steps: 'u32', scale: 'f32', shift: 'f32' },
  variants: [{ WG: 64 }],
});

const peakOp = defineOp<1, Record<string, never>>({
  name: 'peak',
  infer: ([x]) => x,
  forward: ([x], y) => [
    launch({
      kernel,
      bind: [x, y],
      uniforms: { steps: STEPS, scale: 0.5, shift: 1 },
      grid: ({ WG }) => [Math.ceil(size(x.shape) / WG)],
      flops: size(x.shape) * STEPS * PER_STEP * 2,
    }),
  ],
  backward: () => [null],
});

/** What one of many runs of a plan takes: medians of several measurements. */
export interface Time {
  /** Seconds on the clock. */
  readonly wall: number;
  /**
   * Seconds of this process on one core. A software adapter computes inside the process, so on a machine that others
   * use too this is the steadier figure; on a GPU it says nothing.
   */
  readonly cpu: number;
}

const median = (v: readonly number[]): number => v.toSorted((a, b) => a - b)[v.length >> 1] ?? Number.NaN;

export async function timeOf(plan: Plan, atLeast = 0.1, samples = 5): Promise<Time> {
  const measure = async (times: number): Promise<Time> => {
    const before = process.cpuUsage();
    const start = performance.now();
    plan.run(times);
    await plan.device.idle();
    const wall = (performance.now() - start) / 1e3 / times;
    const { user, system } = process.cpuUsage(before);
    return { wall, cpu: (user + system) / 1e6 / times };
  };
  await measure(1);
  const once = await measure(1);
  const times = Math.max(1, Math.min(1000, Math.ceil(atLeast / once.wall)));
  const found: Time[] = [];
  for (let k = 0; k < samples; k++) found.push(await measure(times));
  return { wall: median(found.map((t) => t.wall)), cpu: median(found.map((t) => t.cpu)) };
}

/** Seconds on the clock for one of many runs. */
export const seconds = async (plan: Plan, atLeast = 0.1, samples = 5): Promise<number> =>
  (await timeOf(plan, atLeast, samples)).wall;

/** Multiply-adds in registers: GFLOP per second on the clock, and per second of one core. */
export async function peak(device: Device, n = device.adapter.software ? 4096 : 1 << 20): Promise<Time> {
  const g = new Graph();
  const y = g.apply(peakOp, [g.input([n])], {}); // an input: what depends on constants alone runs only once;
  const plan = await Plan.compile(device, g, [y]);
  try {
    const time = await timeOf(plan);
    // x -> x / 2 + 1 ends at 2 from anywhere: 16 vec4s of 2 sum to 128.
    const result = await plan.read(y);
    if (!result.every((v) => Math.abs(v - 128) < 1e-3)) {
      throw new EngineError('BenchError', `the peak kernel computes ${result[0]}, not 128`);
    }
    return { wall: plan.cost.flops / time.wall / 1e9, cpu: plan.cost.flops / time.cpu / 1e9 };
  } finally {
    plan.close();
  }
}
