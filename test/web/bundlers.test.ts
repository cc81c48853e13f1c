// What others build with: Next.js, Astro, webpack and esbuild for servers, JSX of React; from the npm registry, in test:all.
import { execFile, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ToroidTexture } from '../../src/web/element';
import { closeGpuBrowser, openGpuBrowser } from '../support/browser';
import { needs } from '../support/needs';
import { freePort } from '../support/redis';
import { install, NO_REGISTRY, registry } from '../support/registry';
import { until } from '../support/until';
import { serve } from '../support/web/server';

const run = promisify(execFile);
const test = suite('bundlers');
const folder = mkdtempSync(join(tmpdir(), 'toroid-bundlers-'));
const browser = registry ? await openGpuBrowser() : null;
const long = needs(test, registry && browser, NO_REGISTRY);
test.after(async () => {
  if (registry) await closeGpuBrowser();
  rmSync(folder, { recursive: true, force: true });
});

let packed: Promise<string> | undefined;
/** The package as npm packs it. */
async function tarball(): Promise<string> {
  packed ??= run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]).then(({ stdout }) =>
    join(folder, (JSON.parse(stdout) as [{ filename: string }])[0].filename),
  );
  return packed;
}

/** A project of these files, with toroid and these packages installed. */
async function project(
  name: string,
  packages: readonly string[],
  files: Readonly<Record<string, string>>,
  flags: readonly string[] = [],
): Promise<string> {
  const home = join(folder, name);
  await install(home, [...packages, await tarball()], flags);
  for (const [file, text] of Object.entries({ 'tsconfig.json': TSCONFIG, ...files })) {
    mkdirSync(dirname(join(home, file)), { recursive: true });
    writeFileSync(join(home, file), text);
  }
  for (const file of ['stone.png', 'public/stone.png']) cpSync('examples/pebbles.png', join(home, file));
  return home;
}

const TSCONFIG = JSON.stringify({
  compilerOptions: {
    ...{ strict: true, noEmit: true, target: 'es2022', lib: ['es2023', 'dom'], jsx: 'react-jsx', skipLibCheck: false },
    ...{ module: 'esnext', moduleResolution: 'bundler' },
  },
});
const ELEMENT = '<toroid-texture src="/stone.png" size="32" steps="2" scales="1" autoplay></toroid-texture>';

/** What a page at an address comes to: its element is done. */
async function grows(url: string): Promise<void> {
  const page = await browser!.newPage();
  const errors: string[] = [];
  page.on('pageerror', (e) => errors.push(e.message));
  await page.goto(url);
  await page.waitForFunction(() =>
    /done|failed/.test(document.querySelector<ToroidTexture>('toroid-texture')?.state ?? ''),
  );
  assert.is(await page.textContent('toroid-texture [role=status]'), '');
  assert.equal(errors, []);
  await page.close();
}

