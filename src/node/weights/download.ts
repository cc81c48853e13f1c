import { createHash, type Hash } from 'node:crypto';
import { createReadStream, readFileSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { bytesText, EngineError } from '../../base/errors';
import { setting } from '../../base/wording';
import { ask, connections, isCertificate, reasonOf, TransferError } from './http';

/** A file to download. */
export interface Wish {
  readonly name: string;
  /** The same file in several places, the first first. */
  readonly urls: readonly string[];
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
}

export interface DownloadEvents {
  /** Bytes that are there, of `size`. */
  readonly onProgress?: (received: number, size: number) => void;
  readonly onWarning?: (text: string) => void;
}

export interface DownloadOptions extends DownloadEvents {
  readonly signal?: AbortSignal;
  /** Failures in a row, without a byte gained, before it gives up. Default 6. */
  readonly retries?: number;
  /** The first wait after a failure; each later one is twice as long, to 64 times. Default 500. */
  readonly backoffMs?: number;
  /** A connection that brings less than a kilobyte in this time is dropped. Default 30 000. */
  readonly stallMs?: number;
  /** Free bytes wanted on the disk beyond the file's own. Default 0. */
  readonly room?: number;
}

/** What a partial file is part of. */
interface Receipt {
  readonly sha256: string;
  readonly url: string;
  readonly etag: string | null;
}

const TRICKLE = 1024;
/** Times that a whole file from one address may have a wrong hash. */
const MOST_CORRUPT = 2;

/**
 * Downloads a file to `part`, or goes on with what is there, until it has the size and hash that it should have. Size
 * and hash are checked as it arrives; what breaks is resumed with Range; what is wrong is thrown away; addresses are
 * tried in turn. The file is on the disk (fsync) when this returns; renaming it is the caller's.
 * @throws EngineError `DownloadError` (what arrived stays in `part` for the next try), `DiskError`, `Stopped`.
 */
export async function download(wish: Wish, part: string, options: DownloadOptions = {}): Promise<void> {
  await new Transfer(wish, part, options).run();
}

class Transfer {
  #hash: Hash = createHash('sha256');
  #at = 0;
  /** The most bytes there ever were: less is no progress. */
  #best = 0;
  #receipt: Receipt | null = null;

  constructor(
    private readonly wish: Wish,
    private readonly part: string,
    private readonly options: DownloadOptions,
  ) {}

  async run(): Promise<void> {
    const { wish, part, options } = this;
    await this.#resume();
    const free = freeBytes(part);
    const wanted = wish.size - this.#at + (options.room ?? 0);
    if (free < wanted) throw diskFull(part, `${bytesText(free)} are free, ${bytesText(wanted)} are wanted`);
    let dispatcher: Dispatcher | undefined;
    const file = await open(part, this.#at > 0 ? 'r+' : 'w').catch((cause) => {
      throw diskError(part, cause);
    });
    try {
      dispatcher = connections();
      await this.#fromAny(file, dispatcher);
      await file.sync();
    } catch (cause) {
      if (cause instanceof TransferError) throw this.#failed([cause.message]);
      throw cause;
    } finally {
      await file.close();
      dispatcher?.destroy().catch(() => {});
    }
    rmSync(receiptOf(part), { force: true });
  }

  /** Reads what an earlier try left. */
  async #resume(): Promise<void> {
    const { wish, part, options } = this;
    const size = statSync(part, { throwIfNoEntry: false })?.size ?? 0;
    this.#receipt = size > 0 && size <= wish.size ? readReceipt(part) : null;
    if (this.#receipt?.sha256 !== wish.sha256) {
      this.#receipt = null;
      return;
    }
    for await (const piece of createReadStream(part, { highWaterMark: 1 << 20 })) {
      this.#hash.update(piece);
      this.#at += piece.length;
      if (options.signal?.aborted) throw stopped(wish.name);
    }
    this.#best = this.#at;
    options.onWarning?.(`going on after the ${bytesText(this.#at)} that are there`);
  }

  async #fromAny(file: FileHandle, dispatcher: Dispatcher): Promise<void> {
    const { wish, options } = this;
    const { retries = 6, backoffMs = 500, signal } = options;
    const addresses = wish.urls.map((url) => ({ url, corrupt: 0, problem: '' }));
    let live = addresses;
    let failures = 0;
    let turn = 0; // an address that brings something is stayed with
    for (;;) {
      const address = live[turn % live.length];
      if (!address) throw this.#failed(addresses.map((a) => a.problem));
      const before = this.#best;
      try {
        if (this.#at < wish.size) await this.#attempt(address.url, file, dispatcher);
        const sha256 = this.#hash.copy().digest('hex');
        if (sha256 === wish.sha256) return;
        this.#best = 0; // the bytes that were gained are worth nothing
        await this.#startOver(file);
        const lasting = ++address.corrupt >= MOST_CORRUPT;
        throw new TransferError(`what ${address.url} gave has the sha256 ${sha256}, not ${wish.sha256}`, lasting);
      } catch (cause) {
        if (signal?.aborted) throw stopped(wish.name);
        if (!(cause instanceof TransferError)) throw cause;
        address.problem = cause.message;
        if (cause.lasting) {
          live = live.filter((a) => a !== address);
          if (live.length > 0) options.onWarning?.(`${cause.message}; trying ${live[0]?.url}`);
          continue;
        }
        const isGain = this.#best > before;
        failures = isGain ? 1 : failures + 1;
        if (!isGain) turn++;
        if (failures > retries) throw this.#failed(addresses.map((a) => a.problem));
        // Some chance in it, so that many machines do not come back all at once.
        const backoff = backoffMs * 2 ** Math.min(6, failures - 1) * (0.75 + Math.random() / 2);
        const wait = Math.max(cause.waitMs, backoff);
        options.onWarning?.(`${cause.message}; trying again in ${(wait / 1000).toFixed(1)} s`);
        await sleep(wait, undefined, { ...(signal && { signal }) }).catch(() => {
          throw stopped(wish.name);
        });
      }
    }
  }

  /** One connection, to its end. */
  async #attempt(url: string, file: FileHandle, dispatcher: Dispatcher): Promise<void> {
    const { wish, part, options } = this;
    const { stallMs = 30_000, signal } = options;
    const end = new AbortController();
    const stop = (): void => end.abort();
    signal?.addEventListener('abort', stop, { once: true });
    signal?.throwIfAborted();
    let stalled = false;
    const watch = setTimeout(() => {
      stalled = true;
      end.abort();
    }, stallMs);
    try {
      const etag = this.#receipt?.url === url ? this.#receipt.etag : null;
      const answer = await ask(dispatcher, { url, from: this.#at, size: wish.size, etag, signal: end.signal });
      try {
        if (answer.from !== this.#at) {
          options.onWarning?.(`${new URL(url).host} cannot resume, or has another file by now: starting over`);
          await this.#startOver(file);
        }
        this.#keepReceipt({ sha256: wish.sha256, url, etag: answer.etag });
        let lately = 0;
        for await (const bytes of answer.body) {
          if (this.#at + bytes.length > wish.size) {
            await this.#startOver(file);
            throw new TransferError(`${new URL(url).host} sends more than the ${wish.size} bytes of the file`, true);
          }
          await writeAll(file, bytes, this.#at, part);
          this.#hash.update(bytes);
          this.#at += bytes.length;
          this.#best = Math.max(this.#best, this.#at);
          lately += bytes.length;
          if (lately >= TRICKLE) {
            lately = 0;
            watch.refresh();
          }
          options.onProgress?.(this.#at, wish.size);
        }
      } finally {
        answer.drop();
      }
    } catch (cause) {
      if (cause instanceof EngineError) throw cause;
      const { host } = new URL(url);
      if (stalled) throw new TransferError(`${host} has sent nothing, or next to it, for ${stallMs / 1000} s`, false);
      if (cause instanceof TransferError) {
        if (/ answers 416$/.test(cause.message)) await this.#startOver(file);
        throw cause;
      }
      throw new TransferError(`${host}: ${reasonOf(cause)}`, isCertificate((cause as NodeJS.ErrnoException).code));
    } finally {
      clearTimeout(watch);
      signal?.removeEventListener('abort', stop);
    }
    if (this.#at < wish.size) {
      throw new TransferError(
        `${new URL(url).host} ended the connection after ${this.#at} of ${wish.size} bytes`,
        false,
      );
    }
  }

  async #startOver(file: FileHandle): Promise<void> {
    await file.truncate(0);
    this.#at = 0;
    this.#hash = createHash('sha256');
    this.#receipt = null;
  }

  #keepReceipt(receipt: Receipt): void {
    this.#receipt = receipt;
    try {
      writeFileSync(receiptOf(this.part), JSON.stringify(receipt));
    } catch (cause) {
      throw diskError(this.part, cause);
    }
  }

  #failed(problems: readonly string[]): EngineError {
    const { wish, part } = this;
    const all = [...new Set(problems.filter((p) => p !== ''))].join('; ');
    const kept = this.#at > 0 ? `${bytesText(this.#at)} of ${bytesText(wish.size)} stay in ${part}: ` : '';
    const again = kept === '' ? 'Try again later' : 'run it again to go on';
    const remedy = `${kept}${again}, or put the file there by hand (${wish.size} bytes, sha256 ${wish.sha256}).`;
    return new EngineError('DownloadError', `cannot download ${wish.name}: ${all}`, remedy);
  }
}

