import { duration } from '../app/eta';
import { fieldOutput, type MapFile, mapsOutput } from '../app/field_output';
import { rastersOf } from '../app/inputs';
import { runJob as run } from '../app/job';
import { materialFolder, materialOutput } from '../app/material_output';
import {
  type JobInfo,
  type JobResult,
  type Output,
  pictureOutput,
  previewOutput,
  stageFileName,
  stagesOutput,
  writeSomewhere,
} from '../app/output';
import { type OutputForm, withChannels, writingOf } from '../app/output_form';
import { fileName, withoutPaths } from '../app/record';
import { VERSION } from '../base/version';
import { filmOutput } from '../node/animation';
import { beginCheckpoints, lockCheckpoints, saveCheckpoint, saveFrame } from '../node/checkpoint_files';
import { isStdout } from '../node/files';
import { precisionText } from '../recipes/precision';
import { profileStage } from '../recipes/profile_stage';
import { scoresOf, structureOf } from '../recipes/scores';
import { seamScore, verdict, verdictText } from '../recipes/scores/seam';
import { makeWayOutput } from './clobber';
import { Console, JsonLines, Outlook } from './console';
import { writeReport } from './html_report';
import { type CommandJob, checkJob, formOf, type JobOptions, plainBits, readMaps, usualTune } from './job_options';
import { commandPlatform, versions } from './open_device';
import { writeProfile } from './page/profile_page';
import { STOPPED, type Stop, stopOnSignal } from './stop';
import { watchOutput } from './watch_server';

/**
 * Runs a recipe as a command does: from its options to the written picture.
 * Everything that can be refused is refused before the adapter is opened and anything is said.
 */
export async function runJob(asked: CommandJob, options: JobOptions): Promise<void> {
  const { precision = asked.recipe.precision } = options;
  const job = { ...asked, recipe: { ...asked.recipe, precision } };
  checkJob(job, options);
  const warnings = [...job.warnings];
  const maps = await readMaps(job, options, (text) => void warnings.push(text));
  const lines = options.json ? new JsonLines() : null;
  const report = new Console(options.quiet === true);
  const stop = stopOnSignal(() => report.say('Stopping; what there is will be written (Ctrl-C again leaves at once)'));
  const platform = commandPlatform(options.requireGpu === true, stop, (error, place) => {
    report.end();
    const what = report.isElsewhere(error, place);
    lines?.warn(`${what}: it is in ${place} instead`);
  });
  const outputs = outputsOf(job, options, { report, lines, stop }, maps);
  try {
    const done = await run(platform, job, outputs, {
      signal: stop.signal,
      memory: options.memory,
      tune: options.tune,
      usualTune: options.tune === undefined ? usualTune() : undefined,
      weightsUnchecked: options.weightsUnchecked,
      warnings,
      checkpointSteps: options.every.steps,
      checkpointSeconds: options.every.seconds,
      remedy:
        options.checkpoint === undefined
          ? 'Run it with --checkpoint <folder>: it can then go on later.'
          : `Go on with \`toroid run --resume ${options.checkpoint}\` once the device is back.`,
    });
    if (platform.restarted) return;
    if (!done || done.result.stages.every((s) => s.steps === 0)) {
      report.say('Stopped before there was anything to write');
      lines?.result({ file: null, stopped: true });
    }
    if (!done || done.result.stopped) process.exitCode ??= STOPPED;
  } finally {
    stop.release();
  }
}

export interface Voices {
  readonly report: Console;
  readonly lines: JsonLines | null;
  readonly stop: Stop;
}

