import { basename, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { bytesText } from '../base/errors';
import { type KnownWeights, knownWeights } from '../nets/weights';
import { addWeightFile } from '../node/weights/add';
import { storeFolder } from '../node/weights/find';
import { parseLayers } from './arguments';

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
    .summary('register an .onnx file of your own under a name')
    .description(
      'Copies an .onnx file to where networks are looked for, checks that it can be read, and records its hash and\n' +
        'the input it takes: (picture * range - mean) / std, in the order of channels given, picture in 0..1.\n' +
        'toroid guesses what you leave out, and says so.',
    )
    .argument('<file>', 'an .onnx file')
    .option('--name <name>', 'what recipes call it (default: the name of the file)', parseName)
    .option('--mean <a,b,c>', 'what to subtract, in the order and range of its input', parseThree)
    .option('--std <a,b,c>', 'what to divide by, in the order and range of its input', parsePositive)
    .addOption(new Option('--order <order>', 'order of its channels').choices(['RGB', 'BGR']))
    .addOption(new Option('--range <max>', 'value of white').choices(['1', '255']))
    .option('--style <layers>', 'layers that textures and styles compare, separated by commas', parseLayers)
    .option('--content <layers>', 'layers that a transfer keeps', parseLayers)
    .option('--dream <layers>', 'layers that a dream enhances', parseLayers)
    .addOption(
      new Option('--pooling <kind>', 'what to use in place of its max pools').choices(['max', 'average', 'l2']),
    )
    .option('--licence <text>', 'its licence, for `toroid weights list`')
    .option('--source <text>', 'where it comes from, for `toroid weights list`')
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
  const { known, path, assumptions, inside, beside } = added;
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...known, path: resolve(path), guessed: assumptions }, null, 2)}\n`);
    return;
  }
  if (assumptions !== '') {
    process.stderr.write(`note: ${assumptions}\n  Set --mean, --std, --order and --range if it is not.\n`);
  }
  if (inside.length > 0) process.stderr.write(`note: the weights of ${inside.join(', ')} are inside the copy\n`);
  if (beside.length > 0)
    process.stderr.write(`note: it goes on keeping weights in ${beside.join(', ')}: leave them there\n`);
  process.stderr.write(`written: ${bytesText(known.size)}, sha256 ${known.sha256}; use it with --net ${known.name}\n`);
  process.stdout.write(`${resolve(path)}\n`);
}

function parseThree(text: string): [number, number, number] {
  const [a, b, c, ...rest] = text.split(',').map((t) => (t.trim() === '' ? Number.NaN : Number(t)));
  if (a === undefined || b === undefined || c === undefined || rest.length > 0 || ![a, b, c].every(Number.isFinite)) {
    throw new InvalidArgumentError('Give three numbers, such as 0.485,0.456,0.406.');
  }
  return [a, b, c];
}

function parsePositive(text: string): [number, number, number] {
  const three = parseThree(text);
  if (three.some((v) => v <= 0)) throw new InvalidArgumentError('They must be positive.');
  return three;
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
