import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Input } from '../app/inputs';
import { nameNet, netName } from '../app/nets';
import { recordedInputs } from '../app/record';
import { EngineError } from '../base/errors';
import { lookUp } from '../node/files';
import { nodeNets } from '../node/platform';
import { loadNet } from '../node/weights/find';
import { fillRecipe, type Recipe } from '../recipes/recipe';
import { prepare } from './inputs';
import { findRecipe, setValues } from './recipe_file';
import { parseOver, type SweepJob, type Swept, sweepJobs, withLayer } from './sweep_plan';

/** A sweep as it is asked for: what to vary, and what is the same for all. */
export interface SweepWish {
  readonly over: readonly string[];
  readonly input: readonly string[];
  readonly set: readonly string[];
}

/** All jobs of a sweep, each one checked. */
export interface ReadySweep {
  readonly title: string;
  readonly swept: readonly Swept[];
  readonly jobs: readonly SweepJob[];
  readonly ready: readonly ReadyJob[];
  readonly warnings: readonly string[];
}

/** A job's recipe with its pictures found, and a key that changes when anything of it does. */
export interface ReadyJob {
  readonly job: SweepJob;
  readonly recipe: Recipe;
  readonly key: string;
  /** What the result is to look like, if there is one such picture. */
  readonly exemplar: Input | undefined;
}

/**
 * Reads a recipe and checks every job that is made of it.
 * @throws EngineError `RecipeError`, `SweepError`, `PictureError`, with the job's label
 */
export async function readySweep(name: string, { over, input, set }: SweepWish): Promise<ReadySweep> {
  const found = await findRecipe(name);
  const base = setValues(found.value, set);
  const warnings: string[] = [];
  const first = await nameNet(nodeNets, fillRecipe(base), (text) => warnings.push(text));
  const layers = await layersFor(over, first);
  const swept = over.map((text) => withFolders(parseOver(text, () => layers)));
  const jobs = sweepJobs(swept);
  const ready: ReadyJob[] = [];
  for (const job of jobs) ready.push(await prepared(job, base, first, found.folder, input));
  return { title: found.name, swept, jobs, ready, warnings };
}

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
    const exemplar = files.find(({ name }) => name === recipe.styles[0]?.input);
    return { job, recipe: named, key, exemplar };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError(error.code, job.label === '' ? error.message : `${job.label}: ${error.message}`);
  }
}
