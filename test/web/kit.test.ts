// The op kit in a page, on the page's own adapter, with the modules and shaders of the built package.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ALL } from '../support/all';
import { closeGpuBrowser, openGpuBrowser } from '../support/browser';
import { skip, type skipped } from '../support/needs';
import { kitForPage } from '../support/web/bundle';
import { serve } from '../support/web/server';
import type { Outcome } from '../support/web/uvu.page';

interface Kit {
  readonly adapter: string;
  readonly skipped: typeof skipped;
  runAll(): Promise<readonly Outcome[]>;
}

/**
 * The first variant of each kernel is what a page takes untuned; all of them take SwiftShader minutes to compile. All cases
 * run in Node each time (test/engine/ops), of the same sources.
 */
const SHARE = ALL ? {} : { variants: 1, fewCases: true };

const test = suite('web kit');
const browser = await openGpuBrowser();
if (!browser) {
  skip(test, 'the op kit passes in a page', 'no browser starts here');
} else {
  const server = await serve({
    files: {
      '/': '<!doctype html><title>kit</title><script type="module" src="kit.js"></script>',
      '/kit.js': await kitForPage(SHARE),
    },
  });
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(`not caught in the page: ${error.message}`));
  await page.goto(`${server.url}/`);
  await page.waitForFunction(() => 'kit' in globalThis);
  const { adapter, skipped: lacking } = await page.evaluate(() => {
    const { kit } = globalThis as unknown as { kit: Kit };
    return { adapter: kit.adapter, skipped: kit.skipped };
  });
  for (const s of lacking) skip(test, `in a page, ${s.name}`, `${s.lacking} in the page`);

  test('the op kit passes in a page', async () => {
    const outcomes = await page.evaluate(() => (globalThis as unknown as { kit: Kit }).kit.runAll());
    const failed = outcomes.filter((o) => o.error !== undefined);
    console.log(`${outcomes.length} tests of ops in a page, on ${adapter}`);
    for (const { test: name, error } of failed) console.error(`FAIL in the page: ${name}\n${error}`);
    assert.ok(outcomes.length > (process.env.TOROID_OP ? 1 : 200), `${outcomes.length} tests ran`);
    assert.is(failed.length, 0);
  });
  test.after(async () => {
    await page.close();
    await server.close();
    await closeGpuBrowser();
  });
}

test.run();
