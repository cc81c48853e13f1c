import type { Command } from 'commander';
import { bytesText, EngineError } from '../base/errors';
import { knownWeights } from '../nets/weights';
import { type FoundWeights, resolveWeights, verifyWeights, weightFolders } from '../nets/weights.node';

interface Options {
  json?: boolean;
}

export function addWeights(program: Command): void {
  const weights = program
    .command('weights')
    .summary('list and verify the weight files of networks')
    .description(
      'Lists and verifies the weight files of networks. None is needed for --net patches, and none is downloaded:\n' +
        'put a file into ./weights, or into a folder named by TOROID_WEIGHTS.',
    );
  weights
    .command('list')
    .description('Lists the networks that toroid knows, and where their files are.')
    .option('--json', 'print the result as JSON')
    .action((options: Options) => {
      const rows = knownWeights.map(({ name, file, size, about, licence, url }) => {
        const path = lookFor(name)?.path ?? null;
        return { name, file, size, about, licence, url, path };
      });
      if (options.json) {
        process.stdout.write(`${JSON.stringify({ folders: weightFolders(), weights: rows }, null, 2)}\n`);
        return;
      }
      const wide = Math.max(...rows.map((r) => r.name.length));
      for (const { name, size, path, file, url } of rows) {
        const where = path ?? (url ? `not here; ${url}` : `not here (${file})`);
        process.stdout.write(`${name.padEnd(wide)}  ${bytesText(size).padStart(9)}  ${where}\n`);
      }
      process.stderr.write(`Looked in ${weightFolders().join(', ')}\n`);
    });
  weights
    .command('verify')
    .description('Compares files with the size and SHA-256 they should have. Exit code 0: all are as they should be.')
    .argument('[names...]', 'names or .onnx files (default: all that are here)')
    .option('--json', 'print the result as JSON')
    .action(async (names: string[], options: Options) => {
      const here = knownWeights.filter((w) => lookFor(w.name)).map((w) => w.name);
      const results = [];
      for (const name of names.length > 0 ? names : here) results.push(await verify(name));
      if (options.json) process.stdout.write(`${JSON.stringify({ weights: results }, null, 2)}\n`);
      else
        for (const { name, path, verdict } of results) {
          process.stdout.write(`${name}  ${verdict.includes(path) ? verdict : `${path}  ${verdict}`}\n`);
        }
      if (results.length === 0) process.stderr.write(`No weights are in ${weightFolders().join(', ')}\n`);
      if (results.some((r) => !r.sound)) process.exitCode = 1;
    });
}

async function verify(name: string): Promise<{ name: string; path: string; sound: boolean; verdict: string }> {
  const found = resolveWeights(name);
  if (!found.known) return { name, path: found.path, sound: false, verdict: 'unknown: nothing to compare it with' };
  try {
    await verifyWeights(found);
    return { name, path: found.path, sound: true, verdict: 'as it should be' };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { name, path: found.path, sound: false, verdict: error.message };
  }
}

/** Where a known file is, or null. */
function lookFor(name: string): FoundWeights | null {
  try {
    return resolveWeights(name);
  } catch {
    return null;
  }
}
