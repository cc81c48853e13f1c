// How fast conv2d and its gradient to the input are, as a share of what this adapter's multiply-adds allow.
//   node build.mjs bench && node build/bench/conv2d.bench.js [part of a row's name]
// One JSON object per row on stdout, the same as a table on stderr. Every row is checked against sums in f64.
import { Rng } from '../src/base/rng';
import { size } from '../src/base/shape';
import type { Device } from '../src/gpu/device';
import type { KernelSource } from '../src/gpu/kernel';
import { findAdapter, open } from '../src/gpu/open.node';
import { ensureAdapter } from '../src/gpu/swiftshader.node';
import { Graph, type Node } from '../src/graph/graph';
import { Plan } from '../src/graph/plan';
import { type Algorithm, algorithmFor, type Border, conv2d } from '../src/shaders/conv2d';
import { gemmVariants } from '../src/shaders/conv2d/gemm';
import { pool2d } from '../src/shaders/pool2d';
import { peak, type Time, timeOf } from './peak';

interface Layer {
  readonly name: string;
  readonly C: number;
  readonly O: number;
  readonly side: number;
  readonly K: number;
  readonly border: Border;
  /** Padded to the size of the input, or not at all. */
  readonly same: boolean;
}

const vgg = (name: string, C: number, O: number, side: number): Layer => ({
  name,
  C,
  O,
  side,
  K: 3,
  border: 'wrap',
  same: true,
});
const patches = (C: number, O: number, side: number, same = true): Layer => ({
  name: `patches ${C}>${O} ${side}${same ? '' : ' valid'}`,
  C,
  O,
  side,
  K: 7,
  border: 'wrap',
  same,
});
const layers: readonly Layer[] = [
  vgg('conv1_1', 3, 64, 64),
  vgg('conv1_2', 64, 64, 64),
  vgg('conv2_1', 64, 128, 32),
  vgg('conv2_2', 128, 128, 32),
  vgg('conv3_1', 128, 256, 16),
  patches(3, 64, 32),
  patches(3, 64, 128),
  patches(3, 64, 128, false),
  patches(3, 16, 256),
  patches(1, 64, 128),
];

const random = (n: number, seed: number): Float32Array => {
  const rng = new Rng(seed);
  return Float32Array.from({ length: n }, () => 2 * rng.uniform() - 1);
};

const at = (a: Float32Array, i: number): number => a[i] ?? Number.NaN;

/** Compares some elements of a convolution or of its adjoint with sums in f64. */
function check(l: Layer, what: string, x: Float32Array, w: Float32Array, y: Float32Array, adjoint: boolean): void {
  const { C, O, K, side } = l;
  const p = l.same ? (K - 1) / 2 : 0;
  const out = l.same ? side : side - K + 1;
  const rng = new Rng(5);
  const wrapped = (v: number, n: number): number => (l.same ? (v + n) % n : v);
  for (let k = 0; k < 24; k++) {
    let sum = 0;
    let scale = 0;
    let got: number;
    const add = (a: number, b: number): void => {
      sum += a * b;
      scale += Math.abs(a * b);
    };
    const i = rng.below(adjoint ? side : out);
    const j = k < 4 ? 0 : rng.below(adjoint ? side : out);
    if (adjoint) {
      const c = rng.below(C);
      got = at(y, (c * side + i) * side + j);
      for (let o = 0; o < O; o++)
        for (let ky = 0; ky < K; ky++)
          for (let kx = 0; kx < K; kx++) {
            const [a, b] = [wrapped(i + p - ky, side), wrapped(j + p - kx, side)];
            if (a < 0 || b < 0 || a >= out || b >= out) continue;
            add(at(w, ((o * C + c) * K + ky) * K + kx), at(x, (o * out + a) * out + b));
          }
    } else {
      const o = rng.below(O);
      got = at(y, (o * out + i) * out + j);
      for (let c = 0; c < C; c++)
        for (let ky = 0; ky < K; ky++)
          for (let kx = 0; kx < K; kx++) {
            const [a, b] = [wrapped(i + ky - p, side), wrapped(j + kx - p, side)];
            add(at(w, ((o * C + c) * K + ky) * K + kx), at(x, (c * side + a) * side + b));
          }
    }
    if (!(Math.abs(got - sum) <= 1e-5 * scale + 1e-6)) {
      throw new Error(`${what} is wrong: element [${i}, ${j}] is ${got}, want ${sum}`);
    }
  }
}

