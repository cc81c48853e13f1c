// How fast the Gram matrix and its gradient are, by variant of their kernels, at the layers of VGG-19.
//   node build.mjs bench && node build/bench/gram.bench.js [part of a row's name]
// One JSON object per row on stdout, the same as a table on stderr. Variants run in turn, several times over, so that
// what else the machine does falls on all alike; a convolution runs with them, as a measure of what can be had. Results
// are compared with those of variant 0 (which the op kit compares with f64).
import { Rng } from '../src/base/rng';
import { size } from '../src/base/shape';
import type { Device } from '../src/gpu/device';
import { findAdapter, open } from '../src/gpu/open.node';
import { ensureAdapter } from '../src/gpu/swiftshader.node';
import { Graph, type Node } from '../src/graph/graph';
import { Plan } from '../src/graph/plan';
import { conv2d } from '../src/shaders/conv2d';
import { gram } from '../src/shaders/gram';
import { peak, type Time, timeOf } from './peak';
import { table } from './report';

const ROUNDS = 7;

const random = (n: number, seed: number): Float32Array => {
  const rng = new Rng(seed);
  return Float32Array.from({ length: n }, () => 2 * rng.uniform() - 1);
};

interface Made {
  readonly g: Graph;
  readonly out: Node;
  readonly inputs: readonly Node[];
}

const makers: Readonly<Record<string, (C: number, side: number) => Made>> = {
  gram(C, side) {
    const g = new Graph();
    const x = g.input([C, side, side], 'x');
    return { g, out: g.node(gram(g, x, { centre: g.constant([C], random(C, 5), 'mu') })), inputs: [x] };
  },
  gram_grad(C, side) {
    const g = new Graph();
    const x = g.input([C, side, side], 'x');
    const dy = g.input([C, C], 'dy');
    const y = gram(g, x, { centre: g.constant([C], random(C, 5), 'mu') });
    return { g, out: g.grad(y, [x], dy)[0] as Node, inputs: [x, dy] };
  },
};

interface Contender {
  readonly name: string;
  readonly plan: Plan;
  readonly flops: number;
  readonly times: Time[];
}

async function start(device: Device, name: string, { g, out, inputs }: Made, variant: number): Promise<Contender> {
  const plan = await Plan.compile(device, g, [out], { variant: (k) => (k.name.startsWith('gram') ? variant : 0) });
  for (const [k, x] of inputs.entries()) plan.write(x, random(size(x.shape), k));
  plan.run();
  const main = plan.steps.toSorted((a, b) => b.flops - a.flops)[0];
  return { name: `${name} ${main?.kernel ?? ''} #${variant}`, plan, flops: plan.cost.flops, times: [] };
}

function convolution(): Made {
  const g = new Graph();
  const x = g.input([64, 32, 32], 'x');
  const w = g.constant([64, 64, 3, 3], random(64 * 64 * 9, 1));
  const out = g.node(conv2d(g, x, w, { pad: [1, 1, 1, 1], border: ['zeros', 'zeros'], algorithm: 'direct' }));
  return { g, out, inputs: [x] };
}

async function main(): Promise<void> {
  const only = process.argv[2] ?? '';
  const device = await open();
  const best = await peak(device);
  const rows: string[][] = [];
  for (const [C, side] of [
    [64, 64],
    [128, 32],
    [256, 16],
    [512, 8],
    [64, 63],
  ] as const) {
    for (const [kind, make] of Object.entries(makers)) {
      const name = `${kind} ${C} x ${side} x ${side}`;
      if (!name.includes(only)) continue;
      const all = [await start(device, 'conv2d 64 > 64, 32 px', convolution(), 0)];
      const made = make(C, side);
      for (let variant = 0; variant < 5; variant++) all.push(await start(device, name, made, variant));
      const want = await all[1]?.plan.read(made.out);
      for (const { name, plan } of all.slice(2)) {
        const got = await plan.read(made.out);
        const most = got.reduce((m, v, i) => Math.max(m, Math.abs(v - (want?.[i] ?? Number.NaN))), 0);
        if (!(most <= 1e-4)) throw new Error(`${name} is ${most} away from variant 0`);
      }
      for (let k = 0; k < ROUNDS; k++) for (const c of all) c.times.push(await timeOf(c.plan, 0.02, 1));
      for (const { name, plan, flops, times } of all) {
        const middle = (of: (t: Time) => number): number =>
          times.map(of).toSorted((a, b) => a - b)[times.length >> 1] ?? Number.NaN;
        const [wall, cpu] = [middle((t) => t.wall), middle((t) => t.cpu)];
        const row = { name, ms: 1e3 * wall, gflops: flops / wall / 1e9, cpuShare: flops / cpu / 1e9 / best.cpu };
        console.log(JSON.stringify({ adapter: device.name, ...row }));
        rows.push([name, row.ms.toFixed(3), row.gflops.toFixed(1), (100 * row.cpuShare).toFixed(0)]);
        plan.close();
      }
    }
  }
  console.error(table(['what', 'ms', 'GFLOP/s', '% of peak by CPU'], rows));
  device.close();
}

const elsewhere = await ensureAdapter(async () => (await findAdapter()) !== null);
if (elsewhere !== null) process.exit(elsewhere);
await main();
