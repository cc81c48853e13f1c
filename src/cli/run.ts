import { extname, join, parse } from 'node:path';
import { type Command, Option } from 'commander';
import type { Job } from '../app/job';
import { withNet } from '../app/nets';
import { EngineError } from '../base/errors';
import { VERSION } from '../base/version';
import { loadCheckpoint } from '../node/checkpoint_files';
import { isStdin } from '../node/file_bytes';
import type { RunFacts } from '../recipes/picture_record';
import { fullSize } from '../recipes/plan_stages';
import { fillRecipe, type Recipe } from '../recipes/recipe';
import { collect, parseSize, parseWhole, usage } from './arguments';
import { Console } from './console';
import { type Prepared, prepare } from './inputs';
import { runJob } from './job';
import { addCopyOptions, addJobOptions, type JobOptions } from './job_options';
import { type Made, madeByCommand, wordsFor } from './made_by';
import { type FoundRecipe, findRecipe, setValues } from './recipe_file';

/** How a recipe is changed on the command line. */
export interface RecipeOptions {
  set: string[];
  input: string[];
  size?: [number, number];
  seed?: number;
  net?: string;
}

interface RunOptions extends JobOptions, RecipeOptions {
  resume?: string;
}

/** Adds the options that `readRecipe` knows. */
export function addRecipeOptions(command: Command): Command {
  return command
    .option('-i, --input <name=file>', 'a picture the recipe asks for; may be repeated', collect, [])
    .option('-s, --set <path=value>', 'change a setting, as stages[0].steps=50; may be repeated', collect, [])
    .addOption(new Option('--size <WxH>', 'size in pixels; one number: the longer side').argParser(parseSize))
    .addOption(new Option('--seed <n>', 'same seed, same picture').argParser(parseWhole))
    .option('--net <name>', 'network to use: a name of `toroid weights list`, or an .onnx file');
}

export function addRun(program: Command): void {
  const command = program
    .command('run')
    .summary('run a recipe, or make a picture again')
    .description('Runs a recipe: one that comes with toroid, a file, or that of a picture which toroid made.')
    .argument('[recipe]', 'a name of `toroid recipes`, a .json or .yaml file, or a picture made by toroid')
    .option('-o, --out <file>', 'picture to write (default: <input>.<recipe>.png here, else <recipe>.out.png)');
  addRecipeOptions(command).option('--resume <folder>', 'go on from a checkpoint (then without a recipe)');
  addJobOptions(addCopyOptions(command))
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  toroid run texture --input style=stone.jpg --size 512\n' +
        '  toroid run mine.yaml --set stages[0].losses[0].weight=2 -o out.png --report out.html\n' +
        '  toroid run out.png -o again.png            the same picture again\n' +
        '  toroid run out.png --seed 2 -o other.png   another one like it\n' +
        '  toroid run mine.yaml --checkpoint keep     then, after a crash: toroid run --resume keep\n',
    )
    .action(action);
}

async function action(name: string | undefined, options: RunOptions, command: Command): Promise<void> {
  if (options.resume !== undefined) return resume(name, options, options.resume);
  if (name === undefined) usage('which recipe?', 'Name one of `toroid recipes`, a file, or a picture made by toroid.');
  const made = await madeByCommand(name);
  if (made) return again(made, name, options, command);
  const { found, job } = await readRecipe(name, options);
  const form = found.run?.form;
  const out = options.out ?? nameOf(found, job, options, form ? extname(name) : '.png');
  const like = form && extname(out) === extname(name) ? formAsked(form, options, command) : {};
  await runJob({ ...job, out, command: commandLine() }, { ...options, ...like });
}

/** Lets the command that made a picture make it again, with those options of `run` that it has too. */
async function again(made: Made, name: string, { input, quiet }: RunOptions, command: Command): Promise<void> {
  const program = command.parent as Command;
  const add = made.command === 'seal' ? (await import('./seal')).addSeal : (await import('./material')).addMaterial;
  add(program);
  const its = program.commands.find((c) => c.name() === made.command)?.options ?? [];
  const given = command.options.filter(
    (o) => o.attributeName() !== 'input' && command.getOptionValueSource(o.attributeName()) === 'cli',
  );
  const unknown = given.find((o) => !its.some(({ long }) => long === o.long));
  if (unknown)
    usage(
      `${name} was made by toroid ${made.command}, without a recipe, and that has no ${unknown.long}`,
      `See what it has: toroid ${made.command} --help`,
    );
  const { options: own, picture } = await wordsFor(made, name, input);
  const words = [made.command, ...own, ...given.map((o) => asTyped(o, command.getOptionValue(o.attributeName())))];
  new Console(quiet ?? false).say(`again: toroid ${[...words, picture].map(quoted).join(' ')}`);
  await program.parseAsync([...words, '--', picture], { from: 'user' });
}

/** An option as it is typed: `--quiet`, `--no-clobber`, `--preview=3x3`. */
const asTyped = ({ long }: Option, value: unknown): string =>
  typeof value === 'boolean' ? `${long}` : `${long}=${Array.isArray(value) ? value.join('x') : value}`;

/** `stone.regular.png` of a picture that was given to a recipe, else `mine.out.png`; with a seed that was given, `mine.out.seed7.png`. */
function nameOf({ name }: FoundRecipe, { recipe, inputs }: Prepared, { input, seed }: RunOptions, ext: string): string {
  const first = recipe.content ?? recipe.styles[0]?.input;
  const path = input.length > 0 ? inputs.find((i) => i.name === first)?.path : undefined;
  const from = path === undefined ? `${name}.out` : `${isStdin(path) ? 'stdin' : parse(path).name}.${name}`;
  return `${from}${seed === undefined ? '' : `.seed${seed}`}${ext}`;
}

