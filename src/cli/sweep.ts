import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Command, Option } from 'commander';
import { duration } from '../app/eta';
import { nameNet, netName } from '../app/nets';
import { recordedInputs } from '../app/record';
import { EngineError } from '../base/errors';
import type { Raster } from '../base/raster';
import { chooseGpu, gpuNames } from '../gpu/open.node';
import { makeFolder } from '../gpu/temp_files.node';
import { ensureAnimationWritable, openAnimation } from '../node/animation';
import { lookUp, probeFile, writeWhole } from '../node/files';
import { ensureWritable, readPicture, writePicture } from '../node/picture';
import { nodeNets } from '../node/platform';
import { loadNet } from '../node/weights/find';
import { fillRecipe, type Recipe } from '../recipes/recipe';
import { collect, parseWhole, usage } from './arguments';
import { Console } from './console';
import { contactSheet } from './contact_sheet';
import { ChatterFilter } from './driver_chatter';
import { prepare } from './inputs';
import { findRecipe, setValues } from './recipe_file';
import { STOPPED, stopOnSignal } from './stop';
import { parseOver, type SweepJob, type Swept, shortPath, sweepJobs, withLayer } from './sweep_plan';

interface Options {
  over: string[];
  input: string[];
  set: string[];
  out?: string;
  jobs?: number;
  gpu: string[];
  film?: string;
  fps: number;
  cell: number;
  json?: boolean;
  quiet?: boolean;
}

export function addSweep(program: Command): void {
  program
    .command('sweep')
    .summary('run a recipe with many values, and lay the results side by side')
    .description('Runs a recipe once for each combination of values, and makes a sheet of all results.')
    .argument('<recipe>', 'a name of `toroid recipes`, a .json or .yaml file, or a picture made by toroid')
    .option(
      '--over <path=values>',
      'what to vary: seed=1..4, stages[0].steps=50,100, input.style=a.png,b.png, layer=all; may be repeated',
      collect,
      [],
    )
    .option('-i, --input <name=file>', 'a picture the recipe asks for; may be repeated', collect, [])
    .option('-s, --set <path=value>', 'change a setting for all; may be repeated', collect, [])
    .option('-o, --out <folder>', 'folder for pictures and sheet (default: <recipe>.sweep here)')
    .addOption(
      new Option('--jobs <n>', 'processes at a time (default: one, or one for each --gpu)').argParser(parseWhole),
    )
    .option(
      '--gpu <name>',
      'GPU to use: its number or a part of its name, as `toroid doctor` prints them; repeat for several',
      collect,
      [],
    )
    .option('--film <file>', 'also the results one after another: .gif, .webp, or a folder')
    .addOption(new Option('--fps <n>', 'frames a second of the film').argParser(parseWhole).default(4))
    .addOption(
      new Option('--cell <n>', 'longest side of a picture on the sheet, pixels').argParser(parseWhole).default(256),
    )
    .option('--json', 'print the result as JSON')
    .option('-q, --quiet', 'print only the result, and errors')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  toroid sweep texture -i style=stone.png --over seed=1..8\n' +
        '  toroid sweep mine.json --over stages[0].losses[0].weight=0.5,1,2 --over net.pooling=max,average\n' +
        '  toroid sweep texture-net -i style=stone.png --over layer=all\n' +
        '  toroid sweep texture --over input.style=a.png,b.png,c.png\n\n' +
        'Run it again to go on where it was stopped: what is done and unchanged is not done twice.',
    )
    .action(sweep);
}

/** What a sweep has done, beside its pictures. */
interface Ledger {
  readonly toroid: 'sweep';
  readonly done: Record<string, string>;
}

/** A sweep with everything checked. */
interface Sweep {
  readonly title: string;
  readonly folder: string;
  readonly swept: readonly Swept[];
  readonly jobs: readonly SweepJob[];
  readonly ready: readonly ReadyJob[];
  readonly ledger: Ledger;
}

/** A job's recipe with its pictures found, and a key that changes when anything of it does. */
interface ReadyJob {
  readonly job: SweepJob;
  readonly recipe: Recipe;
  readonly key: string;
}

interface Failure {
  readonly label: string;
  readonly error: string;
}

async function sweep(name: string, options: Options): Promise<void> {
  const report = new Console(options.quiet === true);
  const plan = await planned(name, options, report);
  const stop = stopOnSignal(() => report.say('Stopping; run it again to go on'));
  let failures: readonly Failure[];
  try {
    failures = await runWaiting(plan, options, report, stop.signal);
  } finally {
    stop.release();
  }
  const pictures = await results(plan, options, report);
  const stopped = stop.signal.aborted;
  if (stopped) process.exitCode = STOPPED;
  else if (failures.length > 0) process.exitCode = 1;
  const sheet = pictures.some((p) => p !== null) ? sheetFile(plan.folder) : null;
  if (!options.json) {
    if (sheet !== null) process.stdout.write(`${sheet}\n`);
    return;
  }
  const jobs = plan.jobs.map((job, k) => ({
    label: job.label,
    values: Object.fromEntries(job.values),
    file: pictures[k] ? pictureFile(plan.folder, job) : null,
  }));
  process.stdout.write(`${JSON.stringify({ sheet, film: options.film, jobs, failures, stopped }, null, 2)}\n`);
}

