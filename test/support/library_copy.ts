// A folder where `import 'toroid'` finds the built package, as it does for those who installed it.
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DIST } from './web/pages';

export interface LibraryCopy {
  readonly folder: string;
  remove(): void;
}

/** With the examples in it, beside `dist`, as in the repository. */
export function libraryCopy(): LibraryCopy {
  const folder = mkdtempSync(join(tmpdir(), 'toroid-examples-'));
  const installed = join(folder, 'node_modules', 'toroid');
  mkdirSync(installed, { recursive: true });
  cpSync('package.json', join(installed, 'package.json'));
  for (const place of [installed, folder]) symlinkSync(resolve(DIST), join(place, 'dist'));
  cpSync('examples', join(folder, 'examples'), { recursive: true, filter: (f) => !f.includes('node_modules') });
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
