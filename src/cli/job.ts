import { dirname, join } from 'node:path';
import { Eta } from '../app/eta';
import { retryDeviceLost } from '../app/recover';
import type { Device } from '../gpu/device';
import { open } from '../gpu/open.node';
import type { Net } from '../nets/weights';
import { type Animation, openAnimation } from '../node/animation';
import { beginCheckpoints, savedFrames } from '../node/checkpoint_files';
import { type Bits, writePicture, writePreview } from '../node/picture';
import { loadNet } from '../node/weights/find';
import type { Checkpoint } from '../recipes/checkpoint';
import type { StageResult } from '../recipes/events';
import { recordText } from '../recipes/picture_record';
import { precisionText } from '../recipes/precision';
import { profileStage } from '../recipes/profile_stage';
import type { Recipe } from '../recipes/recipe';
import { type RunResult, run } from '../recipes/run';
import { scoresOf } from '../recipes/scores';
import { seamScore, verdict } from '../recipes/scores/seam';
import { checkpointer } from './checkpointer';
import { Console, duration } from './console';
import { writeReport } from './html_report';
import { type InputFile, recorded } from './inputs';
import { checkJob, type Job, type JobOptions, netName } from './job_options';
import { JsonLines } from './json_lines';
import { openDevice } from './open_device';
import { writeProfile } from './profile_files';
import { STOPPED, stopOnSignal } from './stop';
import { otherChoices, startTuning, tunedRecord } from './tuning';
import { VERSION, versions } from './version';
import { startWatch, type Watcher } from './watch_server';

/**
 * Runs a recipe as a command does: from the adapter to the written picture.
 * Order matters: everything that can be refused is refused before the adapter is opened and anything is said.
 */
