// The length of a batch of steps is what the clock says. Tests of what depends on batches have a clock that the machine,
// and what else it does, cannot move.

/** Until it is put back, `performance.now` goes on by `tick` milliseconds a call. @returns puts the real one back */
export function ticking(tick: () => number): () => void {
  const real = performance.now;
  let now = real.call(performance);
  performance.now = () => {
    now += tick();
    return now;
  };
  return () => {
    performance.now = real;
  };
}

/** A machine so slow that every batch is of one step. */
export const oneStepABatch = (): (() => void) => ticking(() => 10_000);
