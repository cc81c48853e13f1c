import { dirname, join, parse } from 'node:path';
import { type Command, Option } from 'commander';
import { checkCopies, checkFieldPath, copiedInputs, type MapFile } from '../app/field_output';
import { inputPolicy, readStraight } from '../app/inputs';
import { type OutputForm, writingOf } from '../app/output_form';
import { EngineError } from '../base/errors';
import { checkMapSize } from '../copy/apply_field';
import type { TuneMode } from '../gpu/tune';
import { ensureAnimationWritable } from '../node/animation';
import { ensureCheckpointsWritable } from '../node/checkpoint_files';
import { isStdin } from '../node/file_bytes';
import { isStdout, probeFile, sameFile } from '../node/files';
import { type Bits, checkPreview, ensureWritable, previewName } from '../node/picture';
import { nodePlatform } from '../node/platform';
import type { Recipe } from '../recipes/recipe';
import { collect, parseBytes, parseInterval, parseSide, parseTimes, parseWhole, usage } from './arguments';
import { addClobberOptions, type ClobberOptions, checkClobber } from './clobber';
import { ensureReportWritable } from './html_report';
import type { Prepared } from './inputs';
import { mapPlaces, parseMaps } from './maps';
import { ensureProfileWritable } from './page/profile_page';

/** Options of every command that runs a recipe. */
export interface JobOptions extends ClobberOptions {
  preview?: [number, number];
  bits: '8' | '16' | '32';
  channels: 'auto' | '1' | '3';
  keepRange?: boolean;
  /** false by --no-paths. */
  paths?: boolean;
  saveStages?: string;
  field?: string;
  apply?: string[];
  frames?: string;
  fps: number;
  report?: string;
  profile?: string;
  watch?: number | true;
  checkpoint?: string;
  every: { readonly steps?: number; readonly seconds?: number };
  memory?: number;
  precision?: Recipe['precision'];
  weightsUnchecked?: boolean;
  tune?: TuneMode;
  requireGpu?: boolean;
  json?: boolean;
  quiet?: boolean;
}

const option = (flags: string, about: string, parse: (text: string) => unknown): Option =>
  new Option(flags, about).argParser(parse);

/** Options of commands that change a content: `dream` and `style`. */
export interface ContentOptions {
  recipe: string;
  size?: number;
  seed?: number;
  net?: string;
  tile?: Recipe['tile'];
  set: string[];
}

/** @param recipe the one that is run unless another is asked for. */
export const addContentOptions = (command: Command, recipe: string): Command =>
  command
    .option('--recipe <name>', 'a recipe of `toroid recipes` with a content', recipe)
    .addOption(option('--size <n>', 'longer side, pixels (default: by recipe)', parseSide))
    .addOption(option('--seed <n>', 'same seed, same picture (default: 1)', parseWhole))
    .option('--net <name>', 'network: a name of `toroid weights list`, or an .onnx file (default: one that is there)')
    .addOption(
      new Option('--tile <axes>', 'axes along which the result joins itself (default: none)').choices([
        'both',
        'x',
        'y',
        'none',
      ]),
    )
    .option('-s, --set <path=value>', 'change a setting of the recipe; may be repeated', collect, []);

/** How many channels a file gets. */
export const channelsOption = (): Option =>
  new Option('--channels <n>', 'auto: one where the picture has one (grey), else three')
    .choices(['auto', '1', '3'])
    .default('auto');

/** What `--keep-range` does. */
export const KEEP_RANGE =
  'write heights in the units of the picture, as the same kind of number (floats, signed: .tif)';

/** `--channels` as it was given, for `OutputForm`. */
export const channelsOf = (given: 'auto' | '1' | '3'): 'auto' | 1 | 3 =>
  given === 'auto' ? 'auto' : (Number(given) as 1 | 3);

