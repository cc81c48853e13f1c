// Textures in a thread of their own, so that a server's main thread stays free to answer.
//   node examples/worker_thread.mjs [jobs]
//
// The thread has one device for all its jobs, which keeps compiled kernels warm. It ends by being asked to: it gives the
// job under way up, closes the device, and returns. Do not call worker.terminate() while a job runs: Dawn aborts the whole
// process if a thread ends while it compiles or copies for it (webgpu 0.6.2). Where that is too great a risk, or several jobs are
// to run at once, use processes: process_pool.mjs.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

if (isMainThread) await main();
else await thread();

async function main() {
  await import('./any_adapter.mjs');
  const worker = new Worker(new URL(import.meta.url));
  const waiting = new Map();
  let count = 0;
  worker.on('message', ({ id, png, error }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error) reject(Object.assign(new Error(error.message), error));
    else resolve(png);
  });
  worker.on('error', (error) => {
    for (const { reject } of waiting.values()) reject(error);
  });
  /** @returns the bytes of a PNG file */
  const grow = (picture, options) =>
    new Promise((resolve, reject) => {
      const id = ++count;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, picture, options });
    });

  const jobs = Number(process.argv[2] ?? 3);
  const steps = Number(process.env.STEPS ?? 8);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const began = performance.now();
  const pngs = await Promise.all(
    Array.from({ length: jobs }, (_, seed) => grow('examples/pebbles.png', { size: 64, steps, seed })),
  );
  delay.disable();
  const took = performance.now() - began;
  console.log(`${pngs.length} tiles, ${pngs.reduce((sum, p) => sum + p.length, 0)} bytes`);
  console.log(`in ${took.toFixed(0)} ms the main thread was late by ${(delay.max / 1e6 - 5).toFixed(0)} ms at most`);

  const late = grow('examples/pebbles.png', { size: 64, steps: 5000 });
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  setTimeout(() => worker.postMessage('close'), 300);
  console.log(`a job that was given up: ${await late.catch((error) => error.name)}`);
  console.log(`the thread ended with ${await ended}`);
}

async function thread() {
  const { open, texture } = await import('toroid');
  const device = await open();
  const closing = new AbortController();
  let last = Promise.resolve();
  const work = async ({ id, picture, options }) => {
    try {
      const made = await texture(picture, { ...options, device, signal: closing.signal });
      const png = await made.toPng();
      parentPort.postMessage({ id, png }, [png.buffer]);
    } catch ({ name, code, message }) {
      parentPort.postMessage({ id, error: { name, code, message } });
    }
  };
  parentPort.on('message', async (message) => {
    if (message !== 'close') {
      last = last.then(() => work(message)); // one after another: they share the device
      return;
    }
    closing.abort();
    await last;
    device.close();
    parentPort.close(); // nothing else keeps the thread
  });
}
