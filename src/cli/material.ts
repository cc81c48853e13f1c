import { join, parse, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  type MadeMaterial,
  type MaterialSettings,
  mapBits,
  mapRaster,
  materialOn,
  onDevice,
  TILE_METHODS,
} from '../app/material';
import type { TakenMap } from '../app/material_files';
import { EXTRA_MAPS, type ExtraMap, MATERIALS } from '../material/choices';
import type { MapKind } from '../material/maps';
import { renderMaterial } from '../material/render';
import type { Sun } from '../material/sun';
import { isStdin } from '../node/file_bytes';
import { lookUp, notThere, sameFile } from '../node/files';
import { materialSource } from '../node/material_source';
import { ensureWritable, writePicture } from '../node/picture';
import { parseNumber, parseSize, parseSun, parseWhole, rectifyOption, usage } from './arguments';
import { addClobberOptions, type ClobberOptions, checkClobber, makeWay } from './clobber';
import { Console } from './console';
import { ensureReportWritable } from './html_report';
import { addExportOptions, type ExportChoice, exportPlace, exports, targetsHelp, writeExport } from './material_export';
import { commandPlatform } from './open_device';
import { STOPPED, stopOnSignal } from './stop';

interface Options extends Omit<MaterialSettings, 'maps' | 'widthCm'>, ExportChoice, ClobberOptions {
  maps: ExtraMap[];
  requireGpu?: boolean;
  render?: string;
  sun?: Sun;
  page?: string;
  json?: boolean;
  quiet?: boolean;
}

const EXAMPLES =
  '\nExamples:\n' +
  '  toroid material wall.jpg                            writes wall.material/color.png, height.png ...\n' +
  '  toroid material bricks.jpg -o bricks --preset brick --high dark\n' +
  '  toroid material pebbles.jpg --light 135 --delight 0.8 --maps curvature,edge\n' +
  '  toroid material moss.jpg --method copy --size 1024 --json\n' +
  '  toroid material wall.jpg --for unity,godot --width-cm 120 --glb sphere\n' +
  '  toroid material wall.jpg --render lit.png --sun 45,25\n' +
  '  toroid material wall.jpg --page wall.html           to look at it in a browser\n' +
  '  toroid material Bricks076_2K-PNG.zip --size 4096    all maps laid anew, larger\n' +
  '  toroid material brick_wall/ --method none --for unreal --zip\n';

export function addMaterial(program: Command): void {
  const command = program
    .command('material')
    .summary(
      'make the maps of a material from a photograph, or from maps: colour, height, normal, occlusion, roughness',
    )
    .description(
      'Makes a material of a photograph: colour without the light that was on it, height (16 bits), normal (OpenGL), ambient\n' +
        'occlusion and roughness, one PNG each. The photograph is made a tile first where it is none, and every map tiles where\n' +
        'the colour does. Needs no weights. Height is read off brightness, and roughness is an estimate: neither is measured.\n\n' +
        'Of a folder or .zip of maps, named as ambientCG, Poly Haven, Substance, Blender, Unreal or Unity name them, it makes a larger\n' +
        'tile: all maps are laid anew in the same way, at their own bits, and those that are missing are made.',
    )
    .argument(
      '<photo>',
      'picture of the surface: PNG, JPEG, WebP, TIFF, GIF, AVIF, OpenEXR, HDR, PFM or .npy; or a folder or .zip of maps',
    )
    .option('-o, --out <folder>', 'folder (or .zip) to write (default: <photo>.material here)')
    .addOption(
      new Option(
        '--method <name>',
        'how a photograph that does not tile is made to: seal, copy, patches, net, none (auto: sealed, or copied where cuts would show); maps: copy or none',
      )
        .choices(TILE_METHODS)
        .default('auto'),
    )
    .addOption(
      new Option(
        '--size <WxH>',
        'size of a tile that is copied or grown (default: 512x512; of maps twice theirs)',
      ).argParser(parseSize),
    )
    .addOption(new Option('--seed <n>', 'same seed, same tile, where it is copied or grown').argParser(parseWhole))
    .addOption(rectifyOption())
    .addOption(new Option('--preset <name>', 'what the surface is taken for').choices(MATERIALS))
    .addOption(
      new Option('--delight <d>', '0..1, how much of the light in the photograph is taken out of its colours')
        .argParser(parseNumber)
        .default(0.5),
    )
    .addOption(
      new Option(
        '--light <degrees>',
        'where the light comes from: 0 right, 90 top, 135 upper left (default: estimated)',
      ).argParser(parseNumber),
    )
    .addOption(new Option('--high <tones>', 'which tones are high (default: estimated)').choices(['light', 'dark']))
    .addOption(
      new Option(
        '--relief <r>',
        'from the lowest to the highest point, as a share of the width (default: slopes as steep as the preset has them)',
      ).argParser(parseNumber),
    )
    .addOption(
      new Option('--maps <list>', `more maps: ${EXTRA_MAPS.join(', ')}`).argParser(parseKinds).default([], 'none'),
    );
  addClobberOptions(addExportOptions(command))
    .option('--render <file>', 'also a picture of it lit, from above, repeated 3 x 3')
    .addOption(
      new Option('--sun <azimuth,height>', 'of the render: 135,40 is at the upper left, 40 degrees high').argParser(
        parseSun,
      ),
    )
    .option(
      '--page <file.html>',
      'also a page, one file, that shows it on 3 x 3 tiles and a sphere in a light that moves',
    )
    .option('--require-gpu', 'fail rather than use a software adapter')
    .option('-q, --quiet', 'say nothing but the result')
    .option('--json', 'print the result as JSON, with scores: seams, slopes, curl, clipped values, evenness')
    .addHelpText('after', `${EXAMPLES}${targetsHelp()}`)
    .action(material);
}

