import { resolve } from 'node:path';
import { Argument, type Command, InvalidArgumentError } from 'commander';
import { bytesText } from '../base/errors';
import { knownWeights } from '../nets/weights';
import { type RandomNet, randomNets } from '../nets/weights_random';
import { storeFolder } from '../node/weights/find';
import { makeRandom } from '../node/weights/make';
import { parseWhole } from './arguments';

interface Options {
  seed: number;
  as?: string;
  to?: string;
  json?: boolean;
}

export function addMake(weights: Command): void {
  weights
    .command('make')
    .summary('make a network of random weights')
    .description(
      'Makes a network of random weights and average pooling, so that every recipe can be tried before any download.\n' +
        'The same seed gives the same bytes everywhere.',
    )
    .addArgument(new Argument('<net>', 'the network to make').choices(randomNets))
    .option('--seed <n>', 'seed of the weights', parseWhole, 0)
    .option('--as <name>', 'its name (default: that of the net)', parseName)
    .option('--to <folder>', "where to put it (default: TOROID_WEIGHTS, ./weights where it is, or the user's cache)")
    .option('--json', 'print the result as JSON')
    .action((net: RandomNet, { seed, as, to, json }: Options) => {
      const { name, path, known } = makeRandom(net, seed, to ?? storeFolder(), as);
      const result = { name, path: resolve(path), size: known?.size, sha256: known?.sha256, seed };
      if (json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
      else {
        process.stderr.write(`written: ${bytesText(known?.size ?? 0)}; use it with --net ${name}\n`);
        process.stdout.write(`${result.path}\n`);
      }
    });
}

/** The name of a network of the user's own. */
export function parseName(text: string): string {
  if (!/^[\w.-]+$/.test(text) || text.startsWith('.') || text.endsWith('.onnx')) {
    throw new InvalidArgumentError('Use letters, digits, -, _ and . only, no dot in front, and leave .onnx out.');
  }
  if (text === 'patches' || text === 'auto' || knownWeights.some((w) => w.name === text)) {
    throw new InvalidArgumentError('That name is taken.');
  }
  return text;
}
