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
  if (process.platform !== 'linux' || process.arch !== 'x64') return null;
  try {
    // The package's own arguments switch the web's security off; what is tested here is that it holds.
    const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];
    return await chromium.launch({ executablePath: await packed.executablePath(), headless: true, args });
  } catch (error) {
    console.error(`no browser here: ${(error as Error).message.split('\n')[0]}`);
    return null;
  }
}