/** Adds the options that `runJob` knows. */
export function addJobOptions(command: Command): Command {
  return addClobberOptions(command)
    .addOption(option('--preview <NxM>', 'also write the tile repeated, as <name>.3x3.png', parseTimes))
    .addOption(
      new Option('--bits <n>', 'bits a channel; 32: floats of 0..1, in .tif').choices(['8', '16', '32']).default('8'),
    )
    .addOption(channelsOption())
    .option('--keep-range', `${KEEP_RANGE}, from its least to its greatest`)
    .option(
      '--no-paths',
      'name the files it is made of without their folders in the record inside, and leave the command out of the report',
    )
    .option('--save-stages <folder>', 'also write the picture after each stage')
    .option('--frames <file>', 'film of a zoom: .gif, .webp, or a folder of numbered pictures')
    .addOption(option('--fps <n>', 'frames a second of the film', parseWhole).default(12))
    .option('--report <file>', 'also write a page about the run: .html')
    .option('--profile <file>', 'then time the largest stage: .html for a page, .json for a trace (ui.perfetto.dev)')
    .addOption(option('--watch [port]', 'show the growing picture in a browser, on this machine only', parseWhole))
    .option('--checkpoint <folder>', 'keep what is needed to go on after a crash: toroid run --resume <folder>')
    .addOption(
      option('--every <n>', 'how often to keep it: 50 (steps), 30s, 5min', parseInterval).default(
        { seconds: 60 },
        '60s',
      ),
    )
    .addOption(option('--memory <amount>', 'device memory a stage may take: 2GB; more work in less memory', parseBytes))
    .addOption(
      new Option('--precision <kind>', 'how the net is stored: f16 takes half the memory (default: f32)').choices([
        'f32',
        'f16',
        'f16-matrix',
      ]),
    )
    .option('--weights-unchecked', 'take the weights as they are, whatever their checksum')
    .addOption(tuneOption())
    .option('--require-gpu', 'fail rather than run on the processor')
    .option('--json', 'print progress and result as JSON, one object a line')
    .option('-q, --quiet', 'print only the result, and errors');
}

/** Adds the options that `runJob` knows of recipes which may copy. */
export const addCopyOptions = (command: Command): Command =>
  command
    .option(
      '--field <file>',
      'of what is copied: also write where in the exemplar each pixel is from, as .npy, .png (16 bits) or .exr',
    )
    .addOption(
      option(
        '--apply <maps>',
        'of what is copied: also lay out maps of the exemplar, as height.png,normal.png, at their own depth',
        parseMaps,
      ),
    );

/** How the picture is written, as the options say. */
export const formOf = ({ bits, channels, keepRange, paths }: JobOptions): OutputForm => ({
  bits: Number(bits) as 8 | 16 | 32,
  channels: channelsOf(channels),
  keepRange: keepRange === true,
  paths,
});

/** What to name a result after, where nobody says: `stone.tile.png`, with a seed that was given `stone.tile.seed7.png`; .tif where its numbers need it. */
export function resultName(
  source: string,
  suffix: string,
  options: JobOptions & { readonly seed?: number },
  job: Prepared,
): string {
  const name = isStdin(source) ? 'stdin' : parse(source).name;
  const seed = options.seed === undefined ? '' : `.seed${options.seed}`;
  return `${name}.${suffix}${seed}.${writingOf(formOf(options), job).measures ? 'tif' : 'png'}`;
}

/** Bits of what else is written: pictures of stages, frames. */
export const plainBits = ({ bits }: JobOptions): Bits => (bits === '8' ? 8 : 16);

/** What a command is to run, and where the picture goes. */
export interface CommandJob extends Prepared {
  readonly out: string;
  /** What was typed, for the report. */
  readonly command: string;
}