const sheetFile = (folder: string): string => join(folder, 'sheet.png');
const pictureFile = (folder: string, job: SweepJob): string => join(folder, `${job.name}.png`);

/** Checks every job before the first one runs. */
async function planned(name: string, options: Options, report: Console): Promise<Sweep> {
  const found = await findRecipe(name);
  const base = setValues(found.value, options.set);
  if (options.over.length === 0) usage('nothing to vary', 'Say what with --over, such as --over seed=1..4.');
  const folder = options.out ?? `${found.name}.sweep`;
  const warnings: string[] = [];
  const first = await nameNet(nodeNets, fillRecipe(base), (text) => warnings.push(text));
  const layers = await layersFor(options.over, first);
  const swept = options.over.map((text) => withFolders(parseOver(text, () => layers)));
  const jobs = sweepJobs(swept);
  const ready: ReadyJob[] = [];
  for (const job of jobs) ready.push(await prepared(job, base, first, found.folder, options.input));
  if (options.gpu.length > 0) {
    const names = await gpuNames();
    for (const gpu of options.gpu) chooseGpu(gpu, names);
  }
  probeFile(join(folder, LEDGER));
  makeFolder(folder);
  ensureWritable(sheetFile(folder));
  if (options.film !== undefined) ensureAnimationWritable(options.film, { fps: options.fps });
  for (const text of warnings) report.warn(text);
  return { title: found.name, folder, swept, jobs, ready, ledger: readLedger(folder) };
}

/** Runs what is not done yet, several processes at a time. */
async function runWaiting(plan: Sweep, options: Options, report: Console, stop: AbortSignal): Promise<Failure[]> {
  const { folder, jobs, ready, ledger } = plan;
  const file = (job: SweepJob): string => pictureFile(folder, job);
  const waiting = ready.filter(({ job, key }) => ledger.done[job.name] !== key || !existsSync(file(job)));
  const workers = options.gpu.length > 0 ? options.gpu : Array.from({ length: options.jobs ?? 1 }, () => undefined);
  const count = Math.max(1, Math.min(options.jobs ?? workers.length, waiting.length));
  if (waiting.length < jobs.length) report.say(`${jobs.length - waiting.length} of ${jobs.length} are done already`);

  const running = new Set<ChildProcess>();
  stop.addEventListener('abort', () => {
    for (const child of running) child.kill('SIGTERM');
  });
  const failures: Failure[] = [];
  const began = performance.now();
  let finished = 0;
  const work = async (gpu: string | undefined): Promise<void> => {
    for (let next = waiting.shift(); next && !stop.aborted; next = waiting.shift()) {
      const { job, recipe, key } = next;
      const recipeFile = join(folder, `${job.name}.recipe.json`);
      await writeWhole(recipeFile, async () => Buffer.from(`${JSON.stringify(recipe, null, 2)}\n`));
      const ended = await child(recipeFile, file(job), gpu, running);
      if (stop.aborted) return;
      finished++;
      const ok = ended.code === 0;
      if (ok) {
        ledger.done[job.name] = key;
        await writeWhole(join(folder, LEDGER), async () => Buffer.from(`${JSON.stringify(ledger, null, 2)}\n`));
      } else failures.push({ label: job.label, error: ended.error });
      const left = ((performance.now() - began) / 1000 / finished) * waiting.length;
      const place = `${jobs.length - waiting.length - running.size}/${jobs.length}`;
      const time = waiting.length > 0 ? `, about ${duration(left)} left` : '';
      report.say(`${ok ? 'done' : 'FAILED'} ${place} ${job.label}${time}${ok ? '' : `: ${ended.error}`}`);
    }
  };
  await Promise.all(Array.from({ length: count }, (_, k) => work(workers[k % workers.length])));
  return failures;
}

/** Lays out what there is: a sheet, and a film where one is asked for. Null for pictures that are not there. */
async function results(plan: Sweep, options: Options, report: Console): Promise<readonly (Raster | null)[]> {
  const { title, folder, swept, jobs, ledger } = plan;
  const pictures: (Raster | null)[] = [];
  for (const job of jobs) {
    const file = pictureFile(folder, job);
    const there = ledger.done[job.name] !== undefined && existsSync(file);
    pictures.push(there ? await readPicture(file, { least: 1 }) : null);
  }
  if (pictures.some((p) => p !== null)) {
    await writePicture(sheetFile(folder), sheetOf(title, swept, jobs, pictures, options.cell));
  }
  if (options.film !== undefined) {
    const film = openAnimation(options.film, { fps: options.fps, onWarning: (text) => report.warn(text) });
    for (const p of pictures) if (p) await film.add(p);
    await film.finish();
  }
  return pictures;
}

