// The library in a page: the calls that docs promise, under a strict policy, on SwiftShader. One file, for one browser.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readText } from '../../src/base/png_read';
import { seal } from '../../src/node/api';
import { long } from '../support/all';
import { closeGpuBrowser, openGpuBrowser } from '../support/browser';
import { skip } from '../support/needs';
import { DIST, openPages, type PageGlobals } from '../support/web/pages';

const OPTIONS = { size: 64, steps: 6, scales: 2, seed: 3 } as const;
/** For what any way of growing shows: the kernels of copying are the quicker to compile. */
const COPIED = { size: 64, method: 'copy', seed: 3 } as const;
const run = promisify(execFile);

/** Runs a script of ours on SwiftShader; what it says. */
async function onSwiftShader(...args: readonly string[]): Promise<string> {
  const env = { ...process.env, TOROID_ADAPTER: 'swiftshader', TOROID_DRIVER: '' };
  const { TOROID_DRIVER: _, ...rest } = env;
  const { stdout } = await run(process.execPath, [...args], { env: rest });
  return stdout.trim();
}

const pixelsOf = (file: string | Uint8Array): Promise<Buffer> => sharp(file).removeAlpha().raw().toBuffer();

const test = suite('web api');
const browser = await openGpuBrowser();

if (!browser) {
  skip(test, 'the library in a page', 'no browser starts here');
} else {
  const folder = mkdtempSync(join(tmpdir(), 'toroid-web-'));
  const exemplar = await sharp('examples/pebbles.png')
    .extract({ left: 0, top: 0, width: 64, height: 64 })
    .png()
    .toBuffer();
  writeFileSync(join(folder, 'stone.png'), exemplar);
  const worker = `
    import { texture } from './dist/web/toroid.js';
    onmessage = async ({ data: { file, options } }) => {
      try {
        const picture = await texture(file, options);
        const canvas = picture.toCanvas();
        postMessage({ canvas: canvas.constructor.name, pixels: picture.toImageData().data });
      } catch (error) { postMessage({ error: String(error) }); }
    };`;
  const pages = await openPages(browser, { '/stone.png': exemplar, '/worker.js': worker, '/text.png': 'no picture' });
  const page = await pages.open();
  let made: { readonly png: Buffer; readonly sha256: string };

  test.after(async () => {
    await pages.close();
    await closeGpuBrowser();
    rmSync(folder, { recursive: true, force: true });
  });

  test('one call in a plain page makes a tile, and tells how far it is', async () => {
    const { png, steps, size, held } = await page.evaluate(async (options) => {
      const { toroid } = globalThis as unknown as PageGlobals;
      const device = await toroid.open();
      const steps: number[] = [];
      const picture = await toroid.texture('/stone.png', { ...options, device, onProgress: (p) => steps.push(p.step) });
      const blob = await picture.toBlob();
      const bytes = new Uint8Array(await blob.arrayBuffer());
      const held = [device.held.count];
      device.close();
      held.push(device.held.count);
      return { png: [...bytes], steps, size: [picture.width, picture.height, blob.type], held };
    }, OPTIONS);
    assert.equal(size, [64, 64, 'image/png']);
    assert.ok(steps.length >= 2 && steps.at(-1) === OPTIONS.steps, `steps ${steps}`);
    assert.equal(held, [0, 0], 'nothing is held on the GPU after a run, and after close');
    made = { png: Buffer.from(png), sha256: createHash('sha256').update(exemplar).digest('hex') };
    const { channels, height } = await sharp(made.png).metadata();
    assert.equal([channels, height], [3, 64]);
  });

  test('the same pixels in Node, on the same SwiftShader', async () => {
    const out = join(folder, 'node.png');
    const adapter = await onSwiftShader(
      'test/web/node_texture.mjs',
      DIST,
      join(folder, 'stone.png'),
      out,
      JSON.stringify(OPTIONS),
    );
    const [node, inPage] = [await pixelsOf(out), await pixelsOf(made.png)];
    let most = 0;
    let other = 0;
    for (let i = 0; i < node.length; i++) {
      const d = Math.abs(node[i]! - inPage[i]!);
      most = Math.max(most, d);
      if (d > 0) other++;
    }
    console.log(
      `Node (${adapter}) and Chromium ${browser.version()}: ${other} of ${node.length} values differ, by ${most} at most`,
    );
    assert.is(other, 0);
  });

  test('a picture is sealed in a page as in Node', async () => {
    const inPage = await page.evaluate(async () => {
      const { toroid } = globalThis as unknown as PageGlobals;
      const picture = await toroid.seal('/stone.png', { maps: { height: '/stone.png' } });
      const png = new Uint8Array(await (await picture.toBlob()).arrayBuffer());
      return {
        png: [...png],
        report: picture.report,
        map: picture.maps.get('height')?.width,
        canvas: picture.toCanvas().width,
      };
    });
    const node = await seal(join(folder, 'stone.png'), { maps: { height: join(folder, 'stone.png') } });
    assert.equal(inPage.report, node.report);
    assert.equal([inPage.map, inPage.canvas], [node.width, node.width]);
    assert.equal(await pixelsOf(Buffer.from(inPage.png)), await pixelsOf(await node.toPng()));
  });

  long(test)('a PNG of the page has the recipe inside, and the command line makes it again', async () => {
    const record = JSON.parse(readText(made.png).toroid!) as { recipe: { inputs: unknown; seed: number } };
    assert.is(record.recipe.seed, 3);
    assert.equal(record.recipe.inputs, { style: { path: 'stone.png', sha256: made.sha256 } });
    const [kept, again] = [join(folder, 'page.png'), join(folder, 'again.png')];
    writeFileSync(kept, made.png);
    await onSwiftShader(join(DIST, 'cli.js'), 'run', kept, '-o', again, '--quiet');
    assert.equal(await pixelsOf(again), await pixelsOf(made.png));
  });

  test('a picture of Node is made again in the page', async () => {
    const png = [
      ...(await sharp(join(folder, 'node.png'), {})
        .toBuffer()
        .then(() => import('node:fs/promises'))
        .then((fs) => fs.readFile(join(folder, 'node.png')))),
    ];
    const pixels = await page.evaluate(async (bytes) => {
      const { toroid } = globalThis as unknown as PageGlobals;
      const record = await toroid.readRecord(new Blob([new Uint8Array(bytes)]));
      if (!record) return null;
      return [...(await toroid.run(record, { style: '/stone.png' })).toPixels().data];
    }, png);
    const rgb = pixels?.filter((_, i) => i % 4 !== 3);
    assert.equal(Buffer.from(rgb ?? []), await pixelsOf(made.png));
  });

  test('pictures come in every form that a page has them in', async () => {
    const found = await page.evaluate(async () => {
      const { toroid } = globalThis as unknown as PageGlobals;
      const blob = await (await fetch('/stone.png')).blob();
      const bitmap = await createImageBitmap(blob);
      const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 64 });
      canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
      const offscreen = new OffscreenCanvas(64, 64);
      offscreen.getContext('2d')?.drawImage(bitmap, 0, 0);
      const pixels = canvas.getContext('2d')!.getImageData(0, 0, 64, 64);
      const image = Object.assign(new Image(), { src: '/stone.png' });
      const wishes = { name: 'style', least: 16, most: 2 ** 20, alpha: false, onWarning: () => {} };
      const forms = {
        blob,
        file: new File([blob], 'stone.png'),
        bitmap,
        canvas,
        offscreen,
        pixels,
        image,
        path: '/stone.png',
        url: new URL('/stone.png', location.href),
        bytes: await blob.arrayBuffer(),
      };
      const sums: Record<string, number> = {};
      for (const [name, form] of Object.entries(forms)) {
        const { raster } = await toroid.readSource(form, wishes);
        sums[name] = raster.data.reduce((sum, v, i) => sum + v * (1 + (i % 7)), 0);
      }
      return { sums, open: bitmap.width };
    });
    assert.is(new Set(Object.values(found.sums)).size, 1, JSON.stringify(found.sums));
    assert.is(found.open, 64, 'a bitmap of the caller stays open');
  });

  test('a worker with an OffscreenCanvas makes the same tile', async () => {
    const { error, canvas, pixels } = await page.evaluate(
      (options) =>
        new Promise<{ error?: string; canvas?: string; pixels?: number[] }>((resolve) => {
          const w = new Worker('/worker.js', { type: 'module' });
          w.onmessage = ({ data }) => {
            w.terminate();
            resolve({ ...data, pixels: data.pixels && [...data.pixels] });
          };
          fetch('/stone.png')
            .then((r) => r.blob())
            .then((file) => w.postMessage({ file, options }));
        }),
      OPTIONS,
    );
    assert.is(error, undefined);
    assert.is(canvas, 'OffscreenCanvas');
    assert.equal(Buffer.from(pixels!.filter((_, i) => i % 4 !== 3)), await pixelsOf(made.png));
  });

  test('a GPUDevice of the caller is given back untouched, and two engines share a page', async () => {
    const found = await page.evaluate(async (options) => {
      const { toroid } = globalThis as unknown as PageGlobals;
      const gpu = await (await navigator.gpu.requestAdapter())!.requestDevice();
      let lost = false;
      void gpu.lost.then(() => {
        lost = true;
      });
      const mine = gpu.createBuffer({ size: 16, usage: GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST });
      let made = 0;
      let gone = 0;
      const create = gpu.createBuffer.bind(gpu);
      gpu.createBuffer = (wanted) => {
        made++;
        const buffer = create(wanted);
        const destroy = buffer.destroy.bind(buffer);
        let once = false;
        return Object.assign(buffer, {
          destroy: () => {
            if (!once) gone++;
            once = true;
            return destroy();
          },
        });
      };
      const engine = await toroid.open({ device: gpu });
      const other = await toroid.open();
      const [a, b] = await Promise.all([
        toroid.texture('/stone.png', { ...options, device: engine }),
        toroid.texture('/stone.png', { ...options, device: other }),
      ]);
      const left = engine.createBuffer({ size: 64, usage: GPUBufferUsage.COPY_DST });
      const before = engine.held.count;
      engine.close();
      other.close();
      // One call with a bare device does the same.
      const c = await toroid.texture('/stone.png', { ...options, device: gpu });
      gpu.pushErrorScope('validation');
      gpu.queue.writeBuffer(mine, 0, new Uint32Array(4));
      await gpu.queue.onSubmittedWorkDone();
      const error = await gpu.popErrorScope();
      const same = [b, c].every((p) => p.toPixels().data.join() === a.toPixels().data.join());
      const result = {
        lost,
        made,
        gone,
        before,
        same,
        left: left.size,
        error: error?.message,
        held: engine.held.count,
      };
      gpu.destroy();
      return result;
    }, COPIED);
    assert.ok(found.made > 20, `${found.made} buffers`);
    assert.is(found.gone, found.made, 'all buffers that were made are destroyed');
    assert.equal([found.before, found.held], [1, 0]);
    assert.is(found.lost, false);
    assert.is(found.error, undefined);
    assert.is(found.same, true, 'the same pixels by each engine');
  });

  test('abort throws an AbortError and frees all; stop gives what there is', async () => {
    const found = await page.evaluate(async (options) => {
      const { toroid } = globalThis as unknown as PageGlobals;
      const device = await toroid.open();
      const errors: string[] = [];
      const nameOf = (e: unknown): string => (e as Error).name;
      const early = toroid.texture('/stone.png', { ...options, device, signal: AbortSignal.abort() });
      errors.push(await early.then(() => 'none', nameOf));
      const control = new AbortController();
      const call = { ...options, steps: 1000, device, signal: control.signal, onProgress: () => control.abort() };
      errors.push(await toroid.texture('/stone.png', call).then(() => 'none', nameOf));
      const held = device.held.count;
      const enough = new AbortController();
      const stopped = await toroid.texture('/stone.png', {
        ...options,
        steps: 1000,
        device,
        stop: enough.signal,
        onProgress: () => enough.abort(),
      });
      device.close();
      return { errors, held, stopped: stopped.stopped, width: stopped.width };
    }, OPTIONS);
    assert.equal(found, { errors: ['AbortError', 'AbortError'], held: 0, stopped: true, width: 64 });
  });

  test('mistakes are told with a code and a remedy', async () => {
    const found = await page.evaluate(async () => {
      const { toroid } = globalThis as unknown as PageGlobals;
      const { texture, run } = toroid;
      const told = (call: Promise<unknown>): Promise<string> =>
        call.then(
          () => 'no error',
          (e: unknown) => `${(e as { code?: string }).code}: ${(e as Error).message}`,
        );
      const small = new ImageData(8, 8);
      small.data.fill(255);
      return [
        await told(texture('/text.png')),
        await told(texture('/nowhere.png')),
        await told(texture(small)),
        await told(texture(new ImageData(32, 32))),
        await told(texture('/stone.png', { size: 7 })),
        await told(texture('/stone.png', { recipe: 'textur' })),
        await told(run('texture', {})),
        await told(run('style', { content: '/stone.png', style: '/stone.png' })),
      ];
    });
    const wanted = [
      /^PictureError: text\.png is not a picture/,
      /^PictureError: style: cannot fetch .*404/,
      /^PictureError: style is 8x8 pixels; at least 16x16/,
      /^PictureError: style is fully transparent/,
      /^SettingsError: size/,
      /^RecipeError: .*Did you mean texture\?/,
      /^RecipeError: .*there is no input style/,
      /^WeightsError: .*none was given/,
    ];
    wanted.forEach((w, k) => assert.match(found[k] ?? '', w));
  });

  test('after the first, recipes of all kinds fetch nothing more but palettes; what reads networks is fetched for the first, once', async () => {
    const fresh = await pages.open();
    const { before, after, later, again, codes, hint, sides } = await fresh.evaluate(async (options) => {
      const { toroid } = globalThis as unknown as PageGlobals;
      const scripts = (): string[] =>
        performance
          .getEntriesByType('resource')
          .map((e) => e.name)
          .filter((name) => name.endsWith('.js'));
      // With the first comes what paints init images.
      await toroid.texture('/stone.png', options);
      const before = scripts();
      const { width, height } = await toroid.run(
        {
          size: 32,
          styles: [{ input: 'style' }],
          scales: { count: 1 },
          color: { palette: { input: 'style', colors: 4 } },
          views: [{ kind: 'wallpaper', group: 'p4m' }],
          stages: [{ steps: 3, optimizer: { kind: 'lbfgs' }, losses: [{ kind: 'gram', layers: ['input'] }] }],
        },
        { style: '/stone.png' },
      );
      const error = (await toroid
        .run('texture', { style: '/stone.png' }, { size: 64, memory: 1e5 })
        .catch((e: unknown) => e)) as { code: string; hint: string };
      const after = scripts();
      const noNet = (): Promise<{ code: string }> =>
        toroid.loadNet(new Blob(['no network'])).catch((e: unknown) => e) as unknown as Promise<{ code: string }>;
      const codes = [error.code, (await noNet()).code];
      const later = scripts();
      await noNet();
      return { before, after, later, again: scripts(), codes, hint: error.hint, sides: [width, height] };
    }, OPTIONS);
    await fresh.close();
    const fresher = after.filter((name) => !before.includes(name));
    assert.match(fresher.join(' '), /^\S*\/palette-\w+\.js$/, 'for an ornament of four colours, and a lack of memory');
    assert.ok(later.length > after.length, 'for a network');
    assert.equal(again, later, 'for the next');
    assert.equal(sides, [32, 32]);
    assert.equal(codes, ['LimitError', 'OnnxError']);
    assert.match(hint, /Allow \d+MB/);
  });

  long(test)('a seed that few recipes have is fetched before it is painted', async () => {
    const fresh = await pages.open();
    const ranges = await fresh.evaluate(async () => {
      const { toroid } = globalThis as unknown as PageGlobals;
      const found: number[] = [];
      for (const canvas of ['spectrum(1.5)', 'phase(style)']) {
        const made = await toroid.run(
          {
            size: 32,
            canvas,
            styles: [{ input: 'style' }],
            scales: { count: 1 },
            stages: [{ steps: 1, losses: [{ kind: 'patches' }] }], // which are there from the start
          },
          { style: '/stone.png' },
        );
        const { data } = made.toImageData();
        found.push(new Set(data).size);
      }
      return found;
    });
    await fresh.close();
    for (const n of ranges) assert.ok(n > 40, `${n} different values`);
  });

  test('a page without WebGPU is told so', async () => {
    const bare = await pages.open();
    const said = await bare.evaluate(async () => {
      const { toroid } = globalThis as unknown as PageGlobals;
      Object.defineProperty(navigator, 'gpu', { value: undefined });
      return toroid.texture('/stone.png').then(
        () => '',
        (e: unknown) => `${(e as { code?: string }).code}: ${(e as Error).message}`,
      );
    });
    await bare.close();
    assert.match(said, /^AdapterError: this browser has no WebGPU\n {2}Use Chrome/);
  });

  test('messages are in the words of a page: settings, no options of the command line', async () => {
    const said = await page.evaluate(async () => {
      const { toroid } = globalThis as unknown as PageGlobals;
      const calls = [
        toroid.run('kaleidoscope', {}),
        toroid.run('kaleidoscop', {}),
        toroid.texture('/stone.png', { size: 7.5 }),
      ];
      return Promise.all(
        calls.map((c) =>
          c.then(
            () => '',
            (e: Error & { code?: string }) => `${e.code}: ${e.message}`,
          ),
        ),
      );
    });
    assert.match(said[0] ?? '', /^RecipeError: .*there is no input style\.\n {2}Add it to .* style among the inputs/);
    assert.match(said[1] ?? '', /^RecipeError: [\s\S]*or give a recipe of your own/);
    assert.match(said[2] ?? '', /^SettingsError: size\[0\]: is 7\.5, but a whole number is wanted/);
  });

  test('a page over plain http is told so, and can seal', async () => {
    const plain = await page.context().newPage();
    await plain.goto(`${pages.url.replace('127.0.0.1', 'plain.test')}/`);
    await plain.waitForFunction(() => 'toroid' in globalThis);
    const [said, sealed] = await plain.evaluate(async () => {
      const { toroid } = globalThis as unknown as PageGlobals;
      const error = await toroid.texture('/stone.png', { size: 32 }).catch((e: unknown) => e);
      const { code, message } = error as { code?: string; message: string };
      return [`${code}: ${message}`, (await toroid.seal('/stone.png')).width];
    });
    await plain.close();
    assert.match(
      said,
      /^AdapterError: this page came over plain http.*\n {2}Serve it over https, or from localhost\.$/,
    );
    assert.ok(sealed > 16);
  });

  long(test)('nothing is needed that is younger than the oldest browser', async () => {
    const older = await page.context().newPage();
    await older.addInitScript(() => {
      const of = globalThis as unknown as Record<string, Record<string, unknown> | undefined>;
      const younger = {
        AbortSignal: ['any'],
        URL: ['parse', 'canParse'],
        Promise: ['withResolvers', 'try'],
        Array: ['fromAsync'],
        Object: ['groupBy'],
        Map: ['groupBy'],
        Response: ['json'],
      };
      for (const [name, members] of Object.entries(younger)) for (const m of members) delete of[name]?.[m];
      for (const name of ['Iterator', 'Float16Array', 'WebAssembly', 'scheduler']) delete of[name];
      // Chrome 113 to 126 had this in its place.
      const { info } = Object.getOwnPropertyDescriptors(GPUAdapter.prototype);
      Object.assign(GPUAdapter.prototype, {
        requestAdapterInfo: async function () {
          return info?.get?.call(this);
        },
      });
      for (const [name, member] of [
        ['GPUAdapter', 'info'],
        ['GPUDevice', 'adapterInfo'],
      ] as const)
        Reflect.deleteProperty(Object(of[name]?.prototype), member);
    });
    await older.goto(`${pages.url}/`);
    await older.waitForFunction(() => 'toroid' in globalThis);
    const sizes = await older.evaluate(async (options) => {
      const { toroid } = globalThis as unknown as PageGlobals;
      const [grown, copied] = [
        await toroid.texture('/stone.png', options),
        await toroid.texture('/stone.png', { size: 64 }),
      ];
      return [grown.width, copied.width, (await toroid.seal('/stone.png')).width > 16];
    }, OPTIONS);
    await older.close();
    assert.equal(sizes, [64, 64, true]);
  });

  test('measurements of kernels outlive the page', async () => {
    const record = {
      ...{ adapter: 'a', kernel: 'k', scalar: 'f32' as const, shape: 's', hash: 'h', date: '2026-11-01' },
      ...{ clock: 'wall' as const, untuned: 'WG=64', best: 'WG=32', candidates: [{ variant: 'WG=32', ms: 1 }] },
    };
    await page.evaluate(async (r) => {
      const { toroid } = globalThis as unknown as PageGlobals;
      const table = new toroid.TuneTable();
      await table.add([r, { ...r, shape: 't' }]);
      await table.add([{ ...r, best: 'WG=64' }]);
    }, record);
    const next = await pages.open();
    const [kept, after] = await next.evaluate(async () => {
      const { toroid } = globalThis as unknown as PageGlobals;
      const table = new toroid.TuneTable();
      const before = await table.read(() => {});
      await table.reset();
      return [before, await table.read(() => {})];
    });
    await next.close();
    assert.equal(
      kept.map((r) => [r.shape, r.best]),
      [
        ['s', 'WG=64'],
        ['t', 'WG=32'],
      ],
    );
    assert.equal(after, []);
  });

  test('no console complained', () => {
    // Of addresses that are not there, browsers speak by themselves.
    assert.equal(
      pages.complaints.filter((c) => !c.includes('404')),
      [],
    );
  });
}

test.run();
