import {
  closeSync,
  existsSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** A holder touches its lock this often, but for when it cuts a large file, which it does in one go. */
const TOUCH_MS = 2_000;
/** A lock not touched for so long was left by a process that was killed. */
const STALE_MS = 60_000;
/** The same, where a process of that number runs: it may be another by now. */
const ALIVE_STALE_MS = 600_000;
const LOOK_MS = 250;

export interface LockOptions {
  /** Called once, when somebody else holds it. */
  readonly onWait?: (holder: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Holds a lock file, so that of several processes one works on what it stands for and the others wait.
 * @returns what lets it go again.
 */
export async function lock(path: string, { onWait, signal }: LockOptions = {}): Promise<() => void> {
  for (let told = false; ; told = true) {
    const got = tryLock(path);
    if (typeof got === 'function') return got;
    if (!told) onWait?.(got);
    await sleep(LOOK_MS, undefined, { ...(signal && { signal }) });
  }
}

/**
 * Takes a lock file unless somebody else holds it; what a process left that was killed is taken over.
 * @returns what lets it go again, or who holds it: `process 123 on host`
 */
export function tryLock(path: string): (() => void) | string {
  while (!take(path)) {
    const holder = holderOf(path);
    if (!isStale(path, holder)) return holder;
    drop(path, holder);
  }
  const timer = setInterval(() => {
    try {
      const now = new Date();
      utimesSync(path, now, now);
    } catch {
      // taken away: the file is still written to a place of its own, and renamed when it is whole
    }
  }, TOUCH_MS);
  timer.unref();
  const release = (): void => {
    clearInterval(timer);
    process.off('exit', release);
    if (holderOf(path) === me()) rmSync(path, { force: true });
  };
  process.on('exit', release);
  return release;
}

/** Who holds a lock file; undefined where nobody does, or nobody who is alive. */
export function lockedBy(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  const holder = holderOf(path);
  return isStale(path, holder) ? undefined : holder;
}

const me = (): string => `process ${process.pid} on ${hostname()}`;

function take(path: string): boolean {
  try {
    const file = openSync(path, 'wx');
    writeSync(file, me());
    closeSync(file);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cause;
  }
}

function holderOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return 'nobody';
  }
}

function isStale(path: string, holder: string): boolean {
  const [, pid, host] = /^process (\d+) on (.*)$/.exec(holder) ?? [];
  let limit = STALE_MS;
  if (pid !== undefined && host === hostname()) {
    try {
      process.kill(Number(pid), 0);
      limit = ALIVE_STALE_MS;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ESRCH') return true;
    }
  }
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs > limit;
}

/** By way of a rename, so that of two who find it stale one takes it away, and neither takes the other's new one. */
function drop(path: string, holder: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    if (holderOf(aside) !== holder) linkSync(aside, path);
    rmSync(aside, { force: true });
  } catch {
    rmSync(aside, { force: true }); // somebody else was quicker
  }
}