/** In the order in which they are told and written: a picture comes before what is said of it. */
export function outputsOf(
  job: CommandJob,
  options: JobOptions,
  { report, lines, stop }: Voices,
  maps: readonly MapFile[] = [],
): Output[] {
  const { out } = job;
  const { saveStages, preview, frames, fps, checkpoint, watch } = options;
  const bits = plainBits(options);
  const form = formOf(options);
  return [
    ...(saveStages === undefined ? [] : [stagesOutput(saveStages)]),
    makeWayOutput(out, options, (text) => report.say(text)),
    pictureOutput(out, form),
    ...(preview ? [previewOutput(out, preview, form)] : []),
    ...(options.field === undefined ? [] : [fieldOutput(options.field)]),
    ...(maps.length === 0 ? [] : [mapsOutput(maps)]),
    ...(job.recipe.material ? [materialOutput(materialFolder(out))] : []),
    ...(frames === undefined ? [] : [filmOutput(frames, { fps, bits, checkpoint })]),
    ...(checkpoint === undefined ? [] : [checkpointOutput(checkpoint, job, options)]),
    ...(options.report === undefined ? [] : [reportOutput(options.report, job, options, report)]),
    ...(options.profile === undefined ? [] : [profileOutput(options.profile, report)]),
    ...(watch === undefined
      ? []
      : [watchOutput(watch, { onStop: stop.request, onUrl: (url) => report.say(`Watch it at ${url}`) })]),
    consoleOutput(job, options, report),
    ...(lines ? [jsonOutput(lines, form, saveStages)] : []),
  ];
}

/** A page about the run. */
const reportOutput = (path: string, { out, command }: CommandJob, { paths }: JobOptions, report: Console): Output => ({
  kind: 'report',
  finish: async ({ raster, recipe, seconds, stopped, stages, written }, job) => {
    report.say('Writing the report');
    const whole = job.record(path, recipe);
    const record = paths === false ? withoutPaths(whole) : whole;
    const styles = recipe.styles.filter((s) => s.weight > 0);
    const shown = styles.flatMap((s) => job.inputs.filter((i) => i.name === s.input).map((i) => i.raster));
    const facts = {
      version: VERSION,
      command: paths === false ? '' : command,
      adapter: record.adapter,
      recipe: record.recipe,
      seconds,
      stopped,
      warnings: job.warnings,
      stages,
      final: raster,
      file: paths === false ? fileName(String(written.get('file') ?? out)) : String(written.get('file') ?? out),
      tile: recipe.tile,
      scores: scoresOf(raster, recipe.tile, shown),
      structure: structureOf(raster, recipe, shown),
      inputs: job.inputs,
    };
    return writeSomewhere(path, job.files, (place) => writeReport(place, facts));
  },
});

/** The times of the largest stage; not of a run that somebody wants to be over. */
const profileOutput = (path: string, report: Console): Output => ({
  kind: 'profile',
  finish: async ({ stopped }, { device, recipe, inputs, net, warn, files }) => {
    if (stopped) return undefined;
    report.say('Profiling the largest stage');
    const rasters = new Map(inputs.map((i) => [i.name, i.raster]));
    const profile = await profileStage(device, recipe, rasters, { net, versions: versions(), onWarning: warn });
    return writeSomewhere(path, files, (place) => writeProfile(place, profile));
  },
});

/** The conversation. */
const consoleOutput = ({ out, recipe }: CommandJob, { json, frames }: JobOptions, report: Console): Output => {
  const outlook = new Outlook((text) => report.say(text));
  return {
    onDevice: ({ description, software }) => {
      const stored = precisionText(recipe);
      const optimises = recipe.stages.some((s) => s.method !== 'copy');
      const slow = software ? `, which is software${optimises ? ': expect minutes, not seconds' : ''}` : '';
      report.say(`Running on ${description}${stored === null ? '' : `, ${stored}`}${slow}`);
    },
    onTuning: () => report.say('Tuning: measuring which variants of kernels are fastest'),
    onWarning: (text) => report.warn(text),
    onEstimate: (e) => outlook.estimate(e),
    onProgress: (p, left) => {
      outlook.progress(left);
      report.step(p, left);
    },
    finish: async (result, { inputs }) => {
      report.end();
      const { written } = result;
      const titles = {
        preview: 'Preview',
        field: 'Coordinates',
        maps: 'Maps',
        material: 'Material',
        report: 'Report',
        profile: 'Profile',
      };
      for (const [kind, title] of Object.entries(titles))
        if (written.has(kind)) report.say(`${title}: ${[written.get(kind)].flat().join(', ')}`);
      if (frames !== undefined) report.say(`Frames: ${frames}`);
      report.say(summary(result, await edgeText(result, inputs)));
      if (!json && !isStdout(out)) process.stdout.write(`${written.get('file') ?? out}\n`);
    },
    close: () => report.end(),
  };
};

