import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { duration } from '../app/eta';
import { EngineError } from '../base/errors';
import type { Raster } from '../base/raster';
import { type BatchStatus, batchStatus, cancelBatch, fetchPicture, retryBatch } from '../fleet/batch';
import { type Batch, getBatch, putBatch } from '../fleet/job_files';
import { inWords, type OpenQueue, openQueue, submit } from '../fleet/queue';
import { openStore, type Store } from '../fleet/store';
import { writeWhole } from '../node/files';
import { decodePicture, writePicture } from '../node/picture';
import { collect, parseWhole, usage } from './arguments';
import { Console } from './console';
import { contactSheet } from './contact_sheet';
import { downscale } from './downscale';
import { fleetPlan } from './fleet_plan';
import { stopOnSignal } from './stop';
import { addFleetOptions } from './work';

interface Options {
  queue?: string;
  store?: string;
  over: string[];
  input: string[];
  set: string[];
  name?: string;
  out?: string;
  cell: number;
  json?: boolean;
}

export function addFleet(program: Command): void {
  const fleet = program
    .command('fleet')
    .summary('give jobs to many machines, and fetch what they made')
    .description('Puts jobs into a queue from which `toroid work` takes them, on as many machines as there are.')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  export TOROID_QUEUE=redis://queue:6379 TOROID_STORE=s3://textures/fleet\n' +
        '  toroid fleet submit texture -i style=stone.png --over seed=1..1000      prints the name of the batch\n' +
        '  toroid fleet watch texture-3fa201\n' +
        '  toroid fleet pull texture-3fa201 -o tiles',
    );
  const submitting = fleet
    .command('submit')
    .summary('put jobs into the queue')
    .description(
      'Puts jobs into the queue and prints the name of their batch. Doing so twice adds only what is missing.',
    )
    .argument('<what>', 'a recipe as `toroid run` takes it, a sweep.yaml, or a folder of recipes')
    .option('--over <path=values>', 'what to vary, as `toroid sweep` takes it; may be repeated', collect, [])
    .option('-i, --input <name=file>', 'a picture the recipe asks for; may be repeated', collect, [])
    .option('-s, --set <path=value>', 'change a setting for all; may be repeated', collect, [])
    .option('--name <name>', 'name of the batch (default: by recipe and jobs)');
  addFleetOptions(submitting).action(submitJobs);
  const onBatch = (name: string, summary: string): Command =>
    addFleetOptions(fleet.command(name).summary(summary).description(summary).argument('<batch>'));
  onBatch('status', 'how far a batch is').option('--json', 'print it as JSON').action(showStatus);
  onBatch('watch', 'show how far a batch is, until it is over').action(watch);
  onBatch('cancel', 'give up what is not done').action(async (name: string, options: Options) => {
    const count = await withBatch(name, options, ({ open, batch }) => cancelBatch(open, batch));
    process.stdout.write(`${count} cancelled\n`);
  });
  onBatch('retry', 'try what failed once more').action(async (name: string, options: Options) => {
    const count = await withBatch(name, options, ({ open, batch }) => retryBatch(open, batch));
    process.stdout.write(`${count} tried again\n`);
  });
  onBatch('sheet', 'lay the pictures that are done on a sheet')
    .option('-o, --out <file>', 'picture to write (default: <batch>.sheet.png here)')
    .addOption(new Option('--cell <n>', 'longest side of a picture, pixels').argParser(parseWhole).default(256))
    .action(sheet);
  onBatch('pull', 'fetch the pictures that are done, their hashes checked')
    .option('-o, --out <folder>', 'folder for them (default: <batch> here)')
    .action(pull);
}

interface Opened {
  readonly open: OpenQueue;
  readonly store: Store;
}

/** The queue and the store that the options name. */
export async function withFleet<T>(
  { queue, store: place }: Pick<Options, 'queue' | 'store'>,
  work: (opened: Opened) => Promise<T>,
): Promise<T> {
  if (queue === undefined) usage('which queue?', 'Such as --queue redis://127.0.0.1:6379, or set TOROID_QUEUE.');
  if (place === undefined) usage('which store?', 'Such as --store s3://bucket/prefix, or set TOROID_STORE.');
  const store = await openStore(place);
  const open = await openQueue(queue, false);
  try {
    return await inWords(open, () => work({ open, store }));
  } finally {
    await open.close();
  }
}

const withBatch = <T>(
  name: string,
  options: Options,
  work: (opened: Opened & { readonly batch: Batch }) => Promise<T>,
): Promise<T> => withFleet(options, async (opened) => work({ ...opened, batch: await getBatch(opened.store, name) }));

async function submitJobs(what: string, options: Options): Promise<void> {
  const report = new Console(false);
  if (options.name !== undefined && !/^[\w-][\w.-]*$/.test(options.name))
    usage(`--name ${options.name}: has other characters`, 'Use letters, digits and .-_');
  await withFleet(options, async ({ open, store }) => {
    const plan = await fleetPlan(what, options, options.name);
    for (const text of plan.warnings) report.warn(text);
    await plan.upload(store);
    await putBatch(store, plan.name, plan.batch);
    const { added, known } = await submit(open, store, plan.jobs);
    report.say(`${added} jobs added${known > 0 ? `, ${known} were there already` : ''}`);
    process.stdout.write(`${plan.name}\n`);
  });
}

