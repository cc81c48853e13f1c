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

/** Seconds for one of many runs; the median of several measurements. */
export async function seconds(plan: Plan, atLeast = 0.1, samples = 5): Promise<number> {
  const measure = async (times: number): Promise<number> => {
    const start = performance.now();
    plan.run(times);
    await plan.device.idle();
    return (performance.now() - start) / 1000;
  };
  await measure(1);
  const once = await measure(1);
  const times = Math.max(1, Math.min(1000, Math.ceil(atLeast / once)));
  const found: number[] = [];
  for (let k = 0; k < samples; k++) found.push((await measure(times)) / times);
  return found.sort((a, b) => a - b)[Math.floor(samples / 2)] ?? Number.NaN;
}

/** GFLOP/s of multiply-adds in registers. */
export async function peak(device: Device, n = device.adapter.software ? 4096 : 1 << 20): Promise<number> {
  const g = new Graph();
  const y = g.apply(peakOp, [g.input([n])], {}); // an input: what depends on constants alone runs only once;
  const plan = await Plan.compile(device, g, [y]);
  try {
    const time = await seconds(plan);
    // x -> x / 2 + 1 ends at 2 from anywhere: 16 vec4s of 2 sum to 128.
    const result = await plan.read(y);
    if (!result.every((v) => Math.abs(v - 128) < 1e-3)) {
      throw new EngineError('BenchError', `the peak kernel computes ${result[0]}, not 128`);
    }
    return plan.cost.flops / time / 1e9;
  } finally {
    plan.close();
  }
}
