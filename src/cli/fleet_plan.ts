import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { parse } from 'yaml';
import { EngineError } from '../base/errors';
import * as z from '../base/zod';
import { type Batch, type FleetJob, fleetJob } from '../fleet/job_files';
import { uploadInputs } from '../fleet/perform';
import type { Store } from '../fleet/store';
import { lookUp } from '../node/files';
import { shortPath } from './sweep_plan';
import { type ReadyJob, type ReadySweep, readySweep, type SweepWish } from './sweep_ready';

/** A sweep written down: `recipe: texture`, `input: {style: stone.png}`, `set: {size: 256}`, `over: {seed: 1..8}`. */
const sweepFile = z.strictObject({
  recipe: z.string(),
  input: z.record(z.string(), z.string()).optional(),
  set: z.record(z.string(), z.unknown()).optional(),
  over: z.record(z.string(), z.union([z.string(), z.number(), z.array(z.unknown())])),
});

/** Jobs to submit, under the name that they are asked for by later. */
export interface FleetPlan {
  readonly name: string;
  readonly batch: Batch;
  readonly jobs: readonly FleetJob[];
  readonly warnings: readonly string[];
  /** Their pictures. */
  upload(store: Store): Promise<void>;
}

/**
 * What is to be submitted: a recipe (once, or for all of `--over`), a sweep in a .yaml file, or a folder of recipes.
 * @throws EngineError `RecipeError`, `SweepError`, `PictureError`
 */
export async function fleetPlan(what: string, wish: SweepWish, name: string | undefined): Promise<FleetPlan> {
  if (lookUp(what)?.isDirectory()) return folderPlan(what, wish, name);
  const written = /\.ya?ml$/i.test(what) && lookUp(what)?.isFile() ? readSweepFile(what, wish) : null;
  return planOf([await readySweep(written?.recipe ?? what, written?.wish ?? wish)], name, written?.title);
}

async function folderPlan(folder: string, wish: SweepWish, name: string | undefined): Promise<FleetPlan> {
  const files = readdirSync(folder).filter((f) => /\.(json|ya?ml)$/i.test(f));
  if (files.length === 0)
    throw new EngineError('SweepError', `there is no recipe in ${folder}`, 'Put .json or .yaml files into it.');
  const sweeps: ReadySweep[] = [];
  for (const file of files.sort()) sweeps.push(await readySweep(join(folder, file), wish));
  return planOf(sweeps, name, basename(folder));
}

/** The plan of a sweep, or of several one after another. */
export function planOf(sweeps: readonly ReadySweep[], name?: string, given?: string): FleetPlan {
  const [first] = sweeps;
  const title = given ?? first?.title ?? 'jobs';
  const many = sweeps.length > 1;
  const all = sweeps.flatMap(({ title: of, ready }) => ready.map(({ job, recipe }) => ({ of, job, recipe })));
  const label = (of: string, text: string): string => (many ? `${of} ${text}`.trimEnd() : text || of);
  const jobs = all.map(({ of, job, recipe }) => fleetJob(recipe, label(of, job.label)));
  const nameOf = (of: string, job: ReadyJob['job']): string =>
    job.label === '' ? of : many ? `${of}-${job.name}` : job.name;
  const names = all.map(({ of, job }) => nameOf(of, job));
  const axes = many ? [] : (first?.swept ?? []).map((s) => ({ name: shortPath(s.path), values: s.values }));
  const digest = createHash('sha256').update(jobs.map((j) => j.id).join());
  return {
    name: name ?? `${title.replaceAll(/[^\w-]+/g, '-')}-${digest.digest('hex').slice(0, 6)}`,
    batch: {
      title,
      ...(axes.length > 0 && axes.length <= 2 && { axes }),
      jobs: jobs.map(({ id, label: text }, k) => ({ id, label: text, name: names[k] ?? id })),
    },
    jobs,
    warnings: [...new Set(sweeps.flatMap((s) => s.warnings))],
    upload: async (store) => {
      const known = new Set<string>();
      for (const [k, { recipe }] of all.entries()) await uploadInputs(store, recipe, jobs[k] as FleetJob, known);
    },
  };
}

/** Null for a recipe that happens to be YAML. */
function readSweepFile(path: string, wish: SweepWish): { recipe: string; title: string; wish: SweepWish } | null {
  let value: unknown;
  try {
    value = parse(readFileSync(path, 'utf8'));
  } catch {
    return null; // as a recipe it is told what is wrong with it
  }
  if (typeof value !== 'object' || value === null || !('over' in value)) return null;
  const read = sweepFile.safeParse(value);
  if (!read.success) {
    const [issue] = read.error.issues;
    const where = issue?.path.join('.');
    throw new EngineError(
      'SweepError',
      `${path}: ${where ? `${where}: ` : ''}${issue?.message}`,
      'A sweep has recipe, input, set and over.',
    );
  }
  const { recipe, input = {}, set = {}, over } = read.data;
  const here = (file: string): string => (lookUp(join(dirname(path), file)) ? join(dirname(path), file) : file);
  const text = (v: unknown): string => (typeof v === 'string' ? v : JSON.stringify(v));
  const listed = (v: unknown): string => (Array.isArray(v) ? v.map(text).join(',') : text(v));
  return {
    recipe: here(recipe),
    title: basename(path, extname(path)),
    wish: {
      input: [...Object.entries(input).map(([name, file]) => `${name}=${here(file)}`), ...wish.input],
      set: [...Object.entries(set).map(([key, v]) => `${key}=${text(v)}`), ...wish.set],
      over: [...Object.entries(over).map(([key, v]) => `${key}=${listed(v)}`), ...wish.over],
    },
  };
}
