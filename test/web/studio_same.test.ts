// The studio and the command line are one engine: on the same SwiftShader they make the same pixels.
import { mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { serveStudio } from '../../src/cli/studio';
import { ALL, long } from '../support/all';
import { closeGpuBrowser, openGpuBrowser } from '../support/browser';
import { runner } from '../support/cli_run';
import { skip } from '../support/needs';
import { until } from '../support/until';
import { DIST } from '../support/web/pages';

const test = suite('studio and command line');
const name = 'three presets give the same pixels in both, and the recipe inside of the studio’s gives them once more';
const browser = ALL ? await openGpuBrowser() : null;

if (ALL && !browser) skip(test, name, 'no browser starts here');
else {
  const folder = mkdtempSync(join(tmpdir(), 'toroid-studio-same-'));
  const { toroid } = runner(folder);
  const server = await serveStudio(0, join(DIST, 'studio'));
  const stone = join(folder, 'stone.png');
  const leaves = join(folder, 'leaves.png');
  const pixels = (file: string): Promise<Buffer> => sharp(join(folder, file)).raw().toBuffer();
  test.before(async () => {
    for (const [from, to] of [
      ['pebbles', stone],
      ['leaves', leaves],
    ] as const)
      await sharp(`examples/${from}.png`).extract({ left: 0, top: 0, width: 96, height: 96 }).toFile(to);
  });
  test.after(async () => {
    await server.close();
    if (ALL) await closeGpuBrowser();
    rmSync(folder, { recursive: true, force: true });
  });
  const opened = async (address: string): Promise<Page> => {
    assert.ok(browser);
    const page = await browser.newPage();
    await page.goto(`${server.url}#${address}`);
    await page.setInputFiles('[data-test=file-style]', stone);
    return page;
  };
  /** Runs it to its end, and keeps the picture. */
  const ran = async (page: Page, file: string): Promise<void> => {
    await page.click('button.main:has-text("Run"):not([aria-disabled=true])');
    await until(async () => /Done in/.test((await page.textContent('[data-test=status]')) ?? ''), `${file} is done`);
    const [saved] = await Promise.all([page.waitForEvent('download'), page.click('text=Download PNG')]);
    await saved.saveAs(join(folder, file));
    await page.close();
  };

  long(test)(name, async () => {
    for (const [preset, address, options] of [
      ['texture-copy', 'size=96&seed=5', ['--size', '96', '--seed', '5']],
      ['regular', 'size=48&seed=3&steps=12', ['--size', '48', '--seed', '3', '-s', 'stages[0].steps=12']],
      ['honeycomb', 'size=64&seed=7&steps=8', ['--size', '37x64', '--seed', '7', '-s', 'stages[0].steps=8']],
    ] as const) {
      await ran(await opened(`preset=${preset}&${address}`), `${preset}.png`);
      const plain = await toroid(['run', preset, '-i', 'style=stone.png', ...options, '-o', `${preset}-plain.png`]);
      assert.is(plain.code, 0, plain.err);
      const again = await toroid(['run', `${preset}.png`, '-i', 'style=stone.png', '-o', `${preset}-again.png`]);
      assert.is(again.code, 0, again.err);
      const studio = await pixels(`${preset}.png`);
      assert.ok(new Set(studio).size > 16, `${preset} is a picture`);
      assert.ok(studio.equals(await pixels(`${preset}-plain.png`)), `${preset} of the command line differs`);
      assert.ok(studio.equals(await pixels(`${preset}-again.png`)), `${preset} run again differs`);
    }
  });

  long(test)(
    'a picture whose light and colours were changed there is run again with both files, and not without',
    async () => {
      const page = await opened('size=96');
      await page.click('[data-test=prepare-style]');
      await page.locator('[data-test=flatten]').fill('0.7');
      await page.setInputFiles('[data-test=colours-of]', leaves);
      await page.locator('[data-test=strength]').fill('0.6');
      await page.click('[data-test=prepare-done]');
      await page.waitForSelector('.place:has-text("its light evened out, to 60 % in the colours of leaves.png")');
      await ran(page, 'green.png');
      const both = ['-i', 'style=stone.png', '-i', 'style-colours=leaves.png'];
      const again = await toroid(['run', 'green.png', ...both, '-o', 'again.png']);
      assert.is(again.code, 0, again.err);
      const studio = await pixels('green.png');
      assert.ok(studio.equals(await pixels('again.png')), 'run again differs');
      await rm(leaves);
      const without = await toroid(['run', 'green.png', '-i', 'style=stone.png', '-o', 'without.png']);
      assert.is(without.code, 1);
      assert.match(without.err, 'leaves.png');
    },
  );
}
test.run();
