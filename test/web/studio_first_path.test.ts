// What somebody does who meets the studio for the first time: how many clicks it takes, and how long, which is printed.
import { execFileSync } from 'node:child_process';
import type { Locator } from 'playwright-core';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { long } from '../support/all';
import { closeGpuBrowser, openGpuBrowser } from '../support/browser';
import { skip } from '../support/needs';
import { openStudio } from '../support/web/studio';

const test = suite('studio, first path');
const browser = await openGpuBrowser();

if (!browser) {
  skip(test, 'the studio', 'no browser starts here');
} else {
  const studio = await openStudio(browser);
  const { folder, complaints, context, open, until, drop, shot } = studio;

  test.after.each(studio.tidy);
  test.after(async () => {
    await studio.close();
    await closeGpuBrowser();
  });

  const clock = (): (() => string) => {
    const began = performance.now();
    return () => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  };
  /** Clicks that are counted. */
  const counted = (): { click(on: Locator): Promise<void>; readonly count: number } => {
    let count = 0;
    return {
      click: async (on) => {
        await on.click();
        count++;
      },
      get count() {
        return count;
      },
    };
  };

  long(test)('from the address to a first tile: one click', async () => {
    const time = clock();
    const page = await open(await context());
    const clicks = counted();
    await clicks.click(page.locator('[data-test=sample-brick]'));
    await until(page, /Done/);
    await page.waitForSelector('[data-test=results] img');
    console.log(`a first tile, 512 pixels, from the address: ${time()}, ${clicks.count} click`);
    assert.is(clicks.count, 1);
    assert.equal(complaints, []);
  });

  long(test)("from a photograph of 12 megapixels that is dropped to its material's zip: three clicks", async () => {
    const photograph = await sharp('examples/pebbles.png').resize(4000, 3000, { fit: 'fill' }).jpeg().toBuffer();
    const page = await open(await context());
    const clicks = counted();
    const time = clock();
    await drop(page, 'photograph.jpg', photograph);
    await clicks.click(page.locator('label:has(input[name=task][value=material])'));
    await clicks.click(page.locator('button.main:has-text("Run"):not([aria-disabled=true])'));
    await until(page, /Done/);
    await page.waitForSelector('[data-test=results] img');
    await shot(page, 'first-path-done');
    const [download] = await Promise.all([
      page.waitForEvent('download', { timeout: 0 }),
      clicks.click(page.getByRole('button', { name: 'Material (.zip)' })),
    ]);
    const file = `${folder}/photograph.zip`;
    await download.saveAs(file);
    console.log(`a material of a photograph of 12 megapixels: ${time()}, ${clicks.count} clicks`);
    const names = execFileSync('unzip', ['-Z1', file], { encoding: 'utf8' });
    for (const map of [/color|base/i, /normal/i, /rough/i, /height|disp/i]) assert.match(names, map);
    assert.is(clicks.count, 3);
    assert.equal(complaints, []);
  });
}
test.run();
