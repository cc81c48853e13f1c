// Bundles the command line, the tests and the benchmarks. Packages stay outside; shaders come in as text.
//   node build.mjs [cli] [test] [bench] [examples]      default: all
import { readdirSync } from 'node:fs';
import { build } from 'esbuild';

const { version } = JSON.parse(await (await import('node:fs/promises')).readFile('package.json', 'utf8'));
const files = (folder, ending) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((f) => f.endsWith(ending))
    .map((f) => `${folder}/${f}`);
const targets = {
  cli: { entryPoints: { cli: 'src/cli/main.ts', index: 'src/index.node.ts' }, outdir: 'dist' },
  test: { entryPoints: ['test/run.ts', ...files('test', '.test.ts')], outdir: 'build/test', outbase: 'test' },
  bench: {
    entryPoints: [
      'bench/run.ts',
      'bench/gpu.ts',
      'bench/peers/run.ts',
      'bench/peers/worker.ts',
      ...files('bench', '.bench.ts'),
    ],
    outdir: 'build/bench',
    outbase: 'bench',
  },
  examples: { entryPoints: files('examples', '.ts'), outdir: 'build/examples', outbase: 'examples' },
};
const wanted = process.argv.slice(2);
for (const [name, target] of Object.entries(targets)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  if (Array.isArray(target.entryPoints) && target.entryPoints.length === 0) continue;
  await build({
    ...target,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: 'linked',
    loader: { '.wgsl': 'text', '.css': 'text', '.html': 'text', '.client.js': 'text' },
    define: { TOROID_VERSION: JSON.stringify(version) },
    chunkNames: 'chunks/[name]-[hash]',
    logLevel: 'warning',
  });
}
