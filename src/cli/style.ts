import { parse } from 'node:path';
import { type Command, Option } from 'commander';
import { builtinRecipe } from '../recipes/builtin';
import { fillRecipe, type RecipeText } from '../recipes/recipe';
import { parseNumber, parseWhole } from './arguments';
import { prepare } from './inputs';
import { runJob } from './job';
import { addContentOptions, addJobOptions, type ContentOptions, type JobOptions, resultName } from './job_options';
import { setValues } from './recipe_file';
import { commandLine, withGivenNet } from './run';

interface Options extends JobOptions, ContentOptions {
  steps?: number;
  contentWeight?: number;
  styleScale?: number;
  keepColors?: boolean;
}

export function addStyle(program: Command): void {
  const command = program
    .command('style')
    .summary('paint a picture in the style of others')
    .description('Paints the content of a picture in the style of one or several others.')
    .argument('<content>', 'picture whose content to keep')
    .argument('<style...>', 'pictures whose style to take; a share after a colon: night.jpg:2, or :-0.5 to avoid it')
    .option('-o, --out <file>', 'picture to write (default: <content>.<style>.png here)')
    .addOption(new Option('--steps <n>', 'steps at each scale (default: by recipe)').argParser(parseWhole))
    .addOption(
      new Option('--content-weight <x>', 'more keeps more of the content (default: by recipe)').argParser(parseNumber),
    )
    .addOption(new Option('--style-scale <x>', 'size of brush strokes: 2 is twice as large').argParser(parseNumber))
    .option('--keep-colors', "keep the content's colours: only brightness is painted");
  addJobOptions(addContentOptions(command, 'style'))
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  toroid style house.jpg night.jpg\n' +
        '  toroid style house.jpg night.jpg:2 ship.jpg --size 768 --keep-colors\n' +
        '  toroid style tile.png night.jpg --tile both --preview 3x3\n',
    )
    .action(style);
}

async function style(content: string, styles: string[], options: Options): Promise<void> {
  const parts = styles.map(sharePart);
  const names = parts.map((_, k) => (parts.length > 1 ? `style${k + 1}` : 'style'));
  const base = builtinRecipe(options.recipe);
  const [first = {}] = base.styles ?? [];
  const { contentWeight, styleScale } = options;
  const chosen: RecipeText = {
    ...base,
    ...(options.size !== undefined && { size: options.size }),
    ...(options.seed !== undefined && { seed: options.seed }),
    ...(options.tile !== undefined && { tile: options.tile }),
    ...(options.keepColors && { color: { ...base.color, space: 'luminance' as const } }),
    styles: parts.map(({ share }, k) => ({
      ...first,
      input: names[k] ?? 'style',
      weight: share,
      ...(styleScale !== undefined && { magnification: styleScale }),
    })),
    stages: base.stages.map((stage) => ({
      ...stage,
      ...(options.steps !== undefined && { steps: options.steps }),
      losses: (stage.losses ?? []).map((loss) =>
        loss.kind === 'content' && contentWeight !== undefined ? { ...loss, weight: contentWeight } : loss,
      ),
    })),
  };
  const filled = fillRecipe(setValues(withGivenNet(chosen, options.net), options.set));
  const given = [`content=${content}`, ...parts.map(({ file }, k) => `${names[k]}=${file}`)];
  const job = await prepare(filled, null, given);
  const out = options.out ?? resultName(content, parse(parts[0]?.file ?? '').name, options, job);
  await runJob({ ...job, out, command: commandLine() }, options);
}

/** `night.jpg:2`: a file and its share. A file that has such a name is written with a share behind it. */
function sharePart(text: string): { file: string; share: number } {
  const [, file, share] = /^(.+):(-?\d+(?:\.\d+)?)$/.exec(text) ?? [];
  return file === undefined ? { file: text, share: 1 } : { file, share: Number(share) };
}
