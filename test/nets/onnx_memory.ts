// A process of its own that loads a net, compiles a layer of it, and says what memory that took:
//   node --expose-gc build/test/onnx_memory.js <file> <layer> <side>
import { readFileSync } from 'node:fs';
import { open } from '../../src/gpu/open.node';
import { Graph } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import { buildNet } from '../../src/nets/onnx/build';
import { loadNet } from '../../src/node/weights/find';

const [file = '', layer = '', side = '32'] = process.argv.slice(2);

/** Bytes that this process has had at most; 0 where the system does not say. */
function peak(): number {
  try {
    return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
/** Bytes in use by what lives, when what does not is gone. */
async function held(): Promise<number> {
  // Buffers are given back by another thread, some time after they have been found to be out of reach.
  let least = Number.POSITIVE_INFINITY;
  for (let same = 0; same < 3; same++) {
    (globalThis as unknown as { gc(): void }).gc();
    await new Promise((done) => setTimeout(done, 20));
    const { heapUsed, external, arrayBuffers } = process.memoryUsage();
    const now = heapUsed + Math.max(external, arrayBuffers);
    if (now < 0.99 * least) same = 0;
    least = Math.min(least, now);
  }
  return least;
}

const device = await open();
const shape = [3, Number(side), Number(side)];
/** All that is loaded stays in reach, so that it counts. */
const kept: unknown[] = [];
const [start, startPeak] = [await held(), peak()];

const from = performance.now();
const net = await loadNet(file, { unchecked: true });
kept.push(net);
const milliseconds = performance.now() - from;
const loaded = (await held()) - start;

const g = new Graph();
const image = g.input(shape);
const features = buildNet(g, net.model, image, { layers: [layer] }).get(layer);
if (!features) throw new Error(`${layer} was not built`);
const built = (await held()) - start;

const plan = await Plan.compile(device, g, [features]);
kept.push(g, plan);
plan.write(image, new Float32Array(3 * Number(side) ** 2).fill(0.5));
plan.run();
const data = await plan.read(features);
const compiled = (await held()) - start;
const most = peak() - startPeak;
const finite = data.every(Number.isFinite) && data.some((v) => v !== 0);
const figures = {
  milliseconds,
  loaded,
  built,
  compiled,
  peak: most,
  device: plan.cost.memory,
  finite,
  kept: kept.length,
};
console.log(JSON.stringify(figures));
plan.close();
device.close();
