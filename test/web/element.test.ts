// <toroid-texture> in Chromium: as an author writes it, as a visitor uses it, and where it cannot work.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ToroidTexture } from '../../src/web/element';
import { closeBrowser, closeGpuBrowser, openBrowser, openGpuBrowser } from '../support/browser';
import { needs, skip } from '../support/needs';
import { until as comesTrue } from '../support/until';
import { DIST } from '../support/web/pages';
import { serve } from '../support/web/server';

const test = suite('element');
const browser = await openGpuBrowser();
const plain = await openBrowser();

if (!browser) {
  skip(test, 'the element', 'no browser starts here');
} else {
  const stone = await sharp('examples/lichen.png').extract({ left: 0, top: 0, width: 80, height: 80 }).png().toBuffer();
  const page = (body: string): string =>
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>element</title><script type="module" src="/dist/web/element.js"></script><main><h1>A page</h1>${body}</main></html>`;
  const server = await serve({
    files: {
      '/stone.png': stone,
      '/favicon.ico': '',
      '/one.html': page('<toroid-texture src="stone.png" size="32" steps="6" seed="2" autoplay></toroid-texture>'),
      '/two.html': page(
        '<toroid-texture id="a" src="stone.png" size="32" recipe="texture-copy"></toroid-texture><toroid-texture id="b" src="stone.png" size="32" recipe="texture-copy" seed="9" tiles="3"></toroid-texture>',
      ),
      '/honest.html': page(
        '<toroid-texture id="a" src="none.png">No WebGPU</toroid-texture><toroid-texture id="b" src="stone.png" size="abc">No WebGPU</toroid-texture>' +
          '<br>'.repeat(200) +
          '<toroid-texture id="c" src="stone.png" size="32" steps="40" autoplay></toroid-texture>',
      ),
      '/steps.html': page(
        '<toroid-texture id="a" src="stone.png" size="32" steps="8"></toroid-texture><toroid-texture id="b" src="stone.png" size="32" steps="8"></toroid-texture>',
      ),
      '/lit.html': page('<toroid-texture src="stone.png" size="48" recipe="texture-copy" autoplay></toroid-texture>'),
      '/wrong.html': page(
        '<toroid-texture id="a" src="none.png" autoplay></toroid-texture><toroid-texture id="b" autoplay></toroid-texture><toroid-texture id="c" src="stone.png" recipe="textur" autoplay></toroid-texture><toroid-texture id="d" src="stone.png" size="7.5" autoplay></toroid-texture><toroid-texture id="e" src="stone.png" recipe="texture-net" autoplay></toroid-texture>',
      ),
    },
    folders: { '/dist/': DIST },
    headers: {
      'content-security-policy':
        "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' blob: data:",
    },
  });
  const complaints: string[] = [];
  const at = async (path: string, where: Browser = browser): Promise<Page> => {
    const made = await where.newPage();
    made.on('console', (m) => {
      if (m.type() === 'error' || m.type() === 'warning') complaints.push(m.text());
    });
    made.on('pageerror', (e) => complaints.push(e.message));
    await made.goto(`${server.url}${path}`, { waitUntil: 'load' });
    return made;
  };
  const state = (p: Page, wanted: string, id = 'toroid-texture'): Promise<unknown> =>
    p.waitForFunction(([s, w]) => (document.querySelector(s!) as ToroidTexture).state === w, [id, wanted], {
      polling: 50,
    });

  test.after(async () => {
    await server.close();
    await closeGpuBrowser();
    await closeBrowser();
  });

  test('grows by itself, tells, shows its tile repeated, and gives the picture', async () => {
    const p = await at('/one.html');
    await state(p, 'done');
    const found = await p.evaluate(async () => {
      const element = document.querySelector('toroid-texture') as ToroidTexture;
      const canvas = element.shadowRoot?.querySelector('canvas');
      const pen = canvas?.getContext('2d');
      const [w, h] = [canvas?.width ?? 0, canvas?.height ?? 0];
      const row = pen?.getImageData(0, 10, w, 1).data ?? new Uint8ClampedArray();
      let differs = 0;
      for (let x = 0; x < w / 2; x++) if (Math.abs((row[4 * x] ?? 0) - (row[4 * (x + w / 2)] ?? 0)) > 2) differs++;
      const colours = new Set(Array.from({ length: w }, (_, x) => `${row[4 * x]},${row[4 * x + 1]}`)).size;
      const blob = await element.picture?.toBlob();
      return {
        w,
        h,
        differs,
        colours,
        size: element.picture?.width,
        type: blob?.type,
        label: canvas?.getAttribute('aria-label'),
      };
    });
    assert.ok(found.w > 0 && found.w === found.h);
    assert.is(found.differs, 0, 'the second half of a line repeats the first');
    assert.ok(found.colours > 8);
    assert.is(found.size, 32);
    assert.is(found.type, 'image/png');
    assert.match(found.label ?? '', '32 x 32 pixels, tiled');
    assert.equal(complaints.splice(0), []);
    await p.close();
  });

  test('lit, the finished tile is a surface in the sun, which follows the pointer; else it is as it was', async () => {
    const p = await at('/lit.html');
    await state(p, 'done');
    const colours = (): Promise<string> =>
      p.evaluate(() => document.querySelector('toroid-texture')!.shadowRoot!.querySelector('canvas')!.toDataURL());
    let now = await colours();
    const plain = now;
    const seen = new Set([plain]);
    const changed = async (): Promise<void> => {
      const before = now;
      await comesTrue(async () => {
        now = await colours();
        return now !== before;
      }, 'another light');
      seen.add(now);
    };
    const set = (lit: string | null): Promise<void> =>
      p.evaluate((value) => void Object.assign(document.querySelector('toroid-texture')!, { lit: value }), lit);
    await set('');
    await changed();
    const box = (await p.locator('toroid-texture canvas').boundingBox())!;
    await p.mouse.move(box.x + box.width * 0.9, box.y + box.height * 0.8);
    await changed();
    assert.is(seen.size, 3, 'plain, in the sun from the upper left, from the lower right');
    await set(null);
    await changed();
    assert.ok(now === plain, 'as it was');
    await set('noon');
    await comesTrue(
      async () => /lit="noon", which is no place of the sun/.test((await p.textContent('[part=message]')) ?? ''),
      'a word about the place of the sun',
    );
    assert.ok((await colours()) === plain);
    await set(null);
    assert.is(await p.textContent('[part=message]'), '', 'the word is gone with its cause');
    assert.equal(complaints.splice(0), []);
    await p.close();
  });

  test('two on a page, started and paused by keys; events; an attribute begins anew', async () => {
    const p = await at('/two.html');
    await p.evaluate(() => {
      const names: string[] = [];
      Object.assign(globalThis, { names });
      for (const name of ['statechange', 'progress', 'done']) {
        document.querySelector('#a')?.addEventListener(name, (e) => {
          const said = (e as CustomEvent).detail.state ?? name;
          if (names.at(-1) !== said) names.push(said);
        });
      }
    });
    await p.keyboard.press('Tab');
    await p.keyboard.press('Enter');
    await p.keyboard.press('Tab');
    await p.keyboard.press('Space');
    await state(p, 'done', '#a');
    await state(p, 'done', '#b');
    const heard = await p.evaluate(() => (globalThis as unknown as { names: string[] }).names);
    const states = heard.filter((n) => n !== 'progress');
    assert.equal(states, ['loading', 'running', 'done']);
    assert.ok(heard.includes('progress'));
    await p.evaluate(() => {
      const a = document.querySelector('#a') as ToroidTexture;
      a.setAttribute('autoplay', '');
      a.setAttribute('seed', '5');
      a.setAttribute('size', '40');
    });
    await p.waitForFunction(() => (document.querySelector('#a') as ToroidTexture).picture?.width === 40, null, {
      polling: 50,
    });
    await p.evaluate(() => {
      const b = document.querySelector('#b') as ToroidTexture;
      b.reset();
      b.play();
      b.remove();
    });
    // By the time that another picture is there, the element that was removed has said what it had to say.
    await p.evaluate(() => document.querySelector('#a')?.setAttribute('size', '48'));
    await p.waitForFunction(() => (document.querySelector('#a') as ToroidTexture).picture?.width === 48, null, {
      polling: 50,
    });
    assert.equal(complaints.splice(0), []);
    await p.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    const bad = await p.evaluate(async () => {
      const { violations } = await (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run();
      return violations.filter((v) => v.impact === 'serious' || v.impact === 'critical').map((v) => v.id);
    });
    assert.equal(bad, []);
    await p.close();
  });

  test('pauses, goes on, and ends where it would have', async () => {
    const p = await at('/steps.html');
    const same = await p.evaluate(async () => {
      const [a, b] = ['#a', '#b'].map((id) => document.querySelector(id) as ToroidTexture) as [
        ToroidTexture,
        ToroidTexture,
      ];
      b.setAttribute('seed', '1');
      const over = (e: ToroidTexture): Promise<void> =>
        new Promise((resolve) => e.addEventListener('done', () => resolve(), { once: true }));
      const both = [over(a), over(b)];
      a.play();
      let paused = false;
      const rest = async (): Promise<void> => {
        await b.pause();
        paused = b.state === 'paused';
        b.play();
      };
      b.addEventListener('progress', () => void rest(), { once: true });
      b.play();
      await Promise.all(both);
      const [x, y] = [a.picture?.raster.data ?? [], b.picture?.raster.data ?? []];
      return paused && x.length > 0 && x.length === y.length && Array.from(x).every((v, i) => v === y[i]);
    });
    assert.ok(same);
    assert.equal(complaints.splice(0), []);
    await p.close();
  });

  test('shows what is so: the picture before, progress while it works, what is between the tags only without WebGPU', async () => {
    const p = await at('/honest.html');
    const parts = (id: string): Promise<readonly [poster: boolean, progress: boolean, slot: boolean]> =>
      p.evaluate((s) => {
        const root = document.querySelector(s)!.shadowRoot!;
        const seen = (e: string): boolean => root.querySelector<HTMLElement>(e)!.hidden === false;
        return [seen('img'), seen('progress'), seen('slot')] as const;
      }, id);
    await p.waitForFunction(() => document.querySelector('#a')!.shadowRoot!.querySelector('img')!.hidden);
    assert.equal(await parts('#a'), [false, false, false], 'of a picture that is not there');
    assert.equal(await parts('#b'), [true, false, false], 'idle');
    await p.click('#a button');
    await p.click('#b button');
    await state(p, 'failed', '#a');
    await state(p, 'failed', '#b');
    assert.match((await p.textContent('#a [role=status]')) ?? '', /none\.png/);
    assert.is(
      await p.textContent('#b [role=status]'),
      'toroid-texture has size="abc", which is no number\n  Write it in digits: size="256".',
    );
    assert.equal(
      [await parts('#a'), (await parts('#b')).slice(1)],
      [
        [false, false, false],
        [false, false],
      ],
      'failed',
    );
    await state(p, 'paused', '#c'); // out of sight
    assert.equal((await parts('#c')).slice(1), [true, false]);
    await p.evaluate(() => document.querySelector('#c')!.scrollIntoView());
    await state(p, 'done', '#c');
    assert.equal(await parts('#c'), [false, false, false], 'done');
    complaints.splice(0); // the browser's own word about the address
    await p.close();
  });

  test('properties are attributes; a File is a picture; those set before the script came are kept', async () => {
    const p = await at('/wrong.html');
    const found = await p.evaluate(async () => {
      const file = new File([await (await fetch('/stone.png')).blob()], 'my stone.png');
      const element = document.createElement('toroid-texture');
      Object.assign(element, { size: 32, seed: 7, tile: 'x', alt: 'Stone', nocontrols: true });
      const attributes = element.getAttributeNames().map((n) => `${n}=${element.getAttribute(n)}`);
      element.src = file;
      element.options = { steps: 2, scales: 1 };
      document.querySelector('main')!.append(element);
      await new Promise((done, failed) => {
        element.addEventListener('done', done);
        element.addEventListener('error', (e) => failed((e as ErrorEvent).error ?? new Error('failed')));
        element.play();
      });
      const { recipe, width } = element.picture!;
      element.size = null;
      return {
        attributes,
        width,
        src: element.src === file,
        recipe,
        size: element.size,
        has: element.hasAttribute('size'),
      };
    });
    assert.equal(found.attributes, ['size=32', 'seed=7', 'tile=x', 'alt=Stone', 'nocontrols=']);
    assert.equal([found.width, found.src, found.size, found.has], [32, true, null, false]);
    assert.equal([found.recipe.tile, found.recipe.seed, found.recipe.stages.length], ['x', 7, 1]);
    assert.is((found.recipe.inputs.style as { path: string }).path, 'my stone.png');
    const early = await p.evaluate(async () => {
      const element = document.createElement('toroid-early') as ToroidTexture;
      Object.assign(element, { src: 'stone.png', size: 48 });
      document.body.append(element);
      class Early extends (customElements.get('toroid-texture') as typeof ToroidTexture) {}
      customElements.define('toroid-early', Early);
      return [element.getAttribute('src'), element.getAttribute('size')];
    });
    assert.equal(early, ['stone.png', '48']);
    complaints.splice(0);
    await p.close();
  });

  test('says what is wrong, where it is seen and heard', async () => {
    const p = await at('/wrong.html');
    const said = async (id: string): Promise<string> => {
      await state(p, 'failed', id);
      return (await p.textContent(`${id} [role=status]`)) ?? '';
    };
    assert.match(await said('#a'), /none\.png/);
    assert.match(await said('#b'), 'has no src');
    assert.match(await said('#c'), 'Did you mean texture?');
    assert.match(await said('#d'), /size\[0\]: is 7\.5, but a whole number is wanted/);
    assert.match(await said('#e'), 'looks through a network');
    complaints.splice(0); // the browser's own word about the address
    await p.close();
  });

  needs(
    test,
    plain,
    'no browser starts here',
  )('without WebGPU it says so', async () => {
    const p = await at('/one.html', plain!);
    await state(p, 'failed');
    assert.match((await p.textContent('toroid-texture [role=status]')) ?? '', /no WebGPU|found no GPU/);
    complaints.splice(0);
    await p.close();
  });
}
test.run();
