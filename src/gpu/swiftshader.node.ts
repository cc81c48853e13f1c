import { spawn } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { EngineError } from '../base/errors';
import { makeFolder, temporary } from './temp_files.node';

/** Set in a process that was restarted with a driver, so that it does not restart again. */
const MARK = 'TOROID_DRIVER';
/** What TOROID_ADAPTER may be. */
const WISHES = ['auto', 'system', 'swiftshader'];
const CRASHED = 'It may have run out of memory: try a smaller size, or a Vulkan driver (see `toroid doctor`).';
const FILES = ['libvk_swiftshader.so', 'libvulkan.so.1', 'vk_swiftshader_icd.json'];

/** What the Vulkan loader listens to, besides the drivers' own files. */
const LOADER = [
  'VK_ADD_DRIVER_FILES',
  'VK_LOADER_DRIVERS_SELECT',
  'VK_LOADER_DRIVERS_DISABLE',
  'VK_INSTANCE_LAYERS',
  'VK_LOADER_LAYERS_ENABLE',
];

/** Where the package with SwiftShader in it is installed, if it is. */
export function swiftShaderArchive(): { file: string; version: string } | null {
  if (process.platform !== 'linux' || process.arch !== 'x64') return null; // what the package is built for
  try {
    const require = createRequire(import.meta.url);
    const root = dirname(dirname(dirname(require.resolve('@sparticuz/chromium'))));
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    const file = join(root, 'bin', 'swiftshader.tar.br');
    return existsSync(file) ? { file, version } : null;
  } catch {
    return null;
  }
}

/** The user's folder for things that can be made again; it need not exist. */
export function cacheFolder(): string {
  const { XDG_CACHE_HOME: cache, HOME } = process.env;
  if (cache && isAbsolute(cache)) return join(cache, 'toroid');
  try {
    return join(homedir(), '.cache', 'toroid');
  } catch {
    return join(HOME ?? '/', '.cache', 'toroid'); // a user whom the system does not know has no home
  }
}

/** The first folder that can be written: the cache, else one of the user's own among the temporary files. */
function writableFolder(): string {
  const user = process.getuid?.() ?? 0;
  for (const folder of [cacheFolder(), join(tmpdir(), `toroid-${user}`)]) {
    try {
      makeFolder(folder, 0o700);
      accessSync(folder, constants.W_OK);
      // What is unpacked there will be run: nobody else may have made it, or be able to change it.
      const stat = lstatSync(folder);
      if (folder === cacheFolder() || (stat.isDirectory() && stat.uid === user && (stat.mode & 0o022) === 0)) {
        return folder;
      }
    } catch {
      // read-only home: try the next
    }
  }
  try {
    return mkdtempSync(join(tmpdir(), 'toroid-'));
  } catch (cause) {
    throw new EngineError(
      'AdapterError',
      `there is no folder to unpack SwiftShader into: neither ${cacheFolder()} nor ${tmpdir()} can be written`,
      `Set XDG_CACHE_HOME to one that can (${(cause as NodeJS.ErrnoException).code ?? 'failed'}).`,
    );
  }
}

/** What tells a folder that was unpacked to the end, and has not been damaged since. */
const RECEIPT = 'receipt.json';

function complete(folder: string): boolean {
  try {
    const sizes = JSON.parse(readFileSync(join(folder, RECEIPT), 'utf8')) as Record<string, number>;
    return FILES.every((f) => statSync(join(folder, f)).size === sizes[f]);
  } catch {
    return false;
  }
}

/**
 * Unpacks SwiftShader into the cache, once per version, and returns its folder; null when it is not installed.
 * Processes may do so at the same time: each unpacks for itself, one's folder stays, and a sound folder is never
 * taken away, because someone may be running on it.
 */
export async function unpackSwiftShader(): Promise<string | null> {
  const archive = swiftShaderArchive();
  if (!archive) return null;
  const kept = join(cacheFolder(), `swiftshader-${archive.version}`);
  if (complete(kept)) return kept; // also where the cache is read-only by now
  const cache = writableFolder();
  const folder = join(cache, `swiftshader-${archive.version}`);
  if (complete(folder)) return folder;
  const fresh = mkdtempSync(join(cache, 'unpack-'));
  const mark = temporary(fresh);
  try {
    for (const [name, bytes] of filesOfTar(brotliDecompressSync(readFileSync(archive.file)))) {
      if (FILES.includes(name)) writeFileSync(join(fresh, name), bytes, { mode: 0o755 });
    }
    const sizes = Object.fromEntries(FILES.map((f) => [f, statSync(join(fresh, f)).size]));
    writeFileSync(join(fresh, RECEIPT), JSON.stringify(sizes));
    install(fresh, folder);
  } catch (cause) {
    if (complete(folder)) return folder;
    throw new EngineError(
      'AdapterError',
      `cannot unpack SwiftShader into ${cache}: ${(cause as Error).message}`,
      'Free some space there, or set XDG_CACHE_HOME to another folder.',
    );
  } finally {
    mark.drop();
  }
  return folder;
}

