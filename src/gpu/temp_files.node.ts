import { mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Marks a file or folder as temporary: it goes when `drop` is called or when the process ends before, also by Ctrl-C
 * (a process killed outright is the one exception). A signal that somebody else handles is left to them.
 */
export function temporary(path: string): { drop(): void } {
  const remove = (): void => {
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // where it cannot be removed, it could not be made
    }
  };
  const leave = (signal: NodeJS.Signals): void => {
    if (process.listeners(signal).every((l) => marks.has(l))) process.exit(130);
  };
  marks.add(leave);
  process.on('exit', remove);
  for (const s of SIGNALS) process.on(s, leave);
  return {
    drop: () => {
      remove();
      process.off('exit', remove);
      for (const s of SIGNALS) process.off(s, leave);
    },
  };
}

/** Listeners of ours, of which several may be waiting at a time. */
const marks = new WeakSet<object>();

/**
 * Makes a folder and those above it. Node's own `recursive` never returns where a folder exists but takes none, as in
 * /proc, and says ENOENT on a read-only file system (Node 20.20).
 */
export function makeFolder(folder: string, mode = 0o777): void {
  if (statSync(folder, { throwIfNoEntry: false })) return;
  makeFolder(dirname(folder), mode);
  try {
    mkdirSync(folder, { mode });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause; // somebody else was quicker
  }
}