export async function runJob(asked: Job, options: JobOptions): Promise<void> {
  const { precision = asked.recipe.precision } = options;
  const job = { ...asked, recipe: { ...asked.recipe, precision } };
  const { recipe, inputs, out } = job;
  checkJob(job, options);
  const bits = Number(options.bits) as Bits;
  const lines = options.json ? new JsonLines() : null;
  const report = new Console(options.quiet === true);
  const stop = stopOnSignal(() => report.say('Stopping; what there is will be written (Ctrl-C again leaves at once)'));
  const nothing = (): void => {
    report.say('Stopped before there was anything to write');
    process.exitCode = STOPPED;
    lines?.result({ file: null, stopped: true });
  };
  const warn = (text: string): void => {
    report.warn(text);
    lines?.warn(text);
  };
  const opened = await openDevice(options.requireGpu === true, stop);
  if (typeof opened === 'number') {
    process.exitCode = opened; // a process with a driver has done it all
    return;
  }
  if (!opened) return nothing();
  let device: Device = opened;
  const { description, software } = device.adapter;
  const stored = precisionText(recipe);
  const slow = software ? ', which is software: expect minutes, not seconds' : '';
  report.say(`Running on ${description}${stored === null ? '' : `, ${stored}`}${slow}`);
  for (const text of job.warnings) warn(text);
  if (job.adapter !== undefined && job.adapter !== description) {
    warn(`it was made on ${job.adapter}: here it may differ in the last bits`);
  }
  const pinned = job.adapter === description ? job.tuned : undefined;
  const before = job.resume && pinned;
  const started = performance.now();
  const saved: string[] = [];
  let watcher: Watcher | undefined;
  let film: Animation | undefined;
  try {
    const net = await netOf(recipe, options, warn);
    const rasters = new Map(inputs.map((i) => [i.name, i.raster]));
    const measure = await startTuning(device, { mode: options.tune, pinned }, warn);
    if (measure) {
      report.say('Tuning: measuring which variants of kernels are fastest');
      await measure(recipe, rasters, { net, signal: stop.signal, onWarning: warn });
    }
    if (options.watch !== undefined) {
      watcher = await startWatch({
        ...(typeof options.watch === 'number' && { port: options.watch }),
        title: recipe.name,
        ...(recipe.zoom && { plan: { frames: recipe.zoom.frames } }),
        tile: recipe.tile,
        onStop: stop.request,
      });
      report.say(`Watch it at ${watcher.url}`);
    }
    if (options.checkpoint !== undefined) await begin(job, options, options.checkpoint, device);
    const record = (final: Recipe, file: string): Record<string, string> =>
      recordText({
        recipe: recorded(final, inputs, dirname(file)),
        adapter: { name: description, software, ...tunedRecord(device, before) },
      });
    if (options.frames !== undefined)
      film = openAnimation(options.frames, {
        fps: options.fps,
        bits,
        metadata: record(recipe, options.frames),
        onWarning: warn,
      });
    let outlook = new Eta();
    const keep = checkpointer(options, warn);
    if (film && job.resume && options.checkpoint !== undefined) {
      for await (const frame of savedFrames(options.checkpoint, job.resume.frame)) await film.add(frame);
    }
    let framesDone = job.resume?.frame ?? 0;
    const attempt = (on: Device, resume: Checkpoint | undefined): Promise<RunResult> =>
      run(on, recipe, rasters, {
        net,
        memory: options.memory,
        resume,
        signal: stop.signal,
        ...keep?.events,
        onWarning: (text) => {
          warn(text);
          watcher?.events.onWarning(text);
        },
        onPlan: (stages) => {
          if (!recipe.zoom || stages.length === 0) outlook = new Eta({ stages });
        },
        onProgress: (p) => {
          const seen = outlook.update(p);
          report.step(p, seen);
          lines?.progress(p, seen.seconds);
          watcher?.events.onProgress(p);
        },
        wantsPicture: () => watcher?.events.wantsPicture() ?? false,
        onPicture: (p) => watcher?.events.onPicture(p),
        onStage: async (s) => {
          const file = await saveStage(options, s);
          if (file !== undefined) saved.push(file);
          lines?.stage(s, file);
          await watcher?.events.onStage(s);
        },
        onFrame: async (f) => {
          if (f.frame < framesDone) return; // done once more, after a device was lost
          framesDone = f.frame + 1;
          outlook.frame(f);
          lines?.frame(f);
          await watcher?.events.onFrame(f);
          await film?.add(f.raster);
          if (film) await keep?.frame(f.frame, f.raster);
        },
      });
    const result = await retryDeviceLost(device, attempt, job.resume, {
      last: () => keep?.last(),
      warn,
      folder: options.checkpoint,
      reopen: async () => {
        const { tuning } = device;
        device = await open({ requireGpu: options.requireGpu === true });
        if (tuning?.adapter === device.adapter.description) device.tuning = tuning;
        return device;
      },
    });
    report.end();
    if (result.stages.every((s) => s.steps === 0)) return nothing();
    if (result.stopped) process.exitCode = STOPPED;
    const other = pinned && otherChoices(device, pinned);
    if (other) warn(other);
    await writePicture(out, result.raster, { bits, metadata: record(result.recipe, out), onWarning: warn });
    const preview = options.preview && (await writePreview(out, result.raster, options.preview));
    const frames = await film?.finish();
    const seconds = (performance.now() - started) / 1000;
    if (options.report !== undefined) {
      report.say('Writing the report');
      await writeReport(options.report, {
        version: VERSION,
        command: job.command,
        adapter: { name: description, software },
        recipe: recorded(result.recipe, inputs, dirname(options.report)),
        seconds,
        stopped: result.stopped,
        warnings: report.warnings,
        stages: result.stages,
        final: result.raster,
        file: out,
        tile: recipe.tile,
        scores: scoresOf(result.raster, recipe.tile, styleRasters(recipe, inputs)),
        inputs: inputs.map(({ name, raster }) => ({ name, raster })),
      });
    }
    if (options.profile !== undefined && !result.stopped) {
      report.say('Profiling the largest stage');
      const given = { net, versions: versions(), onWarning: warn };
      const found = await profileStage(device, recipe, rasters, given);
      await writeProfile(options.profile, found);
    }
    await watcher?.finish({ raster: result.raster, file: out, seconds, stopped: result.stopped });
    const profile = result.stopped ? undefined : options.profile;
    say(report, result, seconds, { preview, report: options.report, profile, frames: options.frames });
    const { width, height } = result.raster;
    if (lines) {
      lines.result({
        file: out,
        preview,
        report: options.report,
        profile,
        frames,
        saved: options.saveStages === undefined ? undefined : saved,
        width,
        height,
        bits,
        version: VERSION,
        recipe: recorded(result.recipe, inputs, dirname(out)),
        adapter: { name: description, software, ...tunedRecord(device, before) },
        stopped: result.stopped,
        seconds,
        moved: result.moved,
        seam: seamScore(result.raster),
        stages: result.stages.map(({ raster: _, curves, ...s }) => ({ ...s, loss: curves.total?.at(-1)?.[1] })),
        notices: report.warnings,
      });
    } else process.stdout.write(`${out}\n`);
  } catch (error) {
    await watcher?.finish({ error: (error as Error).message });
    throw error;
  } finally {
    report.end();
    await watcher?.close();
    stop.release();
    device.close();
  }
}

