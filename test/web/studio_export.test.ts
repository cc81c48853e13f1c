// What the studio hands out, read back as strangers would. TOROID_SHOTS=<folder> keeps screenshots.
import { readFileSync } from 'node:fs';
import gltfValidator from 'gltf-validator';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { readText } from '../../src/base/png_read';
import { zipEntries } from '../../src/base/zip';
import type { RecipeText } from '../../src/recipes/recipe';
import { long } from '../support/all';
import { closeGpuBrowser, openGpuBrowser } from '../support/browser';
import { skip } from '../support/needs';
import { until } from '../support/until';
import { openStudio, untilKept } from '../support/web/studio';

const test = suite('studio export');
const browser = await openGpuBrowser();

if (!browser) {
  skip(test, 'the studio', 'no browser starts here');
} else {
  const studio = await openStudio(browser);
  const { server, complaints, serious, shot } = studio;
  const context = await studio.context({
    viewport: { width: 1440, height: 900 },
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const open = (hash: string): Promise<Page> => studio.open(context, hash);

  test.after.each(studio.tidy);
  test.after(async () => {
    await studio.close();
    await closeGpuBrowser();
  });

  const said = (page: Page, where: string, wanted: RegExp): Promise<void> =>
    until(async () => wanted.test((await page.textContent(`[data-test=${where}]`)) ?? ''), `${wanted}`);
  /** What a button of the dialog hands out. */
  const exported = async (page: Page, title: string): Promise<{ name: string; bytes: Buffer }> => {
    const button = page.getByRole('button', { name: title });
    const [file] = await Promise.all([page.waitForEvent('download'), button.click()]);
    return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
  };
  const recipeIn = (png: Buffer): { recipe: { seed: number }; run?: { form?: object } } =>
    JSON.parse(readText(png).toroid ?? '{}');

  test('a picture is had as PNG of 8 and 16 bits with its recipe, as WebP and JPEG; the recipe as JSON and YAML, the session as a sheet and a file; it is copied, and pasted', async () => {
    const page = await open('#size=64&seed=5');
    await page.click('[data-test=sample-brick]');
    await said(page, 'status', /Done/);
    await page.waitForSelector('[data-test=results] img');
    await page.keyboard.press('e');
    await page.waitForSelector('dialog.export[open]');
    assert.equal(await serious(page), []);
    const stem = 'brick-texture-copy-64x64-5';
    const plain = await exported(page, 'PNG 8 bits');
    const deep = await exported(page, 'PNG, 16 bits');
    assert.equal([plain.name, deep.name], [`${stem}.png`, `${stem}-16bit.png`]);
    for (const [{ bytes }, depth] of [
      [plain, 'uchar'],
      [deep, 'ushort'],
    ] as const) {
      const { width, height, depth: its } = await sharp(bytes).metadata();
      assert.equal([width, height, its, recipeIn(bytes).recipe.seed], [64, 64, depth, 5]);
    }
    assert.equal([recipeIn(plain.bytes).run?.form, recipeIn(deep.bytes).run?.form], [undefined, { bits: 16 }]);
    const values = new Uint16Array(
      (await sharp(deep.bytes).toColourspace('rgb16').raw({ depth: 'ushort' }).toBuffer()).buffer,
    );
    assert.ok(values.length === 3 * 64 * 64 && new Set(values).size > 16);
    const of8 = await sharp(plain.bytes).raw().toBuffer();
    for (const [title, format] of [
      ['WebP', 'webp'],
      ['JPEG', 'jpeg'],
    ] as const) {
      const { bytes } = await exported(page, title);
      assert.is((await sharp(bytes).metadata()).format, format);
      const its = await sharp(bytes).removeAlpha().raw().toBuffer();
      const apart = its.reduce((sum, v, i) => sum + Math.abs(v - (of8[i] ?? 0)), 0) / of8.length;
      assert.ok(its.length === of8.length && apart < 12, `${title} is ${apart} of 255 from the PNG`);
    }
    const json = await exported(page, 'JSON');
    const yaml = await exported(page, 'YAML');
    assert.equal([json.name, yaml.name], ['texture-copy.json', 'texture-copy.yaml']);
    assert.equal(parse(`${yaml.bytes}`), JSON.parse(`${json.bytes}`));
    assert.is(JSON.parse(`${json.bytes}`).seed, 5);
    const sheet = await exported(page, 'Contact sheet');
    assert.is(sheet.name, 'toroid-sheet.png');
    const { data, info } = await sharp(sheet.bytes)
      .extract({ left: 16, top: 16, width: 256, height: 256 })
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    for (const [x, y] of [
      [0, 0],
      [40, 9],
      [63, 63],
    ] as const) {
      const in64 = [...of8.subarray(3 * (y * 64 + x), 3 * (y * 64 + x) + 3)];
      const i = 3 * ((4 * y + 2) * info.width + 4 * x + 2);
      assert.equal([...data.subarray(i, i + 3)], in64, `${x},${y} of the result, four times as large`);
    }
    const session = await exported(page, 'Session (.zip)');
    await shot(page, 'export');
    // Over a reload the file lasts, and the numbers that were computed do not.
    await untilKept(page, 1);
    await page.reload();
    await page.click('[data-test=results] li > button');
    await said(page, 'adapter', /Swift/);
    // Elsewhere, a session has its pictures, results and settings again.
    const elsewhere = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const other = await elsewhere.newPage();
    other.on('pageerror', (e) => complaints.push(e.message));
    await other.goto(server.url);
    const buffer = session.bytes;
    await other.setInputFiles('[data-test=file-style]', { name: session.name, mimeType: 'application/zip', buffer });
    await said(other, 'status', /The session toroid-session\.zip is open.* 1 result/);
    assert.match((await other.textContent('.place')) ?? '', 'brick.png');
    await other.waitForURL(/#size=64&seed=5$/);
    await other.click('[data-test=results] li > button');
    const [again] = await Promise.all([other.waitForEvent('download'), other.click('text=Download PNG')]); // once it is shown
    assert.equal(readFileSync(await again.path()), plain.bytes);
    await shot(other, 'session-opened');
    await elsewhere.close();
    await page.click('[data-test=export]');
    await page.waitForSelector('.form[aria-disabled=true]:has-text("exact numbers are gone")');
    assert.equal((await exported(page, 'PNG 8 bits')).bytes, plain.bytes);
    // Copied, and pasted: as another picture to grow from.
    await page.getByRole('button', { name: 'Copy To the clipboard' }).click();
    await said(page, 'exported', /^The picture is on the clipboard$/);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+v');
    await said(page, 'status', /image\.png is the picture now/);
    await page.waitForFunction(() => document.querySelector<HTMLImageElement>('.place img')?.naturalWidth === 64);
    const pasted = await page.evaluate(async () => {
      const img = document.querySelector<HTMLImageElement>('.place img')!;
      await img.decode();
      const pen = new OffscreenCanvas(img.naturalWidth, img.naturalHeight).getContext('2d')!;
      pen.drawImage(img, 0, 0);
      return [...pen.getImageData(0, 0, img.naturalWidth, img.naturalHeight).data];
    });
    assert.equal(
      pasted.filter((_, i) => i % 4 < 3),
      [...of8],
    );
    await context.clearPermissions();
    await page.keyboard.press('e');
    await page.getByRole('button', { name: 'Copy To the clipboard' }).click();
    await said(page, 'exported', /could not be copied: this browser keeps pages from the clipboard.*save the PNG/s);
    assert.equal(complaints, []);
  });

  long(test)(
    'a material from a click on a sample: files as an engine wants them, and a model that is sound',
    async () => {
      const page = await open('#size=64');
      await page.check('input[name=task][value=material]', { force: true });
      await page.click('[data-test=sample-brick]');
      await said(page, 'status', /Done/);
      await page.selectOption('[data-test=surface]', 'brick');
      await page.selectOption('[data-test=target]', 'unity');
      await page.waitForURL(/material=brick/);
      const archive = await exported(page, 'Material (.zip)');
      assert.is(archive.name, 'brick-unity.zip');
      const entries = zipEntries(new Uint8Array(archive.bytes), archive.name);
      const pictures = ['BaseMap', 'Normal', 'MaskMap', 'Height'].map((name) => `Brick_${name}.png`);
      assert.equal(
        entries.map((e) => e.name).sort(),
        [...pictures, ...pictures.map((name) => `${name}.meta`), 'Brick.mat', 'Brick.mat.meta'].sort(),
      );
      const height = Buffer.from(await entries.find((e) => e.name === 'Brick_Height.png')!.read());
      const { width, depth } = await sharp(height).metadata();
      assert.equal([width, depth], [64, 'ushort']);
      const record = JSON.parse(readText(height).toroid ?? '{}');
      assert.equal([record.command, record.settings.preset], ['material', 'brick']);
      assert.is(record.inputs.picture.path, 'brick-texture-copy-64x64-1.png');
      await page.click('[data-test=export]');
      const model = await exported(page, 'Model (.glb)');
      const { issues } = await gltfValidator.validateBytes(new Uint8Array(model.bytes));
      assert.equal([model.name, issues.messages.filter((m) => m.severity < 2)], ['brick.glb', []]);
      await page.waitForSelector('dialog .notices:has-text("estimated")');
      const { bytes } = await exported(page, 'JSON');
      assert.equal(JSON.parse(`${bytes}`).material, { preset: 'brick' });
      assert.equal(await serious(page), []);
      await shot(page, 'material-export');
      assert.equal(complaints, []);
    },
  );

  long(test)('a finished picture is lit on a body, from where the slider and a drag with Shift say', async () => {
    const page = await open('#size=64');
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.click('[data-test=sample-pebbles]');
    await said(page, 'status', /Done/);
    await page.check('input[value=sphere]', { force: true });
    await page.waitForSelector('[data-test=sphere][data-lit=true] canvas');
    const canvas = page.locator('[data-test=sphere] canvas');
    /** Brightness of the left half of the sphere over that of the right. */
    const leftOverRight = async (): Promise<number> => {
      await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
      const picture = sharp(await canvas.screenshot()).removeAlpha();
      const { width = 0, height = 0 } = await picture.metadata();
      const side = Math.round(height / 4);
      const mean = async (left: number): Promise<number> => {
        const part = { left: Math.round(left), top: Math.round(height / 2 - side / 2), width: side, height: side };
        const values = await picture.clone().extract(part).raw().toBuffer();
        return values.reduce((sum, v) => sum + v, 0);
      };
      return (await mean(width / 2 - side)) / (await mean(width / 2));
    };
    const litFrom = async (azimuth: string): Promise<number> => {
      await page.locator('[data-test=azimuth]').fill(azimuth);
      return leftOverRight();
    };
    await page.locator('[data-test=sun-height]').fill('10');
    // Whatever lies on either half of the sphere, it is the brighter one where the light is.
    await until(
      async () => (await litFrom('180')) > 1.2 * (await litFrom('0')),
      'the light at the left brightens the left',
    );
    await shot(page, 'lit');
    const box = (await canvas.boundingBox())!;
    await page.keyboard.down('Shift');
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2 - 400, box.y + box.height / 2, { steps: 3 });
    await page.mouse.up();
    await page.keyboard.up('Shift');
    await until(
      async () => (await page.inputValue('[data-test=azimuth]')) === '180',
      'the light is dragged to the left',
    );
    assert.equal(await serious(page), []);
    assert.equal(complaints, []);
  });

  long(test)(
    'a picture is turned by an angle, or straightened by its corners: the engine does it, and the record tells',
    async () => {
      const page = await open('#preset=seamless&size=64');
      // Bars that lean by 20 degrees.
      const side = 160;
      const values = Buffer.alloc(side * side);
      const lean = (20 * Math.PI) / 180;
      for (let i = 0; i < values.length; i++) {
        const across = (i % side) * Math.cos(lean) + Math.floor(i / side) * Math.sin(lean);
        values[i] = Math.round(128 + 100 * Math.sin(across / 2));
      }
      const buffer = await sharp(values, { raw: { width: side, height: side, channels: 1 } })
        .toColourspace('srgb')
        .png()
        .toBuffer();
      await page.setInputFiles('[data-test=file-content]', { name: 'bars.png', mimeType: 'image/png', buffer });
      const prepare = async (): Promise<void> => {
        await page.click('[data-test=prepare-content]');
        await page.waitForSelector('[data-test=retouched]'); // the picture is decoded
      };
      /** Takes it as prepared, with these words about it. */
      const taken = async (words: RegExp): Promise<void> => {
        await page.click('[data-test=prepare-done]');
        await page.waitForSelector('[data-test=prepare]', { state: 'detached' });
        assert.match((await page.textContent('.place:has([data-test=file-content]) .quiet')) ?? '', words);
      };
      await prepare();
      await page.waitForFunction(
        () => document.querySelector<HTMLInputElement>('[data-test=crop-width]')?.value === '160',
      );
      await page.locator('[data-test=angle]').fill('20');
      assert.ok(Number(await page.inputValue('[data-test=crop-width]')) < 130, 'a turned part is smaller');
      await shot(page, 'turned');
      await taken(/a part of it straightened/);
      await page.click('[data-test=main]');
      await said(page, 'status', /Done/);
      const [file] = await Promise.all([page.waitForEvent('download'), page.click('text=Download PNG')]);
      const png = readFileSync(await file.path());
      const { rectify, inputs = {} } = (recipeIn(png) as { recipe: RecipeText }).recipe;
      assert.is(rectify?.content?.length, 8);
      assert.is((inputs.content as { path: string }).path, 'bars.png');
      // Upright bars: columns differ, rows do not.
      const { data, info } = await sharp(png).greyscale().raw().toBuffer({ resolveWithObject: true });
      let [along, over] = [0, 0];
      for (let y = 0; y + 1 < info.height; y++)
        for (let x = 0; x + 1 < info.width; x++) {
          const at = info.channels * (y * info.width + x);
          over += Math.abs((data[at + info.channels] ?? 0) - (data[at] ?? 0));
          along += Math.abs((data[at + info.channels * info.width] ?? 0) - (data[at] ?? 0));
        }
      assert.ok(over > 6 * along, `across the bars ${over}, along them ${along}`);

      await prepare();
      await page.click('[data-test=corners]');
      const label = (k: number): Promise<string | null> => page.getAttribute(`[data-test=corner-${k}]`, 'aria-label');
      const corners = [await label(0), await label(2)];
      const box = (await page.locator('[data-test=prepare]').boundingBox())!;
      await page.hover('[data-test=corner-0]');
      await page.mouse.down();
      await page.mouse.move(box.x + box.width / 4, box.y + box.height / 8, { steps: 3 });
      await page.mouse.up();
      await page.focus('[data-test=corner-2]');
      await page.keyboard.press('Shift+ArrowRight');
      await page.keyboard.press('ArrowUp');
      assert.match((await label(0)) ?? '', 'Top left corner, 40 across, 20 down');
      assert.match((await label(2)) ?? '', 'Bottom right corner, 146 across, 135 down');
      // A drag is a step; so is a key.
      const pressed = (): Promise<string | null> => page.getAttribute('[data-test=corners]', 'aria-pressed');
      await page.keyboard.press('Control+z');
      assert.match((await label(2)) ?? '', '146 across, 136 down');
      await page.keyboard.press('Control+z');
      await page.keyboard.press('Control+z');
      assert.equal([await label(0), await label(2)], corners);
      await page.keyboard.press('Control+z');
      assert.is(await pressed(), 'false');
      await page.waitForSelector('dialog [data-test=undo][aria-disabled=true]');
      for (const keys of ['Control+y', 'Control+Shift+z', 'Control+y']) await page.keyboard.press(keys);
      await page.click('dialog [data-test=redo]');
      assert.match((await label(0)) ?? '', 'Top left corner, 40 across, 20 down');
      assert.match((await label(2)) ?? '', 'Bottom right corner, 146 across, 135 down');
      await page.focus('[data-test=corner-2]');
      // Corners that would cross stay.
      for (let k = 0; k < 40; k++) await page.keyboard.press('Shift+ArrowLeft');
      assert.not.match((await label(2)) ?? '', / 0 across/);
      assert.equal(await serious(page), []);
      await shot(page, 'corners');
      await taken(/a part of it straightened/);
      await page.click('[data-test=export]');
      const { bytes } = await exported(page, 'JSON');
      assert.equal(JSON.parse(`${bytes}`).rectify.content.slice(0, 2), [40, 20]);
      await page.keyboard.press('Escape');

      await prepare();
      const look = (): Promise<string> =>
        page.evaluate(() => document.querySelector<HTMLCanvasElement>('[data-test=retouched]')?.toDataURL() ?? '');
      // It is 256 pixels at most once it is drawn; a canvas that nobody has drawn on is 300 wide.
      await page.waitForFunction(
        () => (document.querySelector<HTMLCanvasElement>('[data-test=retouched]')?.width ?? 300) < 300,
      );
      let seen = await look();
      const changes = async (what: string): Promise<void> => {
        await until(async () => (await look()) !== seen, `${what} shows in the preview`);
        seen = await look();
      };
      await page.locator('[data-test=flatten]').fill('0.5');
      await changes('even light');
      await page.setInputFiles('[data-test=colours-of]', 'examples/leaves.png');
      await changes('another colour');
      await page.locator('[data-test=strength]').fill('0.5');
      await changes('half of it');
      assert.equal(await serious(page), []);
      await taken(/evened out, to 50 % in the colours of leaves\.png/);
      const recipeNow = async (): Promise<RecipeText> => {
        await page.click('[data-test=export]');
        const json = await exported(page, 'JSON');
        await page.keyboard.press('Escape');
        return JSON.parse(`${json.bytes}`);
      };
      const { retouch } = await recipeNow();
      assert.equal(retouch, { content: { flatten: 0.5, match: { to: 'content-colours', strength: 0.5 } } });
      // And back.
      await prepare();
      await page.waitForSelector('[data-test=own-colours]');
      await page.click('[data-test=as-it-was]');
      await taken(/^bars\.png$/);
      assert.equal(
        Object.keys(await recipeNow()).filter((key) => /^re(ct|touch)/.test(key)),
        [],
      );
      assert.equal(complaints, []);
    },
  );

  long(test)(
    'a picture is cropped by dragging and turned; what is given is that part, pixel for pixel, and named so',
    async () => {
      const page = await open('');
      // Red left, blue right, and a row of white on top.
      const size = { width: 80, height: 40, channels: 3 } as const;
      const values = Buffer.alloc(3 * 80 * 40);
      for (let i = 0; i < 80 * 40; i++)
        values.set(i < 80 ? [255, 255, 255] : i % 80 < 40 ? [200, 10, 20] : [10, 20, 200], 3 * i);
      const buffer = await sharp(values, { raw: size }).png().toBuffer();
      await page.setInputFiles('[data-test=file-style]', { name: 'flag.png', mimeType: 'image/png', buffer });
      await page.click('[data-test=prepare-style]');
      const paper = page.locator('[data-test=prepare]');
      await page.waitForFunction(
        () => document.querySelector<HTMLInputElement>('[data-test=crop-width]')?.value === '80',
      );
      const box = (await paper.boundingBox())!;
      const at = (x: number, y: number): [number, number] => [
        box.x + (x * box.width) / 80,
        box.y + (y * box.height) / 40,
      ];
      await page.mouse.move(...at(20, 0));
      await page.mouse.down();
      await page.mouse.move(...at(60, 30), { steps: 3 });
      await page.mouse.up();
      const field = (name: string): Promise<number> => page.inputValue(`[data-test=crop-${name}]`).then(Number);
      assert.equal(
        [await field('left'), await field('top'), await field('width'), await field('height')],
        [20, 0, 40, 30],
      );
      await page.click('[data-test=turn]');
      assert.equal(
        [await field('left'), await field('top'), await field('width'), await field('height')],
        [10, 20, 30, 40],
      );
      assert.equal(await serious(page), []);
      await shot(page, 'prepare');
      await page.click('[data-test=prepare-done]');
      await said(page, 'status', /flag 30x40 at 10,20 turned 90\.png is the picture now/);
      await page.waitForFunction(() => document.querySelector<HTMLImageElement>('.place img')?.naturalWidth === 30);
      const { width, height, data } = await page.evaluate(async () => {
        const img = document.querySelector<HTMLImageElement>('.place img')!;
        await img.decode();
        const [w, h] = [img.naturalWidth, img.naturalHeight];
        const pen = new OffscreenCanvas(w, h).getContext('2d')!;
        pen.drawImage(img, 0, 0);
        return { width: w, height: h, data: [...pen.getImageData(0, 0, w, h).data] };
      });
      const pixel = (x: number, y: number): number[] => data.slice(4 * (y * width + x), 4 * (y * width + x) + 3);
      assert.equal([width, height], [30, 40]);
      // What was on top is on the right, what was on the left on top.
      assert.equal(
        [pixel(0, 0), pixel(0, 39), pixel(29, 20)],
        [
          [200, 10, 20],
          [10, 20, 200],
          [255, 255, 255],
        ],
      );
      assert.equal(complaints, []);
    },
  );
}
test.run();