const receiptOf = (part: string): string => `${part}.json`;

function readReceipt(part: string): Receipt | null {
  try {
    const { sha256, url, etag } = JSON.parse(readFileSync(receiptOf(part), 'utf8')) as Partial<Receipt>;
    if (typeof sha256 !== 'string' || typeof url !== 'string') return null;
    return { sha256, url, etag: typeof etag === 'string' ? etag : null };
  } catch {
    return null; // none, or cut short
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, at: number, path: string): Promise<void> {
  try {
    for (let done = 0; done < bytes.length; ) {
      done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
    }
  } catch (cause) {
    throw diskError(path, cause);
  }
}

/** Infinity where the system does not tell. */
function freeBytes(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

export function diskError(path: string, cause: unknown): EngineError {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(path, 'no space is left');
  return new EngineError(
    'DiskError',
    `cannot write ${path}: ${message}`,
    `Choose another folder with ${setting('to')}.`,
  );
}

function diskFull(path: string, why: string): EngineError {
  return new EngineError(
    'DiskError',
    `the disk of ${dirname(path)} is full: ${why}`,
    `Free some space there, or choose another folder with ${setting('to')}; what has arrived is kept, and gone on with.`,
  );
}

export const stopped = (name: string): EngineError =>
  new EngineError('Stopped', `the download of ${name} was stopped`, 'Run the same command again to go on.');