/** The form of the picture that is made again, where no other is asked for. */
function formAsked(
  { bits, channels, keepRange }: NonNullable<RunFacts['form']>,
  options: RunOptions,
  command: Command,
): Partial<RunOptions> {
  const open = (name: string): boolean => command.getOptionValueSource(name) === 'default';
  return {
    ...(bits !== undefined && open('bits') && { bits: `${bits}` }),
    ...(channels !== undefined && open('channels') && { channels: `${channels}` }),
    ...(keepRange !== undefined && { keepRange: options.keepRange ?? keepRange }),
  };
}

/** Finds a recipe, changes it as asked, and reads its pictures. */
export async function readRecipe(
  name: string,
  options: RecipeOptions,
): Promise<{ readonly found: FoundRecipe; readonly job: Prepared }> {
  const found = await findRecipe(name);
  const [w, h] = options.size ?? [];
  const overrides = {
    ...(w !== undefined && { size: w === h ? w : [w, h] }),
    ...(options.seed !== undefined && { seed: options.seed }),
  };
  let value = setValues(found.value, options.set);
  if (typeof value === 'object' && value !== null) value = withGivenNet({ ...value, ...overrides }, options.net);
  const unsized = typeof value === 'object' && value !== null && !Object.hasOwn(value, 'size');
  const job = sizedByContent(await prepare(fillRecipe(value), found.folder, options.input), unsized);
  const same = options.set.length === 0 && options.input.length === 0 && Object.keys(overrides).length === 0;
  return { found, job: same ? { ...job, ...madeBy(found) } : job };
}

/** A recipe that names no size takes that of its content; where the result will be smaller, that is said. */
function sizedByContent(job: Prepared, unsized: boolean): Prepared {
  const { recipe, inputs, warnings } = job;
  const content = inputs.find((i) => i.name === recipe.content)?.raster;
  if (!content) return job;
  const { width, height } = content;
  if (unsized) return { ...job, recipe: { ...recipe, size: Math.max(width, height) } };
  const [w, h] = fullSize(recipe, [width, height]);
  if (w >= width && h >= height) return job;
  const text = `the result will be ${w}x${h}, smaller than the content, ${width}x${height}: --size ${Math.max(width, height)} keeps its size`;
  return { ...job, warnings: [...warnings, text] };
}

/** What a replay is to do alike, or to tell. */
const madeBy = ({ adapter, tuned, version, run }: FoundRecipe): Pick<Job, 'adapter' | 'tuned' | 'version' | 'run'> => ({
  adapter,
  tuned,
  version,
  run,
});

/** The recipe with the net of `--net`, where one was given. */
export const withGivenNet = <R extends object>(recipe: R, net: string | undefined): R =>
  net === undefined ? recipe : withNet(recipe, net);

/** What was typed, for reports. */
export const commandLine = (): string => `toroid ${process.argv.slice(2).map(quoted).join(' ')}`;

const quoted = (word: string): string => (/^[\w./=:,@%+-]+$/.test(word) ? word : `'${word}'`);

async function resume(name: string | undefined, options: RunOptions, folder: string): Promise<void> {
  if (
    name !== undefined ||
    options.set.length > 0 ||
    options.size ||
    options.seed !== undefined ||
    options.net !== undefined ||
    options.precision !== undefined ||
    options.checkpoint !== undefined
  ) {
    usage(
      '--resume goes on with what was begun: nothing of it can be changed',
      'Leave the recipe, its settings and --checkpoint out.',
    );
  }
  const { job, checkpoint, warn } = loadCheckpoint(folder);
  const warnings = warn === undefined ? [] : [warn];
  if (job.toroid !== VERSION) warnings.push(`it was begun by toroid ${job.toroid}: this one may go on differently`);
  if (!checkpoint) warnings.push(`${folder} holds no checkpoint of the run yet: it starts afresh`);
  let recipe: Recipe;
  try {
    recipe = fillRecipe(job.recipe);
  } catch (cause) {
    const { message, hint } = cause as EngineError;
    const what = hint === undefined ? message : message.slice(0, -hint.length - 3);
    throw new EngineError(
      'CheckpointError',
      `${join(folder, 'job.json')} holds no recipe that can be run: ${what}`,
      hint ?? 'Start the run afresh.',
    );
  }
  const prepared = await prepare(recipe, folder, options.input, checkpoint !== null);
  await runJob(
    {
      ...prepared,
      out: options.out ?? job.out,
      warnings: [...warnings, ...prepared.warnings],
      command: commandLine(),
      adapter: job.adapter,
      tuned: job.tuned ?? {},
      ...(checkpoint && { resume: checkpoint }),
    },
    {
      ...options,
      out: options.out ?? job.out,
      bits: `${job.bits}`,
      channels: job.channels === undefined ? options.channels : `${job.channels}`,
      keepRange: job.keepRange === true || options.keepRange === true,
      paths: job.paths !== false && options.paths !== false,
      checkpoint: folder,
      ...(job.preview && !options.preview && { preview: job.preview }),
      ...(job.field !== undefined && options.field === undefined && { field: job.field }),
      ...(job.apply && !options.apply && { apply: job.apply }),
      ...(job.frames !== undefined && options.frames === undefined && { frames: job.frames }),
      fps: job.fps ?? options.fps,
    },
  );
}
