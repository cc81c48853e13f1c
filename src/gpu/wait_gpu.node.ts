const cell = new Int32Array(new SharedArrayBuffer(4));
/** Of the first nap after a wait has begun, and of the longest, in milliseconds; each is a quarter longer than the last. */
const [SHORTEST, LONGEST] = [0.1, 2];
/** What is waited for now, by all callers of the thread together: two of them must not sleep one after the other. */
let pendings = 0;
let length = SHORTEST;
let napping = false;

/**
 * Waits for the GPU, or for its compiler, without starving it. While anything is pending dawn.node polls in a loop that
 * takes a whole core; a software adapter needs that core for the work itself. Sleeping up to 2 ms on each turn of the
 * event loop gave it back: 18 of 18 paired runs were faster, median 0.70x the time (lavapipe, 2 cores,
 * webgpu 0.6.2, 2026-11). A real GPU needs no core, and would only see the added latency.
 */
export async function waitGpu<T>(pending: Promise<T>, software: boolean): Promise<T> {
  if (!software) return pending;
  pendings++;
  length = SHORTEST;
  const done = (): void => {
    pendings--;
  };
  pending.then(done, done);
  if (!napping) setImmediate(nap);
  napping = true;
  return pending;
}

function nap(): void {
  napping = pendings > 0;
  if (!napping) return;
  Atomics.wait(cell, 0, 0, length);
  length = Math.min(LONGEST, 1.25 * length);
  setImmediate(nap);
}
