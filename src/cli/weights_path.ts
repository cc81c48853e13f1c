import { resolve } from 'node:path';
import type { Command } from 'commander';
import { resolveWeights } from '../node/weights/find';

export function addPath(weights: Command): void {
  weights
    .command('path')
    .description('Prints the path of the file of a network. Fails if there is none, and says how to get it.')
    .argument('<name>', 'a name of `toroid weights list`')
    .option('--json', 'print the result as JSON')
    .action((name: string, { json }: { json?: boolean }) => {
      const { path, known, of } = resolveWeights(name);
      const { size, sha256 } = known ?? {};
      const result = { name, path: resolve(path), size, sha256, of: of ?? null };
      process.stdout.write(json ? `${JSON.stringify(result, null, 2)}\n` : `${result.path}\n`);
    });
}
