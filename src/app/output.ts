// What is made of a run while it goes on and when it is over: files, a film, lines on a screen, a page, a picture shown.
import { checkOptions, checkValues, numbers, text, whole } from '../base/known_options';
import { repeat } from '../base/raster';
import type { AdapterFacts } from '../gpu/adapter';
import type { Device } from '../gpu/device';
import type { Net } from '../nets/weights';
import type { Checkpoint } from '../recipes/checkpoint';
import type { Progress, RunEstimate, RunEvents, StageResult } from '../recipes/events';
import { type PictureRecord, recordText, withForm } from '../recipes/picture_record';
import type { Recipe } from '../recipes/recipe';
import type { RunResult } from '../recipes/run';
import { Eta, type TimeLeft } from './eta';
import type { Input } from './inputs';
import { FORM_OPTIONS, type OutputForm, stretchText, withChannels, writingOf } from './output_form';
import type { Files } from './platform';
import { withoutPaths } from './record';

/** A job that has all it needs, as its outputs see it. */
export interface JobInfo {
  readonly recipe: Recipe;
  readonly inputs: readonly Input[];
  readonly net: Net | null;
  /** The one it runs on now. */
  readonly device: Device;
  /** Where it goes on, if it was begun earlier. */
  readonly resume: Checkpoint | undefined;
  /** All that was told so far. */
  readonly warnings: readonly string[];
  readonly files: Files;
  /** Tells all outputs what a user should know. */
  warn(text: string): void;
  /** The record for a file at `path`; `recipe` is the one as run, once it is known. */
  record(path: string, recipe?: Recipe): PictureRecord;
}

/** A file's name, or several; nothing where nothing was written. */
// biome-ignore lint/suspicious/noConfusingVoidType: an output that writes nothing returns nothing
export type Written = string | readonly string[] | undefined | void;

/** A run that is over. */
export interface JobResult extends RunResult {
  /** From the open device to the last step. */
  readonly seconds: number;
  /** What outputs before this one wrote, by their `kind`. */
  readonly written: ReadonlyMap<string, string | readonly string[]>;
}

/**
 * One kind of output. A job has a list of them, and this is all that it knows of any; the command line, the library
 * (`outputs`), the studio and the element take the same. So a zip of maps would be one file,
 *
 *     export const mapsOutput = (path: string): Output => ({
 *       kind: 'maps',
 *       finish: async ({ raster }, { files }) => {
 *         await files.keepFile(path, zip(mapsOf(raster)));
 *         return path;
 *       },
 *     });
 *
 * and a line wherever it is offered: an option of `cli/job_options.ts`, a button of the studio.
 */
export interface Output extends Omit<RunEvents, 'onProgress' | 'onNotice' | 'signal' | 'abort'> {
  /** By which `JobResult.written` has what `finish` returned. */
  readonly kind?: string;
  /** The adapter is open; the network is not loaded yet. */
  onDevice?(adapter: AdapterFacts): void;
  /** Kernels are measured before the run. */
  onTuning?(): void;
  /** Before the first step. */
  begin?(job: JobInfo): void | Promise<void>;
  onProgress?(p: Progress, left: TimeLeft): void;
  /** All it takes to go on from here; asked for by `checkpointSteps` and `checkpointSeconds` of the job. */
  onCheckpoint?(c: Checkpoint): void | Promise<void>;
  /** The run is over, or was stopped with something done. In the order of the list. Returns what it wrote. */
  finish?(result: JobResult, job: JobInfo): Written | Promise<Written>;
  /** In place of `finish`: what went wrong. */
  fail?(error: unknown): void | Promise<void>;
  /** In any case, at the end. */
  close?(): void | Promise<void>;
}

export interface FanOutOptions {
  /** Frames of a zoom, for the time left. */
  readonly frames?: number | undefined;
  /** Frames that were done before the run was resumed. */
  readonly framesDone?: number | undefined;
}

