import { type Command, Option } from 'commander';
import { rastersOf } from '../app/inputs';
import { loadNet, nameNet } from '../app/nets';
import { BUDGET } from '../app/tuning';
import { gainOf, type TuneRecord, Tuning } from '../gpu/tune';
import { TuneFile } from '../gpu/tune_cache.node';
import { nodeNets } from '../node/platform';
import { builtinRecipe } from '../recipes/builtin';
import { plasma } from '../recipes/init/plasma';
import { fillRecipe } from '../recipes/recipe';
import { type RecipeTuned, tuneRecipe } from '../recipes/tune_recipe';
import { parseBudget, usage } from './arguments';
import { Console } from './console';
import type { Prepared } from './inputs';
import { openDevice } from './open_device';
import { addRecipeOptions, type RecipeOptions, readRecipe } from './run';
import { STOPPED, stopOnSignal } from './stop';

interface TuneOptions extends RecipeOptions {
  show?: boolean;
  reset?: boolean;
  again?: boolean;
  budget: number;
  weightsUnchecked?: boolean;
  requireGpu?: boolean;
  json?: boolean;
  quiet?: boolean;
}

export function addTune(program: Command): void {
  const command = program
    .command('tune')
    .summary('measure which variant of each kernel is fastest here')
    .description(
      'Times the variants of the kernels of a recipe on this adapter, checks that they compute the same, and keeps all\n' +
        'figures for later runs (see --tune of the commands that run recipes).',
    )
    .argument(
      '[recipe]',
      'as of `toroid run` (default: a texture of 256 pixels, and one by a net if its weights are here)',
    );
  addRecipeOptions(command)
    .addOption(
      new Option('--budget <time>', 'no benchmark is begun after this: 30s, 2min')
        .argParser(parseBudget)
        .default(BUDGET, `${BUDGET}s`),
    )
    .option('--again', 'also measure what was measured before')
    .option('--show', 'print what was measured before, of all adapters')
    .option('--reset', 'forget all that was measured')
    .option('--weights-unchecked', 'take the weights as they are, whatever their checksum')
    .option('--require-gpu', 'fail rather than run on the processor')
    .option('--json', 'print the result as JSON')
    .option('-q, --quiet', 'print only the result, and errors')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  toroid tune                              what most runs need\n' +
        '  toroid tune mine.yaml --budget 2min      the kernels of a recipe, at its sizes\n' +
        '  toroid tune --show\n',
    )
    .action(action);
}

async function action(name: string | undefined, options: TuneOptions): Promise<void> {
  const store = new TuneFile();
  const report = new Console(options.quiet === true);
  if (options.show || options.reset) {
    if (name !== undefined || (options.show && options.reset)) {
      usage('--show and --reset are about all that was measured', 'Use one of them, without a recipe.');
    }
    if (options.reset) await store.reset();
    const records = await store.read((text) => report.warn(text));
    print(
      options,
      { file: store.path, records },
      options.reset ? `Forgotten: ${store.path}` : shown(records, store.path),
    );
    return;
  }
  const jobs = name === undefined ? await usualJobs(options) : [(await readRecipe(name, options)).job];
  const stop = stopOnSignal(() => report.say('Stopping after this kernel; what was measured is kept'));
  const device = await openDevice(options.requireGpu === true, stop);
  if (typeof device === 'number') {
    process.exitCode = device;
    return;
  }
  if (!device) {
    process.exitCode = STOPPED;
    return;
  }
  try {
    const { description } = device.adapter;
    report.say(`Tuning on ${description}`);
    const warn = (text: string): void => report.warn(text);
    // Plans stay untuned meanwhile: each kernel is measured beside the others as they are shipped.
    const tuning = new Tuning(description, await store.read(warn));
    const until = performance.now() + 1000 * options.budget;
    const records: TuneRecord[] = [];
    const left: string[] = [];
    for (const { recipe, inputs, warnings } of jobs) {
      for (const text of warnings) warn(text);
      const net = await loadNet(nodeNets, recipe, undefined, { unchecked: options.weightsUnchecked === true, warn });
      const found: RecipeTuned = await tuneRecipe(device, recipe, rastersOf(inputs), {
        tuning,
        net,
        until,
        again: options.again,
        signal: stop.signal,
        onWarning: warn,
        onStage: (s) => report.say(`${recipe.name}: ${s.name} at ${s.width}x${s.height}`),
        onRecord: (r) => {
          records.push(r);
          if (!options.json) process.stdout.write(`${recordText(r)}\n`);
        },
      });
      left.push(...found.left, ...found.stagesLeft.map((s) => `${recipe.name}: all of ${s}`));
      if (found.records.length > 0) await store.add(found.records);
    }
    if (stop.signal.aborted) process.exitCode = STOPPED;
    const rest = [...new Set(left)];
    print(options, { file: store.path, adapter: description, records, left: rest }, ending(records, rest, store.path));
  } finally {
    stop.release();
    device.close();
  }
}

