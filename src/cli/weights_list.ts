import type { Command } from 'commander';
import { bytesText } from '../base/errors';
import { knownWeights } from '../nets/weights';
import { randomNets } from '../nets/weights_random';
import { type FoundWeights, recordedWeights, resolveWeights, storeFolder, weightFolders } from '../node/weights/find';

export function addList(weights: Command): void {
  weights
    .command('list')
    .description(
      'Lists the networks that toroid knows: how large, under which licence, from where, and where they are.',
    )
    .option('--json', 'print the result as JSON')
    .action(({ json }: { json?: boolean }) => {
      const rows = allRows();
      if (json) {
        const result = { folders: weightFolders(), store: storeFolder(), weights: rows };
        process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
        return;
      }
      const wide = Math.max(...rows.map((r) => r.name.length));
      for (const { name, size, path, licence, source, get } of rows) {
        const bytes = size === null ? '' : bytesText(size);
        process.stdout.write(`${name.padEnd(wide)}  ${bytes.padStart(9)}  ${path ?? `not on this machine; ${get}`}\n`);
        process.stdout.write(`${' '.repeat(wide)}             ${licence}; ${source}\n`);
      }
      process.stderr.write(`Looked in ${weightFolders().join(', ')}; new files go to ${storeFolder()}\n`);
    });
}

interface Row {
  name: string;
  file: string;
  /** Of the file that is here, or else of the download. */
  size: number | null;
  about: string;
  licence: string;
  source: string;
  url: string | null;
  mirrors: readonly string[];
  sha256: string | null;
  path: string | null;
  /** Whether the file here is cut out of a larger one. */
  slimmed: boolean;
  /** What to run, or where to look, to have it here. */
  get: string;
}

function allRows(): Row[] {
  const known = knownWeights.map((w) => {
    const here = lookFor(w.name);
    const get = w.url ? `toroid weights pull ${w.name}` : `put ${w.file} into ${storeFolder()}`;
    const { name, about, licence, source, url, mirrors } = w;
    const { file, size, sha256 } = here?.known ?? w;
    const slimmed = here?.of != null;
    return { name, file, size, about, licence, source, url, mirrors, sha256, path: here?.path ?? null, slimmed, get };
  });
  const names = new Set(known.map((r) => r.name));
  const others: Row[] = [];
  for (const { name, path, known: w, external = [] } of recordedWeights()) {
    if (names.has(name) || !w) continue;
    names.add(name);
    const { file, about, licence, source, url, mirrors, sha256 } = w;
    const size = external.reduce((n, e) => n + e.size, w.size);
    others.push({ name, file, size, about, licence, source, url, mirrors, sha256, path, slimmed: false, get: '' });
  }
  const toMake = randomNets
    .filter((name) => !names.has(name))
    .map((name) => ({
      ...{
        name,
        file: `${name}.onnx`,
        size: null,
        about: 'random weights',
        licence: 'none needed',
        source: 'made here',
      },
      ...{ url: null, mirrors: [], sha256: null, path: null, slimmed: false, get: `toroid weights make ${name}` },
    }));
  return [...known, ...others, ...toMake];
}

/** Where a known file is, or null. */
export function lookFor(name: string): FoundWeights | null {
  try {
    return resolveWeights(name);
  } catch {
    return null;
  }
}
