// Bundles the command line, the library, the tests and the benchmarks. Packages stay outside; shaders come in as text.
//   node build.mjs [cli] [web] [studio] [types] [test] [bench] [examples] [docs] [--out folder]      default: all
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join, relative } from 'node:path';
import { build } from 'esbuild';

const { version, browserslist, engines } = JSON.parse(readFileSync('package.json', 'utf8'));
const files = (folder, ending) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((f) => f.endsWith(ending))
    .map((f) => `${folder}/${f}`);

const shared = {
  bundle: true,
  splitting: true,
  format: 'esm',
  sourcemap: 'linked',
  loader: { '.wgsl': 'text', '.css': 'text', '.html': 'text' },
  define: { TOROID_VERSION: JSON.stringify(version) },
  chunkNames: 'chunks/[name]-[hash]',
  logLevel: 'warning',
};
/** Scripts of pages that the command line writes or serves: each as one text, with all that it imports. */
const pageScripts = {
  name: 'scripts of pages',
  setup(esbuild) {
    esbuild.onLoad({ filter: /\.client\.js$/ }, async ({ path }) => {
      const options = { bundle: true, write: false, format: 'iife', minify: true, target: 'es2022' };
      const { outputFiles } = await build({ ...options, entryPoints: [path] });
      return { contents: outputFiles[0].text, loader: 'text' };
    });
  },
};
const node = {
  ...shared,
  platform: 'node',
  target: `node${engines.node.slice(2)}`,
  packages: 'external',
  // But for zod, of which a fifth is used: its 94 files took a quarter of the time that the command line takes to start.
  alias: { zod: './node_modules/zod/index.js' },
  plugins: [pageScripts],
};

/** Pages load shaders without comments and indentation, each line where it was, because errors name lines. */
const withoutComments = {
  name: 'shaders without comments',
  setup(esbuild) {
    esbuild.onLoad({ filter: /\.wgsl$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8')
        .replace(/\/\/.*$/gm, '')
        .replace(/^[ \t]+|[ \t]+$/gm, ''),
      loader: 'text',
    }));
  },
};
const browser = {
  ...shared,
  platform: 'browser',
  target: ['es2022', ...browserslist.map((b) => b.replace(' ', ''))],
  plugins: [withoutComments],
};
/**
 * What a page may import: everything that does not need Node, each file by itself, for bundlers to choose from. Of zod
 * only what these use.
 */
const modules = () =>
  files('src', '.ts').filter(
    (f) =>
      !/\.(node|test|spec|d)\.ts$|\/spec\.ts$|^src\/(cli|fleet|node)\/|^src\/index\.node|^src\/base\/zod/.test(f) &&
      !/^src\/web\/(?!api\/|element\/)/.test(f),
  );

/** Pictures to try in the studio, in the order of its samples.webp (docs/generate/samples.mjs draws that). */
const SAMPLES = ['pebbles', 'brick', 'grass', 'wood', 'knit', 'lichen', 'scales', 'terrazzo'];

