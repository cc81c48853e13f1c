// The studio and the command line are one engine: on the same SwiftShader they make the same pixels.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
else
  long(test)(name, async () => {
    assert.ok(browser);
    const folder = mkdtempSync(join(tmpdir(), 'toroid-studio-same-'));
    const { toroid } = runner(folder);
    const server = await serveStudio(0, join(DIST, 'studio'));
    try {
      const stone = join(folder, 'stone.png');
      await sharp('examples/pebbles.png').extract({ left: 0, top: 0, width: 96, height: 96 }).toFile(stone);
      const pixels = (file: string): Promise<Buffer> => sharp(join(folder, file)).raw().toBuffer();
      for (const [preset, address, options] of [
        ['texture-copy', 'size=96&seed=5', ['--size', '96', '--seed', '5']],
        ['regular', 'size=48&seed=3&steps=12', ['--size', '48', '--seed', '3', '-s', 'stages[0].steps=12']],
        ['honeycomb', 'size=64&seed=7&steps=8', ['--size', '37x64', '--seed', '7', '-s', 'stages[0].steps=8']],
      ] as const) {
        const page = await browser!.newPage();
        await page.goto(`${server.url}#preset=${preset}&${address}`);
        await page.setInputFiles('[data-test=file-style]', stone);
        await page.click('button.main:has-text("Run"):not([aria-disabled=true])');
        const status = (): Promise<string | null> => page.textContent('[data-test=status]');
        await until(async () => /Done in/.test((await status()) ?? ''), `${preset} is done`);
        const [file] = await Promise.all([page.waitForEvent('download'), page.click('text=Download PNG')]);
        await file.saveAs(join(folder, `${preset}.png`));
        await page.close();
        const plain = await toroid(['run', preset, '-i', 'style=stone.png', ...options, '-o', `${preset}-plain.png`]);
        assert.is(plain.code, 0, plain.err);
        const again = await toroid(['run', `${preset}.png`, '-i', 'style=stone.png', '-o', `${preset}-again.png`]);
        assert.is(again.code, 0, again.err);
        const studio = await pixels(`${preset}.png`);
        assert.ok(new Set(studio).size > 16, `${preset} is a picture`);
        assert.ok(studio.equals(await pixels(`${preset}-plain.png`)), `${preset} of the command line differs`);
        assert.ok(studio.equals(await pixels(`${preset}-again.png`)), `${preset} run again differs`);
      }
    } finally {
      await server.close();
      await closeGpuBrowser();
      rmSync(folder, { recursive: true, force: true });
    }
  });
test.run();
