// What a step of the optimisation costs, as `toroid texture` makes it: on the clock, on the GPU, and by kernel.
//   node build.mjs bench && node build/bench/step.bench.js [--quick] [part of a name]
// Every row is checked: the loss and the first step against a plan without fusion and with other variants, the canvas
// finite and in its box, the loss falling.
import { EngineError } from '../src/base/errors';
import type { Device } from '../src/gpu/device';
import { findAdapter, open } from '../src/gpu/open.node';
import { ensureAdapter } from '../src/gpu/swiftshader.node';
import { Graph } from '../src/graph/graph';
import { Plan } from '../src/graph/plan';
import { median, profile, timeRuns } from '../src/graph/profile';
import type { Ref } from '../src/shaders/op';
import { affine } from '../src/shaders/pointwise';
import { peak, type Time } from './peak';
import { percent, quick, row, table } from './report';
import { type BenchSubject, grow, netNames, stepOf, subjectOf, TINY } from './subjects';

/** Milliseconds each measurement of a subject may take, about. */
const BUDGET = quick ? 600 : 2000;

const wrong = (s: BenchSubject, what: string): EngineError => new EngineError('BenchError', `${s.name}: ${what}`);

const compile = async (device: Device, s: BenchSubject, plain = false) => {
  const built = stepOf(s);
  // 99: each kernel's last variant.
  const plan = await Plan.compile(device, built.graph, built.outputs, plain ? { fuse: false, variant: () => 99 } : {});
  return { ...built, plan };
};

/**
 * Loss and canvas after one step of the plan as compiled, and of a plan of the same graph that shares little with it.
 * Adam's first step moves every pixel by the rate, up or down: it shows the sign of each element of the gradient.
 * @returns the loss
 */
async function check(device: Device, s: BenchSubject): Promise<number> {
  const found: { loss: number; canvas: Float32Array }[] = [];
  for (const plain of [false, true]) {
    const { plan, optimiser, canvas } = await compile(device, s, plain);
    try {
      plan.run();
      found.push({ loss: (await plan.read(optimiser.loss))[0] ?? Number.NaN, canvas: await plan.read(canvas) });
    } finally {
      plan.close();
    }
  }
  const [a, b] = found;
  if (!a || !b) throw wrong(s, 'there is nothing to compare');
  if (!(a.loss > 0 && Math.abs(a.loss - b.loss) <= 1e-3 * b.loss)) {
    throw wrong(s, `the loss is ${a.loss}, and ${b.loss} without fusion`);
  }
  let others = 0;
  for (const [i, v] of a.canvas.entries()) if (!(Math.abs(v - (b.canvas[i] ?? 0)) <= 1e-3)) others++;
  if (others > 0.01 * a.canvas.length) {
    throw wrong(s, `${others} of ${a.canvas.length} elements step another way without fusion`);
  }
  return a.loss;
}

/**
 * Runs the recipe's own loop.
 * @returns per step: milliseconds on the clock, the median of its batches, and of this process on one core
 */
async function recipe(
  device: Device,
  s: BenchSubject,
  first: number,
): Promise<{ ms: number; cpuMs: number; steps: number; loss: number }> {
  const { msPerStep } = await grow(device, s, 1);
  const steps = Math.max(s.noisy ? 40 : 4, Math.min(300, Math.ceil(BUDGET / msPerStep)));
  const batches: number[] = [];
  let last = { time: 0, step: 0 };
  let began = { cpu: 0, step: 0 };
  const { carryOver, curves } = await grow(device, s, steps, ({ step }) => {
    const time = performance.now();
    if (last.step > 0) batches.push((time - last.time) / (step - last.step));
    last = { time, step };
    if (began.step === 0) began = { cpu: cpu(), step };
  });
  const cpuMs = (cpu() - began.cpu) / (last.step - began.step);
  const curve = curves.total ?? [];
  const end = curve.slice(s.noisy ? -Math.ceil(curve.length / 3) : -1);
  const loss = end.reduce((sum, [, value]) => sum + value, 0) / end.length;
  if (!(loss < first)) throw wrong(s, `the loss goes from ${first} to ${loss} in ${steps} steps`);
  const size = s.shape[1] * s.shape[2];
  for (const [i, v] of carryOver.canvas.entries()) {
    const k = Math.floor(i / size);
    if (!(v >= (s.lo[k] ?? 0) - 1e-5 && v <= (s.hi[k] ?? 0) + 1e-5)) throw wrong(s, `element ${i} ends as ${v}`);
  }
  // The first batches are of one step each, and wait for it.
  return { ms: median(batches.length > 3 ? batches.slice(2) : batches), cpuMs, steps, loss };
}

/** Milliseconds this process has computed, on all cores together. */
function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Milliseconds on the GPU of a launch that computes next to nothing, one in a long row of them. */
async function launchMs(device: Device): Promise<number> {
  const count = 64;
  const g = new Graph();
  const x = g.state([1], new Float32Array(1));
  let y: Ref = x;
  for (let k = 0; k < count; k++) y = affine(g, y, 1, 1);
  g.assign(x, y);
  const plan = await Plan.compile(device, g, [y], { fuse: false });
  try {
    plan.run();
    const tries: number[] = [];
    for (let k = 0; k < 3; k++) tries.push((await timeRuns(plan, 8, 9)).gpuMs);
    const sum = (await plan.read(y))[0] ?? 0;
    if (!(sum > count && sum % count === 0)) throw new EngineError('BenchError', `${count} additions end at ${sum}`);
    return Math.min(...tries) / count; // what disturbs only adds
  } finally {
    plan.close();
  }
}

