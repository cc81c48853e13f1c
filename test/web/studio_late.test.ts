// What people do in the studio before the browser has done its part: nothing of it may be lost.
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { closeGpuBrowser, openGpuBrowser } from '../support/browser';
import { skip } from '../support/needs';
import { openStudio, untilKept } from '../support/web/studio';

const test = suite('studio, what comes late');
const browser = await openGpuBrowser();

if (!browser) {
  skip(test, 'the studio', 'no browser starts here');
} else {
  const studio = await openStudio(browser);
  const { complaints, context, open, until } = studio;
  const buffer = await sharp('examples/pebbles.png').extract({ left: 0, top: 0, width: 96, height: 48 }).toBuffer();
  const wide = { name: 'wide.png', mimeType: 'image/png', buffer };

  test.after.each(studio.tidy);
  test.after(async () => {
    await studio.close();
    await closeGpuBrowser();
  });

  test('a picture that is given before the browser has opened its store is there after a reload', async () => {
    const at = await context();
    await at.addInitScript(() => {
      let release = (): void => {};
      const held = new Promise<void>((done) => {
        release = done;
      });
      Object.assign(globalThis, { release });
      const { open } = IDBFactory.prototype;
      IDBFactory.prototype.open = function (...which) {
        const asked = open.apply(this, which);
        const told = (then: () => void): void =>
          asked.addEventListener('success', async () => {
            await held;
            then();
          });
        return Object.defineProperty(asked, 'onsuccess', { set: told });
      };
    });
    const page = await open(at);
    const release = (): Promise<void> => page.evaluate(() => (globalThis as unknown as { release(): void }).release());
    await page.setInputFiles('[data-test=file-style]', wide);
    await until(page, /wide\.png is the picture/);
    await release();
    await untilKept(page, 0);
    await page.reload();
    await release();
    await page.waitForSelector('.place:has-text("wide.png")');
    assert.equal(complaints, []);
  });

  test('a mask is painted, and a picture prepared, once the picture is decoded: at its proportions', async () => {
    const page = await open(await context(), '#preset=inpaint&size=96');
    await page.evaluate(() => {
      const decode = createImageBitmap;
      let asked = 0;
      let release = (): void => {};
      const held = new Promise<void>((done) => {
        release = done;
      });
      // The first is of the page's look whether it is a picture at all.
      const late = async (...what: Parameters<typeof createImageBitmap>): Promise<ImageBitmap> => {
        if (++asked > 1) await held;
        return decode(...what);
      };
      Object.assign(globalThis, { release, createImageBitmap: late });
    });
    await page.setInputFiles('[data-test=file-content]', wide);
    await until(page, /wide\.png is the photo/);
    await page.click('[data-test=prepare-content]');
    await page.click('[data-test=corners]');
    assert.is(await page.getAttribute('[data-test=corners]', 'aria-pressed'), 'false', 'there are none yet');
    await page.click('text=Cancel');
    await page.click('button:has-text("Paint")');
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    assert.is(await page.locator('[data-test=paper]').count(), 0, 'nobody knows its proportions yet');
    await page.evaluate(() => (globalThis as unknown as { release(): void }).release());
    const { width, height } = (await page.locator('[data-test=paper]').boundingBox())!;
    assert.ok(Math.abs(width / height - 2) < 0.02, `${width} x ${height}`);
    assert.equal(complaints, []);
  });
}
test.run();
