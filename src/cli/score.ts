import { type Command, Option } from 'commander';
import type { Raster } from '../base/raster';
import { readPicture } from '../node/picture';
import { loadNet } from '../node/weights/find';
import type { Recipe } from '../recipes/recipe';
import { type FeatureScore, featureScores } from '../recipes/scores/feature_distance';
import { structureScore } from '../recipes/scores/structure';
import { type StructureLine, structureLines } from '../recipes/scores/structure_verdicts';
import { openDevice } from './open_device';
import { STOPPED, stopOnSignal } from './stop';

interface Options {
  against: string;
  tile: Recipe['tile'];
  net?: string;
  json?: boolean;
}

export function addScore(program: Command): void {
  program
    .command('score')
    .summary('tell how well a tile keeps the structure of its exemplar')
    .description(
      'Compares a tile with its exemplar, measure by measure: patches of 8, 16 and 32 pixels both ways, autocorrelation,\n' +
        'joins, straight cuts, sharpness, the largest region copied from one place, and what stands twice. Each line has the\n' +
        'value, what a good tile has, and a word: good, fair or poor. There is no sum of them: a plain crop of the exemplar\n' +
        'has the best patches, and noise repeats nothing.',
    )
    .argument('<tile>', 'picture to judge')
    .requiredOption('--against <exemplar>', 'the picture that it is to look like, at the same scale')
    .addOption(
      new Option('--tile <axes>', 'axes that it tiles along').choices(['both', 'x', 'y', 'none']).default('both'),
    )
    .option('--net <name>', 'compare features too: a name of `toroid weights list`, or an .onnx file')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  toroid score stone.tile.png --against stone.jpg\n  toroid score planks.tile.png --against planks.png --tile x --json',
    )
    .action(async (file: string, { against, tile: axes, net, json }: Options) => {
      const onWarning = (text: string): void => void process.stderr.write(`note: ${text}\n`);
      const tile = await readPicture(file, { onWarning });
      const exemplar = await readPicture(against, { onWarning });
      const features = net === undefined ? [] : await featuresBy(net, tile, exemplar, axes);
      if (features === null) return;
      const score = structureScore(tile, exemplar, axes);
      const lines = structureLines(score, features);
      if (json) {
        const { width, height } = tile;
        const verdicts = Object.fromEntries(lines.map(({ name, verdict }) => [name, verdict]));
        process.stdout.write(
          `${JSON.stringify({ file, against, width, height, ...score, features, verdicts }, null, 2)}\n`,
        );
      } else process.stdout.write(table(lines));
    });
}

/** Null when another process, started with a driver, has done all the work, or the user stopped it. */
async function featuresBy(
  name: string,
  tile: Raster,
  exemplar: Raster,
  axes: Recipe['tile'],
): Promise<FeatureScore[] | null> {
  const stop = stopOnSignal(() => process.stderr.write('stopping\n'));
  try {
    const net = await loadNet(name);
    const device = await openDevice(false, stop);
    if (device === null || typeof device === 'number') {
      process.exitCode = device ?? STOPPED;
      return null;
    }
    try {
      return await featureScores(device, net, tile, exemplar, axes);
    } finally {
      device.close();
    }
  } finally {
    stop.release();
  }
}

function table(lines: readonly StructureLine[]): string {
  const wide = (of: (l: StructureLine) => string): number => Math.max(...lines.map((l) => of(l).length));
  const [name, value, good] = [wide((l) => l.name), wide((l) => l.value), wide((l) => l.good)];
  return lines
    .map(
      (l) => `${l.verdict}  ${l.name.padEnd(name)}  ${l.value.padStart(value)}  ${l.good.padEnd(good)}  ${l.about}\n`,
    )
    .join('');
}