/** Without a recipe: textures of plasma, for what a style shows does not matter to kernels. */
async function usualJobs(options: TuneOptions): Promise<Prepared[]> {
  if (options.input.length > 0 || options.set.length > 0)
    usage('which recipe?', 'Name the one that these settings are for.');
  const size = options.size ?? [256, 256];
  const jobs: Prepared[] = [];
  for (const name of ['texture', 'texture-net']) {
    const text = { ...builtinRecipe(name), size, ...(options.seed !== undefined && { seed: options.seed }) };
    const warnings: string[] = [];
    try {
      const recipe = await nameNet(nodeNets, fillRecipe(text), (n) => warnings.push(n));
      const styles = [...new Set(recipe.styles.map((s) => s.input))];
      const raster = plasma({ size: [256, 256], seed: 1 });
      jobs.push({ recipe, inputs: styles.map((style) => ({ name: style, raster })), warnings });
    } catch (error) {
      if ((error as { code?: string }).code !== 'WeightsError') throw error;
    }
  }
  return jobs;
}

function print(options: TuneOptions, json: object, text: string): void {
  process.stdout.write(options.json ? `${JSON.stringify(json, null, 2)}\n` : `${text}\n`);
}

/** A kernel and its candidates, the fastest first. */
export function recordText({ kernel, scalar, shape, candidates, best, untuned, ...r }: TuneRecord): string {
  const width = Math.max(...candidates.map((c) => c.variant.length));
  const order = [...candidates].sort(
    (a, b) => Number(a.dropped !== undefined) - Number(b.dropped !== undefined) || (a.ms ?? 0) - (b.ms ?? 0),
  );
  const lines = order.map(({ variant, ms, dropped }) => {
    const marks = [
      ...(dropped === undefined ? [] : [`dropped: ${dropped}`]),
      ...(variant === untuned ? ['untuned'] : []),
      ...(variant === best
        ? [variant === untuned ? 'stays' : `${gainOf({ candidates, best, untuned }).toFixed(2)}x`]
        : []),
    ];
    const time = ms === undefined ? '' : `${ms.toPrecision(4)} ms`;
    return `  ${variant.padEnd(width)}  ${time.padStart(12)}  ${marks.join(', ')}`.trimEnd();
  });
  return [
    `${kernel} ${scalar === 'f32' ? '' : `${scalar} `}${shape}${r.clock === 'wall' ? ' (by the clock)' : ''}`,
    ...lines,
  ].join('\n');
}

function ending(records: readonly TuneRecord[], left: readonly string[], file: string): string {
  const gained = records.filter((r) => r.best !== r.untuned);
  const most = Math.max(1, ...gained.map(gainOf));
  const lines = [
    `${records.length} measured, ${gained.length} faster with another variant${gained.length > 0 ? `, up to ${most.toFixed(2)}x` : ''}: ${file}`,
  ];
  if (left.length > 0) {
    lines.push(`${left.length} left for lack of time; run it again to go on, or give a larger --budget:`);
    lines.push(...left.map((name) => `  ${name}`));
  }
  return lines.join('\n');
}

function shown(records: readonly TuneRecord[], file: string): string {
  if (records.length === 0) return `Nothing was measured yet (${file}): \`toroid tune\` does.`;
  const adapters = [...new Set(records.map((r) => r.adapter))];
  return [
    file,
    ...adapters.map((adapter) =>
      [`\n${adapter}`, ...records.filter((r) => r.adapter === adapter).map(recordText)].join('\n'),
    ),
  ].join('\n');
}
