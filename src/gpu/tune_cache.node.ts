import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EngineError } from '../base/errors';
import { checkValues, text } from '../base/known_options';
import * as z from '../base/zod';
import { cacheFolder } from './swiftshader.node';
import { makeFolder, temporary } from './temp_files.node';
import { benchmarkOf, type TuneRecord, type TuneStore, tuneRecordSchema } from './tune';

const FORMAT = 'toroid tuned kernels';
/** Of this schema: a file of another is not read. */
const VERSION = 1;

const fileSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  records: z.array(tuneRecordSchema),
});

/** Where measurements are kept: one file for all adapters, meant to be read. */
export const tuneFile = (): string => join(cacheFolder(), 'tuned.json');

/** Measurements in a file. Written whole, by a rename; processes that write at the same time lose a record at worst. */
export class TuneFile implements TuneStore {
  constructor(readonly path: string = tuneFile()) {
    checkValues('TuneFile', { path }, { path: text });
  }

  async read(warn: (text: string) => void): Promise<readonly TuneRecord[]> {
    const found = this.#look();
    if (found.fault !== undefined) {
      warn(`${this.path} ${found.fault}: it is ignored, and kernels run untuned (\`toroid tune\` makes it anew)`);
    }
    return found.records;
  }

  /** @throws EngineError `TuneError` when it cannot be written. */
  async add(records: readonly TuneRecord[]): Promise<void> {
    // As it is by now: another process may have added to it.
    const all = new Map(this.#look().records.map((r) => [benchmarkOf(r), r]));
    for (const r of records) all.set(benchmarkOf(r), r);
    const sorted = [...all.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, r]) => r);
    const text = `${JSON.stringify({ format: FORMAT, version: VERSION, records: sorted }, null, 2)}\n`;
    try {
      makeFolder(dirname(this.path), 0o700);
      const fresh = `${this.path}.${randomBytes(6).toString('hex')}`;
      const mark = temporary(fresh);
      try {
        writeFileSync(fresh, text, { flag: 'wx' });
        renameSync(fresh, this.path);
      } finally {
        mark.drop();
      }
    } catch (cause) {
      throw this.#unwritable(cause);
    }
  }

  async reset(): Promise<void> {
    try {
      rmSync(this.path, { force: true });
    } catch (cause) {
      throw this.#unwritable(cause);
    }
  }

  #unwritable(cause: unknown): EngineError {
    const { code, message } = cause as NodeJS.ErrnoException;
    const remedy = 'Set XDG_CACHE_HOME to a folder that can be written.';
    return new EngineError('TuneError', `cannot write ${this.path}: ${code ?? message}`, remedy);
  }

  #look(): { readonly records: readonly TuneRecord[]; readonly fault?: string } {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      return { records: [], ...(code !== 'ENOENT' && code !== 'ENOTDIR' && { fault: `cannot be read (${code})` }) };
    }
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return { records: [], fault: 'is damaged' };
    }
    const file = fileSchema.safeParse(value);
    if (file.success) return { records: file.data.records };
    const { format, version } = (value ?? {}) as { format?: unknown; version?: unknown };
    const other = format === FORMAT && typeof version === 'number' && version !== VERSION;
    return { records: [], fault: other ? `is of version ${version}, not ${VERSION}` : 'is damaged' };
  }
}
