const cell = new Int32Array(new SharedArrayBuffer(4));

/**
 * Waits for the GPU without starving it. While anything is pending dawn.node polls in a loop that takes a
 * whole core; a software adapter needs that core for the work itself. Sleeping 2 ms on each turn of the
 * event loop gave it back: 18 of 18 paired runs were faster, median 0.70x the time (lavapipe, 2 cores,
 * webgpu 0.6.2, 2026-11). A real GPU needs no core, and would only see the added latency.
 */
export async function waitGpu<T>(pending: Promise<T>, software: boolean): Promise<T> {
  if (!software) return pending;
  let waiting = true;
  const done = (): void => {
    waiting = false;
  };
  pending.then(done, done);
  const nap = (): void => {
    if (!waiting) return;
    Atomics.wait(cell, 0, 0, 2);
    setImmediate(nap);
  };
  setImmediate(nap);
  return pending;
}
