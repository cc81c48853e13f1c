import { resolve } from 'node:path';
import { Argument, type Command } from 'commander';
import { bytesText, EngineError } from '../base/errors';
import { knownWeights } from '../nets/weights';
import { type RandomNet, randomNets } from '../nets/weights_random';
import { makeRandom } from '../node/weights/add';
import {
  externalFilesOf,
  recordedWeights,
  resolveWeights,
  storeFolder,
  verifyWeights,
  weightFolders,
} from '../node/weights/find';
import { parseWhole } from './arguments';
import { addAdd, parseName } from './weights_add';
import { addList, lookFor } from './weights_list';
import { addPull } from './weights_pull';

export function addWeights(program: Command): void {
  const weights = program
    .command('weights')
    .summary('download, list and verify the weight files of networks')
    .description(
      'Downloads, lists and verifies the weight files of networks. `--net patches` needs none. toroid looks in\n' +
        "the folders that TOROID_WEIGHTS names, in ./weights, and in the user's cache (~/.cache/toroid/weights).",
    )
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  toroid weights list                           what there is, from where, under which licence\n' +
        '  toroid weights pull vgg19                     downloads 548 MiB, and keeps the 76 MiB of convolutions\n' +
        '  toroid weights make vgg19-random --seed 1     random weights, to try every recipe before any download\n' +
        '  toroid weights add mine.onnx --name mine --order BGR --range 255 --mean 104,117,123',
    );
  addList(weights);
  addPull(weights);
  addVerify(weights);
  addPath(weights);
  addAdd(weights);
  addMake(weights);
}

export function addPath(weights: Command): void {
  weights
    .command('path')
    .description('Prints the path of the file of a network. Fails if there is none, and says how to get it.')
    .argument('<name>', 'a name of `toroid weights list`')
    .option('--json', 'print the result as JSON')
    .action((name: string, { json }: { json?: boolean }) => {
      const { path, known, of } = resolveWeights(name);
      const { size, sha256 } = known ?? {};
      const data = externalFilesOf(path).map((d) => resolve(d.file));
      const result = { name, path: resolve(path), size, sha256, of: of ?? null, ...(data.length > 0 && { data }) };
      if (data.length > 0 && !json) process.stderr.write(`note: it keeps weights in ${data.join(', ')}\n`);
      process.stdout.write(json ? `${JSON.stringify(result, null, 2)}\n` : `${result.path}\n`);
    });
}

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
