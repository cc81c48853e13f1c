import { basename, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { bytesText } from '../base/errors';
import type { KnownWeights } from '../nets/weights';
import { addWeightFile } from '../node/weights/add';
import { storeFolder } from '../node/weights/find';
import { parseLayers } from './arguments';
import { parseName } from './weights_make';

interface Options {
  name?: string;
  mean?: [number, number, number];
  std?: [number, number, number];
  order?: 'RGB' | 'BGR';
  range?: '1' | '255';
  style?: string[];
  content?: string[];
  dream?: string[];
  pooling?: KnownWeights['pooling'];
  licence?: string;
  source?: string;
  link?: boolean;
  to?: string;
  json?: boolean;
}

export function addAdd(weights: Command): void {
  weights
    .command('add')
    .summary('make a file of your own known by a name')
    .description(
      'Copies an .onnx file to where networks are looked for, checks that it can be read, and notes its hash and what\n' +
        'its input has to look like: (picture * range - mean) / std, in the order of channels given, picture in 0..1.\n' +
        'What is not given is guessed.',
    )
    .argument('<file>', 'an .onnx file')
    .option('--name <name>', 'what recipes call it (default: the name of the file)', parseName)
    .option('--mean <a,b,c>', 'in the order and range of its input', parseThree)
    .option('--std <a,b,c>', 'in the order and range of its input', parsePositive)
    .addOption(new Option('--order <order>', 'of channels').choices(['RGB', 'BGR']))
    .addOption(new Option('--range <max>', 'its white').choices(['1', '255']))
    .option('--style <layers>', 'what textures and styles compare, with commas', parseLayers)
    .option('--content <layers>', 'what a transfer keeps', parseLayers)
    .option('--dream <layers>', 'what a dream enhances', parseLayers)
    .addOption(new Option('--pooling <kind>', 'what its pools do').choices(['max', 'average', 'l2']))
    .option('--licence <text>', 'for `toroid weights list`')
    .option('--source <text>', 'for `toroid weights list`')
    .option('--link', 'link it instead of copying')
    .option('--to <folder>', "where to put it (default: TOROID_WEIGHTS, ./weights where it is, or the user's cache)")
    .option('--json', 'print the result as JSON')
    .action(add);
}

async function add(file: string, options: Options): Promise<void> {
  const { name, mean, std, order, range, to, json, style, content, dream, pooling, licence, source, link } = options;
  const preprocessing = {
    ...(mean && { mean }),
    ...(std && { std }),
    ...(order && { order }),
    ...(range && { range: range === '255' ? (255 as const) : (1 as const) }),
  };
  const added = await addWeightFile(file, {
    name: name ?? parseName(basename(file).replace(/\.onnx$/i, '')),
    folder: to ?? storeFolder(),
    preprocessing,
    ...(style && { style }),
    ...(content && { content }),
    ...(dream && { dream }),
    ...(pooling && { pooling }),
    ...(licence !== undefined && { licence }),
    ...(source !== undefined && { source }),
    ...(link && { link }),
  });
  const { known, path, guessed } = added;
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...known, path: resolve(path), guessed }, null, 2)}\n`);
    return;
  }
  if (guessed !== '')
    process.stderr.write(`note: ${guessed}\n  Give --mean, --std, --order and --range to say otherwise.\n`);
  process.stderr.write(`written: ${bytesText(known.size)}, sha256 ${known.sha256}; use it with --net ${known.name}\n`);
  process.stdout.write(`${resolve(path)}\n`);
}

function parseThree(text: string): [number, number, number] {
  const [a, b, c, ...rest] = text.split(',').map((t) => (t.trim() === '' ? Number.NaN : Number(t)));
  if (a === undefined || b === undefined || c === undefined || rest.length > 0 || ![a, b, c].every(Number.isFinite)) {
    throw new InvalidArgumentError('It is three numbers, such as 0.485,0.456,0.406.');
  }
  return [a, b, c];
}

function parsePositive(text: string): [number, number, number] {
  const three = parseThree(text);
  if (three.some((v) => v <= 0)) throw new InvalidArgumentError('They must be positive.');
  return three;
}
