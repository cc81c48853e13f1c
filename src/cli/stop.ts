import { readFileSync, readlinkSync } from 'node:fs';

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

let working = 0;

/** Whether there is work under way that stops by itself, and writes what there is. */
export const atWork = (): boolean => working > 0;

/**
 * Whether `nohup` started this process. It has SIGHUP ignored, but Node sets every signal back to its default when it
 * starts; what stays is the name that the shell gives the command, and stdin, which nohup makes a /dev/null that cannot
 * be read where it was a terminal.
 */
export function underNohup(): boolean {
  if (/(^|\/)nohup$/.test(process.env._ ?? '')) return true;
  try {
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync('/proc/self/fdinfo/0', 'utf8'))?.[1];
    return readlinkSync('/proc/self/fd/0') === '/dev/null' && (Number.parseInt(flags ?? '0', 8) & 3) === 1;
  } catch {
    return false; // no Linux, or no stdin
  }
}

/**
 * Ctrl-C, SIGTERM, and SIGHUP (the terminal was closed, the line dropped; not under nohup): the first asks the work to
 * stop at its next chance, a later one leaves at once, but for SIGHUP, which one closed terminal may send several times.
 * @returns the signal for the work, and a function that takes the handlers off again.
 */
export function stopOnSignal(onFirst: () => void): Stop {
  const controller = new AbortController();
  let [first, released] = [Number.NEGATIVE_INFINITY, false];
  const handle = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    if (!controller.signal.aborted) {
      first = now;
      controller.abort();
      onFirst();
    } else if (signal !== 'SIGHUP' && now - first > SAME_PRESS_MS) {
      process.exit(STOPPED);
    }
  };
  const signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', ...(underNohup() ? [] : (['SIGHUP'] as const))];
  working++;
  for (const s of signals) process.on(s, handle);
  return {
    signal: controller.signal,
    request: () => {
      if (controller.signal.aborted) return;
      controller.abort();
      onFirst();
    },
    release: () => {
      if (released) return;
      released = true;
      working--;
      for (const s of signals) process.off(s, handle);
    },
  };
}
