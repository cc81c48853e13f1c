// A real browser for pages, where this machine can run the one that comes with the development dependencies.
import packed from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';

let opened: Promise<Browser | null> | undefined;

/**
 * Headless Chromium with its ordinary rules about origins and policies; null where it does not start (it is built for
 * Linux on x64, and needs a few system libraries), with the reason on stderr.
 */
export function openBrowser(): Promise<Browser | null> {
  opened ??= start();
  return opened;
}

export async function closeBrowser(): Promise<void> {
  await (await opened)?.close();
  opened = undefined;
}

async function start(): Promise<Browser | null> {
  // The package's own arguments switch the web's security off; what is tested here is that it holds.
  return launch(['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage']);
}

let openedGpu: Promise<Browser | null> | undefined;

/**
 * The same with WebGPU, on its own SwiftShader; null, with the reason on stderr, where it does not start. Workgroup
 * memory is not zeroed, as in Node: SwiftShader would compile for seconds (see gpu/open.node.ts).
 */
export function openGpuBrowser(): Promise<Browser | null> {
  openedGpu ??= launch([
    '--no-sandbox',
    '--disable-dev-shm-usage',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--enable-unsafe-webgpu',
    '--use-webgpu-adapter=swiftshader',
    '--enable-webgpu-developer-features',
    '--enable-dawn-features=disable_workgroup_init',
  ]);
  return openedGpu;
}

export async function closeGpuBrowser(): Promise<void> {
  await (await openedGpu)?.close();
  openedGpu = undefined;
}

async function launch(args: string[]): Promise<Browser | null> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return null;
  try {
    return await chromium.launch({ executablePath: await packed.executablePath(), headless: true, args });
  } catch (error) {
    console.error(`no browser here: ${(error as Error).message.split('\n')[0]}`);
    return null;
  }
}
