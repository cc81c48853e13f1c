// What a picture carries inside: which recipe, which files, which adapter (recipes/picture_record.ts has the format).
import { VERSION } from '../base/version';
import type { Device } from '../gpu/device';
import type { Choices } from '../gpu/tune';
import type { PictureRecord, RunFacts } from '../recipes/picture_record';
import type { Recipe } from '../recipes/recipe';
import type { Input } from './inputs';
import { netName, withNet } from './nets';
import { tunedRecord } from './tuning';

/** `textures/stone.jpg` to `stone.jpg`: no folder of this machine belongs into a picture that is sent. */
export const fileName = (path: string): string => path.split(/[\\/]/).at(-1) || path;

/**
 * The inputs as a record has them. A picture that was no file is recorded by its name alone; whoever runs it again has to
 * say where it is.
 * @param place how a path is to be recorded. Default: the file's name alone.
 */
export function recordedInputs(inputs: readonly Input[], place: (path: string) => string = fileName): Recipe['inputs'] {
  return Object.fromEntries(
    inputs.map(({ name, path, sha256 }) => [
      name,
      { path: path === undefined ? name : place(path), ...(sha256 !== undefined && { sha256 }) },
    ]),
  );
}

/** The record with the names of files alone: hashes tell them apart. */
export function withoutPaths(record: PictureRecord): PictureRecord {
  const { recipe } = record;
  const inputs = Object.entries(recipe.inputs).map(([name, input]) => [
    name,
    typeof input === 'string' ? fileName(input) : { ...input, path: fileName(input.path) },
  ]);
  const net = netName(recipe);
  const named = { ...recipe, inputs: Object.fromEntries(inputs) };
  return { ...record, recipe: net === null ? named : withNet(named, fileName(net)) };
}

interface RecordOptions {
  readonly place?: (path: string) => string;
  readonly before?: Choices | undefined;
  readonly run?: RunFacts;
}

/**
 * @param recipe as run
 * @param before choices of kernels of the part that was done before a run was resumed
 * @param run what the recipe does not say
 */
export function recordOf(
  recipe: Recipe,
  inputs: readonly Input[],
  device: Device,
  { place, before, run = {} }: RecordOptions = {},
): PictureRecord {
  const { description: name, software } = device.adapter;
  const known = inputs.flatMap((i) => (i.measures ? [[i.name, i.measures] as const] : []));
  return {
    version: VERSION,
    recipe: { ...recipe, inputs: recordedInputs(inputs, place) },
    adapter: { name, software, ...tunedRecord(device, before) },
    ...(known.length > 0 && { measures: Object.fromEntries(known) }),
    ...(Object.keys(run).length > 0 && { run }),
  };
}
