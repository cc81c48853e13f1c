// Writing weight files: whole or not at all, and hashed on the way.
import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readSync, renameSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder, temporary } from '../../gpu/temp_files.node';
import type { ByteSource } from '../../nets/onnx/byte_source';
import type { Piece } from '../../nets/onnx/write';
import { diskError } from './download';
import { temporaryBeside, type WeightsRecord, writeRecord } from './record';

/** Small pieces are joined to this many bytes before they are written. */
const BATCH = 1 << 20;

/** Calls `work` with the bytes of a file, none of which are in memory. */
export function withSource<T>(path: string, work: (source: ByteSource) => T): T {
  const file = openSync(path, 'r');
  try {
    const { size } = statSync(path);
    let buffer = new Uint8Array();
    const read = (offset: number, length: number): Uint8Array => {
      if (buffer.length < length) buffer = new Uint8Array(length);
      return buffer.subarray(0, readSync(file, buffer, 0, length, offset));
    };
    return work({ size, read });
  } finally {
    closeSync(file);
  }
}

/**
 * Writes a file by way of a temporary name beside it, on the disk (fsync) before it gets its own.
 * @param record makes the record to put beside it, which is there before the file is.
 * @throws EngineError `DiskError`
 */
export function writePiece(
  path: string,
  piece: Piece,
  record?: (facts: { size: number; sha256: string }) => WeightsRecord,
): { size: number; sha256: string } {
  const hash = createHash('sha256');
  const fresh = temporaryBeside(path);
  const mark = temporary(fresh);
  const disk = <T>(work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      throw diskError(path, cause);
    }
  };
  try {
    disk(() => makeFolder(dirname(path)));
    const file = disk(() => openSync(fresh, 'wx'));
    try {
      const batch = new Uint8Array(BATCH);
      let filled = 0;
      const write = (bytes: Uint8Array): void => {
        hash.update(bytes);
        for (let done = 0; done < bytes.length; ) done += disk(() => writeSync(file, bytes, done));
      };
      for (const bytes of piece.bytes()) {
        if (filled + bytes.length > BATCH) {
          write(batch.subarray(0, filled));
          filled = 0;
        }
        if (bytes.length >= BATCH) write(bytes);
        else {
          batch.set(bytes, filled);
          filled += bytes.length;
        }
      }
      write(batch.subarray(0, filled));
      disk(() => fsyncSync(file));
    } finally {
      closeSync(file);
    }
    const facts = { size: piece.length, sha256: hash.digest('hex') };
    disk(() => {
      if (record) writeRecord(path, record(facts));
      renameDurably(fresh, path);
    });
    return facts;
  } finally {
    mark.drop();
  }
}

/** Renames a file, and waits until its folder is on the disk too: a crash leaves one name or the other. */
export function renameDurably(from: string, to: string): void {
  renameSync(from, to);
  try {
    const folder = openSync(dirname(to), 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch {
    // Windows cannot open folders; there a rename has to do.
  }
}
