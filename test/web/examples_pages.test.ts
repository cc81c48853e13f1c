// The examples for pages, driven in Chromium as a person would; the one for Vite bundled by esbuild.
//   TOROID_VITE=1: and by Vite itself, from the registry.      TOROID_SHOTS=folder: keep pictures of the pages.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readText } from '../../src/base/png_read';
import { long } from '../support/all';
import { closeGpuBrowser, openGpuBrowser } from '../support/browser';
import { libraryCopy } from '../support/library_copy';
import { needs, skip } from '../support/needs';
import { until } from '../support/until';
import { DIST } from '../support/web/pages';
import { type Served, serve } from '../support/web/server';

const test = suite('examples in pages');
const browser = await openGpuBrowser();
const shots = process.env.TOROID_SHOTS;

/** An example with less to do, for a software adapter; what is to be looked at keeps its steps. */
function quick(text: string): string {
  const changed = text
    .replace(/(size[:=] ?"?)128/g, (_, before: string) => `${before}64`)
    .replace(/(steps[:=] ?"?)40/g, (_, before: string) => `${before}${shots ? 40 : 4}`);
  assert.is.not(changed, text);
  return changed;
}

if (!browser) {
  skip(test, 'the examples in pages', 'no browser starts here');
} else {
  const { folder, remove } = libraryCopy();
  const complaints: string[] = [];
  const server: Served[] = [];
  test.after(async () => {
    for (const s of server) await s.close();
    await closeGpuBrowser();
    remove();
  });

  const read = (path: string): string => readFileSync(join(folder, 'examples', path), 'utf8');
  const visit = async (
    files: Readonly<Record<string, string | Uint8Array>>,
    path: string,
    where: Browser | BrowserContext = browser,
  ): Promise<Page> => {
    const served = await serve({
      files: { '/favicon.ico': '', ...files },
      folders: { '/examples/': join(folder, 'examples'), '/dist/': DIST },
    });
    server.push(served);
    const page = await where.newPage();
    page.on('console', (m) => {
      if (m.type() === 'error' || m.type() === 'warning') complaints.push(`${path}: ${m.text()}`);
    });
    page.on('pageerror', (e) => complaints.push(`${path}: ${e.message}`));
    await page.goto(served.url + path);
    return page;
  };
  const done = async (page: Page, name: string): Promise<void> => {
    if (shots) {
      mkdirSync(shots, { recursive: true });
      await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
    }
    await page.close();
  };
  /** Waits for a text, and says what there is instead. */
  const says = async (page: Page, id: string, wanted: RegExp): Promise<void> => {
    const text = (): Promise<string | null> => page.textContent(`#${id}`);
    try {
      await page.waitForFunction(
        ([selector, source]) =>
          new RegExp(source ?? '').test(document.querySelector(selector ?? '')?.textContent ?? ''),
        [`#${id}`, wanted.source],
      );
    } catch {
      assert.match((await text()) ?? '', wanted);
    }
  };
  /** The record in the PNG that an address of the page leads to. */
  const recordAt = async (page: Page, address: string): Promise<{ recipe: { seed: number; size: unknown } }> => {
    const bytes = await page.evaluate(async (a) => [...new Uint8Array(await (await fetch(a)).arrayBuffer())], address);
    return JSON.parse(readText(Uint8Array.from(bytes)).toroid ?? 'null');
  };
  const exemplar = await sharp('examples/pebbles.png')
    .extract({ left: 0, top: 0, width: 64, height: 64 })
    .png()
    .toBuffer();
  const upload = { name: 'stone.png', mimeType: 'image/png', buffer: exemplar };

  test('plain: the element grows its picture, the function the one that is chosen', async () => {
    const html = quick(read('plain/index.html'));
    const page = await visit({ '/examples/plain/index.html': html }, '/examples/plain/index.html');
    await page.waitForFunction(() => customElements.get('toroid-texture'));
    await page.locator('toroid-texture').getByRole('button').click();
    await page.waitForFunction(() => document.querySelector('toroid-texture')?.state === 'done');
    await page.setInputFiles('#file', upload);
    await says(page, 'said', /^Done: 64 x 64 pixels$/);
    const address = await page.evaluate(
      () => /url\("(.*)"\)/.exec(document.getElementById('made')?.style.backgroundImage ?? '')?.[1] ?? '',
    );
    assert.equal((await recordAt(page, address)).recipe.size, [64, 64]);
    await done(page, 'plain');
  });

  test('plain: from a CDN of npm packages, under the address that it has there', async () => {
    const { version, files, jsdelivr, unpkg } = JSON.parse(readFileSync('package.json', 'utf8'));
    assert.equal([files.includes('dist'), jsdelivr, unpkg], [true, './dist/web/toroid.js', './dist/web/toroid.js']);
    const context = await browser.newContext();
    const asked: string[] = [];
    await context.route('https://cdn.jsdelivr.net/**', async (route) => {
      const { pathname } = new URL(route.request().url());
      asked.push(pathname);
      const [, file = 'none'] = pathname.split(`/npm/toroid@${version}/dist/`);
      await route.fulfill({ path: join(DIST, file), headers: { 'access-control-allow-origin': '*' } });
    });
    const html = read('plain/cdn.html').replace(' autoplay', shots ? ' autoplay' : '');
    const page = await visit({ '/examples/plain/cdn.html': html }, '/examples/plain/cdn.html', context);
    await page.waitForFunction(() => customElements.get('toroid-texture'));
    if (shots) await page.waitForFunction(() => document.querySelector('toroid-texture')?.state === 'done');
    await page.waitForSelector('body > canvas');
    assert.ok(asked.includes(`/npm/toroid@${version}/dist/web/element.js`), asked.join());
    assert.ok(asked.includes(`/npm/toroid@${version}/${jsdelivr.slice(2)}`), asked.join());
    await done(page, 'cdn');
    await context.close();
  });

  test('plain: what is no picture is told', async () => {
    const html = quick(read('plain/index.html'));
    const page = await visit({ '/examples/plain/index.html': html }, '/examples/plain/index.html');
    await page.setInputFiles('#file', { name: 'a.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
    await says(page, 'said', /a\.png is not a picture/);
    await page.close();
  });

  long(test)('worker: the page shows what the worker draws, and stops it', async () => {
    const [html, script] = [quick(read('worker/index.html')), quick(read('worker/worker.js'))];
    const files = { '/examples/worker/index.html': html, '/examples/worker/worker.js': script };
    const page = await visit(files, '/examples/worker/index.html');
    await says(page, 'said', /^Done: \d{4,} bytes/);
    const { width, height } = (await page.locator('canvas').boundingBox()) ?? { width: 0, height: 0 };
    assert.ok(width > 100 && Math.abs(width - height) < 1);
    // What the worker has drawn, the page shows a frame or two later.
    await until(async () => {
      const { channels } = await sharp(await page.locator('canvas').screenshot()).stats();
      return channels.some((c) => c.stdev > 10);
    }, 'something is drawn');
    await done(page, 'worker');
    const long = await visit(
      { ...files, '/examples/worker/worker.js': script.replace('steps: 4', 'steps: 4000') },
      '/examples/worker/index.html',
    );
    await says(long, 'said', /^Size/);
    await long.click('#stop');
    await says(long, 'said', /^Done: /);
    await long.close();
  });

  /** Chooses a picture and a seed in the page for Vite. */
  const drive = async (page: Page, name: string): Promise<void> => {
    await page.setInputFiles('input[type=file]', upload);
    await page.fill('input[name=seed]', '5');
    await page.getByRole('button', { name: 'Grow' }).click();
    await says(page, 'said', /^64 x 64 pixels$/);
    const link = (await page.getAttribute('#made', 'href')) ?? '';
    assert.is((await recordAt(page, link)).recipe.seed, 5);
    await done(page, name);
  };
  const vite = join(folder, 'examples', 'vite');
  writeFileSync(join(vite, 'main.ts'), quick(read('vite/main.ts')));

  long(test)('vite: bundled with the conditions of a browser, it grows what is chosen', async () => {
    const { outputFiles } = await build({
      entryPoints: [join(vite, 'main.ts')],
      ...{ bundle: true, splitting: true, format: 'esm', platform: 'browser', minify: true, write: false },
      outdir: join(folder, 'out'),
      logLevel: 'error',
    });
    const files = Object.fromEntries(outputFiles.map((f) => [f.path.slice(join(folder, 'out').length), f.contents]));
    const html = read('vite/index.html')
      .replace('/main.ts', '/main.js')
      .replace('</head>', '<link rel="stylesheet" href="/main.css"></head>');
    await drive(await visit({ ...files, '/': html }, '/'), 'vite');
  });

  const real = needs(test, process.env.TOROID_VITE, 'TOROID_VITE is not set (npm run test:pack)');
  real('vite: built by Vite, with types checked by its own settings', async () => {
    const run = promisify(execFile);
    const registry = { cwd: vite, env: { ...process.env, NODE_ENV: 'development' } };
    const { name, private: own, type, scripts, devDependencies } = JSON.parse(read('vite/package.json'));
    writeFileSync(join(vite, 'package.json'), JSON.stringify({ name, private: own, type, scripts, devDependencies }));
    await run('npm', ['install', '--no-audit', '--no-fund'], registry);
    symlinkSync(join(folder, 'node_modules', 'toroid'), join(vite, 'node_modules', 'toroid'));
    await run('npm', ['run', 'build'], registry).catch((e: { stdout: string }) => assert.unreachable(e.stdout));
    const served = await serve({
      files: { '/favicon.ico': '', '/': readFileSync(join(vite, 'dist', 'index.html')) },
      folders: { '/': join(vite, 'dist') },
    });
    server.push(served);
    const page = await browser.newPage();
    await page.goto(served.url);
    await drive(page, 'vite-real');
  });

  test('no console complained', () => assert.equal(complaints, []));
}

test.run();
