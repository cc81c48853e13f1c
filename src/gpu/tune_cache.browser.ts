import { EngineError } from '../base/errors';
import { benchmarkOf, type TuneRecord, type TuneStore, tuneRecordSchema } from './tune';

/** Raised when records change their form: older ones are dropped. */
const VERSION = 1;
const TABLE = 'records';

/** Measurements in a table of IndexedDB, of this site alone. */
export class TuneTable implements TuneStore {
  constructor(readonly name: string = 'toroid tuned kernels') {}

  async read(warn: (text: string) => void): Promise<readonly TuneRecord[]> {
    try {
      const rows = await this.#in('readonly', (table) => table.getAll());
      return rows.flatMap((row) => {
        const record = tuneRecordSchema.safeParse(row);
        return record.success ? [record.data] : [];
      });
    } catch (cause) {
      warn(`measurements of kernels cannot be kept here (${reason(cause)}): kernels run untuned`);
      return [];
    }
  }

  /** @throws EngineError `TuneError` when there is no room, or the browser keeps nothing for this page. */
  async add(records: readonly TuneRecord[]): Promise<void> {
    await this.#change((table) => {
      for (const r of records) table.put(r, benchmarkOf(r));
    });
  }

  async reset(): Promise<void> {
    await this.#change((table) => table.clear());
  }

  async #change(how: (table: IDBObjectStore) => unknown): Promise<void> {
    try {
      await this.#in('readwrite', (table) => {
        how(table);
        return table.count();
      });
    } catch (cause) {
      throw new EngineError(
        'TuneError',
        `measurements of kernels cannot be kept: ${reason(cause)}`,
        'Allow this site to store data, or free some.',
      );
    }
  }

  async #in<T>(mode: IDBTransactionMode, ask: (table: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    const base = await opened(this.name);
    try {
      const transaction = base.transaction(TABLE, mode);
      const request = ask(transaction.objectStore(TABLE));
      await new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(transaction.error);
      });
      return request.result;
    } finally {
      base.close();
    }
  }
}

function opened(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, VERSION);
    request.onupgradeneeded = () => {
      const base = request.result;
      if (base.objectStoreNames.contains(TABLE)) base.deleteObjectStore(TABLE);
      base.createObjectStore(TABLE);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error('another tab uses an older version'));
  });
}

const reason = (cause: unknown): string => {
  const { name = 'Error', message = String(cause) } = (cause ?? {}) as { name?: string; message?: string };
  return message || name;
};
