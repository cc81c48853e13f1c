// The multiply-add peak of an adapter, as a kernel can reach it: no memory, no chains of dependence. What other
// figures of the same run are a share of.
import type { Device } from '../src/gpu/device';
import { multiplyAddProbe } from '../src/gpu/roofline';

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

/** Something that can be run over and over: a plan, a probe. */
interface Repeated {
  readonly device: Device;
  run(times?: number): void;
}

export async function timeOf(plan: Repeated, atLeast = 0.1, samples = 5): Promise<Time> {
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
export const seconds = async (plan: Repeated, atLeast = 0.1, samples = 5): Promise<number> =>
  (await timeOf(plan, atLeast, samples)).wall;

/** Multiply-adds in registers: GFLOP per second on the clock, and per second of one core. */
export async function peak(device: Device, threads?: number): Promise<Time> {
  const probe = await multiplyAddProbe(device, threads);
  try {
    const time = await timeOf(probe);
    await probe.check();
    return { wall: probe.flops / time.wall / 1e9, cpu: probe.flops / time.cpu / 1e9 };
  } finally {
    probe.close();
  }
}
