import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import * as z from '../../base/zod';
import { temporary } from '../../gpu/temp_files.node';
import { knownWeightsSchema } from '../../nets/weights';

/** What stands in `<file>.onnx.json` beside a file that is not itself in the manifest. */
export const recordSchema = z.strictObject({
  /** As an entry of the manifest; size and sha256 are of this file. */
  weights: knownWeightsSchema,
  /** The file that it was cut out of. */
  of: z
    .strictObject({ file: z.string(), size: z.int().positive(), sha256: z.string().regex(/^[0-9a-f]{64}$/) })
    .nullable(),
  /** Files that it keeps weights in, by their place beside it (of the file itself, where it is linked). */
  external: z.array(z.strictObject({ file: z.string(), size: z.int().positive(), sha256: z.string() })).optional(),
});

export type WeightsRecord = z.infer<typeof recordSchema>;

/** The record of a file; null where there is none, or none that can be read. */
export function readRecord(path: string): WeightsRecord | null {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(`${path}.json`, 'utf8')));
  } catch {
    return null;
  }
}

/** Writes the record of a file, whole or not at all. */
export function writeRecord(path: string, record: WeightsRecord): void {
  const fresh = temporaryBeside(path);
  const mark = temporary(fresh);
  try {
    writeFileSync(fresh, `${JSON.stringify(record, null, 2)}\n`, { flag: 'wx' });
    renameSync(fresh, `${path}.json`);
  } finally {
    mark.drop();
  }
}

export const temporaryBeside = (path: string): string =>
  join(dirname(path), `.toroid-${randomBytes(6).toString('hex')}-${basename(path)}.tmp`);
