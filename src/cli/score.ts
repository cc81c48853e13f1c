import { type Command, Option } from 'commander';
import { readPicture } from '../node/picture';
import type { Recipe } from '../recipes/recipe';
import { structureScore } from '../recipes/scores/structure';
import { type StructureLine, structureLines } from '../recipes/scores/structure_verdicts';

interface Options {
  against: string;
  tile: Recipe['tile'];
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
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  toroid score stone.tile.png --against stone.jpg\n  toroid score planks.tile.png --against planks.png --tile x --json',
    )
    .action(async (file: string, { against, tile: axes, json }: Options) => {
      const onWarning = (text: string): void => void process.stderr.write(`note: ${text}\n`);
      const tile = await readPicture(file, { onWarning });
      const exemplar = await readPicture(against, { onWarning });
      const score = structureScore(tile, exemplar, axes);
      const lines = structureLines(score);
      if (json) {
        const { width, height } = tile;
        const verdicts = Object.fromEntries(lines.map(({ name, verdict }) => [name, verdict]));
        process.stdout.write(`${JSON.stringify({ file, against, width, height, ...score, verdicts }, null, 2)}\n`);
      } else process.stdout.write(table(lines));
    });
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