/** What a run tells and asks, passed on to all outputs in order; with how much is left, and no frame told twice. */
export function eventsOf(
  outputs: readonly Output[],
  { frames, framesDone = 0 }: FanOutOptions = {},
): Required<Omit<RunEvents, 'onEstimate' | 'onNotice' | 'signal' | 'abort'>> &
  Pick<RunEvents, 'onEstimate'> & { onCheckpoint(c: Checkpoint): Promise<void> } {
  const eta = new Eta({ ...(frames !== undefined && { frames }) });
  let done = framesDone;
  let asking: readonly Output[] = [];
  if (frames !== undefined && done > 0) eta.frame({ frame: done - 1, frames });
  return {
    onPlan: (stages) => {
      eta.plan(stages);
      for (const o of outputs) o.onPlan?.(stages);
    },
    ...(outputs.some((o) => o.onEstimate) && {
      onEstimate: (e: RunEstimate) => {
        for (const o of outputs) o.onEstimate?.(e);
      },
    }),
    onProgress: (p) => {
      const left = eta.update(p);
      for (const o of outputs) o.onProgress?.(p, left);
    },
    wantsPicture: () => {
      asking = outputs.filter((o) => o.wantsPicture?.());
      return asking.length > 0;
    },
    onPicture: (p) => {
      for (const o of asking) o.onPicture?.(p);
    },
    onStage: async (s) => {
      for (const o of outputs) await o.onStage?.(s);
    },
    onFrame: async (f) => {
      if (f.frame < done) return; // done once more, after a device was lost
      done = f.frame + 1;
      eta.frame(f);
      for (const o of outputs) await o.onFrame?.(f);
    },
    onWarning: (text) => {
      for (const o of outputs) o.onWarning?.(text);
    },
    onCheckpoint: async (c) => {
      for (const o of outputs) await o.onCheckpoint?.(c);
    },
  };
}

/** Writes a file where it was asked for, or else where the platform finds a place for it. Returns where that is. */
export async function writeSomewhere(
  path: string,
  { elsewhere }: Pick<Files, 'elsewhere'>,
  write: (place: string) => Promise<void>,
): Promise<string> {
  try {
    await write(path);
    return path;
  } catch (error) {
    if (!elsewhere) throw error;
    return elsewhere(path, error, write);
  }
}

/** The picture itself, with its record inside. */
export function pictureOutput(path: string, form: OutputForm = {}): Output {
  checkValues('pictureOutput', { path }, { path: text });
  checkOptions('pictureOutput', form, FORM_OPTIONS);
  return {
    kind: 'file',
    begin: (job) => void writingOf(form, job),
    finish: (result, job) => {
      const raster = withChannels(result.raster, form.channels);
      const writing = writingOf(form, job);
      const stretched = stretchText(raster, writing);
      if (stretched !== undefined) job.warn(`${path}: ${stretched}`);
      return writeSomewhere(path, job.files, (place) => {
        const record = job.record(place, result.recipe);
        const metadata = recordText(withForm(form.paths === false ? withoutPaths(record) : record, form));
        return job.files.writePicture(place, raster, { ...writing, metadata, onWarning: job.warn });
      });
    },
  };
}

/** `out/stone.png` to `out/stone.3x3.png` */
export function previewName(path: string, [nx, ny]: readonly [number, number]): string {
  const cut = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1;
  const name = path.slice(cut).replace(/(?<=.)\.[^.]*$/, '');
  return `${path.slice(0, cut)}${name}.${nx}x${ny}.png`;
}

/** The tile repeated, to look at its joins; named after the picture. */
export function previewOutput(path: string, times: readonly [number, number], form: OutputForm = {}): Output {
  const [nx, ny] = checkValues('previewOutput', { path, times }, { path: text, times: numbers(2) }).times;
  checkValues('previewOutput', { nx, ny }, { nx: whole(1), ny: whole(1) });
  checkOptions('previewOutput', form, FORM_OPTIONS);
  return {
    kind: 'preview',
    finish: async ({ raster }, { files }) => {
      const shown = repeat(withChannels(raster, form.channels), nx, ny);
      return writeSomewhere(previewName(path, times), files, (place) => files.writePicture(place, shown));
    },
  };
}

export function stageFileName(folder: string, { stage, name, width, height }: StageResult): string {
  return `${folder.replace(/[\\/]+$/, '')}/stage-${stage + 1}-${name.replaceAll(/[^\w-]+/g, '-')}-${width}x${height}.png`;
}

/** The picture after each stage. */
export function stagesOutput(folder: string): Output {
  checkValues('stagesOutput', { folder }, { folder: text });
  const saved: string[] = [];
  let files: Files | undefined;
  return {
    kind: 'saved',
    begin: (job) => {
      files = job.files;
    },
    onStage: async (s) => {
      const to = files;
      if (!to) return;
      const write = (place: string): Promise<void> => to.writePicture(place, s.raster);
      saved.push(await writeSomewhere(stageFileName(folder, s), to, write));
    },
    finish: () => saved,
  };
}
