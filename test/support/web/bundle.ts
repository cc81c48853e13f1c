// Code of the tests, bundled for a page.
import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';

/** Files of the tests that are others in a page. */
const inPage: Plugin = {
  name: 'in a page',
  setup(esbuild) {
    esbuild.onResolve({ filter: /^uvu$/ }, () => ({ path: resolve('test/support/web/uvu.page.ts') }));
    esbuild.onResolve({ filter: /^\.\.?\/device$/ }, ({ importer, path }) =>
      importer.startsWith(resolve('test'))
        ? { path: resolve('test/support/web/device.page.ts') }
        : { path: resolve(importer, '..', `${path}.ts`) },
    );
  },
};

/** A script for a page, as text. */
export async function bundleForPage(code: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: resolve('.'), loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    plugins: [inPage],
    loader: { '.wgsl': 'text' },
    define: { TOROID_VERSION: '"test"' },
    logLevel: 'warning',
  });
  return outputFiles[0]?.text ?? '';
}

/**
 * The kit of test/ops.test.ts over the specs of all ops, as a script that puts its outcomes under `kit`.
 * @param variants of each kernel, the first so many
 * @param only the folder of one op
 */
export function kitForPage(variants: number, only?: string): Promise<string> {
  const specs = readdirSync('src/shaders')
    .sort()
    .filter((f) => existsSync(`src/shaders/${f}/spec.ts`) && (!only || only === f));
  const lines = specs.map((f, k) => `import * as spec${k} from './src/shaders/${f}/spec';`);
  return bundleForPage(`
    import { testOp } from './test/kit';
    import { runAll } from './test/web/uvu.page';
    import { device } from './test/web/device.page';
    ${lines.join('\n')}
    for (const module of [${specs.map((_, k) => `spec${k}`).join(', ')}] as any[]) {
      for (const spec of module.specs ?? (module.spec ? [module.spec] : [])) await testOp(spec, ${variants});
    }
    Object.assign(globalThis, { kit: async () => ({ adapter: (await device()).name, outcomes: await runAll() }) });
  `);
}
