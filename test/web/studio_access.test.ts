// The studio for everybody: by keys alone, by touch on a phone, dark, narrow, with large text.
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { long } from '../support/all';
import { closeGpuBrowser, openGpuBrowser } from '../support/browser';
import { skip } from '../support/needs';
import { until as comesTrue } from '../support/until';
import { openStudio } from '../support/web/studio';

const test = suite('studio access');
const browser = await openGpuBrowser();

if (!browser) {
  skip(test, 'the studio', 'no browser starts here');
} else {
  const studio = await openStudio(browser);
  const { complaints, context, open, until, shot, serious } = studio;

  test.after.each(studio.tidy);
  test.after(async () => {
    await studio.close();
    await closeGpuBrowser();
  });

  const resize = async (page: Page, width: number, height: number, text = ''): Promise<void> => {
    await page.setViewportSize({ width, height });
    await page.evaluate((t) => {
      document.documentElement.style.fontSize = t;
    }, text);
    await page.waitForFunction((w) => window.innerWidth === w && document.documentElement.clientWidth === w, width);
  };
  /** Settings that cannot be seen together with the picture: where one is in view, something covers it, or the picture. */
  const apart = (page: Page): Promise<string[]> =>
    page.evaluate(() => {
      const canvas = document.querySelector('.view canvas')!;
      const covered = (e: Element, shares: readonly number[]): boolean => {
        const { left, top, width, height } = e.getBoundingClientRect();
        const points = shares.flatMap((x) => shares.map((y) => [left + x * width, top + y * height] as const));
        return points.some(([x, y]) => !e.contains(document.elementFromPoint(x, y)));
      };
      const settings = [...document.querySelectorAll('.settings :is(button, select, input, summary)')];
      return settings
        .filter((e) => e.checkVisibility() && !e.matches('[type=file], [type=radio]'))
        .flatMap((e) => {
          e.scrollIntoView({ block: 'nearest' });
          const what = e.outerHTML.slice(0, 60);
          return [
            ...(covered(e, [0.5]) ? [`covered: ${what}`] : []),
            ...(covered(canvas, [0.1, 0.5]) ? [`the picture, at ${what}`] : []),
          ];
        });
    });

  long(test)(
    'from a sample to a saved file by keys alone: what has the focus is seen, and it is never lost',
    async () => {
      const page = await open(await context(), '#size=32');
      const focused = (): Promise<string> =>
        page.evaluate(() => {
          const { activeElement: at } = document;
          if (!at || at === document.body) return 'nothing';
          const seen = [at, at.closest('label')].some((e) => e && getComputedStyle(e).outlineStyle !== 'none');
          return `${at.tagName} ${at.getAttribute('aria-label') ?? at.textContent?.trim()}${seen ? '' : ', not seen'}`;
        });
      /** Presses Tab until it is there. */
      const tabTo = async (wanted: RegExp): Promise<void> => {
        const passed: string[] = [];
        do {
          await page.keyboard.press('Tab');
          passed.push(await focused());
          assert.not.ok(passed.at(-1)!.endsWith('not seen'), passed.at(-1));
          assert.ok(passed.length < 60, `no ${wanted} among ${passed.join('; ')}`);
        } while (!wanted.test(passed.at(-1)!));
      };
      await tabTo(/Try scales/);
      await page.keyboard.press('Enter');
      await until(page, /Done/);
      await comesTrue(async () => (await focused()).startsWith('BUTTON Run again'), 'BUTTON Run again');
      await page.waitForSelector('[data-test=results] img');
      await page.keyboard.press('e');
      await page.waitForSelector('dialog[open]');
      await tabTo(/PNG8 bits/);
      const [file] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
      assert.is(file.suggestedFilename(), 'scales-texture-copy-32x32-1.png');
      await page.waitForSelector('[data-test=exported]:has-text("is saved")');
      await page.keyboard.press('Escape');
      await comesTrue(async () => (await focused()).startsWith('BUTTON Run again'), 'BUTTON Run again');
      // From a dialog to what opened it, from a result that is forgotten to the main button.
      await page.focus('[data-test=prepare-style]');
      await page.keyboard.press('Enter');
      await page.waitForSelector('[data-test=prepare]');
      await tabTo(/Cancel/);
      await page.keyboard.press('Enter');
      await comesTrue(async () => (await focused()).startsWith('BUTTON Prepare'), 'BUTTON Prepare');
      await page.focus('.forget');
      await page.keyboard.press('Enter');
      await page.waitForSelector('[data-test=results]', { state: 'detached' });
      await comesTrue(async () => (await focused()).startsWith('BUTTON Run again'), 'BUTTON Run again');
      assert.equal(complaints, []);
    },
  );

  long(test)('from a sample to a saved file by touch, on a phone: nothing is too small, and all is said', async () => {
    const page = await open(
      await context({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }),
      '#size=32',
    );
    const small = (): Promise<string[]> =>
      page.evaluate(() => {
        const targets = [
          ...document.querySelectorAll('button, select, input[type=range], input[type=number], summary'),
        ];
        return targets
          .filter((e) => e.checkVisibility() && !e.matches('.forget'))
          .map((e) => ({ e, box: e.getBoundingClientRect() }))
          .filter(({ box }) => box.height < 43.5 || box.width < 43.5)
          .map(({ e, box }) => `${e.outerHTML.slice(0, 80)} ${box.width}x${box.height}`);
      });
    assert.equal(await small(), []);
    await page.tap('[data-test=sample-scales]');
    await until(page, /Done/);
    await page.waitForSelector('[data-test=results] img');
    assert.equal(await small(), []);
    await page.click('.engine summary');
    await shot(page, 'phone-done');
    for (const [width, height, text] of [
      [390, 844, ''],
      [390, 844, '200%'],
      [320, 640, ''],
      [844, 390, ''],
    ] as const) {
      await resize(page, width, height, text);
      const faults = await apart(page);
      assert.equal(faults, [], `${width} x ${height}, text ${text || '100%'}`);
    }
    await resize(page, 390, 844);
    await page.tap('[data-test=export]');
    await page.waitForSelector('dialog[open]');
    assert.equal(await small(), []);
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'PNG 8 bits' }).tap(),
    ]);
    assert.is(file.suggestedFilename(), 'scales-texture-copy-32x32-1.png');
    await page.waitForSelector('[data-test=exported]:has-text("is saved")');
    await shot(page, 'phone');
    await page.keyboard.press('Escape');
    await page.evaluate(() => window.scrollTo(0, 0));
    await page.bringToFront(); // touches go there
    const cdp = await page.context().newCDPSession(page);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...touchPoints: { x: number; y: number }[]) =>
      cdp.send('Input.dispatchTouchEvent', { type, touchPoints });
    await touch('touchStart', { x: 195, y: 300 });
    for (let y = 280; y >= 140; y -= 20) await touch('touchMove', { x: 195, y });
    await touch('touchEnd');
    await comesTrue(() => page.evaluate(() => window.scrollY > 100), 'a swipe over the picture scrolls the page');
    assert.equal(complaints, []);
  });

  test('dark, narrow, without motion: still usable, and no serious fault for assistive technology', async () => {
    const page = await open(
      await context({ colorScheme: 'dark', reducedMotion: 'reduce', viewport: { width: 390, height: 800 } }),
      '#preset=inpaint&size=48',
    );
    assert.equal(await serious(page), []);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(wide <= 0, `the page is ${wide} pixels wider than the screen`);
    await shot(page, 'narrow');
    assert.equal(complaints, []);
  });

  test('on a tablet the tools keep their rows, clear of the grip between before and after', async () => {
    const page = await open(
      await context({ viewport: { width: 820, height: 1180 }, hasTouch: true, isMobile: true }),
      '#size=32',
    );
    await page.tap('[data-test=sample-wood]');
    await page.waitForSelector('[data-test=results] img');
    await page.tap('[aria-label^=Compare]');
    const box = async (selector: string) => (await page.locator(selector).boundingBox())!;
    const [grip, tools] = [await box('[data-test=wipe]'), await box('.tools')];
    assert.ok(
      grip.y + grip.height < tools.y,
      `the grip ends at ${grip.y + grip.height}, the tools begin at ${tools.y}`,
    );
    assert.is((await box('[aria-label="Zoom in"]')).y, (await box('[aria-label="Zoom out"]')).y);
    assert.equal(complaints.splice(0), []);
    await page.close();
  });

  long(test)('with text twice as large, and 320 pixels wide, nothing is cut off', async () => {
    const page = await open(await context(), '#size=32');
    /** Controls and words that stick out of the page, or of what clips them; the names of presets in their list are the browser's. */
    const cut = (): Promise<string[]> =>
      page.evaluate(() => {
        const faults: string[] = [];
        for (const e of document.querySelectorAll(
          'button, label, p, h1, h2, h3, legend, summary, dt, dd, strong, input',
        )) {
          if (!e.checkVisibility() || e.closest('.hidden, .strips')) continue;
          const box = e.getBoundingClientRect();
          let [left, right] = [0, window.innerWidth];
          const top = e.closest('dialog')?.parentElement ?? document.body;
          for (let p = e.parentElement; p && p !== top; p = p.parentElement) {
            if (getComputedStyle(p).overflowX === 'visible') continue;
            const its = p.getBoundingClientRect();
            [left, right] = [Math.max(left, its.left), Math.min(right, its.right)];
          }
          const wide = e.matches('p, label, strong, h3') && e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0;
          if (wide || box.right > right + 1 || box.left < left - 1) faults.push(`${e.outerHTML.slice(0, 90)}`);
        }
        const field = document.querySelector('.field');
        if (field && field.scrollHeight > field.clientHeight + 1) faults.push('the words of the empty field');
        return faults;
      });
    const sizes = [
      [1280, 800, '200%'],
      [320, 640, ''],
      [320, 640, '200%'],
    ] as const;
    const everywhere = async (what: string): Promise<void> => {
      for (const [width, height, text] of sizes) {
        await resize(page, width, height, text);
        // What is measured by script follows the window some frames later.
        let faults = await cut();
        for (let k = 0; k < 100 && faults.length > 0; k++) {
          await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
          faults = await cut();
        }
        assert.equal(faults, [], `${what}, ${width} pixels wide, text ${text || '100%'}`);
        await shot(page, `${what.replaceAll(' ', '-')}-${width}${text && '-large'}`);
      }
    };
    await everywhere('at first');
    await page.click('[data-test=sample-scales]');
    await until(page, /Done/);
    await page.waitForSelector('[data-test=results] img');
    await everywhere('done');
    assert.equal(await serious(page), []);
    await page.keyboard.press('?');
    await page.waitForSelector('dialog[open]');
    await everywhere('shortcuts');
    await page.keyboard.press('Escape');
    await page.keyboard.press('e');
    await page.waitForSelector('dialog.export[open]');
    await everywhere('export');
    assert.equal(await serious(page), []);
    await page.keyboard.press('Escape');
    await page.click('[data-test=prepare-style]');
    await page.waitForSelector('[data-test=flatten]');
    await everywhere('preparing');
    assert.equal(await serious(page), []);
    assert.equal(complaints, []);
  });
}
test.run();