async function showStatus(name: string, options: Options): Promise<void> {
  const { status, batch } = await withBatch(name, options, async ({ open, batch: of }) => ({
    status: await batchStatus(open, of),
    batch: of,
  }));
  const { count, running, failed, workers } = status;
  if (options.json) process.stdout.write(`${JSON.stringify({ count, running, failed, workers }, null, 2)}\n`);
  else process.stdout.write(`${table(name, batch, status).join('\n')}\n`);
}

const MOST_LINES = 8;

function table(name: string, { jobs }: Batch, { count, running, failed, workers }: BatchStatus, pace = ''): string[] {
  const parts = Object.entries(count).filter(([, n]) => n > 0);
  const listed = (rows: readonly string[], what: string): string[] => [
    ...rows.slice(0, MOST_LINES).map((row) => `  ${what} ${row}`),
    ...(rows.length > MOST_LINES ? [`  ${what} ... and ${rows.length - MOST_LINES} more`] : []),
  ];
  return [
    `${name}: ${jobs.length} jobs, ${parts.map(([state, n]) => `${n} ${state}`).join(', ')}${pace}`,
    `  ${workers.length === 0 ? 'no worker is connected' : `workers: ${workers.join(', ')}`}`,
    ...listed(
      running.map(({ label, share, worker }) => `${label} ${Math.round(100 * share)} %${worker && `, ${worker}`}`),
      'running',
    ),
    ...listed(
      failed.map(({ label, why }) => `${label}: ${why.split('\n')[0]}`),
      'failed',
    ),
  ];
}

const LOOK_MS = 2000;

async function watch(name: string, options: Options): Promise<void> {
  const stop = stopOnSignal(() => {});
  await withBatch(name, options, async ({ open, batch }) => {
    let drawn = '';
    let first: { at: number; done: number } | undefined;
    while (!stop.signal.aborted) {
      const status = await batchStatus(open, batch);
      const { done, running, waiting, failed } = status.count;
      first ??= { at: performance.now(), done };
      const rate = (done - first.done) / ((performance.now() - first.at) / 1000);
      const pace =
        rate > 0 ? `; ${(60 * rate).toFixed(1)} a minute, about ${duration((running + waiting) / rate)} left` : '';
      const lines = table(name, batch, status, pace);
      const text = `${(process.stdout.isTTY ? lines : lines.slice(0, 1)).join('\n')}\n`;
      if (process.stdout.isTTY && drawn !== '') process.stdout.write(`\x1b[${drawn.split('\n').length - 1}A\x1b[J`);
      if (process.stdout.isTTY || text !== drawn) process.stdout.write(text);
      drawn = text;
      if (running + waiting === 0) {
        if (failed > 0) process.exitCode = 1;
        break;
      }
      await sleep(LOOK_MS, undefined, { signal: stop.signal }).catch(() => {});
    }
  });
  stop.release();
}

const LEAST_CELL = 16;

async function sheet(name: string, options: Options): Promise<void> {
  const out = options.out ?? `${name}.sheet.png`;
  if (options.cell < LEAST_CELL) usage(`--cell ${options.cell}: is too small`, `At least ${LEAST_CELL}.`);
  await withBatch(name, options, async ({ open, store, batch }) => {
    const { axes, title, jobs } = batch;
    const pictures: (Raster | null)[] = [];
    for (const { id } of jobs) {
      const found = await fetchPicture(open, store, id);
      const raster = typeof found === 'string' ? null : (await decodePicture(found.picture, 'result', READ)).raster;
      pictures.push(raster && downscale(raster, options.cell)); // all of them at full size would not fit in memory
    }
    if (pictures.every((p) => p === null)) {
      throw new EngineError(
        'PictureError',
        `none of the ${jobs.length} jobs of ${name} is done`,
        'See toroid fleet status.',
      );
    }
    await writePicture(
      out,
      contactSheet({
        pictures,
        title,
        cell: options.cell,
        ...(axes ? { axes } : { labels: jobs.map((j) => j.label) }),
      }),
    );
  });
  process.stdout.write(`${out}\n`);
}

const READ = { name: 'result', least: 1, most: 2 ** 24, alpha: true } as const;

async function pull(name: string, options: Options): Promise<void> {
  const folder = options.out ?? name;
  const missing = await withBatch(name, options, async ({ open, store, batch }) => {
    let [again, not] = [0, 0];
    for (const job of batch.jobs) {
      const found = await fetchPicture(open, store, job.id);
      if (found === 'again') again++;
      else if (found === 'not yet') not++;
      else await writeWhole(join(folder, `${job.name}${found.suffix}`), async () => found.picture);
    }
    return { again, not };
  });
  const report = new Console(false);
  if (missing.again > 0) report.warn(`${missing.again} were missing or damaged in the store, and are made again`);
  if (missing.not > 0) report.warn(`${missing.not} are not done`);
  if (missing.again + missing.not > 0) process.exitCode = 1;
  process.stdout.write(`${folder}\n`);
}
