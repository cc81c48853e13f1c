// The studio in a browser, and what a person does to it.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import { serveStudio } from '../../../src/cli/studio';
import { until as comesTrue } from '../until';
import { DIST } from './pages';

/**
 * Serves the studio. What its pages complain of, and what they ask of anybody else, is in `complaints`.
 *   TOROID_SHOTS=<folder> keeps screenshots.
 */
export async function openStudio(browser: Browser) {
  const folder = mkdtempSync(join(tmpdir(), 'toroid-studio-page-'));
  const shots = process.env.TOROID_SHOTS;
  if (shots) mkdirSync(shots, { recursive: true });
  const server = await serveStudio(0, join(DIST, 'studio'));
  const complaints: string[] = [];
  const contexts: BrowserContext[] = [];
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

  const context = async (options: BrowserContextOptions = {}): Promise<BrowserContext> => {
    // bypassCSP would hide what the page's own policy forbids.
    const made = await browser.newContext({ viewport: { width: 1360, height: 900 }, ...options });
    contexts.push(made);
    return made;
  };
  const open = async (at: BrowserContext, hash = ''): Promise<Page> => {
    const page = await at.newPage();
    page.on('console', (m) => {
      // WebGL's driver talks about its speed.
      if ((m.type() === 'error' || m.type() === 'warning') && !m.text().includes('GL Driver Message')) {
        complaints.push(`${m.type()}: ${m.text()}`);
      }
    });
    page.on('request', (r) => {
      if (!/^(blob|data):/.test(r.url()) && !r.url().startsWith(server.url)) complaints.push(`asked ${r.url()}`);
    });
    page.on('pageerror', (e) => complaints.push(`not caught: ${e.message}`));
    // Of the page's own, not of its workers'.
    await page.addInitScript(() => {
      const own = { devices: 0 };
      Object.assign(globalThis, { own });
      const { requestDevice } = GPUAdapter.prototype;
      GPUAdapter.prototype.requestDevice = function (wanted) {
        own.devices++;
        return requestDevice.call(this, wanted);
      };
    });
    await page.goto(`${server.url}${hash}`);
    await page.waitForSelector('[data-test=adapter]');
    return page;
  };
  const status = (page: Page): Promise<string> => page.textContent('[data-test=status]').then((t) => t ?? '');
  const until = async (page: Page, wanted: RegExp): Promise<string> => {
    let text = '';
    await comesTrue(async () => {
      text = await status(page);
      if (wanted.test(text)) return true;
      const fault = await page.locator('[role=alert]').allTextContents();
      assert.equal(fault, [], `while waiting for ${wanted}`);
      return false;
    }, `${wanted}`);
    return text;
  };
  const run = (page: Page): Promise<void> => page.click('button.main:has-text("Run"):not([aria-disabled=true])');
  const shot = async (page: Page, name: string): Promise<void> => {
    if (shots) await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
  };
  /** Drops a file on the page, as the mouse would. */
  const drop = (page: Page, name: string, bytes: Uint8Array): Promise<void> =>
    page.evaluate(
      ([n, b]) => {
        const raw = Uint8Array.from(atob(b), (c) => c.charCodeAt(0));
        const transfer = new DataTransfer();
        transfer.items.add(new File([raw], n));
        const event = new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true });
        document.querySelector('.studio')?.dispatchEvent(event);
      },
      [name, Buffer.from(bytes).toString('base64')] as const,
    );
  const serious = async (page: Page): Promise<string[]> => {
    await page.evaluate(axe); // by the debugger: no script of the page's
    const { violations } = await page.evaluate(() =>
      (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
    );
    return violations
      .filter((v) => v.impact === 'serious' || v.impact === 'critical')
      .map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`);
  };
  /** After each test: what it leaves where it fails is not the next one's. */
  const tidy = async (): Promise<void> => {
    for (const page of contexts.flatMap((c) => c.pages())) await page.close();
    complaints.splice(0);
  };
  const close = async (): Promise<void> => {
    for (const c of contexts) await c.close();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { ...{ folder, server, complaints, context, open, status, until, run, shot, drop, serious, tidy, close } };
}

/**
 * However fast it is, a run of the page stands still after its first step in each of these stages, from 0, until the page
 * tells it something: to pause, to change, to go back.
 */
export async function standStill(page: Page, ...stages: number[]): Promise<void> {
  const worker = page.workers()[0] ?? (await page.waitForEvent('worker'));
  await worker.evaluate((at) => {
    const scope = globalThis as unknown as EventTarget & {
      stands?: number[];
      postMessage(message: { type: string; progress: { stage: number } }, transfer: Transferable[]): void;
    };
    const installed = scope.stands !== undefined;
    scope.stands = at;
    if (installed) return;
    let held: Promise<void> | undefined;
    let release = (): void => {};
    const { mapAsync } = GPUBuffer.prototype;
    GPUBuffer.prototype.mapAsync = async function (...range) {
      await mapAsync.apply(this, range);
      await held;
    };
    const post = scope.postMessage;
    scope.postMessage = (message, transfer) => {
      post.call(scope, message, transfer);
      if (message.type !== 'progress' || !(message.progress.stage >= (scope.stands?.[0] ?? Infinity))) return;
      scope.stands?.shift();
      held = new Promise((done) => {
        release = done;
      });
    };
    scope.addEventListener('message', (e) => {
      if (!/pause|change|back/.test((e as MessageEvent).data.type)) return;
      if (!held) scope.stands?.shift(); // it was told before it stood
      held = undefined;
      release();
    });
  }, stages);
}

/** Waits until the browser keeps so many results, and the pictures that the tab was given: a reload may come. */
export const untilKept = (page: Page, results: number): Promise<void> =>
  comesTrue(
    () =>
      page.evaluate(async (least) => {
        const answer = <T>(asked: IDBRequest<T>): Promise<T> =>
          new Promise((done, failed) => {
            asked.addEventListener('success', () => done(asked.result));
            asked.addEventListener('error', () => failed(asked.error));
          });
        const db = await answer(indexedDB.open('toroid-studio', 1));
        const stores = db.transaction(['results', 'tabs']);
        const count = await answer(stores.objectStore('results').count());
        const tab = await answer(stores.objectStore('tabs').get(sessionStorage.getItem('toroid-tab') ?? ''));
        db.close();
        return count >= least && Object.keys(tab?.inputs ?? {}).length > 0;
      }, results),
    `${results} results and the pictures of the tab are kept`,
  );
