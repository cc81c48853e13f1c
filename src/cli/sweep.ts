import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, parse, relative } from 'node:path';
import { type Command, Option } from 'commander';
import { roughDuration } from '../app/eta';
import { EngineError } from '../base/errors';
import type { Raster } from '../base/raster';
import { parseShard, type Shard, shardOf } from '../fleet/shard';
import { openStore } from '../fleet/store';
import { chooseGpu, gpuNames } from '../gpu/open.node';
import { makeFolder } from '../gpu/temp_files.node';
import { ensureAnimationWritable, openAnimation } from '../node/animation';
import { probeFile, writeWhole } from '../node/files';
import { ensureWritable, readPicture, writePicture } from '../node/picture';
import { collect, parseTimes, parseWhole, usage } from './arguments';
import { Console } from './console';
import { downscale } from './downscale';
import { ChatterFilter } from './driver_chatter';
import { STOPPED, stopOnSignal } from './stop';
import { storeRunner } from './store_runner';
import type { SweepJob } from './sweep_plan';
import { runQueued } from './sweep_queue';
import { type ReadyJob, type ReadySweep, readySweep } from './sweep_ready';
import { keepSheet, sheetFile, sheetOf } from './sweep_sheet';

interface Options {
  over: string[];
  input: string[];
  set: string[];
  out?: string;
  jobs?: number;
  gpu: string[];
  shard?: Shard;
  store?: string;
  queue?: string;
  film?: string;
  fps: number;
  cell: number;
  tiles?: [number, number];
  json?: boolean;
  quiet?: boolean;
}

