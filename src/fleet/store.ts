import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EngineError } from '../base/errors';
import { writeWhole } from '../node/files';

/**
 * Where machines keep what they share: bytes by key, as `results/ab12.png`. A key is written whole or not at all, and the
 * last writer wins; nothing depends on conditional writes, which some S3 servers ignore.
 * Methods throw EngineError `StoreError` where the store cannot be reached, read or written.
 */
export interface Store {
  /** For people and child processes; without credentials. */
  readonly address: string;
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Null where there is nothing of that key. */
  get(key: string): Promise<Uint8Array | null>;
  has(key: string): Promise<boolean>;
  /** All keys that begin with `prefix`, a folder with its `/`, in order. */
  list(prefix: string): Promise<string[]>;
  /** Also where there is nothing to remove. */
  remove(key: string): Promise<void>;
  /** An address at which anybody can read a key for so many seconds; where the store has such. */
  presign?(key: string, seconds: number): Promise<string>;
}

/**
 * @param address a folder (local or NFS), or `s3://bucket/prefix`
 * @throws EngineError `StoreError` for another kind of address, or credentials that are missing
 */
export async function openStore(address: string): Promise<Store> {
  if (address.startsWith('s3://')) return (await import('./store_s3')).openS3(address);
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(address) && !address.startsWith('file://')) {
    throw storeError(`--store ${address}: no such kind of store`, 'Give a folder, or s3://bucket/prefix.');
  }
  return new FolderStore(address.startsWith('file://') ? fileURLToPath(address) : address);
}

export const storeError = (what: string, remedy: string): EngineError => new EngineError('StoreError', what, remedy);

/** Keys become paths and addresses: nothing in them leads out of the store. */
export function checkKey(key: string): void {
  if (/^[\w-][\w.=-]*(\/[\w-][\w.=-]*)*\/?$/.test(key)) return;
  throw storeError(`${JSON.stringify(key)} is no key of a store`, 'Use letters, digits and .-_= between slashes.');
}

class FolderStore implements Store {
  readonly address: string;

  constructor(folder: string) {
    this.address = resolve(folder);
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    try {
      await writeWhole(this.#path(key), async () => bytes);
    } catch (cause) {
      throw this.#fault('write', key, cause);
    }
  }

  async get(key: string): Promise<Uint8Array | null> {
    return this.#orNull('read', key, () => readFile(this.#path(key)));
  }

  async has(key: string): Promise<boolean> {
    return (await this.#orNull('look up', key, () => stat(this.#path(key)))) !== null;
  }

  async list(prefix: string): Promise<string[]> {
    const entries = await this.#orNull('list', prefix, () => readdir(this.#path(prefix), { withFileTypes: true }));
    const names = (entries ?? []).filter((e) => e.isFile() && !e.name.startsWith('.')).map((e) => e.name);
    return names.sort().map((name) => `${prefix}${name}`);
  }

  async remove(key: string): Promise<void> {
    await this.#orNull('remove', key, () => rm(this.#path(key)));
  }

  #path(key: string): string {
    checkKey(key);
    return join(this.address, key);
  }

  async #orNull<T>(what: string, key: string, work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw cause instanceof EngineError ? cause : this.#fault(what, key, cause);
    }
  }

  #fault(what: string, key: string, cause: unknown): EngineError {
    const why = (cause as Error).message.split('\n')[0];
    return storeError(`cannot ${what} ${key} in the store ${this.address}: ${why}`, 'Check the folder and its disk.');
  }
}