const LEDGER = 'sweep.json';

/** The activations of the recipe's net, in order of depth. */
async function layersFor(over: readonly string[], recipe: Recipe): Promise<readonly string[]> {
  if (!over.includes('layer=all')) return [];
  const name = netName(recipe);
  if (name === null)
    throw new EngineError(
      'SweepError',
      '--over layer=all: the recipe has no net to have layers',
      'Add --set net=vgg19, say.',
    );
  const { names } = await loadNet(name);
  const all = names.usual.filter((n) => /relu|concat/i.test(n));
  return all.length > 0 ? all : names.usual;
}

/** `input.style=photos`: every picture in that folder. */
function withFolders(swept: Swept): Swept {
  if (!swept.path.startsWith('input.')) return swept;
  const values = swept.values.flatMap((value) => {
    if (!lookUp(value)?.isDirectory()) return [value];
    const files = readdirSync(value).filter((f) => /\.(png|jpe?g|webp|tiff?|gif|avif)$/i.test(f));
    if (files.length > 0) return files.sort().map((f) => join(value, f));
    throw new EngineError(
      'SweepError',
      `--over ${swept.path}=${value}: there is no picture in that folder`,
      'Name another.',
    );
  });
  return { ...swept, values };
}

async function prepared(
  job: SweepJob,
  base: unknown,
  first: Recipe,
  folder: string | null,
  given: readonly string[],
): Promise<ReadyJob> {
  const inputs = job.values
    .filter(([path]) => path.startsWith('input.'))
    .map(([path, value]) => `${path.slice(6)}=${value}`);
  let value: unknown = first.net === undefined ? base : { ...(base as object), net: first.net };
  const sets: string[] = [];
  for (const [path, text] of job.values) {
    if (path === 'layer') value = withLayer(value, text);
    else if (!path.startsWith('input.')) sets.push(`${path}=${text}`);
  }
  try {
    const recipe = fillRecipe(setValues(value, sets));
    const names = new Set(inputs.map((i) => i.slice(0, i.indexOf('='))));
    const all = [...given.filter((i) => !names.has(i.slice(0, i.indexOf('=')))), ...inputs];
    const { inputs: files } = await prepare(recipe, folder, all);
    const named = { ...recipe, inputs: recordedInputs(files, (path) => path) };
    const key = createHash('sha256')
      .update(JSON.stringify({ ...named, inputs: files.map((f) => [f.name, f.sha256]) }))
      .digest('hex');
    return { job, recipe: named, key };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError(error.code, `${job.label}: ${error.message}`);
  }
}

function readLedger(folder: string): Ledger {
  const path = join(folder, LEDGER);
  if (!existsSync(path)) return { toroid: 'sweep', done: {} };
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<Ledger>;
    if (value.toroid === 'sweep' && typeof value.done === 'object') return { toroid: 'sweep', done: { ...value.done } };
  } catch {
    // said below
  }
  throw new EngineError(
    'SweepError',
    `${path} is not what a sweep left there`,
    'Choose another folder with --out, or remove it.',
  );
}

/** Runs one job in a process of its own: a crash of a driver costs one picture, and each GPU has its process. */
function child(
  recipe: string,
  out: string,
  gpu: string | undefined,
  running: Set<ChildProcess>,
): Promise<{ code: number | null; error: string }> {
  const program = process.argv[1] ?? '';
  const env = gpu === undefined ? process.env : { ...process.env, TOROID_GPU: gpu };
  const started = spawn(process.execPath, [program, 'run', relative('.', recipe) || recipe, '-o', out, '--quiet'], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  running.add(started);
  let error = '';
  started.stderr?.on('data', (piece) => {
    error = `${error}${piece}`.slice(-2000);
  });
  return new Promise((done) => {
    started.on('close', (code) => {
      running.delete(started);
      const lines = new ChatterFilter().pass(`${error}\n`).split('\n');
      done({
        code,
        error: lines
          .slice(0, 2)
          .map((l) => l.trim())
          .join(' ')
          .trim(),
      });
    });
    started.on('error', (cause) => {
      running.delete(started);
      done({ code: 1, error: cause.message });
    });
  });
}

function sheetOf(
  title: string,
  swept: readonly Swept[],
  jobs: readonly SweepJob[],
  pictures: readonly (Raster | null)[],
  cell: number,
): Raster {
  const axes = swept.length <= 2 ? swept.map((s) => ({ name: shortPath(s.path), values: s.values })) : undefined;
  return contactSheet({ pictures, title, cell, ...(axes ? { axes } : { labels: jobs.map((j) => j.label) }) });
}