interface Row {
  readonly name: string;
  readonly ms: number;
  readonly gflops: number;
  /** Of the multiply-add peak, by the clock. */
  readonly share: number;
  /** The same by CPU time: what to look at where a software adapter shares its cores. */
  readonly cpuShare: number;
  readonly launches: number;
}
const rows: Row[] = [];
let best: Time = { wall: 0, cpu: 0 };

function report(name: string, time: Time, plan: Plan, flops: number): void {
  const gflops = flops / time.wall / 1e9;
  const share = gflops / best.wall;
  const cpuShare = flops / time.cpu / 1e9 / best.cpu;
  const row = { name, ms: 1000 * time.wall, gflops, share, cpuShare, launches: plan.cost.launches };
  rows.push(row);
  console.log(JSON.stringify({ adapter: plan.device.name, ...row }));
}

async function layer(device: Device, l: Layer): Promise<void> {
  const { C, O, K, side, border, same } = l;
  const p = same ? (K - 1) / 2 : 0;
  const data = random(O * C * K * K, 1);
  const options = { pad: [p, p, p, p], border: [border, border] } as const;
  for (const adjoint of [false, true]) {
    const g = new Graph();
    const x = g.input([C, side, side], 'x');
    const y = g.node(conv2d(g, x, g.constant([O, C, K, K], data), options));
    const dy = g.input(y.shape, 'dy');
    const [out, given] = adjoint ? [g.grad(y, [x], dy)[0] as Node, dy] : [y, x];
    const plan = await Plan.compile(device, g, [out]);
    try {
      const values = random(size(given.shape), 2);
      plan.write(given, values);
      const time = await timeOf(plan);
      const name = `${l.name} ${adjoint ? 'gradient' : 'forward'}`;
      check(l, name, values, data, await plan.read(out), adjoint);
      report(name, time, plan, 2 * size(y.shape) * C * K * K);
    } finally {
      plan.close();
    }
  }
}

/** A way to compute a layer: an algorithm, and which variant of which kernel, where that is not the usual one. */
interface Way {
  readonly name: string;
  readonly algorithm: Algorithm;
  readonly variant?: readonly [kernel: string, index: number];
}
const ALGORITHMS: readonly Way[] = [
  { name: 'direct', algorithm: 'direct' },
  { name: 'direct 8x4', algorithm: 'direct', variant: ['conv2d', 2] },
  { name: 'direct 4x4', algorithm: 'direct', variant: ['conv2d', 3] },
  ...gemmVariants.map((v, k): Way => {
    const [channels, pixels] = [v.RM * v.TEAMS, v.RN * v.COLS * v.ROWS];
    const name = `gemm ${v.RM}x${v.RN} of ${channels}x${pixels}`;
    return { name, algorithm: 'gemm', variant: ['conv2d_gemm', k] };
  }),
  { name: 'winograd2', algorithm: 'winograd2' },
  { name: 'winograd4', algorithm: 'winograd4' },
  { name: 'winograd4 subgroups of 8', algorithm: 'winograd4', variant: ['winograd_multiply', 3] },
  { name: 'winograd4 subgroups of 4', algorithm: 'winograd4', variant: ['winograd_multiply', 4] },
  { name: 'winograd4 subgroups of 8, one block', algorithm: 'winograd4', variant: ['winograd_multiply', 5] },
];

/**
 * The algorithms of a 3x3 layer in turn, several times over, so that what else the machine does falls on all alike.
 * GFLOP/s are those of the sums as written, so that they compare.
 */
