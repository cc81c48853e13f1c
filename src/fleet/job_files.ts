// What a fleet keeps in its store, and under which keys.
import { createHash } from 'node:crypto';
import { fileName } from '../app/record';
import { VERSION } from '../base/version';
import type { Recipe } from '../recipes/recipe';
import { type Store, storeError } from './store';

/** All that makes a job's picture what it is. */
export interface Manifest {
  /** The version that is to make it. */
  readonly toroid: string;
  /** Filled; its inputs have their file's name and their sha256. */
  readonly recipe: Recipe;
}

export interface FleetJob {
  /** The SHA-256 of the manifest: the same work has the same id, whoever asks for it. */
  readonly id: string;
  /** For people. */
  readonly label: string;
  readonly manifest: Manifest;
}

/** A result in the store; the picture itself is under `results/`, by its hash. */
export interface Result {
  readonly toroid: string;
  readonly sha256: string;
  /** `.png`, or `.tif` where the numbers need it. */
  readonly suffix: string;
  readonly bytes: number;
  readonly adapter: string;
  readonly seconds: number;
}

export const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** @param recipe filled, with the hash of every input */
export function fleetJob(recipe: Recipe, label: string): FleetJob {
  const inputs = Object.fromEntries(
    Object.entries(recipe.inputs).map(([name, input]) => {
      const { path, sha256: hash } = typeof input === 'string' ? { path: input, sha256: undefined } : input;
      if (hash === undefined) throw new Error(`input ${name} has no hash`);
      return [name, { path: fileName(path), sha256: hash }];
    }),
  );
  const manifest = { toroid: VERSION, recipe: { ...recipe, inputs } };
  return { id: sha256(JSON.stringify(manifest)), label, manifest };
}

/** The inputs of a manifest, by name. */
export const inputsOf = ({ recipe }: Manifest): { name: string; path: string; hash: string }[] =>
  Object.entries(recipe.inputs).map(([name, input]) => {
    const { path, sha256: hash = '' } = typeof input === 'string' ? { path: input } : input;
    return { name, path, hash };
  });

/** Uploads an input, once. */
export async function putInput(store: Store, bytes: Uint8Array, hash = sha256(bytes)): Promise<string> {
  const key = `inputs/${hash}`;
  if (!(await store.has(key))) await store.put(key, bytes);
  return hash;
}

/** @throws EngineError `StoreError` for one that is missing or damaged; the latter goes, to be uploaded anew. */
export async function getInput(store: Store, name: string, hash: string): Promise<Uint8Array> {
  const key = `inputs/${hash}`;
  const bytes = await store.get(key);
  if (bytes && sha256(bytes) === hash) return bytes;
  if (bytes) await store.remove(key);
  throw storeError(
    `input ${name} is ${bytes ? 'damaged' : 'missing'} in the store ${store.address}: ${key}`,
    'Submit the job again: that uploads it.',
  );
}

const resultKey = (r: Pick<Result, 'sha256' | 'suffix'>): string => `results/${r.sha256}${r.suffix}`;

/** Keeps a picture, then what says that it is there. */
export async function putResult(
  store: Store,
  id: string,
  picture: Uint8Array,
  about: Omit<Result, 'toroid' | 'sha256' | 'bytes'>,
): Promise<Result> {
  const result: Result = { toroid: VERSION, sha256: sha256(picture), bytes: picture.length, ...about };
  await store.put(resultKey(result), picture);
  await store.put(`jobs/${id}.json`, Buffer.from(`${JSON.stringify(result)}\n`));
  return result;
}

/** What is known of a job's result; null where there is none. */
export async function findResult(store: Store, id: string): Promise<Result | null> {
  const text = await store.get(`jobs/${id}.json`);
  const result = text && parsed<Result>(text);
  return result && /^[0-9a-f]{64}$/.test(result.sha256) && /^\.\w+$/.test(result.suffix) ? result : null;
}

/** The result of a job with its picture; null where it is missing or damaged, and has to be made (again). */
export async function getResult(store: Store, id: string): Promise<{ result: Result; picture: Uint8Array } | null> {
  const result = await findResult(store, id);
  const picture = result && (await store.get(resultKey(result)));
  return picture && sha256(picture) === result.sha256 ? { result, picture } : null;
}

/** An address of a job's picture at the store, whose last part begins with its hash; null where it is missing. */
export async function resultAddress(store: Store, id: string, seconds: number): Promise<string | null> {
  const result = await findResult(store, id);
  if (!result || !(await store.has(resultKey(result)))) return null;
  return (await store.presign?.(resultKey(result), seconds)) ?? null;
}

function parsed<T>(bytes: Uint8Array): T | null {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as T;
  } catch {
    return null; // damaged
  }
}

export const checkpointKey = (id: string): string => `checkpoints/${id}`;

/** A list of jobs that were submitted together. */
export interface Batch {
  readonly title: string;
  /** The settings that vary, one axis each: of a sweep. */
  readonly axes?: readonly { readonly name: string; readonly values: readonly string[] }[];
  readonly jobs: readonly { readonly id: string; readonly label: string; readonly name: string }[];
}

/** @throws EngineError `StoreError` where other jobs have that name */
export async function putBatch(store: Store, name: string, batch: Batch): Promise<void> {
  const bytes = await store.get(`batches/${name}.json`);
  const there = bytes && parsed<Batch>(bytes);
  const ids = ({ jobs }: Batch): string => jobs.map(({ id }) => id).join();
  if (there && ids(there) !== ids(batch))
    throw storeError(
      `the batch ${name} is in the store ${store.address} already, of other jobs (${there.jobs.length})`,
      'Take another name.',
    );
  await store.put(`batches/${name}.json`, Buffer.from(`${JSON.stringify(batch)}\n`));
}

/** @throws EngineError `StoreError` where there is none of that name */
export async function getBatch(store: Store, name: string): Promise<Batch> {
  const bytes = await store.get(`batches/${name}.json`);
  const batch = bytes && parsed<Batch>(bytes);
  if (batch) return batch;
  const known = (await store.list('batches/')).map((key) => key.slice(8, -5));
  throw storeError(
    `there is no batch ${name} in the store ${store.address}`,
    known.length > 0 ? `There are: ${known.slice(0, 8).join(', ')}.` : 'Submit one: toroid fleet submit.',
  );
}
