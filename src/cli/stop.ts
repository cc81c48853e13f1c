/** Presses closer together than this are one: a parent process may pass on the signal that the terminal sent too. */
const SAME_PRESS_MS = 500;

/** Exit code of a run that the user stopped. */
export const STOPPED = 130;

export interface Stop {
  readonly signal: AbortSignal;
  /** Asks the work to stop, as a first Ctrl-C does. */
  readonly request: () => void;
  readonly release: () => void;
}

/**
 * Ctrl-C and SIGTERM: the first asks the work to stop at its next chance, a later one leaves at once.
 * @returns the signal for the work, and a function that takes the handlers off again.
 */
export function stopOnSignal(onFirst: () => void): Stop {
  const controller = new AbortController();
  let first = Number.NEGATIVE_INFINITY;
  const handle = (): void => {
    const now = performance.now();
    if (!controller.signal.aborted) {
      first = now;
      controller.abort();
      onFirst();
    } else if (now - first > SAME_PRESS_MS) {
      process.exit(STOPPED);
    }
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const s of signals) process.on(s, handle);
  return {
    signal: controller.signal,
    request: () => {
      if (controller.signal.aborted) return;
      controller.abort();
      onFirst();
    },
    release: () => {
      for (const s of signals) process.off(s, handle);
    },
  };
}