async function algorithms(device: Device, l: Layer, rounds = 5): Promise<void> {
  const { C, O, K, side, border } = l;
  const data = random(O * C * K * K, 1);
  for (const adjoint of [false, true]) {
    const found: { name: string; plan: Plan; times: Time[] }[] = [];
    for (const { name, algorithm, variant } of ALGORITHMS) {
      const g = new Graph();
      const x = g.input([C, side, side], 'x');
      const options = { pad: [1, 1, 1, 1], border: [border, border], algorithm } as const;
      const y = g.node(conv2d(g, x, g.constant([O, C, K, K], data), options));
      const dy = g.input(y.shape, 'dy');
      const [out, given] = adjoint ? [g.grad(y, [x], dy)[0] as Node, dy] : [y, x];
      const choice = variant && { variant: (k: KernelSource) => (k.name === variant[0] ? variant[1] : 0) };
      const plan = await Plan.compile(device, g, [out], choice);
      const values = random(size(given.shape), 2);
      plan.write(given, values);
      plan.run();
      check(l, `${name} ${l.name}`, values, data, await plan.read(out), adjoint);
      found.push({ name, plan, times: [] });
    }
    for (let k = 0; k < rounds; k++) {
      for (const f of found) f.times.push(await timeOf(f.plan, 0.02, 1));
    }
    const middle = (times: readonly Time[], of: (t: Time) => number): number =>
      times.map(of).toSorted((a, b) => a - b)[times.length >> 1] ?? Number.NaN;
    for (const { name, plan, times } of found) {
      const time = { wall: middle(times, (t) => t.wall), cpu: middle(times, (t) => t.cpu) };
      report(`${name} ${l.name} ${adjoint ? 'gradient' : 'forward'}`, time, plan, 2 * O * side * side * C * K * K);
      plan.close();
    }
  }
}

/** VGG-19 to relu3_1 with random weights: forward, and the gradient to the picture. `fitted`: as processors like it. */
async function network(device: Device, side: number, fitted: boolean): Promise<void> {
  const g = new Graph(fitted ? { convolutions: (size) => algorithmFor(size, device.adapter) } : {});
  const x = g.input([3, side, side], 'x');
  let y: Node = x;
  let flops = 0;
  for (const [k, O] of [64, 64, 0, 128, 128, 0, 256].entries()) {
    const [C = 0, H = 0, W = 0] = y.shape;
    if (O === 0) {
      y = g.node(pool2d(g, y, { kind: 'max', size: [2, 2], stride: [2, 2] }));
      continue;
    }
    const w = g.constant(
      [O, C, 3, 3],
      random(O * C * 9, k).map((v) => v * Math.sqrt(6 / (9 * C))),
    );
    const bias = g.constant(
      [O],
      random(O, 100 + k).map((v) => v * 0.1),
    );
    y = g.node(conv2d(g, y, w, { bias, pad: [1, 1, 1, 1], border: ['wrap', 'wrap'], relu: true }));
    flops += 4 * O * C * 9 * H * W;
  }
  const dy = g.input(y.shape, 'dy');
  const dx = g.grad(y, [x], dy)[0] as Node;
  const plan = await Plan.compile(device, g, [y, dx]);
  try {
    plan.write(x, random(size(x.shape), 2));
    plan.write(dy, random(size(y.shape), 3));
    const time = await timeOf(plan, 0.5);
    if (!(await plan.read(dx)).some((v) => v !== 0)) throw new Error('the gradient of the network is 0');
    report(`vgg19 to relu3_1 ${side}${fitted ? ' fitted' : ''}`, time, plan, flops);
  } finally {
    plan.close();
  }
}

async function main(): Promise<void> {
  const only = process.argv[2] ?? '';
  const device = await open();
  best = await peak(device);
  console.log(JSON.stringify({ adapter: device.name, name: 'peak', gflops: best.wall, gflopsPerCore: best.cpu }));
  for (const l of layers) if (l.name.includes(only)) await layer(device, l);
  const alike = ['conv1_2', 'conv2_2', 'conv3_1'];
  for (const l of layers) {
    const asked = ALGORITHMS.some((a) => `${a.name} ${l.name}`.includes(only)) && !l.name.includes(only);
    if (alike.includes(l.name) && (only === '' || asked)) await algorithms(device, l);
  }
  if ('vgg19'.includes(only))
    for (const side of [64, 128]) for (const f of [false, true]) await network(device, side, f);
  const text = `${best.wall.toFixed(1)} GFLOP/s of multiply-adds in registers, ${best.cpu.toFixed(1)} per second of a core`;
  console.error(`\n${device.name}: ${text}`);
  console.error(`${''.padEnd(32)}       ms GFLOP/s  share  by CPU  launches`);
  const percent = (v: number): string => `${(100 * v).toFixed(0)} %`;
  for (const r of rows) {
    const cells = [
      r.name.padEnd(32),
      r.ms.toFixed(2).padStart(9),
      r.gflops.toFixed(2).padStart(8),
      percent(r.share).padStart(7),
      percent(r.cpuShare).padStart(8),
      String(r.launches).padStart(10),
    ];
    console.error(cells.join(''));
  }
  device.close();
}

const elsewhere = await ensureAdapter(async () => (await findAdapter()) !== null);
if (elsewhere !== null) process.exit(elsewhere);
await main();
