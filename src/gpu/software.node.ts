import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { brotliDecompressSync } from 'node:zlib';

/** Set in a process that was restarted with a driver, so that it does not restart again. */
const MARK = 'TOROID_DRIVER';
const FILES = ['libvk_swiftshader.so', 'libvulkan.so.1', 'vk_swiftshader_icd.json'];

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

/** The first folder of the user's that can be written: the cache folder, else the temporary one. */
export function cacheFolder(): string {
  const wanted = [
    join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'toroid'),
    join(tmpdir(), `toroid-${process.getuid?.() ?? 0}`),
  ];
  for (const folder of wanted) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      accessSync(folder, constants.W_OK);
      return folder;
    } catch {
      // read-only home: try the next
    }
  }
  return mkdtempSync(join(tmpdir(), 'toroid-'));
}

/** Unpacks SwiftShader into the cache, once per version, and returns its folder; null when it is not installed. */
export async function unpackSwiftShader(): Promise<string | null> {
  const archive = swiftShaderArchive();
  if (!archive) return null;
  const cache = cacheFolder();
  const folder = join(cache, `swiftshader-${archive.version}`);
  const complete = (): boolean => FILES.every((f) => existsSync(join(folder, f)));
  if (complete()) return folder;
  const { extract } = await import('tar-fs');
  const fresh = mkdtempSync(join(cache, 'unpack-'));
  const tar = brotliDecompressSync(readFileSync(archive.file));
  await pipeline(Readable.from([tar]), extract(fresh, { ignore: (name) => !FILES.some((f) => name.endsWith(f)) }));
  try {
    rmSync(folder, { recursive: true, force: true });
    renameSync(fresh, folder);
  } catch (cause) {
    rmSync(fresh, { recursive: true, force: true });
    if (!complete()) throw cause; // another process may have been quicker: then its copy serves
  }
  return folder;
}

/** Environment variables that make the Vulkan loader of a new process use the SwiftShader in `folder`. */
export function swiftShaderEnv(folder: string): NodeJS.ProcessEnv {
  const paths = [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  const icd = join(folder, 'vk_swiftshader_icd.json');
  return { LD_LIBRARY_PATH: paths, VK_DRIVER_FILES: icd, VK_ICD_FILENAMES: icd, [MARK]: 'swiftshader' };
}

/** Whether this process was already restarted with a driver of our own. */
export function restarted(): boolean {
  return process.env[MARK] !== undefined;
}

/**
 * Makes sure this process can see an adapter. Order: a real GPU, a system's software Vulkan, the SwiftShader among
 * the dev dependencies. `TOROID_ADAPTER=swiftshader` goes straight to the last, `=system` never goes there.
 * @returns the exit code of the process that did the work instead, or null when this one can go on.
 */
export async function ensureAdapter(probe: () => Promise<boolean>): Promise<number | null> {
  const wish = process.env.TOROID_ADAPTER ?? 'auto';
  if (restarted() || wish === 'system') return null;
  if (wish !== 'swiftshader' && (await probe())) return null;
  const folder = await unpackSwiftShader();
  return folder ? restartWithSwiftShader(folder) : null;
}

/**
 * Runs this very command again in a process that can see SwiftShader, and resolves to its exit code. The loader
 * is looked up when Dawn starts, so nothing short of a new process will do.
 */
export async function restartWithSwiftShader(folder: string): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, ...swiftShaderEnv(folder) },
  });
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
      resolve(code ?? (signal === 'SIGINT' ? 130 : 1));
    });
  });
}