long('Next.js builds a client component and a route without settings, and both grow textures', async () => {
  const home = await project(
    'next',
    ['next@16', 'react@19', 'react-dom@19', '@types/react@19', '@types/node@20', 'typescript@5.9'],
    {
      'tsconfig.json': TSCONFIG.replace('"skipLibCheck":false', '"skipLibCheck":true'), // its own types want more than these
      'app/layout.tsx':
        'export default function Layout({ children }: { children: React.ReactNode }) { return <html lang="en"><body>{children}</body></html>; }',
      'app/page.tsx': `'use client';
      import { VERSION } from 'toroid';
      import 'toroid/element';
      export default function Page() { return <main title={VERSION}><toroid-texture src="/stone.png" size={32} steps={2} autoplay /></main>; }`,
      'app/api/grow/route.ts': `import { texture } from 'toroid';
      export async function GET() {
        const made = await texture('stone.png', { size: 32, steps: 2 });
        return new Response(await made.toBlob());
      }`,
    },
  );
  const next = join(home, 'node_modules', 'next', 'dist', 'bin', 'next');
  await run(process.execPath, [next, 'build'], { cwd: home, env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1' } });
  const port = await freePort();
  const server = spawn(process.execPath, [next, 'start', '-p', String(port)], { cwd: home, stdio: 'ignore' });
  try {
    const url = `http://127.0.0.1:${port}`;
    await until(
      () =>
        fetch(url).then(
          (r) => r.ok,
          () => false,
        ),
      'Next.js serves',
    );
    const png = new Uint8Array(await (await fetch(`${url}/api/grow`)).arrayBuffer());
    assert.is(String.fromCharCode(...png.subarray(1, 4)), 'PNG');
    await grows(url);
  } finally {
    server.kill();
  }
});

long('Astro renders and builds a page with the element', async () => {
  const home = await project('astro', ['astro@5'], {
    'src/pages/index.astro': `---\nimport 'toroid/element';\n---\n<html lang="en"><body>${ELEMENT}<script>import 'toroid/element';</script></body></html>`,
  });
  await run(process.execPath, [join(home, 'node_modules', 'astro', 'astro.js'), 'build'], {
    cwd: home,
    env: { ...process.env, ASTRO_TELEMETRY_DISABLED: '1' },
  });
  const server = await serve({
    files: { '/': readFileSync(join(home, 'dist', 'index.html')), '/favicon.ico': '' },
    folders: { '/': join(home, 'dist') },
  });
  try {
    await grows(`${server.url}/`);
  } finally {
    await server.close();
  }
});

const SERVER =
  "import { texture } from 'toroid'; const made = await texture('stone.png', { size: 32, steps: 2 }); console.log(made.width);";

long('esbuild and webpack bundle a server, with the native packages outside', async () => {
  const home = await project('servers', ['esbuild', 'webpack@5', 'webpack-cli'], {
    's.mjs': SERVER,
    'webpack.config.mjs': `export default { mode: 'production', target: 'node20', entry: './s.mjs', externals: { sharp: 'import sharp' },
      experiments: { outputModule: true }, output: { path: import.meta.dirname, filename: 'w.mjs', module: true } };`,
  });
  const modules = join(home, 'node_modules');
  await run(process.execPath, [join(modules, 'esbuild', 'install.js')], { cwd: home });
  const external = ['--external:sharp', '--external:webgpu'];
  const bundle = ['s.mjs', '--bundle', '--platform=node', '--format=esm', ...external, '--outfile=b.mjs'];
  await run(join(modules, 'esbuild', 'bin', 'esbuild'), bundle, { cwd: home });
  await run(process.execPath, [join(modules, 'webpack', 'bin', 'webpack.js')], { cwd: home });
  for (const made of ['b.mjs', 'w.mjs'])
    assert.is((await run(process.execPath, [made], { cwd: home })).stdout.trim(), '32', made);
});

long('JSX knows the element, in React 18 and 19, and its types ask for neither', async () => {
  const files = {
    'x.tsx': `import 'toroid/element';
      export const a = <toroid-texture src="/stone.png" size={64} tiles="3" autoplay options={{ variety: 0.5 }}>x</toroid-texture>;
      // @ts-expect-error there is no such attribute
      export const b = <toroid-texture sizes={64} />;`,
    'y.ts':
      "import type { ToroidTexture } from 'toroid/element';\nexport const x = (e: ToroidTexture): number | null => e.size;",
  };
  for (const version of ['18', '19']) {
    const home = await project(`react-${version}`, ['typescript@5.9', `@types/react@${version}`], files);
    await run(process.execPath, [join(home, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', '.'], { cwd: home });
  }
  const home = await project('no-react', ['typescript@5.7'], { 'y.ts': files['y.ts'] });
  await run(process.execPath, [join(home, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', '.'], { cwd: home });
});

long('a project that is a page installs nothing native, and a seventh of it', async () => {
  const home = await project('page', [], {}, ['--omit=optional']);
  const modules = join(home, 'node_modules');
  assert.equal(
    ['webgpu', 'sharp', '@img', 'protobufjs'].filter((p) => existsSync(join(modules, p))),
    [],
  );
  const files = readdirSync(modules, { recursive: true, withFileTypes: true }).filter((f) => f.isFile());
  const bytes = files.reduce((sum, f) => sum + readFileSync(join(f.parentPath ?? f.path, f.name)).length, 0);
  assert.ok(bytes < 40e6, `${bytes} bytes`);
});

test.run();