const out = process.argv.includes('--out') ? process.argv[process.argv.indexOf('--out') + 1] : undefined;
const dist = out ?? 'dist';
const tests = out ?? 'build/test';
/** Chunks have hashes in their names: those of earlier builds would be packed along. */
const clear = (folder) => rmSync(join(dist, folder), { recursive: true, force: true });
const targets = {
  cli: async () => {
    clear('chunks');
    const entryPoints = { cli: 'src/cli/main.ts', index: 'src/index.node.ts' };
    await build({ ...node, entryPoints, outdir: dist, chunkNames: 'chunks/node/[name]-[hash]' });
  },
  // web: a folder for any host, of files for a plain <script type="module"> and what they load when it is needed. modules: for bundlers.
  web: async () => {
    clear('web');
    clear('modules');
    const entryPoints = { toroid: 'src/index.browser.ts', element: 'src/web/element/index.ts' };
    await build({ ...browser, minify: true, entryPoints, outdir: join(dist, 'web') });
    // Where they were in 0.1.0.
    for (const name of Object.keys(entryPoints))
      writeFileSync(join(dist, `${name}.js`), `export * from './web/${name}.js';\n`);
    await build({
      ...browser,
      entryPoints: modules(),
      outdir: join(dist, 'modules'),
      outbase: 'src',
      sourcemap: false,
    });
  },
  // The page: a static folder for any host. The worker has the engine, the 3-D view is a chunk of its own.
  studio: async () => {
    clear('studio');
    const outdir = join(dist, 'studio');
    const entryPoints = { studio: 'src/web/studio/main.tsx', 'engine.worker': 'src/web/studio/engine.worker.ts' };
    await build({ ...browser, minify: true, sourcemap: false, entryPoints, outdir });
    for (const name of ['index.html', 'samples.webp', 'icon.svg', 'toroid.webmanifest'])
      copyFileSync(`src/web/studio/${name}`, join(outdir, name));
    const styles = ['tokens', 'base', 'layout', 'panel', 'view', 'first', 'strip', 'painter', 'export', 'engine'];
    const css = styles.map((name) => readFileSync(`src/web/studio/css/${name}.css`, 'utf8'));
    writeFileSync(join(outdir, 'studio.css'), css.join('\n'));
    const shell = files(outdir, '')
      .filter((f) => extname(f) !== '')
      .map((f) => relative(outdir, f).replaceAll('\\', '/'));
    const offline = readFileSync('src/web/studio/offline.js', 'utf8');
    writeFileSync(
      join(outdir, 'offline.js'),
      offline.replace('SHELL = []', `SHELL = ${JSON.stringify(['./', ...shell.sort()])}`),
    );
    mkdirSync(join(outdir, 'samples'));
    for (const name of SAMPLES) copyFileSync(`examples/${name}.png`, join(outdir, 'samples', `${name}.png`));
  },
  types: () => declarations(join(dist, 'types')),
  test: async () => {
    rmSync(tests, { recursive: true, force: true }); // tests of files that are gone would be run
    await build({
      ...node,
      entryPoints: [
        'test/run.ts',
        'test/run_file.ts',
        'test/nets/fuzz_onnx.ts',
        'test/nets/onnx_memory.ts',
        ...files('test', '.test.ts'),
      ],
      outdir: tests,
      outbase: 'test',
    });
  },
  bench: () =>
    build({
      ...node,
      entryPoints: [
        'bench/run.ts',
        'bench/gpu.ts',
        'bench/quality.ts',
        'bench/materials.ts',
        'bench/peers/run.ts',
        'bench/peers/worker.ts',
        ...files('bench', '.bench.ts'),
      ],
      outdir: 'build/bench',
      outbase: 'bench',
    }),
  examples: () =>
    build({
      ...node,
      entryPoints: [...files('examples/draw', '.ts'), ...files('examples/gallery', '.ts')],
      outdir: 'build/examples',
      outbase: 'examples',
    }),
  // What writes the generated pages of docs/, and the lists of losses, views and optimisers.
  docs: () =>
    build({
      ...node,
      entryPoints: ['docs/generate/components.ts', 'docs/generate/main.ts'],
      outdir: 'build/reference',
    }),
};

/** Declarations for those who import the package: tsc writes them, and Node's resolution wants whole file names. */
function declarations(folder) {
  rmSync(folder, { recursive: true, force: true });
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.types.json', '--outDir', folder], { stdio: 'inherit' });
  copyFileSync('src/web/element/jsx.d.ts', join(folder, 'web/element/jsx.d.ts'));
  const made = new Set(files(folder, '.d.ts'));
  const entries = ['index.node.d.ts', 'index.browser.d.ts', 'web/element/index.d.ts'];
  for (const file of made) {
    const text = readFileSync(file, 'utf8').replace(
      /((?:from|import)\s*\(?\s*)(['"])(\.[^'"]*)\2/g,
      (all, before, quote, path) => {
        const target = join(dirname(file), path);
        if (made.has(`${target}.d.ts`)) return `${before}${quote}${path}.js${quote}`;
        return made.has(`${target}/index.d.ts`) ? `${before}${quote}${path}/index.js${quote}` : all;
      },
    );
    // Where all that is named is found: by TypeScript's own files about pages, of 5.9 and before by those about WebGPU besides.
    const entry = entries.includes(relative(folder, file));
    if (entry) {
      const older = `export * from './${basename(file, '.d.ts')}.js';\n`;
      writeFileSync(file.replace(/\.d\.ts$/, '.before-ts6.d.ts'), `/// <reference types="@webgpu/types" />\n${older}`);
    }
    writeFileSync(file, (entry ? '/// <reference lib="dom" />\n' : '') + text);
  }
}

const given = process.argv.slice(2).filter((a) => a !== '--out' && a !== out);
for (const name of given.length > 0 ? given : Object.keys(targets)) {
  if (!targets[name]) throw new Error(`there is no target ${name}; known: ${Object.keys(targets).join(', ')}`);
  await targets[name]();
}
