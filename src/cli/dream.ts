import { type Command, Option } from 'commander';
import { builtinRecipe } from '../recipes/builtin';
import { fillRecipe, type RecipeText } from '../recipes/recipe';
import { parseLayers, parseNumber, parseWhole, usage } from './arguments';
import { prepare } from './inputs';
import { runJob } from './job';
import { addContentOptions, addJobOptions, type ContentOptions, type JobOptions, resultName } from './job_options';
import { setValues } from './recipe_file';
import { commandLine, withGivenNet } from './run';

interface Options extends JobOptions, ContentOptions {
  layers?: string[];
  channel?: number;
  guide?: string;
  steps?: number;
  octaves?: number;
  rate?: number;
  zoom?: number;
  zoomFactor?: number;
  turn?: number;
}

export function addDream(program: Command): void {
  const command = program
    .command('dream')
    .summary('let a network see things in a picture')
    .description('Enhances the patterns that a network sees in a picture, octave by octave.')
    .argument('<picture>', 'picture to dream on')
    .option('-o, --out <file>', 'picture to write (default: <picture>.dream.png here)')
    .addOption(new Option('--layers <list>', 'layers to enhance (default: by net)').argParser(parseLayers))
    .addOption(new Option('--channel <n>', 'one channel of the layer instead of all').argParser(parseWhole))
    .option('--guide <file>', 'dream of what is in this picture')
    .addOption(new Option('--steps <n>', 'steps at each octave (default: by recipe)').argParser(parseWhole))
    .addOption(new Option('--octaves <n>', 'sizes from coarse to fine (default: by recipe)').argParser(parseWhole))
    .addOption(new Option('--rate <x>', 'strength of a step (default: by recipe)').argParser(parseNumber))
    .addOption(new Option('--zoom <frames>', 'a film: dream, enlarge, dream again').argParser(parseWhole))
    .addOption(
      new Option('--zoom-factor <x>', 'enlargement from frame to frame (default: 1.05)').argParser(parseNumber),
    )
    .addOption(new Option('--turn <degrees>', 'turn from frame to frame').argParser(parseNumber));
  addJobOptions(addContentOptions(command, 'dream'))
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  toroid dream clouds.jpg\n' +
        '  toroid dream clouds.jpg --layers relu4_4 --octaves 5 --size 768\n' +
        '  toroid dream clouds.jpg --guide flowers.jpg\n' +
        '  toroid dream clouds.jpg --zoom 48 --frames dream.gif\n' +
        '  toroid dream tile.png --tile both --preview 3x3\n',
    )
    .action(dream);
}

async function dream(picture: string, options: Options): Promise<void> {
  const chosen = chosenRecipe(options);
  const filled = fillRecipe(setValues(withGivenNet(chosen, options.net), options.set));
  const given = [`content=${picture}`, ...(options.guide === undefined ? [] : [`guide=${options.guide}`])];
  const job = await prepare(filled, null, given);
  const out = options.out ?? resultName(picture, 'dream', options, job);
  await runJob({ ...job, out, command: commandLine() }, options);
}

function chosenRecipe(options: Options): RecipeText {
  const { size, seed, tile, layers, channel, guide, steps, octaves, rate, zoom, zoomFactor, turn } = options;
  if (channel !== undefined && guide !== undefined)
    usage('--channel and --guide exclude each other', 'Leave one of them out.');
  if (channel !== undefined && layers?.length !== 1) {
    usage(`--channel ${channel}: of which layer?`, 'Name one with --layers, such as --layers relu4_1.');
  }
  if (zoom === undefined && (zoomFactor !== undefined || turn !== undefined)) {
    usage('--zoom-factor and --turn are for films', 'Add --zoom 24, the number of frames.');
  }
  if (zoom !== undefined && options.frames === undefined) {
    usage('--zoom makes a film, and nothing says where to put it', 'Add --frames dream.gif, or a folder.');
  }
  const base = builtinRecipe(options.recipe);
  const where = layers && { layers };
  return {
    ...base,
    ...(size !== undefined && { size }),
    ...(seed !== undefined && { seed }),
    ...(tile !== undefined && { tile }),
    ...(octaves !== undefined && { scales: { ...base.scales, count: octaves } }),
    ...(zoom !== undefined && {
      zoom: {
        frames: zoom,
        ...(zoomFactor !== undefined && { factor: zoomFactor }),
        ...(turn !== undefined && { turn }),
      },
    }),
    stages: base.stages.map((stage) => ({
      ...stage,
      ...(steps !== undefined && { steps }),
      ...(rate !== undefined && stage.optimizer && { optimizer: { ...stage.optimizer, rate } }),
      losses: (stage.losses ?? []).map((loss) => {
        if (loss.kind !== 'enhance') return loss;
        if (guide !== undefined)
          return {
            kind: 'guide' as const,
            weight: loss.weight,
            input: 'guide',
            layers: loss.layers ?? 'dream',
            ...where,
          };
        if (channel !== undefined)
          return { kind: 'channel' as const, weight: loss.weight, layer: layers?.[0] ?? '', channels: channel };
        return { ...loss, ...where };
      }),
    })),
  };
}
