import type { Command } from 'commander';
import { EngineError } from '../base/errors';
import { knownWeights } from '../nets/weights';
import { recordedWeights, resolveWeights, verifyWeights, weightFolders } from '../node/weights/find';
import { lookFor } from './weights_list';

export function addVerify(weights: Command): void {
  weights
    .command('verify')
    .description('Compares files with the size and SHA-256 they should have. Exit code 0: all match.')
    .argument('[names...]', 'names or .onnx files (default: all that are here)')
    .option('--json', 'print the result as JSON')
    .action(async (names: string[], { json }: { json?: boolean }) => {
      const here = knownWeights.filter((w) => lookFor(w.name)).map((w) => w.name);
      const all = [...new Set([...here, ...recordedWeights().map((w) => w.name)])];
      const results = [];
      for (const name of names.length > 0 ? names : all) results.push(await verify(name));
      if (json) process.stdout.write(`${JSON.stringify({ weights: results }, null, 2)}\n`);
      else
        for (const { name, path, verdict } of results) {
          process.stdout.write(`${name}  ${verdict.includes(path) ? verdict : `${path}  ${verdict}`}\n`);
        }
      if (results.length === 0) process.stderr.write(`No weights are in ${weightFolders().join(', ')}\n`);
      if (results.some((r) => !r.sound)) process.exitCode = 1;
    });
}

interface Verdict {
  name: string;
  path: string;
  sound: boolean;
  verdict: string;
}

async function verify(name: string): Promise<Verdict> {
  const found = resolveWeights(name);
  if (!found.known)
    return { name, path: found.path, sound: false, verdict: 'unknown file: there is no checksum to compare it with' };
  try {
    await verifyWeights(found);
    const of = found.of ? `, cut out of ${found.of.file} (sha256 ${found.of.sha256})` : '';
    return { name, path: found.path, sound: true, verdict: `size and SHA-256 match${of}` };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { name, path: found.path, sound: false, verdict: error.message };
  }
}
