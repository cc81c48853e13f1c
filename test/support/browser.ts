// A real browser for pages, where this machine can run the one that comes with the development dependencies.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import packed from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';
import { cacheFolder } from '../../src/gpu/swiftshader.node';

/** How long a page may take for what it is waited for: machines that run tests are busy. */
const PATIENCE_MS = 300_000;

/** A browser that may be opened more than once: the last one to close it does. */
class Shared {
  #opened: Promise<Browser | null> | undefined;
  #users = 0;

  constructor(private readonly args: readonly string[]) {}

  open(): Promise<Browser | null> {
    this.#users++;
    this.#opened ??= launch(this.args);
    return this.#opened;
  }

  async close(): Promise<void> {
    if (--this.#users > 0) return;
    const last = this.#opened;
    this.#opened = undefined;
    await (await last)?.close();
  }
}

// The package's own arguments switch the web's security off; what is tested here is that it holds.
const PLAIN = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];
const plain = new Shared(PLAIN);

/**
 * Headless Chromium with its ordinary rules about origins and policies; null where it does not start (it is built for
 * Linux on x64, and needs a few system libraries), with the reason on stderr.
 */
export const openBrowser = (): Promise<Browser | null> => plain.open();

/** As often as it was opened. */
export const closeBrowser = (): Promise<void> => plain.close();

const GPU = [
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-webgpu-developer-features',
  '--enable-dawn-features=disable_workgroup_init',
  '--host-resolver-rules=MAP plain.test 127.0.0.1', // an address that is not secure over http
];
const gpu = new Shared(GPU);

/**
 * The same with WebGPU, on its own SwiftShader; null, with the reason on stderr, where it does not start. Workgroup
 * memory is not zeroed, as in Node: SwiftShader would compile for seconds (see gpu/open.node.ts).
 */
export const openGpuBrowser = (): Promise<Browser | null> => gpu.open();

/** As often as it was opened. */
export const closeGpuBrowser = (): Promise<void> => gpu.close();

/** One with WebGPU for a test alone, that may break it. */
export const ownGpuBrowser = (): Promise<Browser | null> => launch(GPU);

/**
 * Unpacks the browser, once per version, and returns its program. The package itself unpacks into the folder for
 * temporary files and takes what it finds there, whole or not: too little where several processes begin at once.
 */
async function unpacked(): Promise<string> {
  const root = dirname(dirname(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium'))));
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const folder = join(cacheFolder(), `chromium-${version}`);
  if (existsSync(folder)) return join(folder, 'chromium');
  mkdirSync(cacheFolder(), { recursive: true, mode: 0o700 });
  const fresh = mkdtempSync(join(cacheFolder(), 'unpack-'));
  const { TMPDIR } = process.env;
  try {
    process.env.TMPDIR = fresh;
    const done = packed.executablePath(); // has asked for the folder when it returns
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    await done;
    renameSync(fresh, folder);
  } catch (cause) {
    if (!existsSync(folder)) throw cause; // otherwise another process was quicker
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return join(folder, 'chromium');
}

async function launch(args: readonly string[]): Promise<Browser | null> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return null;
  try {
    const executablePath = await unpacked();
    const browser = await chromium.launch({ executablePath, headless: true, args: [...args], timeout: PATIENCE_MS });
    const newContext = browser.newContext.bind(browser);
    browser.newContext = async (options) => {
      const context = await newContext(options);
      context.setDefaultTimeout(PATIENCE_MS);
      return context;
    };
    return browser;
  } catch (error) {
    console.error(`no browser here: ${(error as Error).message.split('\n')[0]}`);
    return null;
  }
}
