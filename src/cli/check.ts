import { type Command, Option } from 'commander';
import { readPicture } from '../node/picture';
import { type AxisScore, seamScore, type Verdict, verdict } from '../recipes/scores/seam';

interface Options {
  tile: 'both' | 'x' | 'y';
  json?: boolean;
}

const MEANING: Readonly<Record<Verdict, string>> = {
  seamless: 'seamless',
  jump: 'SEAM: the edges do not continue one another',
  'too smooth': 'SEAM: the edges repeat one another, as in a mirrored picture',
};

export function addCheck(program: Command): void {
  program
    .command('check')
    .summary('tell whether a picture tiles without a seam')
    .description(
      'Tells whether a picture tiles without a seam, per axis: ratio is the mean difference across the join over that\n' +
        'between neighbouring lines inside (1 is perfect), z is how many standard deviations of the lines inside lie between.\n' +
        'Exit code 0: seamless; 1: a seam. A line of the picture itself that lies on the join (mortar) counts as a seam.',
    )
    .argument('<tile>', 'picture to look at')
    .addOption(new Option('--tile <axes>', 'axes to judge').choices(['both', 'x', 'y']).default('both'))
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExamples:\n  toroid check out/pebbles.png\n  toroid check --json tile.png')
    .action(async (tile: string, options: Options) => {
      const raster = await readPicture(tile, {
        least: 4,
        onWarning: (text) => process.stderr.write(`note: ${text}\n`),
      });
      const score = seamScore(raster);
      const axes = (options.tile === 'both' ? ['x', 'y'] : [options.tile]) as ('x' | 'y')[];
      const seamless = axes.every((axis) => verdict(score[axis]) === 'seamless');
      if (options.json) {
        const judged = Object.fromEntries(
          axes.map((axis) => [axis, { ...score[axis], verdict: verdict(score[axis]) }]),
        );
        const { width, height } = raster;
        process.stdout.write(`${JSON.stringify({ file: tile, width, height, seamless, ...judged }, null, 2)}\n`);
      } else {
        for (const axis of axes) process.stdout.write(`${axis}  ${row(score[axis])}\n`);
      }
      process.exitCode = seamless ? 0 : 1;
    });
}

const row = (axis: AxisScore): string =>
  `ratio ${axis.ratio.toFixed(2)}  z ${axis.z.toFixed(1)}  ${MEANING[verdict(axis)]}`;
