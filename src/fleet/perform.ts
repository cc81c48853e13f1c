import { fileBytes } from '../node/file_bytes';
import { writeWhole } from '../node/files';
import type { Recipe } from '../recipes/recipe';
import { checkpointKey, type FleetJob, getResult, inputsOf, putInput } from './job_files';
import type { Ended, JobEvents, JobProcess } from './job_process';
import type { Store } from './store';

/** Runs a job, unless its result is in the store, whole. */
export async function performJob(
  child: JobProcess,
  store: Store,
  { id, manifest }: Pick<FleetJob, 'id' | 'manifest'>,
  events: JobEvents = {},
): Promise<Ended> {
  try {
    const there = await unlessAborted(events.pause, getResult(store, id));
    if (there === 'aborted') return { paused: true };
    if (there) {
      await store.remove(checkpointKey(id)); // left where a worker was ended right behind its last write
      return { done: there.result };
    }
  } catch (error) {
    return { fault: { code: 'StoreError', message: (error as Error).message, again: true } };
  }
  return child.run(id, manifest, store.address, events);
}

/** A store that does not answer keeps nobody from stopping. */
async function unlessAborted<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T | 'aborted'> {
  let stop = (): void => {};
  const aborted = new Promise<'aborted'>((done) => {
    stop = () => done('aborted');
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/**
 * Uploads the pictures of a job.
 * @param recipe whose inputs have the paths of their files
 */
export async function uploadInputs(store: Store, recipe: Recipe, job: FleetJob, known: Set<string>): Promise<void> {
  for (const { name, hash } of inputsOf(job.manifest)) {
    if (known.has(hash)) continue;
    const input = recipe.inputs[name];
    const path = typeof input === 'string' ? input : (input?.path ?? '');
    await putInput(store, await fileBytes(path), hash);
    known.add(hash);
  }
}

/**
 * Writes a job's picture to a file.
 * @returns false where the store has none, or a damaged one
 */
export async function pullResult(store: Store, id: string, file: string): Promise<boolean> {
  const there = await getResult(store, id);
  if (!there) return false;
  await writeWhole(file, async () => there.picture);
  return true;
}
