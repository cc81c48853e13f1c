// The studio driven as a person would, in Chromium with WebGPU on SwiftShader. One file, for one browser and what was kept in it.
//   TOROID_SHOTS=<folder> keeps screenshots.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readText } from '../../src/base/png_read';
import { long } from '../support/all';
import { closeBrowser, closeGpuBrowser, openBrowser, openGpuBrowser, ownGpuBrowser } from '../support/browser';
import { needs, skip } from '../support/needs';
import { until as comesTrue } from '../support/until';
import { DIST } from '../support/web/pages';
import { openStudio, standStill, untilKept } from '../support/web/studio';

const test = suite('studio page');
const browser = await openGpuBrowser();
const plain = await openBrowser();

if (!browser) {
  skip(test, 'the studio', 'no browser starts here');
} else {
  const studio = await openStudio(browser);
  const { folder, server, complaints, context, open, status, until, run, shot, drop, serious } = studio;
  const stone = join(folder, 'stone.png');
  await sharp('examples/pebbles.png').extract({ left: 0, top: 0, width: 96, height: 96 }).toFile(stone);

  test.after.each(studio.tidy);
  test.after(async () => {
    await studio.close();
    await closeGpuBrowser();
    await closeBrowser();
  });

  const first = await context();
  let saved: Buffer;

  test('drop, run, change a weight, pause, undo, go on, download; the page leaves the work to a worker; nothing complains', async () => {
    const page = await open(first, '#preset=regular&size=48&steps=16&seed=3');
    assert.match(await status(page), 'Needed: picture');
    assert.equal(await serious(page), []);
    await drop(page, 'stone.png', readFileSync(stone));
    await until(page, /stone\.png is the picture/);
    await standStill(page, 0, 1);
    await run(page);
    await until(page, /Running: part 1 of /);
    await page.locator('[data-test="weight-0.0"]').fill('8');
    await until(page, /: part [2-9] of /);
    await page.click('button.main:has-text("Pause")');
    await until(page, /Paused/);
    const moments = page.locator('[data-test=moment]');
    assert.ok((await moments.count()) >= 2, 'of the change, and of the pause');
    await shot(page, 'paused');
    const oldest = (await moments.last().textContent()) ?? '';
    await moments.last().click();
    await until(page, new RegExp(`Paused: .*${/\d+ x \d+/.exec(oldest)?.[0]}`));
    // Later ones can be gone to, until the run goes on.
    const later = page.locator('.later');
    const left = (await moments.count()) - 1;
    // What the status says may be what it said before: moments of one level have one size.
    await comesTrue(async () => (await later.count()) === left, `${left} later moments after going to the oldest`);
    for (const [keys, count] of [
      ['Control+y', left - 1],
      ['Control+z', left],
      ['Control+Shift+z', left - 1],
      ['Control+z', left],
    ] as const) {
      await page.keyboard.press(keys);
      await comesTrue(async () => (await later.count()) === count, `${count} later moments after ${keys}`);
    }
    await shot(page, 'undone');
    await page.waitForURL(/weights=0\.0%3A2/);
    // A weight is moved, and at once another method is chosen: that is for the next run, the weight is not.
    await page.evaluate(() => {
      const weight = document.querySelector<HTMLInputElement>('[data-test="weight-0.0"]')!;
      const preset = document.querySelector<HTMLSelectElement>('[data-test=preset]')!;
      weight.value = '16';
      weight.dispatchEvent(new Event('input', { bubbles: true }));
      preset.value = 'texture';
      preset.dispatchEvent(new Event('change', { bubbles: true }));
    });
    await page.waitForSelector('[data-test=next]:has-text("For the next run: method.")');
    await page.click('button.main:has-text("Go on")');
    await comesTrue(async () => (await later.count()) === 0, 'later moments are gone');
    await until(page, /Done/);
    const devices = await page.evaluate(() => (globalThis as unknown as { own: { devices: number } }).own.devices);
    assert.is(devices, 0, 'were the work the page’s, it would not answer meanwhile');
    const [file] = await Promise.all([page.waitForEvent('download'), page.click('text=Download PNG')]);
    await file.saveAs(join(folder, 'saved.png'));
    assert.is(file.suggestedFilename(), 'stone-regular-48x48-3.png');
    saved = readFileSync(join(folder, 'saved.png'));
    const { width, height } = await sharp(saved).metadata();
    assert.equal([width, height], [48, 48]);
    const record = JSON.parse(readText(saved).toroid ?? '{}');
    assert.is(record.recipe.stages[0].losses[0].weight, 4);
    assert.is(record.recipe.inputs.style.path, 'stone.png');
    await shot(page, 'done');
    assert.equal(complaints, []);
  });

  test('the preset of a fresh page copies: it shows how far it is, what it cuts, and only what it can be told', async () => {
    const page = await open(first);
    assert.is(await page.inputValue('[data-test=preset]'), 'texture-copy');
    assert.is(await page.inputValue('[data-test=size]'), '512');
    for (const none of ['[data-test=steps]', '.weights', '[data-test=profile]', '.engine'])
      assert.is(await page.locator(none).count(), 0, `${none} is of what optimises`);
    await page.fill('[data-test=size]', '128');
    await page.keyboard.press('Tab');
    await page.locator('[data-test=variety]').fill('0.5');
    await page.waitForURL(/#size=128&variety=0\.5$/);
    await drop(page, 'pebbles.png', readFileSync('examples/pebbles.png'));
    await until(page, /pebbles\.png is the picture/);
    // Every share that the bar shows, from the first on.
    await page.evaluate(() => {
      const shares: number[] = [];
      Object.assign(globalThis, { shares });
      new MutationObserver(() => {
        const bar = document.querySelector('progress');
        if (bar) shares.push(bar.value);
      }).observe(document.body, { attributes: true, subtree: true, attributeFilter: ['value'] });
    });
    await run(page);
    await until(page, /Done/);
    const shares = await page.evaluate(() => (globalThis as unknown as { shares: number[] }).shares);
    assert.equal(
      shares,
      [...shares].sort((a, b) => a - b),
    );
    assert.is(shares.at(-1), 1, `the bar showed ${shares}`); // what lies between depends on how fast the machine is
    await page.click('.engine summary');
    assert.is(await page.textContent('.losses h3'), 'Cuts');
    assert.match((await page.textContent('.legend')) ?? '', /cuts 0\.\d+/);
    assert.ok((await page.locator('.losses svg path').count()) > 0);
    assert.equal(await serious(page), []);
    const [file] = await Promise.all([page.waitForEvent('download'), page.click('text=Download PNG')]);
    await file.saveAs(join(folder, 'copied.png'));
    assert.is(file.suggestedFilename(), 'pebbles-texture-copy-128x128-1.png');
    const copied = readFileSync(join(folder, 'copied.png'));
    const record = JSON.parse(readText(copied).toroid ?? '{}');
    assert.is(record.recipe.stages[0].copy.variety, 0.5);
    const colours = async (picture: string | Buffer): Promise<string[]> => {
      const rgb = await sharp(picture).removeAlpha().raw().toBuffer();
      return Array.from({ length: rgb.length / 3 }, (_, k) => rgb.subarray(3 * k, 3 * k + 3).join());
    };
    const its = new Set(await colours('examples/pebbles.png'));
    const tile = await colours(copied);
    assert.is(tile.length, 128 * 128);
    const share = tile.filter((c) => its.has(c)).length / tile.length;
    assert.ok(share > 0.9, `${share} of the colours are the picture's`);
    await shot(page, 'copied');
    await page.close();
    const again = await open(first);
    await drop(again, 'copied.png', copied);
    await until(again, /The recipe of copied\.png is loaded: it was made from pebbles\.png.*Needed: picture/);
    assert.is(await again.inputValue('[data-test=variety]'), '0.5');
    assert.is(await again.inputValue('[data-test=size]'), '128');
    await again.waitForFunction(() => sessionStorage.getItem('toroid-recipe') !== null);
    await again.reload();
    await again.waitForSelector('[data-test=preset] option:has-text("texture-copy (from a file)")', {
      state: 'attached',
    });
    assert.is(await again.inputValue('[data-test=variety]'), '0.5');
    assert.equal(complaints, []);
  });

  test('one click on a sample and a tile grows; all is kept over a reload, and a result comes back with its settings', async () => {
    const page = await open(await context(), '#size=64&seed=5');
    await page.waitForSelector('[data-test=main]');
    const files = new Set(['index.html', 'studio.css', 'samples.webp', 'icon.svg', 'studio.js', 'engine.worker.js']);
    for (const file of files) {
      if (!file.endsWith('.js')) continue;
      const text = readFileSync(join(DIST, 'studio', file), 'utf8');
      for (const [, path = ''] of text.matchAll(/(?:from|import)\s*"(\.[^"]+)"/g))
        files.add(normalize(join(dirname(file), path)));
    }
    const bytes = [...files].map((file) => gzipSync(readFileSync(join(DIST, 'studio', file))).length);
    const total = bytes.reduce((a, b) => a + b, 0);
    assert.ok(files.size > 8 && total < 350_000, `${total} bytes in ${files.size} files to load at first`);
    await page.click('[data-test=sample-brick]');
    await until(page, /Done in .* Seamless: (yes|no)/);
    await page.waitForSelector('[data-test=results] img');
    assert.is(await page.locator('.first').count(), 0);
    await page.evaluate(() => {
      const transfer = new DataTransfer();
      transfer.setData('text/uri-list', 'https://elsewhere.example/a.jpg');
      const event = new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true });
      document.querySelector('.view')?.dispatchEvent(event);
    });
    await until(page, /an address, not a picture/);
    const another = async (): Promise<void> => {
      await page.click('[data-test=dice]');
      await page.waitForSelector('[data-test=next]:has-text("seed")');
      await page.waitForFunction(() => new URLSearchParams(location.hash.slice(1)).get('seed') !== '5');
    };
    const older = async (): Promise<void> => {
      await page.click('[data-test=results] li:nth-child(2) > button');
      await page.waitForFunction(() => new URLSearchParams(location.hash.slice(1)).get('seed') === '5');
    };
    await another();
    await page.click('[data-test=main]');
    await page.waitForSelector('[data-test=results] li:nth-child(2) img');
    await older();
    await comesTrue(async () => (await page.locator('[data-test=next]').count()) === 0, 'these are its settings');
    await another();
    await untilKept(page, 2);
    await page.reload();
    await page.waitForSelector('[data-test=given]');
    assert.match((await page.textContent('.place')) ?? '', 'brick.png');
    await older();
    await until(page, /Done in .* Seamless: (yes|no)/);
    const [file] = await Promise.all([page.waitForEvent('download'), page.click('text=Download PNG')]);
    assert.is(file.suggestedFilename(), 'brick-texture-copy-64x64-5.png');
    assert.equal(await serious(page), []);
    assert.equal(complaints, []);
  });

  test('by keyboard alone: the button keeps the focus; what is changed while paused is for the next run, and said to be', async () => {
    const page = await open(first, '#preset=texture&size=48&steps=20');
    await page.setInputFiles('[data-test=file-style]', stone);
    await until(page, /is the picture/);
    await page.waitForSelector('[data-test=main]:not([aria-disabled=true])');
    await page.focus('[data-test=main]');
    await standStill(page, 1);
    await page.keyboard.press('Enter');
    await until(page, /: part [2-9] of /);
    await page.keyboard.press('Enter');
    await until(page, /Paused/);
    assert.is(await page.evaluate(() => document.activeElement?.textContent), 'Go on');
    assert.ok(
      await page.evaluate(() => !window.dispatchEvent(new Event('beforeunload', { cancelable: true }))),
      'leaving asks first',
    );
    await page.fill('[data-test=seed]', '77');
    await page.keyboard.press('Tab');
    await page.waitForSelector('[data-test=next]:has-text("seed")');
    await page.check('input[value=pattern]', { force: true });
    await page.waitForSelector('[data-test=next]:has-text("method, seed")');
    assert.is(await page.locator('[role=alert]').count(), 0);
    await page.focus('[data-test=main]');
    await standStill(page, 1);
    await page.keyboard.press('Enter');
    await until(page, /Running/);
    // Back while it runs: it stands where it was told to, whatever was on the way.
    await page.keyboard.press('Control+z');
    await until(page, /Paused/);
    await page.keyboard.press('Enter');
    await until(page, /Done/);
    const [file] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('s')]);
    assert.is(file.suggestedFilename(), 'stone-texture-48x48-1.png');
    assert.is(JSON.parse(readText(readFileSync(await file.path())).toroid ?? '{}').recipe.seed, 1);
    await page.keyboard.press('?');
    await page.waitForSelector('.sheet[open]');
    assert.equal(await serious(page), []);
    assert.equal(complaints, []);
  });

  test('a mask has the proportions of the canvas, goes round what tiles, is undone and reopened', async () => {
    const page = await open(first, '#preset=inpaint&size=96&tile=x');
    const wide = join(folder, 'wide.png');
    await sharp(stone).resize(96, 48, { fit: 'fill' }).toFile(wide);
    await page.setInputFiles('[data-test=file-content]', wide);
    await until(page, /wide\.png is the photo/);
    const paint = async (): Promise<{ x: number; y: number; width: number; height: number }> => {
      await page.click('button:has-text("Paint")');
      await page.waitForSelector('[data-test=paper]');
      return (await page.locator('[data-test=paper]').boundingBox())!;
    };
    const at = (x: number, y: number): Promise<number | undefined> =>
      page.evaluate(
        ([px, py]) => {
          const c = document.querySelector<HTMLCanvasElement>('[data-test=paper]')!;
          return c.getContext('2d')!.getImageData(px * c.width, py * c.height, 1, 1).data[0];
        },
        [x, y] as const,
      );
    const box = await paint();
    assert.ok(Math.abs(box.width / box.height - 2) < 0.02, `${box.width} x ${box.height}`);
    await page.mouse.click(box.x + 1, box.y + box.height * 0.5);
    assert.equal([await at(0, 0.5), await at(0.99, 0.5), await at(0.5, 0.5)], [255, 255, 0]);
    await page.mouse.click(box.x + box.width * 0.5, box.y + 1);
    assert.equal([await at(0.5, 0), await at(0.5, 0.98)], [255, 0]);
    const step = (way: 'undo' | 'redo'): Promise<void> => page.click(`dialog [data-test=${way}]`);
    const strokes = async (...wanted: number[]): Promise<void> =>
      assert.equal([await at(0, 0.5), await at(0.5, 0)], wanted);
    await step('undo');
    await strokes(255, 0);
    await step('redo');
    await strokes(255, 255);
    for (const [keys, ...wanted] of [
      ['Control+z', 255, 0],
      ['Control+z', 0, 0],
      ['Control+y', 255, 0],
      ['Control+Shift+z', 255, 255],
      ['Control+z', 255, 0],
    ] as const) {
      await page.keyboard.press(keys);
      await strokes(...wanted);
    }
    // What is painted now takes the place of what was undone.
    await page.mouse.click(box.x + box.width * 0.25, box.y + box.height * 0.5);
    await page.waitForSelector('dialog [data-test=redo][aria-disabled=true]');
    await step('undo');
    await page.click('[data-test=mask-done]');
    await until(page, /painted mask\.png is the mask/);
    await page.waitForSelector('img[alt^="mask"]');
    assert.equal(
      await page.evaluate(async () => {
        const img = document.querySelector<HTMLImageElement>('img[alt^="mask"]')!;
        await img.decode();
        return [img.naturalWidth, img.naturalHeight];
      }),
      [96, 48],
    );
    await paint();
    await comesTrue(async () => (await at(0, 0.5)) === 255, 'the mask that there was');
    assert.equal(complaints, []);
  });

  test('a PNG of its own goes on from where it was', async () => {
    const page = await open(first);
    await page.setInputFiles('[data-test=file-style]', stone);
    await until(page, /is the picture/);
    await drop(page, 'saved.png', saved);
    await page.click('[data-test=go-on-from]');
    await until(page, /Going on from saved\.png/);
    assert.is(await page.inputValue('[data-test=size]'), '48');
    await page.fill('[data-test=steps]', '6');
    await page.keyboard.press('Tab');
    await run(page);
    await until(page, /Done/);
    const [file] = await Promise.all([page.waitForEvent('download'), page.click('text=Download PNG')]);
    const record = JSON.parse(readText(readFileSync(await file.path())).toroid ?? '{}');
    const { rate, final } = record.recipe.stages[0].optimizer;
    assert.ok(rate < 0.01 && final === 0.1, `${rate}: a finished picture would become worse at first`);
    assert.equal(complaints, []);
  });

  long(test)('a tile is shown on bodies; profiled', async () => {
    const page = await open(first, '#preset=texture&size=32&steps=2');
    await page.setInputFiles('[data-test=file-style]', stone);
    await until(page, /is the picture/);
    await run(page);
    await until(page, /Done/);
    for (const body of ['plane', 'sphere', 'cube', 'cylinder']) {
      await page.check(`input[value=${body}]`, { force: true });
      await page.waitForSelector(`[data-test=${body}] canvas`);
      await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
      await shot(page, body);
    }
    await page.check('input[value=flat]', { force: true });
    await page.click('.engine summary');
    assert.match((await page.textContent('.legend')) ?? '', /^small pieces \(patches\) 0\.\d/);
    await page.click('[data-test=profile]');
    await page.waitForSelector('.profile table');
    assert.equal(await serious(page), []);
    assert.ok((await page.locator('.profile tbody tr').count()) > 3);
    assert.equal(complaints, []);
  });

  test('a mask is painted by hand', async () => {
    const page = await open(first, '#preset=inpaint&size=48&steps=8');
    const places = await page.locator('.place').count();
    assert.ok(places >= 2, `${places} pictures are asked for`);
    await page.setInputFiles('[data-test=file-content]', stone);
    await until(page, /stone\.png is the photo/);
    await page.click('button:has-text("Paint")');
    await page.waitForSelector('[data-test=paper]');
    const paper = await page.locator('[data-test=paper]').boundingBox();
    assert.ok(paper);
    await page.mouse.move(paper!.x + paper!.width * 0.3, paper!.y + paper!.height * 0.5);
    await page.mouse.down();
    await page.mouse.move(paper!.x + paper!.width * 0.7, paper!.y + paper!.height * 0.5, { steps: 4 });
    await page.mouse.up();
    await shot(page, 'painter');
    assert.equal(await serious(page), []);
    await page.click('[data-test=mask-done]');
    await until(page, /painted mask\.png is the/);
    await run(page);
    await until(page, /Done/);
    assert.equal(complaints, []);
  });

  test('files that are no pictures, no networks, or very large', async () => {
    const page = await open(first, '#preset=texture');
    const alert = async (): Promise<string> => {
      await page.waitForSelector('[role=alert]');
      const text = (await page.textContent('[role=alert] p')) ?? '';
      await page.click('text=Dismiss');
      return text;
    };
    await drop(page, 'notes.txt', Buffer.from('just words'));
    assert.match(await alert(), 'notes.txt is not a picture');
    await drop(page, 'vgg.onnx', Buffer.from('not a network at all'));
    assert.match(await alert(), /onnx/i);
    const broken = Buffer.concat([readFileSync(stone).subarray(0, 200), Buffer.alloc(50)]);
    await drop(page, 'broken.png', broken);
    assert.match(await alert(), /broken\.png is not a picture.*damaged/);
    const huge = join(folder, 'huge.png');
    await sharp({ create: { width: 5_600, height: 4_100, channels: 3, background: '#806040' } })
      .png({ compressionLevel: 1 })
      .toFile(huge);
    await page.setInputFiles('[data-test=file-style]', huge);
    await page.fill('[data-test=size]', '32');
    await page.fill('[data-test=steps]', '1');
    await page.keyboard.press('Tab');
    await run(page);
    await until(page, /Done/);
    assert.match((await page.locator('.notices li').allTextContents()).join(), /5600x4100|23/);
    assert.equal(complaints, []);
  });

  const real = '../shared/weights/squeezenet1.0-deep-compression';
  const withNet = needs(long(test), existsSync(real), 'no ../shared/weights');
  withNet('a network is fetched from the server, kept, checked, and used; a damaged one is refused', async () => {
    process.env.TOROID_WEIGHTS = '../shared/weights';
    const at = await context();
    const page = await open(at, '#preset=texture-net&size=32&steps=2');
    assert.match(await status(page), 'Needed: picture, network');
    await page.click('[data-test="add-squeezenet1.0"]');
    await page.waitForSelector('[data-test=net]');
    assert.match((await page.textContent('[data-test=net]')) ?? '', 'squeezenet1.0');
    await page.evaluate((text) => {
      const raw = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([raw], 'pasted.png', { type: 'image/png' }));
      document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true }));
    }, readFileSync(stone).toString('base64'));
    await until(page, /pasted\.png is the picture/);
    await run(page);
    await until(page, /Done/);
    const file = readdirSync(real).find((f) => f.endsWith('.onnx')) ?? '';
    const bytes = readFileSync(join(real, file));
    bytes[bytes.length >> 1]! ^= 1;
    await drop(page, file, bytes);
    await page.waitForSelector('[role=alert]');
    assert.match((await page.textContent('[role=alert]')) ?? '', 'the sha256');
    assert.equal(complaints, []);
  });

  test('no room to keep a network: said, and nothing is left behind', async () => {
    const at = await context();
    const page = await open(at, '#preset=texture-net');
    const cdp = await at.newCDPSession(page);
    await cdp.send('Storage.overrideQuotaForOrigin', { origin: new URL(server.url).origin, quotaSize: 1 << 16 });
    await drop(page, 'large.onnx', Buffer.alloc(1 << 20, 8));
    await page.waitForSelector('[role=alert]');
    assert.match((await page.textContent('[role=alert]')) ?? '', 'no room for large');
    const left = await page.evaluate(async () => {
      const root = await navigator.storage.getDirectory();
      const names: string[] = [];
      const nets = await root.getDirectoryHandle('toroid-nets');
      for await (const name of (nets as unknown as { keys(): AsyncIterable<string> }).keys()) names.push(name);
      return names;
    });
    assert.equal(left, []);
    complaints.splice(0); // the browser's own words about the quota
  });

  long(test)('two tabs at once, and a GPU that is lost on the way', async () => {
    const own = await ownGpuBrowser();
    assert.ok(own);
    const two = await own!.newContext({ viewport: { width: 1360, height: 900 } });
    const pages: Page[] = [];
    for (const seed of [1, 2]) pages.push(await open(two, `#preset=texture&size=48&steps=24&seed=${seed}`));
    for (const page of pages) {
      await page.setInputFiles('[data-test=file-style]', stone);
      await until(page, /is the picture/);
      await standStill(page, 0);
      await run(page);
    }
    for (const page of pages) {
      await until(page, /Running: part 1 of /);
      await page.click('button.main:has-text("Pause")');
      await until(page, /Paused/);
    }
    // A device of the test's own tells when the GPU is gone.
    const loss = await pages[0]!.evaluateHandle(async () => {
      const own = await (await navigator.gpu.requestAdapter())!.requestDevice();
      return { lost: own.lost };
    });
    const cdp = await own!.newBrowserCDPSession();
    // The browser answers this one when it likes, or not at all.
    void (cdp.send as (method: string) => Promise<unknown>)('Browser.crashGpuProcess').catch(() => {});
    await loss.evaluate(async ({ lost }) => void (await lost));
    for (const page of pages) {
      await page.click('button.main:has-text("Go on")');
      await until(page, /Done/);
      const warnings = (await page.locator('.notices li').allTextContents()).join();
      assert.match(warnings, /the GPU device was lost .*; going on from/, `said: ${warnings}`);
    }
    complaints.splice(0); // the browser says that its GPU process crashed
    await own!.close();
  });

  needs(
    test,
    plain,
    'no browser starts here',
  )('without WebGPU it says so, and what to do', async () => {
    const page = await plain!.newPage();
    await page.goto(server.url);
    await page.waitForSelector('[role=alert]');
    assert.match((await page.textContent('[role=alert]')) ?? '', /no WebGPU|found no GPU/);
    assert.match((await page.textContent('[data-test=adapter]')) ?? '', 'No GPU');
    assert.match((await page.textContent('[data-test=status]')) ?? '', 'Nothing can be run here');
  });
}
test.run();