export function addSweep(program: Command): void {
  program
    .command('sweep')
    .summary('run a recipe with many values, and lay the results side by side')
    .description(
      'Runs a recipe once for each combination of values, or for each picture of a folder, and makes a sheet of all results\n' +
        'with the exemplar beside them. What is in the folder already stays; another sweep there gets a sheet of its own.',
    )
    .argument('<recipe>', 'a name of `toroid recipes`, a .json or .yaml file, or a picture made by toroid')
    .option(
      '--over <path=values>',
      'what to vary: seed=1..4, stages[0].steps=50,100, input.style=a.png,b.png, layer=all; may be repeated',
      collect,
      [],
    )
    .option('-i, --input <name=file>', 'a picture the recipe asks for; may be repeated', collect, [])
    .option('-s, --set <path=value>', 'change a setting for all; may be repeated', collect, [])
    .option('-o, --out <folder>', 'folder for pictures and sheet (default: <input>.<recipe>.sweep here)')
    .addOption(
      new Option('--jobs <n>', 'processes at a time (default: one, or one for each --gpu)').argParser(parseWhole),
    )
    .option(
      '--gpu <name>',
      'GPU to use: its number or a part of its name, as `toroid doctor` prints them; repeat for several',
      collect,
      [],
    )
    .addOption(
      new Option(
        '--shard <i/n>',
        'do the i-th of n parts of it only; auto: as SLURM or AWS Batch say, auto/n: as Kubernetes says',
      ).argParser((text) => parseShard(text)),
    )
    .option(
      '--store <place>',
      'a folder or s3://bucket/prefix that machines share: what is there is not done again, and jobs go on from their checkpoints',
    )
    .option(
      '--queue <address>',
      'have it done by the workers of a queue (toroid work): redis://host:6379; needs --store',
    )
    .option('--film <file>', 'also the results one after another: .gif, .webp, or a folder')
    .addOption(new Option('--fps <n>', 'frames a second of the film').argParser(parseWhole).default(4))
    .addOption(
      new Option('--cell <n>', 'longest side of a picture on the sheet, pixels').argParser(parseWhole).default(256),
    )
    .addOption(new Option('--tiles <NxM>', 'show each result repeated on the sheet, as 2x2').argParser(parseTimes))
    .option('--json', 'print the result as JSON')
    .option('-q, --quiet', 'print only the result, and errors')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  toroid sweep texture -i style=stone.png --over seed=1..8\n' +
        '  toroid sweep mine.json --over stages[0].losses[0].weight=0.5,1,2 --over net.pooling=max,average\n' +
        '  toroid sweep texture-net -i style=stone.png --over layer=all\n' +
        '  toroid sweep texture --over input.style=a.png,b.png,c.png\n' +
        '  toroid sweep texture --over input.style=photos --tiles 2x2     every picture of a folder\n\n' +
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
interface Sweep extends ReadySweep {
  readonly folder: string;
  readonly sheet: string;
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
  const sheet = pictures.some((p) => p !== null) ? plan.sheet : null;
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

const pictureFile = (folder: string, job: SweepJob): string => join(folder, `${job.name}.png`);

/** Checks every job before the first one runs. */
async function planned(name: string, options: Options, report: Console): Promise<Sweep> {
  if (options.over.length === 0) usage('nothing to vary', 'Say what with --over, such as --over seed=1..4.');
  if (options.queue !== undefined && (options.shard || options.jobs !== undefined || options.gpu.length > 0))
    usage(
      '--shard, --jobs and --gpu are for work that is done here, and --queue gives it to others',
      'Leave them out.',
    );
  const made = await readySweep(name, options);
  const given = options.input.map((text) => parse(text.slice(text.indexOf('=') + 1)).name);
  const folder = options.out ?? `${[...given.slice(0, 1), made.title].join('.')}.sweep`;
  if (options.gpu.length > 0) {
    const names = await gpuNames();
    for (const gpu of options.gpu) chooseGpu(gpu, names);
  }
  probeFile(join(folder, ledgerName(options.shard)));
  makeFolder(folder);
  const sheet = sheetFile(folder, options.over.join(' '));
  ensureWritable(sheet);
  if (options.film !== undefined) ensureAnimationWritable(options.film, { fps: options.fps });
  for (const text of made.warnings) report.warn(text);
  readLedgers(folder);
  return { ...made, folder, sheet };
}

/** Runs what is not done yet, several processes at a time. */
async function runWaiting(plan: Sweep, options: Options, report: Console, stop: AbortSignal): Promise<Failure[]> {
  const { folder, ready } = plan;
  const file = (job: SweepJob): string => pictureFile(folder, job);
  const ledgers = readLedgers(folder);
  const own = ledgerName(options.shard);
  const ledger: Ledger = { toroid: 'sweep', done: { ...ledgers.get(own)?.done } };
  const isDone = (name: string, key: string): boolean => [...ledgers.values()].some((l) => l.done[name] === key);
  const jobs = options.shard ? shardOf(ready, options.shard) : ready;
  const waiting = jobs.filter(({ job, key }) => !isDone(job.name, key) || !existsSync(file(job)));
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
  const ended = async ({ job, key }: ReadyJob, error: string | null, left: number): Promise<void> => {
    finished++;
    if (error === null) {
      ledger.done[job.name] = key;
      await writeWhole(join(folder, own), async () => Buffer.from(`${JSON.stringify(ledger, null, 2)}\n`));
    } else failures.push({ label: job.label, error });
    const seconds = ((performance.now() - began) / 1000 / finished) * left;
    const time = left > 0 ? `, about ${roughDuration(seconds)} left` : '';
    const place = `${jobs.length - left - running.size}/${jobs.length}`;
    report.say(
      `${error === null ? 'done' : 'FAILED'} ${place} ${job.label}${time}${error === null ? '' : `: ${error}`}`,
    );
  };
  const { queue } = options;
  if (queue !== undefined) {
    let left = waiting.length;
    await runQueued(plan, {
      ...{ queue, store: options.store ?? process.env.TOROID_STORE, wanted: waiting, signal: stop },
      fileOf: ({ job }) => file(job),
      say: (text) => report.say(text),
      ended: (job, error) => ended(job, error, --left),
    });
    return failures;
  }
  const store = options.store === undefined ? undefined : await openStore(options.store);
  const work = async (gpu: string | undefined): Promise<void> => {
    const byStore = store && storeRunner(store, gpu, stop, (text) => report.say(text));
    for (let next = waiting.shift(); next && !stop.aborted; next = waiting.shift()) {
      const { job, recipe } = next;
      const recipeFile = join(folder, `${job.name}.recipe.json`);
      await writeWhole(recipeFile, async () => Buffer.from(`${JSON.stringify(recipe, null, 2)}\n`));
      const { code, error } = byStore
        ? await byStore.run(next, file(job))
        : await child(recipeFile, file(job), gpu, running);
      if (stop.aborted) return;
      await ended(next, code === 0 ? null : error, waiting.length);
    }
    byStore?.close();
  };
  await Promise.all(Array.from({ length: count }, (_, k) => work(workers[k % workers.length])));
  return failures;
}

/**
 * Lays out what there is: a sheet, and a film where one is asked for.
 * @returns the pictures as large as the sheet shows them: at full size a thousand do not fit in memory; null where there is none
 */
async function results(plan: Sweep, options: Options, report: Console): Promise<readonly (Raster | null)[]> {
  const { folder, jobs, sheet } = plan;
  const ledgers = [...readLedgers(folder).values()];
  const film =
    options.film === undefined
      ? undefined
      : openAnimation(options.film, { fps: options.fps, onWarning: (text) => report.warn(text) });
  const pictures: (Raster | null)[] = [];
  for (const job of jobs) {
    const file = pictureFile(folder, job);
    const there = ledgers.some((l) => l.done[job.name] !== undefined) && existsSync(file);
    const picture = there ? await readPicture(file, { least: 1 }) : null;
    if (picture) await film?.add(picture);
    pictures.push(picture && downscale(picture, options.cell));
  }
  if (pictures.some((p) => p !== null)) {
    await writePicture(sheet, sheetOf(plan, pictures, options));
    await keepSheet(sheet, options.over.join(' '));
  }
  await film?.finish();
  return pictures;
}

const LEDGER = /^sweep(\.\d+-of-\d+)?\.json$/;
/** Each shard has its own: several machines may write into one folder. */
const ledgerName = (shard: Shard | undefined): string =>
  shard ? `sweep.${shard.part}-of-${shard.parts}.json` : 'sweep.json';

/** What this sweep and its shards have done so far, by the names of their files. */
function readLedgers(folder: string): Map<string, Ledger> {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => LEDGER.test(name)) : [];
  return new Map(names.map((name) => [name, readLedger(join(folder, name))]));
}

function readLedger(path: string): Ledger {
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
          .replace(/^error: /, '')
          .trim(),
      });
    });
    started.on('error', (cause) => {
      running.delete(started);
      done({ code: 1, error: cause.message });
    });
  });
}