interface Kernel {
  readonly kernel: string;
  readonly launches: number;
  readonly ms: number;
  /** Of the sum over all kernels. */
  readonly share: number;
  readonly gflops: number;
}

/** Time by kernel, slowest first. */
async function kernels(plan: Plan, runs: number): Promise<Kernel[]> {
  const sums = new Map<string, { launches: number; ms: number; flops: number }>();
  let all = 0;
  for (const { step, ms } of await profile(plan, runs)) {
    const sum = sums.get(step.kernel) ?? { launches: 0, ms: 0, flops: 0 };
    sums.set(step.kernel, { launches: sum.launches + 1, ms: sum.ms + ms, flops: sum.flops + step.flops });
    all += ms;
  }
  return [...sums]
    .map(([kernel, { launches, ms, flops }]) => ({ kernel, launches, ms, share: ms / all, gflops: flops / ms / 1e6 }))
    .sort((a, b) => b.ms - a.ms);
}

async function one(device: Device, s: BenchSubject, best: Time, floor: number): Promise<string[]> {
  const first = await check(device, s);
  const { ms, cpuMs, steps, loss } = await recipe(device, s, first);
  const { plan } = await compile(device, s);
  try {
    const times = Math.max(1, Math.min(32, Math.round(250 / ms))); // a batch of the recipe
    plan.run();
    const timed = device.has('timestamp-query')
      ? await timeRuns(plan, times, Math.max(2, Math.min(9, Math.round(BUDGET / (times * ms)))))
      : null;
    const slowest = timed ? (await kernels(plan, Math.max(1, Math.min(5, Math.round(BUDGET / ms))))).slice(0, 5) : [];
    const { launches, flops, bytes, memory } = plan.cost;
    // What the same number of empty launches takes: time within passes that no kernel can save.
    const launching = timed ? (launches * floor) / timed.gpuMs : null;
    const gflops = flops / ms / 1e6;
    row({
      bench: 'step',
      adapter: device.name,
      name: s.name,
      ms,
      cpuMs,
      ...(timed && { wallMs: timed.wallMs, gpuMs: timed.gpuMs, hostMs: timed.hostMs, outside: timed.outside }),
      batch: times,
      gflops,
      peakGflops: best.wall,
      share: gflops / best.wall,
      cpuShare: flops / cpuMs / 1e6 / best.cpu,
      launches,
      launching,
      flops,
      bytes,
      memory,
      slowest,
      steps,
      loss: [first, loss],
    });
    for (const k of slowest) {
      detail.push([
        `${s.name}: ${k.kernel} x${k.launches}`,
        k.ms.toFixed(3),
        percent(k.share),
        k.gflops.toFixed(2),
        percent(k.gflops / best.wall),
      ]);
    }
    return [
      s.name,
      ms.toFixed(2),
      cpuMs.toFixed(1),
      ...(timed ? [timed.wallMs, timed.gpuMs, timed.hostMs].map((v) => v.toFixed(2)) : ['', '', '']),
      timed ? percent(timed.outside) : '',
      gflops.toFixed(2),
      percent(gflops / best.wall),
      `${launches}`,
      launching === null ? '' : percent(launching),
      `${first.toPrecision(4)} > ${loss.toPrecision(4)}`,
    ];
  } finally {
    plan.close();
    device.pool.trim();
  }
}

const detail: string[][] = [];

async function main(): Promise<void> {
  const only = process.argv.slice(2).find((a) => !a.startsWith('--')) ?? '';
  const patches = [64, 128, 256].map((side) => ['patches', side] as const);
  const nets = netNames().flatMap((n) => [64, 128].map((side) => [n, side] as const));
  const few = [
    ['patches', 64],
    [TINY, 64],
  ] as const;
  const device = await open();
  const peaks = [await peak(device), await peak(device), await peak(device)];
  const best = { wall: Math.max(...peaks.map((p) => p.wall)), cpu: Math.max(...peaks.map((p) => p.cpu)) };
  const floor = device.has('timestamp-query') ? await launchMs(device) : 0;
  row({ bench: 'step', adapter: device.name, name: 'empty launch', ms: floor });
  const rows: string[][] = [];
  for (const [net, side] of quick ? few : [...patches, ...nets]) {
    if (!`${net} ${side}`.includes(only)) continue;
    rows.push(
      await one(device, await subjectOf(device, net, side, net === 'patches' ? [256, 256] : [64, 64]), best, floor),
    );
  }
  console.log(`\nSteps on ${device.name}; ${best.wall.toFixed(1)} GFLOP/s of multiply-adds in registers`);
  if (floor > 0) console.log(`an empty launch takes ${(1000 * floor).toFixed(0)} us`);
  const head = [
    'objective',
    'ms',
    'cpu',
    'wall',
    'gpu',
    'host',
    'outside',
    'GFLOP/s',
    'of peak',
    'launches',
    'launching',
    'loss',
  ];
  console.log(table(head, rows));
  if (detail.length > 0) console.log(`\n${table(['slowest kernels', 'ms', 'share', 'GFLOP/s', 'of peak'], detail)}`);
  device.close();
}

const elsewhere = await ensureAdapter(async () => (await findAdapter()) !== null);
if (elsewhere !== null) process.exit(elsewhere);
await main();
