// The package as npm packs it, installed into empty projects: in Node, by bundlers, by tsc.
//   TOROID_VITE=1: also a Vite project, with vite from the registry (npm run test:pack)
import { execFile } from 'node:child_process';
import {
  cpSync,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGunzip, gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import { extract } from 'tar-fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ATTRIBUTES } from '../../src/web/element/properties';
import { ALL } from '../support/all';
import { closeGpuBrowser, openGpuBrowser } from '../support/browser';
import { needs, skip } from '../support/needs';
import { until } from '../support/until';
import { DIST, POLICY, REPORT_REFUSALS } from '../support/web/pages';
import { serve } from '../support/web/server';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'toroid-pack-'));
const test = suite('web pack');
test.after(async () => {
  await closeGpuBrowser();
  rmSync(folder, { recursive: true, force: true });
});

const root = resolve('.');
const installed = join(folder, 'node_modules', 'toroid');
/** The tarball; of a package that was built elsewhere (TOROID_DIST), by way of a copy. */
const tarball = async (): Promise<string> => {
  let cwd = root;
  if (DIST !== 'dist') {
    cwd = join(folder, 'copy');
    for (const f of ['package.json', 'custom-elements.json', 'bin', 'schema', 'weights/manifest.json', 'README.md'])
      cpSync(f, join(cwd, f), { recursive: true });
    cpSync(DIST, join(cwd, 'dist'), { recursive: true });
  }
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd,
  });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  return join(folder, filename);
};

/** What is bundled for a page by esbuild, with no settings but the platform; bytes are those of gzip. */
async function bundled(
  code: string,
  splitting = true,
): Promise<{
  /** Bytes of what comes at once. */
  readonly first: number;
  readonly atOnce: ReadonlySet<string>;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly inputs: string[];
}> {
  const result = await build({
    stdin: { contents: code, resolveDir: folder },
    ...{ bundle: true, splitting, minify: true, metafile: true, write: false },
    ...{ format: 'esm', platform: 'browser', outdir: folder, logLevel: 'silent' },
  });
  const files = new Map(result.outputFiles.map((f) => [f.path.slice(folder.length + 1), f.contents]));
  const outputs: Metafile['outputs'] = Object.fromEntries(
    Object.entries(result.metafile.outputs).map(([path, o]) => [resolve(path).slice(folder.length + 1), o]),
  );
  const loaded = new Set<string>();
  const visit = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const i of outputs[path]?.imports ?? []) {
      if (i.kind === 'import-statement' && !i.external) visit(resolve(i.path).slice(folder.length + 1));
    }
  };
  visit('stdin.js');
  const first = [...loaded].reduce((sum, p) => sum + gzipSync(files.get(p) ?? '', { level: 9 }).length, 0);
  return { first, atOnce: loaded, files, inputs: Object.keys(result.metafile.inputs) };
}