function parseKinds(text: string): ExtraMap[] {
  const kinds = text.split(',').map((name) => name.trim());
  const unknown = kinds.find((kind) => !(EXTRA_MAPS as readonly string[]).includes(kind));
  if (unknown === undefined) return kinds as ExtraMap[];
  throw new InvalidArgumentError(`There is no map ${unknown || '""'}; there are: ${EXTRA_MAPS.join(', ')}.`);
}

async function material(photo: string, options: Options): Promise<void> {
  const {
    out,
    requireGpu = false,
    json,
    quiet = false,
    for: targets,
    zip,
    glb,
    ktx2,
    exr,
    render,
    sun,
    page,
    clobber,
    force,
    ...settings
  } = options;
  const choice: ExportChoice = { for: targets, zip, glb, ktx2, exr, widthCm: settings.widthCm };
  const console = new Console(quiet);
  const name = isStdin(photo) ? 'stdin' : parse(resolve(photo)).name;
  if (out !== undefined && sameFile(out, photo)) usage(`--out ${out} is what is read`, 'Choose another name.');
  if (sun && render === undefined) usage('--sun is of a render, and there is none', 'Add --render lit.png.');
  if (!isStdin(photo) && !lookUp(photo)) throw notThere(photo);
  const place = exportPlace(out, name, choice);
  if (render !== undefined) checkRender(render, photo);
  if (page !== undefined) ensureReportWritable(page);
  const care: ClobberOptions = { clobber, force, out };
  checkClobber([place, render, page], care);
  const stop = stopOnSignal(() => console.say('stopping'));
  const platform = commandPlatform(requireGpu, stop);
  try {
    const onWarning = (text: string): void => console.warn(text);
    const common = { ...settings, signal: stop.signal, onWarning };
    const set = await materialSource(photo);
    const onTaken = (taken: readonly TakenMap[]): void => {
      for (const { file, as } of taken) console.say(`${file}: ${as}`);
    };
    const made = set
      ? await (await import('../app/material_set')).materialSetOn(platform, set.files, {
          ...common,
          name: set.name,
          onTaken,
        })
      : await materialOn(platform, photo, common);
    console.say(made.tiling);
    for (const [what, how] of Object.entries(made.material.assumed)) console.say(`${what}: ${how}`);
    const replaced = makeWay(place, care);
    if (replaced !== undefined) console.say(replaced);
    const plain = !exports(choice) && !/\.zip$/i.test(place);
    const files = plain ? await writeMaps(place, made, console) : await writeExport(place, made, choice, onWarning);
    if (render !== undefined) {
      const lit = await onDevice(platform, undefined, (device) => renderMaterial(device, made.material, sun));
      await console.write(render, (file) => writePicture(file, lit, { metadata: made.text, onWarning }));
    }
    if (page !== undefined) await (await import('./page/material_page')).writeMaterialPage(page, made);
    if (json)
      process.stdout.write(
        `${JSON.stringify({ ...result(made, place, files, console.warnings), ...(render !== undefined && { render }), ...(page !== undefined && { page }) }, null, 2)}\n`,
      );
    else
      process.stdout.write(
        `${[...Object.values(files), ...[render, page].filter((f) => f !== undefined)].join('\n')}\n`,
      );
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error;
    if (!platform.restarted) process.exitCode = STOPPED; // else that process has done all, and its exit code is this one's
  } finally {
    stop.release();
  }
}

function checkRender(render: string, photo: string): void {
  if (isStdin(render)) usage('a render does not go to stdout, where the names of files are written', 'Name a file.');
  if (sameFile(render, photo)) usage(`--render ${render} is what is read`, 'Choose another name.');
  ensureWritable(render);
}

/** Writes each map as a PNG, with what was done inside. */
async function writeMaps(
  folder: string,
  { material, text }: MadeMaterial,
  console: Console,
): Promise<Partial<Record<MapKind, string>>> {
  const files: Partial<Record<MapKind, string>> = {};
  for (const [kind, map] of material.maps) {
    files[kind] = await console.write(join(folder, `${kind}.png`), (file) =>
      writePicture(file, mapRaster(map, material), {
        bits: mapBits(map),
        metadata: text,
        onWarning: (warning) => console.warn(warning),
      }),
    );
  }
  return files;
}

function result(
  { material, scores, tiling }: MadeMaterial,
  folder: string,
  files: Partial<Record<MapKind, string>> | readonly string[],
  warnings: readonly string[],
): object {
  const { width, height, relief, assumed } = material;
  return { folder, width, height, files, tiling, relief, assumed, scores, warnings };
}
