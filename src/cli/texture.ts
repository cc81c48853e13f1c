import { extname } from 'node:path';
import { type Command, Option } from 'commander';
import { baseRecipe, chosenTexture, usesPatches } from '../app/texture_recipe';
import { nodePlatform } from '../node/platform';
import { weightNames } from '../node/weights/find';
import { fillRecipe } from '../recipes/recipe';
import { fillSettings, type TextureSettingsText } from '../recipes/texture_settings';
import {
  collect,
  parseLayers,
  parseNumber,
  parseSize,
  parseWhole,
  rectifyOption,
  setting,
  suggestion,
  usage,
} from './arguments';
import { prepare } from './inputs';
import { runJob } from './job';
import { addCopyOptions, addJobOptions, type JobOptions, resultName } from './job_options';
import { setValues } from './recipe_file';
import { commandLine } from './run';

interface Options
  extends JobOptions,
    Pick<TextureSettingsText, 'tile' | 'canvas' | 'pooling' | 'method' | 'polish' | 'fit' | 'rectify'> {
  variety?: number;
  flatten?: boolean;
  recipe?: string;
  size?: [number, number];
  seed?: number;
  net?: string;
  steps?: number;
  scales?: number;
  layers?: string[];
  set: string[];
  saveScales?: string;
}

const defaults = fillSettings({});
const option = (flags: string, about: string, parse: (text: string) => unknown): Option =>
  new Option(flags, about).argParser(parse);

export function addTexture(program: Command): void {
  const command = program
    .command('texture')
    .summary('grow a seamless texture from a picture')
    .description('Grows a seamless texture that looks like a picture.')
    .argument(
      '<exemplar>',
      'picture to take the look from: PNG, JPEG, WebP, TIFF, GIF, AVIF, OpenEXR, HDR, PFM or .npy',
    )
    .option(
      '-o, --out <file>',
      'picture to write: .png, .webp, .jpg or .tiff (default: <exemplar>.tile.png here, with --seed <exemplar>.tile.seed7.png)',
    )
    .addOption(
      option(
        '--size <WxH>',
        'size in pixels, or one number for a square (default: auto 512x512, or the nearest that holds what repeats; copy 512x512; else 256x256; patches: at most 2048x2048)',
        setting('size', parseSize),
      ),
    )
    .addOption(option('--seed <n>', `same seed, same picture (default: ${defaults.seed})`, setting('seed', parseWhole)))
    .addOption(
      new Option(
        '--method <name>',
        'copy: pieces of the exemplar, healed; patches or net: optimised by its statistics (default: auto, by a look at it)',
      ).choices(['auto', 'copy', 'patches', 'net']),
    )
    .addOption(
      option(
        '--variety <0..1>',
        'copy: 0, the largest pieces, to 1, the most mixed (default: 0.1, or 1 where what stands out would be met again)',
        setting('variety', parseNumber),
      ),
    )
    .addOption(
      new Option(
        '--fit <what>',
        'copy: what gives way so that regular things fit: scale (of the exemplar, at most 3 %), size (of the tile), off',
      ).choices(['scale', 'size', 'off']),
    )
    .option('--flatten', 'copy: even out light that changes over the exemplar (default: where it would show)')
    .option('--no-flatten', 'copy: leave the light as it is')
    .addOption(rectifyOption())
    .option('--polish', 'copy: then a few optimising steps, which take the copied look off')
    .option(
      '--net <name>',
      'what compares: patches (needs no weights), a name of `toroid weights list`, or an .onnx file',
    )
    .option('--recipe <name>', 'another recipe of `toroid recipes` that takes one style')
    .addOption(new Option('--tile <axes>', 'axes to tile (default: both)').choices(['both', 'x', 'y', 'none']))
    .addOption(option('--steps <n>', 'steps at each scale (default: by recipe)', setting('steps', parseWhole)))
    .addOption(option('--scales <n>', 'sizes from coarse to fine (default: by size)', setting('scales', parseWhole)))
    .addOption(new Option('--canvas <kind>', 'what it starts from (default: noise)').choices(['noise', 'plasma']))
    .addOption(
      option('--layers <list>', 'layers of the net to compare at, as relu1_1,relu2_1 (default: by net)', parseLayers),
    )
    .addOption(
      new Option('--pooling <kind>', 'how the net shrinks (default: by net)').choices(['average', 'max', 'l2']),
    )
    .option('-s, --set <path=value>', 'change a setting of the recipe; may be repeated', collect, [])
    .addOption(new Option('--save-scales <folder>', 'old name of --save-stages').hideHelp());
  addJobOptions(addCopyOptions(command))
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  toroid texture stone.jpg\n' +
        '  toroid texture stone.jpg --size 512x256 --seed 7 -o out/stone.png\n' +
        '  toroid texture bricks.png --fit size --variety 0.5\n' +
        '  toroid texture wall.jpg --rectify 40,60,980,30,1010,700,20,690\n' +
        '  toroid texture wall.png --apply wall_height.png,wall_normal.png --field wall.exr\n' +
        '  toroid texture stone.jpg --method patches --size 256\n' +
        '  toroid texture planks.png --tile x --bits 16 --preview 3x1\n' +
        '  toroid texture stone.jpg --report stone.html --watch\n\n' +
        'Ctrl-C stops early and writes what there is; a second one leaves at once.',
    )
    .action(texture);
}

async function texture(exemplar: string, options: Options): Promise<void> {
  const warnings: string[] = [];
  const { recipe, size, seed, tile, canvas, steps, scales, layers, pooling } = options;
  const { method, variety, fit, polish, flatten, rectify } = options;
  const net = netOf(options, baseRecipe(options).net !== undefined);
  const optimising = { canvas, steps, scales, layers, pooling, net };
  const choice = { recipe, size, seed, tile, method, variety, fit, polish, flatten, rectify, ...optimising };
  const warn = (text: string): void => void warnings.push(text);
  const chosen = await chosenTexture(nodePlatform, choice, exemplar, { warn });
  const job = await prepare(fillRecipe(setValues(chosen, options.set)), null, [`style=${exemplar}`]);
  const out = options.out ?? resultName(exemplar, 'tile', options, job);
  const saveStages = options.saveStages ?? options.saveScales;
  await runJob(
    { ...job, warnings: [...warnings, ...job.warnings], out, command: commandLine() },
    { ...options, ...(saveStages !== undefined && { saveStages }) },
  );
}

/** A net by name or by file; --layers and --pooling make no sense without one. `needed`: the recipe has a net. */
function netOf({ net, layers, pooling, recipe, method }: Options, needed: boolean): string | undefined {
  const names = ['patches', ...weightNames()];
  if (net !== undefined && !names.includes(net) && extname(net).toLowerCase() !== '.onnx') {
    usage(`--net ${net}: no such net`, `${suggestion(net, names)} Or give the path of an .onnx file.`);
  }
  if (net === 'patches' && needed) {
    usage(`--net patches: the recipe ${recipe} looks through a network`, 'Leave out --net, or name a network.');
  }
  if (!needed && method !== 'net' && usesPatches(net) && (layers || pooling)) {
    const unused = layers ? '--layers' : '--pooling';
    const why = recipe === undefined ? '--net is patches' : `the recipe ${recipe} has none`;
    usage(`${unused} is for networks, and ${why}`, `Add --net vgg19, say, or leave out ${unused}.`);
  }
  return net;
}
