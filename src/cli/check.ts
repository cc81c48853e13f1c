import { type Command, Option } from 'commander';
import type { Raster } from '../base/raster';
import { readPicture } from '../node/picture';
import { maskPlane } from '../recipes/masks';
import { type MaskEdgeScore, maskEdgeScore, maskEdgeVerdict } from '../recipes/scores/mask_edge';
import { seamScore, verdict, verdictText } from '../recipes/scores/seam';
import { coloured } from './colour';

interface Options {
  tile: 'both' | 'x' | 'y' | 'none';
  mask?: string;
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
        'looks like such lines. With --mask what was made anew is judged too: its edge as a line, and by what lies across it, and\n' +
        'whether it is as sharp as what is around it.\n' +
        'Exit code 0: seamless; 1: a seam, or a fill that shows. --json has the numbers.',
    )
    .argument('<tile>', 'picture to look at')
    .addOption(new Option('--tile <axes>', 'axes to judge').choices(['both', 'x', 'y', 'none']).default('both'))
    .option('--mask <file>', 'mask, white within which the picture was made anew')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  toroid check out/pebbles.png\n  toroid check --json tile.png\n  toroid check wall.seamless.png --mask frame.png',
    )
    .action(async (tile: string, options: Options) => {
      const raster = await readPicture(tile, {
        least: 4,
        onWarning: (text) => process.stderr.write(`note: ${text}\n`),
      });
      const score = seamScore(raster);
      const axes = ({ both: ['x', 'y'], x: ['x'], y: ['y'], none: [] } as const)[options.tile];
      const edge = options.mask === undefined ? null : await edgeOf(raster, options.mask);
      const found = edge && maskEdgeVerdict(edge);
      const seamless = axes.every((axis) => verdict(score[axis]) === 'seamless') && found?.shows !== true;
      if (options.json) {
        const judged = Object.fromEntries(
          axes.map((axis) => [
            axis,
            { ...score[axis], verdict: verdict(score[axis]), meaning: verdictText(score[axis]) },
          ]),
        );
        const { width, height } = raster;
        process.stdout.write(
          `${JSON.stringify({ file: tile, width, height, seamless, ...judged, ...(found && { mask: { ...edge, shows: found.shows, meaning: found.text } }) }, null, 2)}\n`,
        );
      } else {
        for (const axis of axes) {
          const colour = verdict(score[axis]) === 'seamless' ? 'green' : 'red';
          process.stdout.write(`${axis}  ${coloured(verdictText(score[axis]), colour, process.stdout)}\n`);
        }
        if (found)
          process.stdout.write(`mask  ${coloured(found.text, found.shows ? 'red' : 'green', process.stdout)}\n`);
      }
      process.exitCode = seamless ? 0 : 1;
    });
}

/** The mask is stretched to the picture where it has another size, and that is said. */
async function edgeOf(raster: Raster, file: string): Promise<MaskEdgeScore> {
  const warn = (text: string): void => void process.stderr.write(`note: ${text}\n`);
  const mask = await readPicture(file, { onWarning: warn });
  return maskEdgeScore(raster, maskPlane(mask, [raster.width, raster.height], { name: file, warn }));
}
