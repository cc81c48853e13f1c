// Many small jobs one after another in one process, as a service would do them, every fifth given up on the way: nothing may
// pile up.
//   npm run soak                     200 jobs on one device, then 200 with a device each
//   node --expose-gc bench/soak.mjs [jobs] [one|each|both] [package folder]
//
// Ends with 1 where something grew. Memory of a process never stands quite still (V8, the allocator and a software driver's
// compiler keep some for later), so it is judged after a third of the jobs, by the median of the last third.
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [count = '200', which = 'both', dist = 'dist'] = process.argv.slice(2);
const jobs = Number(count);
const library = await import(pathToFileURL(resolve(dist, 'index.js')).href);
const { ensureAdapter, findAdapter, open, plasma, texture } = library;
const elsewhere = await ensureAdapter(async () => (await findAdapter()) !== null);
if (elsewhere !== null) process.exit(elsewhere);

const MB = 2 ** 20;
/**
 * By how much the resident memory may grow from the middle third of the jobs to the last, MB. With a device each, lavapipe's
 * compiler takes a hundred or more to have all it wants (2026-11, three runs of 200: 407 to 411, 352 to 398, and 510 to 530 MB),
 * so there the limit is what a leak of 1.5 MB a device would be; short runs go by what can be counted.
 */
const GROWTH = { one: jobs < 100 ? 128 : 32, each: jobs < 100 ? 128 : 96 };
const exemplar = plasma({ size: [48, 48], seed: 2 });

/** What a process has hold of, counted by Linux; 0 elsewhere. */
function entries(folder) {
  try {
    return readdirSync(folder).length;
  } catch {
    return 0;
  }
}

function measure(device) {
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return {
    rss: rss / MB,
    heap: (heapUsed + external) / MB,
    descriptors: entries('/proc/self/fd'),
    threads: entries('/proc/self/task'),
    resources: process.getActiveResourcesInfo().length,
    buffers: device.held.count,
    bytes: device.held.bytes,
    pool: device.pool.use.live + device.pool.use.idle,
    kernels: device.closed ? 0 : device.kernels.count,
  };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const most = (values) => values.reduce((a, b) => Math.max(a, b), 0);

/** Counts that are what they were, but for what comes and goes with the work of a driver. */
const SLACK = { descriptors: 2, threads: 8, resources: 4, buffers: 0, bytes: 0, pool: 0, kernels: 0 };

function judge(name, samples, growth) {
  const third = Math.floor(samples.length / 3);
  const [middle, last] = [samples.slice(third, 2 * third), samples.slice(2 * third)];
  const grown = [];
  const of = (part, key) => part.map((s) => s[key]);
  for (const [key, slack] of Object.entries(SLACK)) {
    if (most(of(last, key)) > most(of(middle, key)) + slack) {
      grown.push(`${key}: ${most(of(middle, key))}, then ${most(of(last, key))}`);
    }
  }
  const left = last.at(-1);
  if (left.buffers > 0 || left.bytes > 0)
    grown.push(`${left.buffers} buffers, ${left.bytes} bytes are held between jobs`);
  const [before, after] = [median(of(middle, 'rss')), median(of(last, 'rss'))];
  if (after > before + growth) grown.push(`resident memory: ${before.toFixed(0)} MB, then ${after.toFixed(0)} MB`);
  const heap = [median(of(middle, 'heap')), median(of(last, 'heap'))];
  if (heap[1] > heap[0] + 4) grown.push(`heap: ${heap[0].toFixed(1)} MB, then ${heap[1].toFixed(1)} MB`);
  const row = { job: name, jobs: samples.length, memory: `${before.toFixed(0)} to ${after.toFixed(0)} MB` };
  console.log(
    JSON.stringify({ ...row, heap: `${heap[0].toFixed(1)} to ${heap[1].toFixed(1)} MB`, ...counts(left), grown }),
  );
  return grown.length;
}

const counts = ({ descriptors, threads, resources, buffers, pool, kernels }) => ({
  ...{ descriptors, threads, resources, buffers, pool, kernels },
});

async function soak(name, growth, take, give) {
  const samples = [];
  for (let seed = 0; seed < jobs; seed++) {
    const device = await take();
    const control = new AbortController();
    const givenUp = seed % 5 === 4;
    const options = { size: 32, steps: 4, scales: 2, seed, device, signal: control.signal };
    try {
      await texture(exemplar, { ...options, onProgress: () => givenUp && control.abort() });
      if (givenUp) throw new Error(`job ${seed} was given up, and ended as if it was not`);
    } catch (error) {
      if (error.name !== 'AbortError') throw error;
    }
    give(device);
    samples.push(measure(device));
  }
  return judge(name, samples, growth);
}

let faults = 0;
if (which !== 'each') {
  const device = await open();
  console.log(`on ${device.name}`);
  faults += await soak(
    'one device',
    GROWTH.one,
    () => device,
    () => {},
  );
  device.close();
}
if (which !== 'one') faults += await soak('a device each', GROWTH.each, open, (device) => device.close());
process.exitCode = faults > 0 ? 1 : 0;
