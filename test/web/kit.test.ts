// The kit of ops.test.ts in a page: every op, every case, every variant, on the page's own adapter.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { closeGpuBrowser, openGpuBrowser } from '../support/browser';
import { skip } from '../support/needs';
import { kitForPage } from '../support/web/bundle';
import { serve } from '../support/web/server';
import type { Outcome } from '../support/web/uvu.page';

/**
 * The first variant of each kernel is the one that every adapter has to run, and what a page takes untuned; all of them
 * take SwiftShader minutes to compile: TOROID_KIT=all.
 */
const VARIANTS = process.env.TOROID_KIT === 'all' ? Number.MAX_SAFE_INTEGER : 1;

const test = suite('web kit');
const browser = await openGpuBrowser();
if (!browser) {
  skip(test, 'the op kit passes in a page', 'no browser starts here');
} else {
  test('the op kit passes in a page', async () => {
    const script = await kitForPage(VARIANTS, process.env.TOROID_OP);
    const server = await serve({
      files: {
        '/': '<!doctype html><title>kit</title><script type="module" src="kit.js"></script>',
        '/kit.js': script,
      },
    });
    try {
      const page = await browser.newPage();
      await page.goto(`${server.url}/`);
      await page.waitForFunction(() => 'kit' in globalThis);
      const { adapter, outcomes } = await page.evaluate(() =>
        (globalThis as unknown as { kit(): Promise<{ adapter: string; outcomes: Outcome[] }> }).kit(),
      );
      await page.close();
      const failed = outcomes.filter((o) => o.error !== undefined);
      const skipped = outcomes.filter((o) => o.skipped).length;
      console.log(`${outcomes.length - skipped} tests of ops in a page, ${skipped} skipped, on ${adapter}`);
      for (const { test: name, error } of failed) console.error(`FAIL in the page: ${name}\n${error}`);
      assert.ok(outcomes.length > (process.env.TOROID_OP ? 1 : 200), `${outcomes.length} tests ran`);
      assert.is(failed.length, 0);
    } finally {
      await server.close();
    }
  });
  test.after(closeGpuBrowser);
}

test.run();