/** What is said of the edge of the recipe's mask; undefined where it has none. */
async function edgeText({ raster, recipe }: JobResult, inputs: JobInfo['inputs']): Promise<string | undefined> {
  if (!recipe.pin) return undefined;
  const { maskEdgeVerdict, pinEdgeScore } = await import('../recipes/scores/mask_edge');
  const score = pinEdgeScore(raster, recipe, rastersOf(inputs));
  return score ? maskEdgeVerdict(score).text : undefined;
}

/** `Done after 12 s; it tiles along x and y` */
function summary({ raster, recipe, stopped, seconds }: JobResult, edge: string | undefined): string {
  const seam = seamScore(raster);
  const axes = ({ both: ['x', 'y'], x: ['x'], y: ['y'], none: [] } as const)[recipe.tile];
  const tiles = axes.filter((axis) => verdict(seam[axis]) === 'seamless');
  const seams = axes
    .filter((axis) => !tiles.includes(axis))
    .map((axis) => `; along ${axis} ${verdictText(seam[axis])}`);
  const well = tiles.length > 0 ? `; it tiles along ${tiles.join(' and ')}` : '';
  const end = edge === undefined ? '' : `; ${edge}`;
  return `${stopped ? 'Stopped' : 'Done'} after ${duration(seconds)}${well}${seams.join('')}${end}`;
}

/** `--json`: progress and result for programs. Its names are those of version 0.1.0. */
const jsonOutput = (lines: JsonLines, form: OutputForm, saveStages: string | undefined): Output => ({
  onWarning: (text) => lines.warn(text),
  onEstimate: (e) => lines.estimate(e),
  onProgress: (p, { seconds }) => lines.progress(p, seconds),
  onStage: (s) => lines.stage(s, saveStages === undefined ? undefined : stageFileName(saveStages, s)),
  onFrame: (f) => lines.frame(f),
  finish: async (result, job) => {
    const { raster, recipe, written, stopped, seconds, moved, stages } = result;
    const edge = await edgeText(result, job.inputs);
    const { width, height } = raster;
    const files = Object.fromEntries(written);
    const { version, ...record } = job.record(String(files.file), recipe);
    const { bits, measures } = writingOf(form, job);
    lines.result({
      ...files,
      width,
      height,
      bits: measures ? measures.sample : bits,
      channels: withChannels(raster, form.channels).grey ? 1 : 3,
      version,
      ...record,
      stopped,
      seconds,
      moved,
      seam: seamScore(raster),
      ...(edge !== undefined && { edge }),
      stages: stages.map(({ raster: _, curves, ...s }) => ({ ...s, loss: curves.total?.at(-1)?.[1] })),
      notices: job.warnings,
    });
  },
});

/** Keeps checkpoints. One that cannot be written is told, once: hours of work are not given up for a full disk. */
export function checkpointOutput(folder: string, { out }: CommandJob, options: JobOptions): Output {
  const { preview, frames, fps, field, apply } = options;
  const form = formOf(options);
  const { bits = 8, channels, keepRange } = form;
  let job: JobInfo | undefined;
  let told = false;
  let release: (() => void) | undefined;
  const attempt = async (save: () => Promise<void>): Promise<void> => {
    try {
      await save();
    } catch (cause) {
      if (!told) job?.warn(`a checkpoint was not kept, the run goes on: ${(cause as Error).message.split('\n')[0]}`);
      told = true;
    }
  };
  return {
    begin: async (begun) => {
      job = begun;
      const { adapter, tuning } = begun.device;
      const asked = {
        toroid: VERSION,
        recipe: begun.record(`${folder}/job.json`).recipe,
        adapter: adapter.description,
        ...(tuning && { tuned: tuning.known() }),
        out,
        bits,
        ...(channels !== 'auto' && { channels }),
        ...(keepRange && { keepRange }),
        ...(form.paths === false && { paths: false }),
        ...(preview && { preview }),
        ...(field !== undefined && { field }),
        ...(apply && { apply }),
        ...(frames !== undefined && { frames, fps }),
      };
      release = lockCheckpoints(folder);
      await beginCheckpoints(folder, asked, begun.resume !== undefined);
    },
    onCheckpoint: (c) => attempt(() => saveCheckpoint(folder, c)),
    onFrame: async ({ frame, raster }) => {
      if (frames !== undefined) await attempt(() => saveFrame(folder, frame, raster, plainBits(options)));
    },
    close: () => release?.(),
  };
}
