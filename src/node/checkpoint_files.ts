import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '../base/errors';
import type { Raster } from '../base/raster';
import * as z from '../base/zod';
import type { Checkpoint } from '../recipes/checkpoint';
import { probeFile, reason, writeWhole } from './files';
import { lockedBy, tryLock } from './lock';
import { type Bits, readPicture, writePicture } from './picture';

/**
 * A folder of checkpoints: `job.json`, what was asked for; `state.bin`, the last checkpoint of the run; and the one before
 * it, `state.previous.bin`, should the last be damaged; of a film also its finished frames. Files are replaced whole,
 * never written in place.
 */
const STATE = 'state.bin';
const PREVIOUS = 'state.previous.bin';
const JOB = 'job.json';
/** Held by the run that keeps its checkpoints there. */
const LOCK = 'lock';
const FRAME = /^frame-\d{6}\.png$/;
const frameName = (frame: number): string => `frame-${String(frame + 1).padStart(6, '0')}.png`;

/** What a run was asked for, to be asked again. */
export const jobSchema = z.object({
  toroid: z.string(),
  recipe: z.unknown(),
  adapter: z.string(),
  out: z.string(),
  bits: z.union([z.literal(8), z.literal(16), z.literal(32)]),
  channels: z.union([z.literal(1), z.literal(3)]).optional(),
  keepRange: z.boolean().optional(),
  paths: z.boolean().optional(),
  preview: z.tuple([z.number(), z.number()]).optional(),
  field: z.string().optional(),
  apply: z.array(z.string()).optional(),
  frames: z.string().optional(),
  fps: z.number().optional(),
  /** Choices of kernels, of all that was known when it began. */
  tuned: z.record(z.string(), z.string()).optional(),
});
export type SavedJob = z.output<typeof jobSchema>;

/** `toroid checkpoint 1`, then the SHA-256 of all that follows. */
const MAGIC = Buffer.from('toroid checkpoint 1\n', 'latin1');

/**
 * Finds out before any work whether a folder can take checkpoints; makes it where it is missing.
 * @throws EngineError `CheckpointError` when it cannot be written, or another run keeps its checkpoints there.
 */
export function ensureCheckpointsWritable(folder: string): void {
  refuseInUse(folder);
  try {
    probeFile(join(folder, JOB));
  } catch (cause) {
    throw unkept(folder, cause);
  }
}

/**
 * Writes what was asked for. What an earlier run has left in the folder goes: it would be taken for this one's.
 * @param resumed it goes on in the folder where it was begun, and nothing goes.
 * @throws EngineError `CheckpointError` when the folder cannot be written.
 */
export async function beginCheckpoints(folder: string, job: SavedJob, resumed: boolean): Promise<void> {
  try {
    if (!resumed) {
      const old = readdirSync(folder).filter((name) => [STATE, PREVIOUS].includes(name) || FRAME.test(name));
      for (const name of old) await rm(join(folder, name));
    }
    await writeWhole(join(folder, JOB), async () => Buffer.from(`${JSON.stringify(job, null, 2)}\n`));
  } catch (cause) {
    throw unkept(folder, cause);
  }
}

/**
 * Holds a folder of checkpoints for a run: the last state of one is never to be taken for that of another.
 * @returns what lets it go again.
 * @throws EngineError `CheckpointError` when another run holds it, or it cannot be written.
 */
export function lockCheckpoints(folder: string): () => void {
  let got: ReturnType<typeof tryLock>;
  try {
    got = tryLock(join(folder, LOCK));
  } catch (cause) {
    throw unkept(folder, cause);
  }
  if (typeof got === 'string') throw inUse(folder, got);
  return got;
}

function refuseInUse(folder: string): void {
  const holder = lockedBy(join(folder, LOCK));
  if (holder !== undefined) throw inUse(folder, holder);
}

function inUse(folder: string, holder: string): EngineError {
  let made = '';
  try {
    made = `, which makes ${(JSON.parse(readFileSync(join(folder, JOB), 'utf8')) as SavedJob).out}`;
  } catch {
    // it has only begun
  }
  return new EngineError(
    'CheckpointError',
    `${folder} holds the checkpoints of a run that goes on: ${holder}${made}`,
    `Wait for it, or choose another folder; if it is no more, remove ${join(folder, LOCK)}.`,
  );
}

function unkept(folder: string, cause: unknown): EngineError {
  const what = cause instanceof EngineError ? (cause.message.split('\n')[0] ?? '') : reason(cause);
  return new EngineError(
    'CheckpointError',
    `no checkpoints can be kept in ${folder}: ${what}`,
    'Free some space there, or choose another folder.',
  );
}

/** Keeps a frame of a film, which holds all of them: a run that goes on has to have those before. */
export async function saveFrame(folder: string, frame: number, raster: Raster, bits: Bits): Promise<void> {
  await writePicture(join(folder, frameName(frame)), raster, { bits });
}

/**
 * The first frames of a film.
 * @throws EngineError `CheckpointError` when one of them is missing or damaged.
 */
