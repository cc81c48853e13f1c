// How fast rows are sorted: milliseconds and millions of keys a second, for every variant of the kernels.
//   node build.mjs bench && node build/bench/argsort.bench.js [P]x[N] ... [bits=24]     TOROID_ADAPTER=swiftshader for the other
// One JSON object per row on stdout. Every result is checked: ascending, and a permutation. Notes: NOTES-sort.md.
import { Rng } from '../src/base/rng';
import type { Device } from '../src/gpu/device';
import { findAdapter, open } from '../src/gpu/open.node';
import { ensureAdapter } from '../src/gpu/swiftshader.node';
import { Graph } from '../src/graph/graph';
import { Plan } from '../src/graph/plan';
import { argsortOp } from '../src/shaders/argsort';

const sizes = [
  [16, 1024],
  [64, 1024],
  [64, 4096],
  [64, 16384],
  [16, 65536],
  [64, 65536],
  [1, 65536],
  [1, 262144],
  [3, 1048576],
] as const;

/**
 * Least time of one run, in ms: the machine may be shared, and what disturbs only adds. With it the least processor
 * time: a software adapter computes in this process, and that figure does not see the neighbours' turns.
 */
async function least(plan: Plan, budget = 400): Promise<{ ms: number; cpu: number }> {
  let best = Number.POSITIVE_INFINITY;
  let cpu = Number.POSITIVE_INFINITY;
  const end = performance.now() + budget;
  for (let k = 0; k < 4 || performance.now() < end; k++) {
    const start = performance.now();
    const before = process.cpuUsage();
    plan.run();
    await plan.device.idle();
    best = Math.min(best, performance.now() - start);
    const used = process.cpuUsage(before);
    cpu = Math.min(cpu, (used.user + used.system) / 1000);
  }
  return { ms: best, cpu };
}

/** Bits that decide; with 24 the order is not exact, and not checked. */
const bits = process.argv.includes('bits=24') ? 24 : 32;

function check(x: Float32Array, y: Float32Array, N: number): void {
  for (let row = 0; row < x.length; row += N) {
    const seen = new Uint8Array(N);
    for (let i = 0; i < N; i++) {
      const at = y[row + i]!;
      if (seen[at]) throw new Error(`index ${at} comes twice`);
      seen[at] = 1;
      const before = y[row + i - 1]!;
      if (i === 0) continue;
      const [a, b] = [x[row + before]!, x[row + at]!];
      if (bits === 32 && (a > b || (a === b && before > at)))
        throw new Error(`[${before}] = ${a} comes before [${at}] = ${b}`);
    }
  }
}

async function one(device: Device, P: number, N: number): Promise<void> {
  const rng = new Rng(7);
  const x = Float32Array.from({ length: P * N }, () => rng.normal());
  for (let variant = 0; ; variant++) {
    const g = new Graph();
    const input = g.input([P, N]);
    const y = g.apply(argsortOp, [input], { bits });
    let most = 0;
    const plan = await Plan.compile(device, g, [y], {
      variant: (k) => {
        most = Math.max(most, k.variants.length);
        return variant;
      },
    });
    try {
      if (variant >= most) return;
      plan.write(input, x);
      const { ms, cpu } = await least(plan);
      check(x, await plan.read(y), N);
      const step = plan.steps.at(-1);
      const settings = `${step?.kernel} ${JSON.stringify(step?.overrides)}`;
      console.log(
        JSON.stringify({
          adapter: device.name,
          size: `${P}x${N}`,
          settings,
          launches: plan.cost.launches,
          ms: Number(ms.toFixed(3)),
          cpu: Number(cpu.toFixed(1)),
          Mkeys: Number(((P * N) / ms / 1000).toFixed(2)),
        }),
      );
    } finally {
      plan.close();
    }
  }
}

const elsewhere = await ensureAdapter(async () => (await findAdapter()) !== null);
if (elsewhere !== null) process.exit(elsewhere);
const device = await open();
const only = process.argv.slice(2).filter((a) => !a.startsWith('bits='));
for (const [P, N] of sizes) {
  if (only.length === 0 || only.includes(`${P}x${N}`)) await one(device, P, N);
}
device.close();