test('npm packs what is needed', async () => {
  const file = await tarball();
  mkdirSync(join(folder, 'node_modules'));
  await pipeline(
    createReadStream(file),
    createGunzip(),
    extract(installed, { map: (h) => ({ ...h, name: h.name.replace(/^package\//, '') }) }),
  );
  for (const f of readdirSync('node_modules')) {
    if (!f.startsWith('.')) symlinkSync(resolve('node_modules', f), join(folder, 'node_modules', f));
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', dependencies: { toroid: file } }));
  const { exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { exports: unknown };
  const paths = [...JSON.stringify(exports).matchAll(/:"(\.\/[^"]+)"/g)].map((m) => m[1] ?? '');
  assert.equal(
    paths.filter((p) => !existsSync(join(installed, p))),
    [],
  );
});

test('an empty Node project imports it', async () => {
  writeFileSync(
    join(folder, 'a.js'),
    "import { texture, run, Graph, gram, EngineError } from 'toroid';\nconsole.log([texture, run, Graph, gram, EngineError].map((f) => typeof f).join());",
  );
  const { stdout } = await run(process.execPath, ['a.js'], { cwd: folder });
  assert.is(stdout.trim(), 'function,function,function,function,function');
});

test('a server that renders pages imports what is meant for them', async () => {
  writeFileSync(
    join(folder, 'server.js'),
    `import { ToroidTexture } from 'toroid/element';
     import 'toroid/element.js';
     import { texture } from 'toroid/toroid.js';
     const { code, hint } = await texture(new Uint8Array(4)).catch((e) => e);
     console.log([typeof ToroidTexture, typeof texture, code, hint !== undefined].join());`,
  );
  const { stdout, stderr } = await run(process.execPath, ['server.js'], { cwd: folder });
  assert.equal([stdout.trim(), stderr], ['function,function,PictureError,true', '']);
});

test('what is native is optional: where it is wanted and not there, one remedy is said', async () => {
  const bare = mkdtempSync(join(tmpdir(), 'toroid-bare-')); // not within the other project, which has them
  const modules = join(bare, 'node_modules');
  for (const f of ['package.json', 'bin', 'dist/index.js', 'dist/cli.js', 'dist/chunks'])
    cpSync(join(installed, f), join(modules, 'toroid', f), { recursive: true });
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> };
  for (const name of Object.keys(dependencies)) {
    mkdirSync(join(modules, name, '..'), { recursive: true });
    symlinkSync(resolve('node_modules', name), join(modules, name));
  }
  cpSync('examples/pebbles.png', join(bare, 'x.png'));
  writeFileSync(
    join(bare, 'a.mjs'),
    `import { open, texture } from 'toroid';
     for (const call of [() => texture('x.png'), () => open()]) console.log(await call().then(() => 'made', (e) => e.code + ' ' + e.message));`,
  );
  const remedy = 'Install toroid with its optional packages: npm install --include=optional';
  const sharp = `PictureError the package sharp, which reads and writes pictures, is not installed\n  ${remedy}`;
  const webgpu = `AdapterError the package webgpu, which reaches the GPU, is not installed\n  ${remedy}`;
  const cwd = bare;
  const { stdout } = await run(process.execPath, ['a.mjs'], { cwd });
  assert.is(stdout, `${sharp}\n${webgpu}\n`);
  const toroid = (...args: string[]): Promise<{ stdout: string; stderr: string }> =>
    run(process.execPath, [join(modules, 'toroid', 'bin', 'toroid.mjs'), ...args], { cwd }).catch((e) => e);
  const [doctor, served] = [await toroid('doctor'), await toroid('serve', '--port', '0')];
  rmSync(bare, { recursive: true });
  assert.match(served.stderr, `the package pino, which writes logs of JSON, is not installed\n  ${remedy}\n`);
  assert.is(doctor.stdout.split(remedy).length, 2, doctor.stdout);
  assert.not.match(doctor.stdout, 'apt-get');
});

test('what a plain page is given is a folder of its own, with nothing of Node; the addresses of 0.1.0 lead there', () => {
  const web = join(installed, 'dist', 'web');
  const scripts = readdirSync(web, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.js'));
  assert.ok(scripts.length > 10);
  for (const f of scripts) {
    const text = readFileSync(join(web, f), 'utf8');
    for (const [, path = ''] of text.matchAll(/\b(?:from|import)\s*\(?"([\w./:@-]+)"/g)) {
      assert.ok(path.startsWith('.') && existsSync(join(web, f, '..', path)), `${f} imports ${path}`);
      assert.not(relative(web, join(web, f, '..', path)).startsWith('..'), `${f} imports ${path}`);
    }
  }
  for (const name of ['toroid', 'element'])
    assert.is(readFileSync(join(installed, 'dist', `${name}.js`), 'utf8'), `export * from './web/${name}.js';\n`);
});

test(`its types resolve by ${ALL ? 'both ways' : 'one way'} of looking, with every declaration checked`, async () => {
  writeFileSync(
    join(folder, 'a.ts'),
    `import { texture, run, open, Graph, Plan, gram, readRecord, type Progress } from 'toroid';
     const picture = await texture('x.png', { size: 64, seed: 1, onProgress: (p: Progress) => p.step, signal: AbortSignal.timeout(5) });
     const blob: Blob = await picture.toBlob();
     const device = await open();
     const g = new Graph();
     const plan = await Plan.compile(device, g, [gram(g, g.input([3, 8, 8], 'x'))]);
     const record = await readRecord(blob);
     if (record) await run(record, { style: blob });
     export const steps: number = plan.steps.length;
     // @ts-expect-error a size is a number
     await texture('x.png', { size: 'large' });`,
  );
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const ways = [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ] as const;
  for (const [module, resolution] of ALL ? ways : ways.slice(0, 1)) {
    const flags = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2023,dom', '--skipLibCheck', 'false'];
    const types = ['--module', module, '--moduleResolution', resolution, '--types', ''];
    const said = await run(process.execPath, [tsc, ...flags, ...types, 'a.ts'], { cwd: folder }).then(
      () => '',
      (e: { stdout: string }) => e.stdout,
    );
    assert.is(said, '', resolution);
  }
});

test('custom-elements.json, for editors, has what the element has', () => {
  const { modules } = JSON.parse(readFileSync(join(installed, 'custom-elements.json'), 'utf8')) as {
    modules: [{ declarations: [Record<'attributes' | 'events' | 'cssParts', { readonly name: string }[]>] }];
  };
  const [{ attributes, events, cssParts }] = modules[0].declarations;
  assert.equal(
    attributes.map((a) => a.name),
    Object.keys(ATTRIBUTES),
  );
  const source = readFileSync('src/web/element/toroid_texture.ts', 'utf8');
  const [, told = ''] = source.match(/interface ToroidTextureEvents \{([\s\S]*?)\n\}/) ?? [];
  assert.equal(
    events.map((e) => e.name),
    [...told.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name),
  );
  const parts = [...source.matchAll(/make\('\w+', '(\w+)'/g)].map(([, name]) => name);
  assert.equal(cssParts.map((p) => p.name).sort(), parts.sort());
});

test('a page needs nothing of Node', async () => {
  const { inputs, files } = await bundled("export * from 'toroid'");
  assert.equal(
    inputs.filter((f) => f.startsWith('node:') || builtinModules.includes(f)),
    [],
  );
  const all = [...files.values()].map((f) => Buffer.from(f).toString()).join('\n');
  assert.not.match(all, /from ?"(node:|fs|path|crypto)"|\beval\(|new Function\(|(?<!\.)\bprocess\./);
});

/** Bytes, gzipped, that a page of one call loads at once, and one of the plain script, which has every call and op. */
const [MOST, MOST_OF_ALL] = [200_000, 215_000];

test('the plain script and what it imports at once is small, though it has every call', () => {
  const sizes = new Map<string, number>();
  const visit = (file: string): void => {
    if (sizes.has(file)) return;
    const text = readFileSync(file);
    sizes.set(file, gzipSync(text, { level: 9 }).length);
    for (const [, path] of text.toString().matchAll(/\b(?:from|import)\s*"(\.[^"]+)"/g))
      visit(join(file, '..', path ?? ''));
  };
  visit(join(installed, 'dist', 'web', 'toroid.js'));
  const total = [...sizes.values()].reduce((sum, n) => sum + n, 0);
  console.log(`gzipped: toroid.js ${(total / 1000).toFixed(1)} kB in ${sizes.size} files`);
  assert.ok(sizes.size > 1, 'imports were found');
  assert.ok(total < MOST_OF_ALL, `toroid.js: ${total} bytes`);
});

test('what a page loads for one texture is small, and a graph with one op is smaller', async () => {
  const one = await bundled("export { texture } from 'toroid'");
  // Without splitting: esbuild keeps what parts that come later share with the first, wanted or not.
  const op = await bundled(
    "import { Graph, gram } from 'toroid'; const g = new Graph(); gram(g, g.input([3, 8, 8], 'x')); export { g };",
    false,
  );
  console.log(
    `gzipped: texture ${(one.first / 1000).toFixed(1)} kB, Graph and gram ${(op.first / 1000).toFixed(1)} kB`,
  );
  assert.ok(one.first < MOST, `texture: ${one.first} bytes`);
  assert.ok(op.first < 20_000, `Graph and gram: ${op.first} bytes`);
  const names = [...one.files].filter(([, f]) => Buffer.from(f).includes('is written in operator set'));
  assert.is(names.length, 1, 'ONNX is read by one file');
  assert.not(one.atOnce.has(names[0]?.[0] ?? ''), 'which comes later');
});

const browser = await openGpuBrowser();

needs(
  test,
  browser,
  'no browser starts here',
)('what esbuild makes of it runs in a page', async () => {
  const { files } = await bundled(
    "import { texture, VERSION } from 'toroid'; globalThis.made = [typeof texture, VERSION];",
  );
  const served = Object.fromEntries([...files].map(([name, bytes]) => [`/${name}`, bytes]));
  await inPage(browser!, {
    '/': '<!doctype html><title>x</title><script src="/refusals.js"></script><script type="module" src="/stdin.js"></script>',
    ...served,
  });
});

async function inPage(
  browser: NonNullable<Awaited<ReturnType<typeof openGpuBrowser>>>,
  files: Readonly<Record<string, string | Uint8Array>>,
  folders: Readonly<Record<string, string>> = {},
): Promise<void> {
  const server = await serve({
    files: { '/favicon.ico': '', '/refusals.js': REPORT_REFUSALS, ...files },
    folders,
    headers: { 'content-security-policy': POLICY },
  });
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on('pageerror', (e) => errors.push(e.message));
  page.on('console', (m) => m.type() === 'error' && errors.push(m.text()));
  try {
    await page.goto(`${server.url}/`);
    await until(async () => errors.length > 0 || (await page.evaluate(() => 'made' in globalThis)), 'the page has run');
    const made = await page.evaluate(() => (globalThis as unknown as { made?: unknown }).made);
    const { version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { version: string };
    assert.equal(errors, []);
    assert.equal(made, ['function', version]);
  } finally {
    await page.close();
    await server.close();
  }
}

if (process.env.TOROID_VITE !== '1') {
  skip(test, 'an empty Vite project builds a page of it', 'TOROID_VITE is not set (npm run test:pack)');
} else {
  needs(
    test,
    browser,
    'no browser starts here',
  )('an empty Vite project builds a page of it', async () => {
    const project = join(folder, 'vite');
    mkdirSync(project);
    const [file = ''] = readdirSync(folder).filter((f) => f.endsWith('.tgz'));
    writeFileSync(
      join(project, 'package.json'),
      JSON.stringify({
        type: 'module',
        private: true,
        dependencies: { toroid: `file:../${file}` },
        devDependencies: { vite: '8' },
      }),
    );
    writeFileSync(
      join(project, 'index.html'),
      '<!doctype html><title>x</title><script type="module" src="/main.js"></script>',
    );
    writeFileSync(
      join(project, 'main.js'),
      "import { texture, VERSION } from 'toroid'; globalThis.made = [typeof texture, VERSION];",
    );
    await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: project });
    await run('npx', ['vite', 'build'], { cwd: project });
    await inPage(browser!, { '/': readFileSync(join(project, 'dist', 'index.html')) }, { '/': join(project, 'dist') });
  });
}

test.run();
