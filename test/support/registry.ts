// Packages from the npm registry that only long tests want: installed into a folder of theirs, never among ours.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ALL } from './all';

const run = promisify(execFile);

/** Whether long tests are wanted, and the registry answers. */
export const registry: boolean =
  ALL &&
  (await run('npm', ['view', 'uvu', 'version'], { timeout: 60_000 }).then(
    () => true,
    () => false,
  ));

/** What a test that wants the registry lacks without it. */
export const NO_REGISTRY = ALL ? 'the npm registry cannot be reached' : 'long, see npm run test:all';

/** Installs packages, `next@16` or the path of a tarball, into a project of their own. */
export async function install(
  folder: string,
  packages: readonly string[],
  flags: readonly string[] = [],
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'package.json');
  if (!existsSync(file)) writeFileSync(file, JSON.stringify({ private: true, type: 'module' }));
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts'];
  await run('npm', ['install', ...quiet, ...flags, ...packages], { cwd: folder, maxBuffer: 2 ** 26 });
}
