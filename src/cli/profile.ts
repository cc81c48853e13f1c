import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { type OpenJob, openJob } from '../app/job';
import type { Output } from '../app/output';
import type { TuneMode } from '../gpu/tune';
import { diffOf } from '../graph/profile_diff';
import { type ProfileReport, parseReport } from '../graph/profile_report';
import { traceOf } from '../graph/profile_trace';
import { notThere, probeFile } from '../node/files';
import { profileStage } from '../recipes/profile_stage';
import { parseWhole, usage } from './arguments';
import { Console } from './console';
import { tuneOption, usualTune } from './job_options';
import { commandPlatform, versions } from './open_device';
import { json, profilePage, save } from './page/profile_page';
import { diffText, profileText } from './profile_table';
import { addRecipeOptions, type RecipeOptions, readRecipe } from './run';
import { STOPPED, stopOnSignal } from './stop';

interface ProfileOptions extends RecipeOptions {
  stage?: number;
  out?: string;
  runs?: number;
  clock?: 'timestamps' | 'wall';
  all?: boolean;
  diff?: string[];
  weightsUnchecked?: boolean;
  tune?: TuneMode;
  requireGpu?: boolean;
  json?: boolean;
  quiet?: boolean;
}

const FILES = { report: 'profile.json', trace: 'trace.json', page: 'profile.html' } as const;

export function addProfile(program: Command): void {
  const command = program
    .command('profile')
    .summary('time every kernel of a recipe, and say what to look at first')
    .description(
      'Times every kernel launch of a stage of a recipe against what the adapter can do at best, and prints a table.\n' +
        'Writes into a folder: profile.html, a page with a roofline and the source of each kernel; trace.json, for ' +
        'ui.perfetto.dev; profile.json, the figures, to compare with those of another day.',
    )
    .argument('[recipe]', 'as of `toroid run`: a name, a .json or .yaml file, or a picture made by toroid');
  addRecipeOptions(command)
    .addOption(
      new Option('--stage <n>', 'stage to time, from 0 (default: the largest, the last of several)').argParser(
        parseWhole,
      ),
    )
    .option('-o, --out <folder>', 'where to write (default: <recipe>.profile here)')
    .addOption(
      new Option('--runs <n>', 'runs to take medians of (default: as many as fit into a second)').argParser(parseWhole),
    )
    .addOption(
      new Option('--clock <which>', 'what to time by (default: timestamps, where the adapter has them)').choices([
        'timestamps',
        'wall',
      ]),
    )
    .option('--all', 'print all launches, not only the slowest')
    .option('--diff <files...>', 'compare two profile.json instead: what was, what is')
    .option('--weights-unchecked', 'take the weights as they are, whatever their checksum')
    .addOption(tuneOption())
    .option('--require-gpu', 'fail rather than run on the processor')
    .option('--json', 'print profile.json (or the comparison) instead of the table')
    .option('-q, --quiet', 'print only the result, and errors')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  toroid profile texture -i style=stone.jpg --size 256\n' +
        '  toroid profile mine.yaml --stage 0 --out before    then, after a change, --out after\n' +
        '  toroid profile --diff before/profile.json after/profile.json\n',
    )
    .action(action);
}

async function action(name: string | undefined, options: ProfileOptions): Promise<void> {
  if (options.diff !== undefined) return compare(name, options, options.diff);
  if (name === undefined) usage('which recipe?', 'Name one of `toroid recipes`, a file, or a picture made by toroid.');
  if (options.runs === 0) usage('--runs 0 times nothing', 'Use 1 or more.');
  const { found, job } = await readRecipe(name, options);
  const out = options.out ?? `${found.name}.profile`;
  for (const file of Object.values(FILES)) probeFile(join(out, file));
  const report = new Console(options.quiet === true);
  const stop = stopOnSignal(() => {
    report.say('Stopped');
    process.exit(STOPPED); // nothing is half written: see writeWhole
  });
  const platform = commandPlatform(options.requireGpu === true, stop);
  const voice: Output = {
    onWarning: (text) => report.warn(text),
    begin: ({ device }) => report.say(`Profiling on ${device.adapter.description}`),
  };
  try {
    const opened = await openJob(platform, { ...job, adapter: undefined }, [voice], {
      tune: options.tune,
      usualTune: options.tune === undefined ? usualTune() : undefined,
      weightsUnchecked: options.weightsUnchecked,
      warnings: job.warnings,
    });
    if (!opened) return;
    try {
      await profileInto(out, opened, report, options);
    } finally {
      await opened.close();
    }
  } finally {
    stop.release();
  }
}

/** Times the stage, and writes and prints what was found. */
async function profileInto(out: string, opened: OpenJob, report: Console, options: ProfileOptions): Promise<void> {
  const { device, recipe, rasters, net } = opened;
  const { stage, runs, clock } = options;
  const profile = await profileStage(device, recipe, rasters, {
    ...{ net, stage, runs, clock },
    versions: versions(),
    onWarning: opened.warn,
  });
  await save(join(out, FILES.report), json(profile.report));
  await save(join(out, FILES.trace), json(traceOf(profile.report)));
  await save(join(out, FILES.page), profilePage(profile));
  process.stdout.write(options.json ? json(profile.report) : profileText(profile.report, options.all === true));
  const files = Object.values(FILES).map((file) => join(out, file));
  report.say(`Written: ${files.join(', ')}`);
}

function compare(name: string | undefined, options: ProfileOptions, files: readonly string[]): void {
  const [before, after] = files;
  if (name !== undefined || before === undefined || after === undefined || files.length > 2) {
    usage(
      '--diff compares two files, and no recipe',
      'As in: toroid profile --diff before/profile.json after/profile.json',
    );
  }
  const diff = diffOf(read(before), read(after));
  process.stdout.write(options.json ? json(diff) : diffText(diff, options.all === true));
}

function read(path: string): ProfileReport {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw notThere(path);
  }
  return parseReport(text, path);
}
