// The op kit, bundled for a page: tests and specs from here, everything else as the built package has it.
import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import type { Share } from '../kit';
import { opFolders } from '../ops';
import { DIST } from './pages';

const pageFile = (name: string): string => resolve(`test/support/web/${name}.page.ts`);

/** Sources are taken from dist/modules, shaders and all, but for specs, which do not ship; `uvu` and the device are a page's. */
const asShipped: Plugin = {
  name: 'as shipped',
  setup(esbuild) {
    esbuild.onResolve({ filter: /^uvu$/ }, () => ({ path: pageFile('uvu') }));
    esbuild.onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
      const file = resolve(resolveDir, path);
      if (file === resolve('test/support/device')) return { path: pageFile('device') };
      const inSource = relative('src', file);
      if (inSource.startsWith('..') || /(^|[./])(spec|reference)$/.test(inSource)) return null;
      const shipped = [`${inSource}.js`, `${inSource}/index.js`].map((f) => resolve(join(DIST, 'modules', f)));
      const found = shipped.find((f) => existsSync(f));
      return found ? { path: found } : { errors: [{ text: `${shipped[0]} is not built: node build.mjs web` }] };
    });
  },
};

/** The kit of test/engine/ops over the specs of all ops, as a script that puts `kit` among the globals. */
export async function kitForPage(share: Share): Promise<string> {
  const folders = opFolders();
  const contents = `
    import { testOp } from './test/support/kit';
    import { testOpInF16 } from './test/support/kit_f16';
    import { skipped } from './test/support/needs';
    import { device } from './test/support/device';
    import { runAll } from './test/support/web/uvu.page';
    ${folders.map((f, k) => `import * as spec${k} from './src/shaders/${f}/spec';`).join('\n')}
    for (const module of [${folders.map((_, k) => `spec${k}`).join(', ')}] as any[]) {
      for (const spec of module.specs ?? (module.spec ? [module.spec] : [])) {
        await testOp(spec, ${JSON.stringify(share)});
        await testOpInF16(spec);
      }
    }
    Object.assign(globalThis, { kit: { adapter: (await device()).name, skipped, runAll } });
  `;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: resolve('.'), loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    plugins: [asShipped],
    logLevel: 'error', // not that chunks of the package have no side effects
  });
  return outputFiles[0]?.text ?? '';
}