export async function* savedFrames(folder: string, count: number): AsyncGenerator<Raster> {
  for (let k = 0; k < count; k++) {
    const file = join(folder, frameName(k));
    try {
      yield await readPicture(file, { least: 1, alpha: true });
    } catch (cause) {
      throw new EngineError(
        'CheckpointError',
        `frame ${k + 1} of the film is lost: ${(cause as Error).message.split('\n')[0]}`,
        'Start the run afresh.',
      );
    }
  }
}

/** Keeps a checkpoint: the one before stays beside it until this one is whole. */
export async function saveCheckpoint(folder: string, checkpoint: Checkpoint): Promise<void> {
  const state = join(folder, STATE);
  const fresh = join(folder, 'state.next.bin');
  await writeWhole(fresh, async () => packCheckpoint(checkpoint));
  if (existsSync(state)) await rename(state, join(folder, PREVIOUS));
  await rename(fresh, state);
}

export interface LoadedCheckpoint {
  readonly job: SavedJob;
  /** Null when the run ended before its first checkpoint. */
  readonly checkpoint: Checkpoint | null;
  /** What was wrong with the last one, when an older one is used. */
  readonly warn?: string;
}

/**
 * Reads a folder of checkpoints.
 * @throws EngineError `CheckpointError` when there is none, neither of the last two is whole, or the run still goes on.
 */
export function loadCheckpoint(folder: string): LoadedCheckpoint {
  const file = join(folder, JOB);
  if (!existsSync(file)) {
    throw new EngineError(
      'CheckpointError',
      `${folder} holds no checkpoint: there is no ${JOB} in it`,
      'Give the folder that a run kept its checkpoints in.',
    );
  }
  refuseInUse(folder);
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new EngineError('CheckpointError', `cannot read ${file}: ${reason(cause)}`, 'Start the run afresh.');
  }
  const job = jobSchema.safeParse(parsed);
  if (!job.success) throw new EngineError('CheckpointError', `${file} is no job of toroid`, 'Start the run afresh.');
  const faults: string[] = [];
  for (const name of [STATE, PREVIOUS]) {
    const path = join(folder, name);
    if (!existsSync(path)) continue;
    try {
      const checkpoint = unpackCheckpoint(readFileSync(path));
      return {
        job: job.data,
        checkpoint,
        ...(faults[0] !== undefined && { warn: `${faults[0]}; going on from the one before` }),
      };
    } catch (cause) {
      faults.push(`${path} is damaged (${(cause as Error).message})`);
    }
  }
  if (faults.length > 0) throw new EngineError('CheckpointError', faults.join(', and '), 'Start the run afresh.');
  return { job: job.data, checkpoint: null };
}

/** The arrays that a checkpoint may hold, by the key that stands for one in the JSON: [first word, elements]. */
const ARRAYS = { $f32: Float32Array, $u32: Uint32Array, $u8: Uint8Array } as const;
const kinds = Object.entries(ARRAYS);

/** JSON with all arrays of numbers left out and put behind, one after another, each from a whole word on. */
export function packCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const arrays: Uint8Array[] = [];
  let offset = 0;
  const text = JSON.stringify(checkpoint, (_, value: unknown) => {
    const kind = kinds.find(([, type]) => value instanceof type)?.[0];
    if (kind === undefined) return value;
    const { buffer, byteOffset, byteLength, length } = value as Uint8Array;
    const words = Math.ceil(byteLength / 4);
    arrays.push(new Uint8Array(buffer, byteOffset, byteLength), new Uint8Array(4 * words - byteLength));
    offset += words;
    return { [kind]: [offset - words, length] };
  });
  const head = Buffer.from(text, 'utf8');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(head.length));
  const body = [length, head, ...arrays];
  const hash = createHash('sha256');
  for (const part of body) hash.update(part);
  return Buffer.concat([MAGIC, hash.digest(), ...body]);
}

/** @throws Error that says how the bytes are damaged */
export function unpackCheckpoint(file: Uint8Array): Checkpoint {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const start = MAGIC.length + 32;
  if (bytes.length < start + 8 || !bytes.subarray(0, MAGIC.length).equals(MAGIC))
    throw new Error('it is no checkpoint, or of another version');
  const sum = createHash('sha256').update(bytes.subarray(start)).digest();
  if (!sum.equals(bytes.subarray(MAGIC.length, start))) throw new Error('its checksum does not match');
  const length = Number(bytes.readBigUInt64LE(start));
  const numbers = start + 8 + length;
  return JSON.parse(bytes.toString('utf8', start + 8, numbers), (_, value: unknown) => {
    for (const [kind, type] of kinds) {
      const place = (value as Record<string, readonly [number, number] | undefined> | null)?.[kind];
      if (place === undefined) continue;
      const from = numbers + 4 * place[0];
      return new type(Uint8Array.from(bytes.subarray(from, from + type.BYTES_PER_ELEMENT * place[1])).buffer);
    }
    return value;
  }) as Checkpoint;
}