/** The files in a tar archive, by name: 512 bytes of header (name at 0, size in octal digits at 124), then the file in blocks of 512. */
function* filesOfTar(tar: Buffer): Generator<[name: string, bytes: Buffer]> {
  for (let at = 0; tar[at]; ) {
    const text = (from: number, most: number): string =>
      tar.toString('latin1', at + from, at + from + most).split('\0', 1)[0] ?? '';
    const size = Number.parseInt(text(124, 12), 8);
    yield [text(0, 100), tar.subarray(at + 512, at + 512 + size)];
    at += 512 * (1 + Math.ceil(size / 512));
  }
}

/** Moves a folder to its place, and what is damaged there out of the way. */
function install(fresh: string, folder: string): void {
  const damaged = `${fresh}-damaged`;
  try {
    renameSync(fresh, folder);
  } catch {
    if (complete(folder)) return; // another process was quicker: its copy serves
    renameSync(folder, damaged);
    renameSync(fresh, folder);
  } finally {
    rmSync(damaged, { recursive: true, force: true });
  }
}

/** Environment variables that make the Vulkan loader of a new process use the SwiftShader in `folder`. */
export function swiftShaderEnv(folder: string): Record<string, string | undefined> {
  const paths = [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  const icd = join(folder, 'vk_swiftshader_icd.json');
  // Whatever else the user has told the loader about drivers and layers was meant for other drivers.
  const off = Object.fromEntries(LOADER.map((name) => [name, undefined]));
  return { ...off, LD_LIBRARY_PATH: paths, VK_DRIVER_FILES: icd, VK_ICD_FILENAMES: icd, [MARK]: 'swiftshader' };
}

/** Whether this process was already restarted with a driver of our own. */
export function restarted(): boolean {
  return Boolean(process.env[MARK]);
}

export interface RestartOptions {
  /** Aborted when the user wants to stop: then nothing is started. */
  readonly signal?: AbortSignal;
  /** Called right before another process takes over, and gets the signals. */
  onRestart?(): void;
}

/**
 * Makes sure this process can see an adapter. Order: a real GPU, a system's software Vulkan, the SwiftShader among
 * the dev dependencies. `TOROID_ADAPTER=swiftshader` goes straight to the last, `=system` never goes there.
 * @returns the exit code of the process that did the work instead, or null when this one can go on.
 */
export async function ensureAdapter(
  probe: () => Promise<boolean>,
  { signal, onRestart }: RestartOptions = {},
): Promise<number | null> {
  const folder = await neededDriver(probe);
  if (!folder || signal?.aborted) return null;
  onRestart?.();
  return restartWithSwiftShader(folder);
}

/** The folder of the SwiftShader that this process has to be started again with, or null when it can go on. */
export async function neededDriver(probe: () => Promise<boolean>): Promise<string | null> {
  const wish = process.env.TOROID_ADAPTER || 'auto';
  if (!WISHES.includes(wish)) {
    throw new EngineError('AdapterError', `TOROID_ADAPTER=${wish}: no such choice`, `Known: ${WISHES.join(', ')}.`);
  }
  if (restarted() || wish === 'system') return null;
  if (wish !== 'swiftshader' && (await probe())) return null;
  const folder = await unpackSwiftShader();
  if (!folder && wish === 'swiftshader') {
    throw new EngineError(
      'AdapterError',
      'TOROID_ADAPTER=swiftshader, but SwiftShader is not installed here (it is for Linux on x64)',
      'Install it with `npm install @sparticuz/chromium`, or unset TOROID_ADAPTER.',
    );
  }
  return folder;
}

/** Runs this very command again in a process that can see SwiftShader: the loader is looked up when Dawn starts. */
export const restartWithSwiftShader = (folder: string): Promise<number> => runAgain(swiftShaderEnv(folder));

/** The number of the process that waits for this one, in a process that `runAgain` started. */
const PARENT = 'TOROID_PARENT';
const WATCH_PARENT_MS = 250;

/**
 * Runs this very command again in a process with a changed environment, and resolves to its exit code.
 * @param onStderr gets what it writes to stderr. Default: it writes there itself.
 * @throws EngineError `AdapterError` when that process crashes.
 */
export async function runAgain(
  env: Readonly<Record<string, string | undefined>>,
  onStderr?: (text: string) => void,
): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: ['inherit', 'inherit', onStderr ? 'pipe' : 'inherit'],
    env: { ...process.env, ...env, [PARENT]: String(process.pid) },
  });
  child.stderr?.setEncoding('utf8').on('data', onStderr ?? (() => {}));
  // A terminal's Ctrl-C reaches the whole process group, `kill` only this process: pass it on, and do not die first.
  const forward = (signal: NodeJS.Signals): void => {
    child.kill(signal);
  };
  const signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      for (const s of signals) process.off(s, forward);
      if (code !== null) resolve(code);
      else if (signal !== null && signals.includes(signal)) resolve(130);
      else reject(new EngineError('AdapterError', `the process that did the work was ended by ${signal}`, CRASHED));
    });
  });
}

/** A process that `runAgain` started ends with the one that waits for it: `kill -9` of that one is meant for the work. */
export function endWithParent(): void {
  const parent = process.ppid;
  if (process.env[PARENT] !== String(parent)) return;
  setInterval(() => {
    if (process.ppid !== parent) process.exit(137);
  }, WATCH_PARENT_MS).unref();
}