/** Finds out before an adapter is opened whether everything can be written, and nothing of it over an input. */
export function checkJob({ recipe, inputs, out }: CommandJob, options: JobOptions): void {
  for (const { name: input, path = '' } of inputs) {
    if (sameFile(out, path)) usage(`--out ${out} is the input ${input} itself`, 'Choose another name for the result.');
    const shown = options.preview && previewName(out, options.preview);
    if (shown !== undefined && sameFile(shown, path)) {
      usage(`the preview, ${shown}, would replace the input ${input}`, 'Choose another --out.');
    }
    if (
      options.saveStages !== undefined &&
      /^stage-\d+-/.test(path.split(/[\\/]/).at(-1) ?? '') &&
      sameFile(options.saveStages, dirname(path))
    ) {
      usage(`--save-stages ${options.saveStages} may replace the input ${input}`, 'Choose another folder.');
    }
  }
  if (options.preview && typeof recipe.size !== 'number') checkPreview(recipe.size, options.preview);
  const { bits, measures } = writingOf(formOf(options), { recipe, inputs });
  if (isStdout(out)) checkPrinted(options);
  ensureWritable(out, measures ? 'measures' : bits, Math.max(...[recipe.size].flat()));
  if (options.preview) ensureWritable(previewName(out, options.preview));
  if (options.saveStages !== undefined) ensureWritable(join(options.saveStages, 'stage-1.png'));
  if (options.report !== undefined) ensureReportWritable(options.report);
  if (options.profile !== undefined) ensureProfileWritable(options.profile);
  if (options.field !== undefined) {
    checkFieldPath(options.field);
    checkCopies(recipe, `--field ${options.field}`);
    const taken = [out, ...inputs.flatMap(({ path }) => path ?? []), ...(options.apply ?? [])];
    const clash = taken.find((name) => sameFile(name, options.field ?? ''));
    if (clash !== undefined) usage(`--field ${options.field} would be written over ${clash}`, 'Choose another name.');
    probeFile(options.field);
  }
  if (options.frames !== undefined) {
    if (!recipe.zoom)
      throw new EngineError(
        'RecipeError',
        `--frames ${options.frames}: the recipe has no zoom`,
        'Add --zoom 24 to `toroid dream`, or "zoom" to the recipe.',
      );
    ensureAnimationWritable(options.frames, { fps: options.fps, bits: plainBits(options) });
  }
  if (options.checkpoint !== undefined) ensureCheckpointsWritable(options.checkpoint);
  const { preview, field, frames, report, profile } = options;
  checkClobber([out, preview && previewName(out, preview), field, frames, report, profile], options);
}

/** The picture itself is the result on stdout: nothing else may be. */
function checkPrinted({ json, preview, apply, checkpoint }: JobOptions): void {
  const others = { '--json': json, '--preview': preview, '--apply': apply, '--checkpoint': checkpoint };
  const [name] = Object.entries(others).find(([, given]) => given) ?? [];
  if (name !== undefined)
    usage(`${name} needs a file beside which to write, and -o - prints the picture`, 'Name a file.');
}

/**
 * Reads the maps of --apply, and finds out before an adapter is opened whether they can be laid out and written.
 * @throws EngineError `RecipeError` where nothing is copied, or of several pictures; `PictureError` for maps of another size
 */
export async function readMaps(
  { recipe, inputs, out }: CommandJob,
  { apply = [], field }: JobOptions,
  onWarning: (text: string) => void,
): Promise<MapFile[]> {
  if (apply.length === 0) return [];
  const asked = `--apply ${apply.join(',')}`;
  checkCopies(recipe, asked);
  const copied = copiedInputs(recipe);
  const [style = ''] = copied;
  if (copied.length > 1) {
    throw new EngineError(
      'RecipeError',
      `${asked}: the recipe copies ${copied.length} pictures, and these are maps of one`,
      'Take --field, or applyField of the library with one map for each.',
    );
  }
  const paths = inputs.flatMap(({ path }) => path ?? []);
  const taken = [out, ...paths, ...(field === undefined ? [] : [field])];
  const { name } = parse(out);
  const places = await mapPlaces(apply, { option: '--apply', out, taken, named: (map) => `${name}.${map}` });
  const exemplar = inputs.find((i) => i.name === style);
  const maps: MapFile[] = [];
  for (const [map, { file, bits }] of places) {
    const { most } = inputPolicy(recipe, style);
    const read = { name: map, least: 1, most, alpha: 'straight', onWarning } as const;
    const { raster, measures, whole } = await readStraight(nodePlatform, map, read, recipe.rectify?.[style]);
    if (exemplar) checkMapSize(whole ?? raster, exemplar.whole ?? exemplar.raster, map);
    maps.push({ name: map, raster, path: file, bits, measures });
  }
  return maps;
}

const MODES: readonly TuneMode[] = ['off', 'cached', 'now'];

export const tuneOption = (): Option =>
  new Option(
    '--tune <mode>',
    'variants of kernels: off, those shipped; cached, what `toroid tune` found; now, measure first (default: $TOROID_TUNE, else cached on a GPU, off on the processor)',
  ).choices(MODES);

/**
 * What TOROID_TUNE says.
 * @throws EngineError `TuneError` for what is no mode.
 */
export function usualTune(text: string | undefined = process.env.TOROID_TUNE): TuneMode | undefined {
  if (!text) return undefined;
  const mode = MODES.find((m) => m === text);
  if (mode) return mode;
  throw new EngineError('TuneError', `TOROID_TUNE=${text}: no such choice`, `Known: ${MODES.join(', ')}.`);
}