/** The recipe's net, loaded; null where it names none. */
export async function netOf(
  recipe: Recipe,
  options: Pick<JobOptions, 'weightsUnchecked'>,
  warn: (text: string) => void,
): Promise<Net | null> {
  const name = netName(recipe);
  if (name === null) return null;
  const net = await loadNet(name, { unchecked: options.weightsUnchecked === true });
  if (net.guessed) warn(net.guessed);
  return net;
}

function begin(job: Job, options: JobOptions, folder: string, { adapter, tuning }: Device): Promise<void> {
  const asked = {
    toroid: VERSION,
    recipe: recorded(job.recipe, job.inputs, folder),
    adapter: adapter.description,
    ...(tuning && { tuned: tuning.known() }),
    out: job.out,
    bits: Number(options.bits) as Bits,
    ...(options.preview && { preview: options.preview }),
    ...(options.frames !== undefined && { frames: options.frames, fps: options.fps }),
  };
  return beginCheckpoints(folder, asked, job.resume !== undefined);
}

async function saveStage({ saveStages }: JobOptions, s: StageResult): Promise<string | undefined> {
  if (saveStages === undefined) return undefined;
  const name = s.name.replaceAll(/[^\w-]+/g, '-');
  const file = join(saveStages, `stage-${s.stage + 1}-${name}-${s.width}x${s.height}.png`);
  await writePicture(file, s.raster, { bits: 8 });
  return file;
}

const styleRasters = (recipe: Recipe, inputs: readonly InputFile[]) =>
  recipe.styles
    .filter((s) => s.weight > 0)
    .flatMap((s) => inputs.filter((i) => i.name === s.input).map((i) => i.raster));

function say(
  report: Console,
  { raster, recipe, stopped }: RunResult,
  seconds: number,
  files: Partial<Record<'preview' | 'report' | 'profile' | 'frames', string | undefined>>,
): void {
  if (files.preview !== undefined) report.say(`Preview: ${files.preview}`);
  if (files.report !== undefined) report.say(`Report: ${files.report}`);
  if (files.profile !== undefined) report.say(`Profile: ${files.profile}`);
  if (files.frames !== undefined) report.say(`Frames: ${files.frames}`);
  const seam = seamScore(raster);
  const axes = ({ both: ['x', 'y'], x: ['x'], y: ['y'], none: [] } as const)[recipe.tile];
  // z says more than the ratio: lines of bricks differ twofold among themselves, without any seam.
  const joins = axes.map((axis) => `${axis} ${verdict(seam[axis])} (z ${seam[axis].z.toFixed(1)})`).join(', ');
  report.say(`${stopped ? 'Stopped' : 'Done'} after ${duration(seconds)}${joins && `; joins: ${joins}`}`);
}
