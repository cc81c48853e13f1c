import { parse } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { withChannels } from '../app/output_form';
import { reportText, sealOn } from '../app/seal';
import type { SealedPicture } from '../app/sealed_picture';
import type { Bits } from '../base/pixels';
import type { Corners } from '../copy/rectify';
import { isStdin } from '../node/file_bytes';
import { isStdout } from '../node/files';
import { checkPreview, ensureWritable, pictureBits, previewName, writePicture, writePreview } from '../node/picture';
import { nodePlatform } from '../node/platform';
import { parseNumber, parseTimes, rectifyOption, usage } from './arguments';
import { addClobberOptions, type ClobberOptions, checkClobber, makeWay } from './clobber';
import { Console } from './console';
import { channelsOf, channelsOption, KEEP_RANGE } from './job_options';
import { holdsDepth, mapPlaces, parseMaps } from './maps';

interface Options extends ClobberOptions {
  tile: 'both' | 'x' | 'y';
  keepSize?: boolean;
  strength: number;
  with: string[];
  rectify?: Corners;
  bits?: '8' | '16';
  channels: 'auto' | '1' | '3';
  keepRange?: boolean;
  preview?: [number, number];
  json?: boolean;
  quiet?: boolean;
}

export function addSeal(program: Command): void {
  const command = program
    .command('seal')
    .summary('make a picture itself tile; needs no GPU')
    .description(
      'Makes a picture tile and keeps it: opposite ends are laid over one another where they agree best, cut along the line\n' +
        'that shows least, and blended in a narrow band. All other pixels stay as they are, unless light falls off over the\n' +
        'picture: that is evened first. Needs no mask, no weights and no GPU.',
    )
    .argument('<picture>', 'picture to seal: PNG, JPEG, WebP, TIFF, GIF, AVIF, OpenEXR, HDR, PFM or .npy')
    .option('-o, --out <file>', 'picture to write: .png, .webp, .jpg or .tiff (default: <picture>.seal.png here)')
    .addOption(new Option('--tile <axes>', 'axes to seal').choices(['both', 'x', 'y']).default('both'))
    .option('--keep-size', 'keep the size: lay a strip of the picture over each join, instead of cropping')
    .addOption(
      new Option('--strength <s>', '0..1, how far the blend reaches; 0: bare cuts, and light is left as it is')
        .argParser(parseStrength)
        .default(0.5),
    )
    .addOption(
      new Option(
        '--with <maps>',
        'maps of the same size, as normal.png,height.png: cut along the same lines, written beside',
      )
        .argParser(parseMaps)
        .default([], 'none'),
    )
    .addOption(new Option('--bits <n>', 'bits a channel (default: those of the picture)').choices(['8', '16']))
    .addOption(channelsOption())
    .option('--keep-range', KEEP_RANGE)
    .addOption(rectifyOption())
    .option('--preview <NxM>', 'also write the tile repeated, as <name>.3x3.png', parseTimes);
  addClobberOptions(command)
    .option('-q, --quiet', 'say nothing but the result')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nMaps whose name contains "normal" are kept at unit length where they are blended.\n\nExamples:\n' +
        '  toroid seal wall.jpg                                writes wall.seal.png\n' +
        '  toroid seal wall.jpg -o out/wall.png --keep-size --preview 3x3\n' +
        '  toroid seal rock.png --with rock_normal.png,rock_height.tiff\n' +
        '  toroid seal frieze.webp --tile x',
    )
    .action(seal);
}

function parseStrength(text: string): number {
  const value = parseNumber(text);
  if (value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('It must be 0 to 1.');
}

async function seal(picture: string, options: Options): Promise<void> {
  const { tile, keepSize = false, strength, with: maps, rectify, preview: times, quiet = false } = options;
  const console = new Console(quiet);
  const measured = options.keepRange === true && (await pictureBits(picture)) === 'measures';
  const out = options.out ?? `${isStdin(picture) ? 'stdin' : parse(picture).name}.seal.${measured ? 'tif' : 'png'}`;
  const wanted = options.bits && (Number(options.bits) as Bits);
  ensureWritable(out, measured ? 'measures' : (wanted ?? 8));
  if (isStdout(out) && (options.json || times || maps.length > 0))
    usage('--json, --preview and --with need a file, and -o - prints the picture', 'Name a file.');
  const taken = [picture, out];
  const places = await mapPlaces(maps, { option: '--with', out, taken, named: (map) => `${map}.seal` });
  checkClobber([out, times && previewName(out, times), ...[...places.values()].map((p) => p.file)], options);
  const sealed = await sealOn(nodePlatform, picture, {
    tile,
    keepSize,
    strength,
    rectify,
    maps: Object.fromEntries(maps.map((map) => [map, map])),
    onWarning: (text) => console.warn(text),
  });
  const own = sealed.forms.picture;
  const bits = wanted ?? (holdsDepth(out) ? own.bits : 8);
  const measures = measured ? own.measures : undefined;
  const raster = withChannels(sealed.raster, channelsOf(options.channels));
  if (times) checkPreview(sealed.report.size, times);
  const metadata = sealed.text;
  const onWarning = (text: string): void => console.warn(text);
  const replaced = makeWay(out, options);
  if (replaced !== undefined) console.say(replaced);
  const written = await console.write(out, (place) =>
    writePicture(place, raster, { bits, measures, metadata, onWarning }),
  );
  const files: { map: string; file: string; bits: unknown }[] = [];
  for (const [name, { file, bits: depth }] of places) {
    const map = sealed.maps.get(name);
    const form = { bits: depth, measures: sealed.forms.maps.get(name)?.measures };
    const write = (place: string): Promise<void> | undefined =>
      map && writePicture(place, map.raster, { ...form, metadata, onWarning });
    files.push({ map: name, file: await console.write(file, async (place) => write(place)), bits: depth });
  }
  const shown = times && (await writePreview(out, raster, times));
  console.say(reportText(sealed.report));
  if (isStdout(out)) return;
  process.stdout.write(
    options.json
      ? `${JSON.stringify(result(sealed, { out: written, bits, files, shown, warnings: console.warnings }), null, 2)}\n`
      : `${[written, ...files.map(({ file }) => file)].join('\n')}\n`,
  );
}

interface Written {
  readonly out: string;
  readonly bits: Bits;
  readonly files: readonly object[];
  readonly shown: string | undefined;
  readonly warnings: readonly string[];
}

function result(
  { width, height, report, text }: SealedPicture,
  { out, bits, files, shown, warnings }: Written,
): object {
  return {
    file: out,
    width,
    height,
    bits,
    ...(files.length > 0 && { maps: files }),
    ...(shown !== undefined && { preview: shown }),
    ...report,
    warnings,
    ...(JSON.parse(text.toroid ?? '{}') as object),
  };
}
