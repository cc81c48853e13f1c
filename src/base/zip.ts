// Zip archives: written without compression (pictures have their own), and read with a limit on what is unpacked.
// APPNOTE.TXT, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
import { crc32 } from './crc32';
import { EngineError } from './errors';

type Bytes = Uint8Array<ArrayBuffer>;

export interface NamedBytes {
  /** With `/` between folders. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const UTF8_NAMES = 0x0800;
/** 1 January 1980, the first day there is: archives of the same files are the same bytes. */
const DATE = 0x0021;
const MOST_ENTRIES = 4096;

/** Files as one archive. */
export function zip(files: readonly NamedBytes[]): Bytes {
  const utf8 = new TextEncoder();
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const { name, bytes } of files) {
    const path = utf8.encode(name);
    // method 0, time 0, date, checksum, size twice, lengths of the name and of nothing
    const fields = [UTF8_NAMES, 0, 0, DATE];
    const sizes = [crc32(bytes), bytes.length, bytes.length];
    const local = record(LOCAL, [20, ...fields], sizes, [path.length, 0]);
    directory.push(record(CENTRAL, [20, 20, ...fields], sizes, [path.length, 0, 0, 0, 0, 0, 0], [at]), path);
    parts.push(local, path, bytes);
    at += local.length + path.length + bytes.length;
  }
  const size = directory.reduce((n, p) => n + p.length, 0);
  const end = record(END, [0, 0, files.length, files.length], [size, at], [0]);
  const out = new Uint8Array(at + size + end.length);
  let to = 0;
  for (const part of [...parts, ...directory, end]) {
    out.set(part, to);
    to += part.length;
  }
  return out;
}

/** Numbers of 4 and 2 bytes by turns, little-endian. */
function record(magic: number, ...runs: readonly (readonly number[])[]): Bytes {
  const bytes: number[] = [];
  const put = (v: number, count: number): void => {
    for (let k = 0; k < count; k++) bytes.push((v >>> (8 * k)) & 255);
  };
  put(magic, 4);
  for (const [k, run] of runs.entries()) for (const v of run) put(v, k % 2 === 0 ? 2 : 4);
  return Uint8Array.from(bytes);
}

/** A file of an archive, not unpacked yet. */
export interface ZipEntry {
  /** As the archive has it, but for control characters. */
  readonly name: string;
  /** Unpacked, bytes. */
  readonly size: number;
  /** @throws EngineError `PictureError` where it is damaged, or larger than it says */
  read(): Promise<Bytes>;
}

export const isZip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5);

/**
 * The files of an archive; folders are left out. Names are not checked: they are no paths to write to.
 * @param path for messages
 * @param most bytes that all of them together may unpack to
 * @throws EngineError `PictureError` for what is no whole archive, or says that it unpacks to more
 */
export function zipEntries(bytes: Uint8Array, path: string, most = 2 ** 31): ZipEntry[] {
  const damaged = (why: string): EngineError =>
    new EngineError('PictureError', `${path} is damaged: ${why}`, 'Get it again, or unpack it and give the folder.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - 22;
  while (end >= Math.max(0, bytes.length - 22 - 65535) && view.getUint32(end, true) !== END) end--;
  if (end < 0 || view.getUint32(end, true) !== END) throw damaged('its list of files is missing');
  const count = view.getUint16(end + 10, true);
  if (count > MOST_ENTRIES) {
    throw new EngineError(
      'PictureError',
      `${path} has ${count} files`,
      `At most ${MOST_ENTRIES} are read: take out those of one material.`,
    );
  }
  const entries: ZipEntry[] = [];
  let total = 0;
  let at = view.getUint32(end + 16, true);
  for (let k = 0; k < count; k++) {
    if (at + 46 > end || view.getUint32(at, true) !== CENTRAL) throw damaged('its list of files makes no sense');
    const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
    const [crc, packed, size] = [16, 20, 24].map((o) => view.getUint32(at + o, true)) as [number, number, number];
    const local = view.getUint32(at + 42, true);
    const nameLength = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength)).replace(/\p{Cc}/gu, '?');
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (name.endsWith('/')) continue;
    total += size;
    if (total > most) {
      throw new EngineError(
        'PictureError',
        `${path} unpacks to more than ${Math.round(most / 2 ** 20)} MiB`,
        'Unpack it, and give the folder.',
      );
    }
    const read = async (): Promise<Bytes> => {
      if ((flags & 1) !== 0 || (method !== 0 && method !== 8)) {
        const why = (flags & 1) !== 0 ? 'is encrypted' : `is compressed in a way that is not read (method ${method})`;
        throw new EngineError('PictureError', `${path}: ${name} ${why}`, 'Unpack it, and give the folder.');
      }
      if (local + 30 > bytes.length || view.getUint32(local, true) !== LOCAL) throw damaged(`${name} is not in it`);
      const from = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
      const data = bytes.subarray(from, from + packed);
      if (data.length < packed) throw damaged(`${name} ends early`);
      const plain = method === 0 ? data.slice() : await inflated(data, crc, size);
      if (plain?.length !== size || crc32(plain) !== crc) throw damaged(`${name} makes no sense`);
      return plain;
    };
    entries.push({ name, size, read });
  }
  return entries;
}

/**
 * Deflated bytes, unpacked; undefined where they are no `size` bytes. Dressed as gzip, since Node knows bare deflate from 20.12 on
 * only; stops at `size`, whatever there is.
 */
async function inflated(data: Uint8Array, crc: number, size: number): Promise<Bytes | undefined> {
  const head = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);
  const tail = new DataView(new ArrayBuffer(8));
  tail.setUint32(0, crc, true);
  tail.setUint32(4, size, true);
  const source = new Blob([head, data as Bytes, tail.buffer]).stream();
  const reader = source.pipeThrough(new DecompressionStream('gzip')).getReader();
  const out = new Uint8Array(size);
  let at = 0;
  try {
    for (let got = await reader.read(); !got.done; got = await reader.read()) {
      if (at + got.value.length > size) return undefined;
      out.set(got.value, at);
      at += got.value.length;
    }
  } catch {
    return undefined;
  } finally {
    await reader.cancel().catch(() => {});
  }
  return at === size ? out : undefined;
}
