// Pages with the library in them, and what went wrong there.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type * as toroid from '../../../src/index.browser';
import { type Served, serve } from './server';

/** Where the built package is. */
export const DIST = process.env.TOROID_DIST ?? 'dist';

/** What a page of `openPages` has as globals. */
export interface PageGlobals {
  readonly toroid: typeof toroid;
}

/** The address of what a page may ask for: its own server alone, no eval. */
export const POLICY =
  "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; img-src 'self' blob: data:; style-src 'self'";

/** For pages to load first: what a policy forbids is an event, of which consoles say nothing where the code catches it. */
export const REPORT_REFUSALS =
  "document.addEventListener('securitypolicyviolation', (e) => console.error('the policy refused', e.violatedDirective, e.sourceFile));";

const HTML =
  '<!doctype html><meta charset="utf-8"><title>toroid</title><script src="/refusals.js"></script><script type="module" src="/main.js"></script>';

export interface Pages {
  readonly url: string;
  /** A page with `toroid` among its globals. */
  open(): Promise<Page>;
  /** Errors and warnings on consoles, and errors that nobody caught. */
  readonly complaints: string[];
  close(): Promise<void>;
}

/** Serves dist/web/toroid.js as a plain script, under a strict policy. */
export async function openPages(
  browser: Browser,
  files: Readonly<Record<string, string | Uint8Array>> = {},
): Promise<Pages> {
  const server: Served = await serve({
    files: {
      '/': HTML,
      '/favicon.ico': '',
      '/refusals.js': REPORT_REFUSALS,
      '/main.js': "import * as toroid from './dist/web/toroid.js'; globalThis.toroid = toroid;",
      ...files,
    },
    folders: { '/dist/': DIST },
    headers: { 'content-security-policy': POLICY },
  });
  const complaints: string[] = [];
  const context = await browser.newContext();
  return {
    url: server.url,
    complaints,
    async open() {
      const page = await context.newPage();
      page.on('console', (m) => {
        if (m.type() === 'error' || m.type() === 'warning') complaints.push(`${m.type()}: ${m.text()}`);
      });
      page.on('pageerror', (e) => complaints.push(`not caught: ${e.message}`));
      await page.goto(`${server.url}/`);
      await page.waitForFunction(() => 'toroid' in globalThis);
      return page;
    },
    async close() {
      await context.close();
      await server.close();
    },
  };
}

/** Bytes of a built file. */
export const built = (file: string): Uint8Array => readFileSync(join(DIST, file));
