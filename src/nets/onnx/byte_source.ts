import { onnxError } from './model';

/** Bytes that need not be in memory. */
export interface ByteSource {
  readonly size: number;
  /** `length` bytes at `offset`, both within the file. They may be overwritten by the next call. */
  read(offset: number, length: number): Uint8Array;
}

export const inMemory = (bytes: Uint8Array): ByteSource => ({
  size: bytes.length,
  read: (offset, length) => bytes.subarray(offset, offset + length),
});

/** From `start` to before `end` of the source. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export const lengthOf = (ranges: readonly Range[]): number => ranges.reduce((n, r) => n + r.end - r.start, 0);

/** Bytes read at a time. */
const CHUNK = 1 << 22;

/**
 * Bytes of all ranges together from `from` to before `to`, in a new buffer of their own, so that any typed array may
 * look at it.
 */
export function readRanges(
  source: ByteSource,
  ranges: readonly Range[],
  from = 0,
  to = lengthOf(ranges),
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(Math.max(0, to - from));
  let at = 0;
  for (const { start, end } of ranges) {
    const first = Math.max(start, start + from - at);
    const last = Math.min(end, start + to - at);
    // A piece at a time, which may be a copy: a whole one would take as much memory again.
    for (let next = first; next < last; next += CHUNK) {
      const length = Math.min(CHUNK, last - next);
      const part = source.read(next, length);
      // A file that has been cut short since it was looked at.
      if (part.length < length) throw onnxError('a file of weights ended while it was read');
      out.set(part, at + next - start - from);
    }
    at += end - start;
  }
  return out;
}
