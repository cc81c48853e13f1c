// Whether a step costs the same for each pixel at every size (target: within 15 % from 256 to 2048).
//   node build.mjs bench && node build/bench/scale.bench.js [--quick] [--full]
// Software adapters go to 256 px unless --full asks for more. What does not fit the adapter is said, not left out.
import { EngineError } from '../src/base/errors';
import type { Device } from '../src/gpu/device';
import { findAdapter, open } from '../src/gpu/open.node';
import { ensureAdapter } from '../src/gpu/swiftshader.node';
import { Plan } from '../src/graph/plan';
import { median } from '../src/graph/profile';
import { percent, quick, row, table } from './report';
import { netNames, stepOf, subjectOf, TINY } from './subjects';

/** Runs of a plan between two looks at the clock, and how often. */
async function perStep(plan: Plan): Promise<number> {
  const time = async (runs: number): Promise<number> => {
    const began = performance.now();
    plan.run(runs);
    await plan.device.idle();
    return (performance.now() - began) / runs;
  };
  await time(1); // compiles
  const once = await time(1);
  const runs = Math.max(1, Math.min(200, Math.round((quick ? 50 : 400) / once)));
  const found: number[] = [];
  for (let k = 0; k < (quick ? 1 : 5); k++) found.push(await time(runs));
  return median(found);
}

async function one(
  device: Device,
  net: string,
  side: number,
  first: number | null,
): Promise<{ cells: string[]; rate: number | null }> {
  // The exemplar grows along: a loss by patches sorts as many of its values as the canvas has.
  const exemplar = net === 'patches' ? Math.min(side, 256) : 64;
  let plan: Plan | undefined;
  try {
    const { graph, outputs, optimiser } = stepOf(await subjectOf(device, net, side, [exemplar, exemplar]));
    plan = await Plan.compile(device, graph, outputs);
    const ms = await perStep(plan);
    const loss = (await plan.read(optimiser.loss))[0] ?? Number.NaN;
    if (!(loss > 0 && Number.isFinite(loss)))
      throw new EngineError('BenchError', `${net} ${side}: the loss is ${loss}`);
    const { flops, bytes, launches, memory } = plan.cost;
    const pixels = side * side;
    const rate = (1000 * ms) / pixels;
    row({
      bench: 'scale',
      adapter: device.name,
      net,
      side,
      ms,
      usPerPixel: rate,
      flopsPerPixel: flops / pixels,
      bytesPerPixel: bytes / pixels,
      launches,
      memory,
    });
    const cells = [
      `${net} ${side}`,
      ms.toFixed(2),
      rate.toFixed(4),
      percent(rate / (first ?? rate)),
      (flops / pixels).toFixed(0),
      (bytes / pixels).toFixed(0),
    ];
    return { cells, rate };
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== 'LimitError') throw error;
    row({ bench: 'scale', adapter: device.name, net, side, note: error.message });
    return { cells: [`${net} ${side}`, error.message.split('\n')[0] ?? '', '', '', '', ''], rate: null };
  } finally {
    plan?.close();
    device.pool.trim();
  }
}

const elsewhere = await ensureAdapter(async () => (await findAdapter()) !== null);
if (elsewhere !== null) process.exit(elsewhere);
const device = await open();
const large = !device.adapter.software || process.argv.includes('--full');
const sides = quick ? [32, 64] : large ? [256, 512, 1024, 2048] : [64, 128, 256];
const rows: string[][] = [];
for (const net of quick ? [TINY] : ['patches', netNames()[0] ?? TINY]) {
  let first: number | null = null;
  for (const side of sides) {
    const { cells, rate } = await one(device, net, side, first);
    first ??= rate;
    rows.push(cells);
  }
}
console.log(`\nThe cost of a pixel on ${device.name}`);
console.log(table(['a step of', 'ms', 'us a pixel', 'of the first', 'flops', 'bytes'], rows));
device.close();
