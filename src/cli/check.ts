import { type Command, Option } from 'commander';
import { readPicture } from '../node/picture';
import { seamScore, verdict, verdictText } from '../recipes/scores/seam';
import { coloured } from './colour';

interface Options {
  tile: 'both' | 'x' | 'y';
  json?: boolean;
}

export function addCheck(program: Command): void {
  program
    .command('check')
    .summary('tell whether a picture tiles without a seam')
    .description(
      'Tells whether a picture tiles without a seam, per axis. The join is compared with the other lines between neighbouring\n' +
        'columns (rows): it is a seam where it stands out from the lines beside it as no other line of the picture does, or where\n' +
        'the edges repeat one another. So a strong line of the picture itself (mortar) may lie on the join, but a seam passes that\n' +
        'looks like such lines. Exit code 0: seamless; 1: a seam. --json has the numbers.',
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
          axes.map((axis) => [
            axis,
            { ...score[axis], verdict: verdict(score[axis]), meaning: verdictText(score[axis]) },
          ]),
        );
        const { width, height } = raster;
        process.stdout.write(`${JSON.stringify({ file: tile, width, height, seamless, ...judged }, null, 2)}\n`);
      } else {
        for (const axis of axes) {
          const colour = verdict(score[axis]) === 'seamless' ? 'green' : 'red';
          process.stdout.write(`${axis}  ${coloured(verdictText(score[axis]), colour, process.stdout)}\n`);
        }
      }
      process.exitCode = seamless ? 0 : 1;
    });
}
