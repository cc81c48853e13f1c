// Networks kept in the browser's own file system (OPFS, https://fs.spec.whatwg.org/): hundreds of megabytes that
// nobody wants to fetch twice. Tabs share it, so writing is done one at a time.

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { Nets } from '../../app/platform';
import { bytesText, EngineError } from '../../base/errors';
import { knownWeights, type Net } from '../../nets/weights';
import { loadNet } from '../api/net';
import type { NetKept } from './protocol';

const FOLDER = 'toroid-nets';

async function folder(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(FOLDER, { create: true });
}

/** Those there are, by name. Empty where the browser keeps no files (private windows of some). */
export async function listNets(): Promise<NetKept[]> {
  const found: NetKept[] = [];
  try {
    for await (const [name, handle] of (await folder()).entries()) {
      if (!name.endsWith('.onnx') || handle.kind !== 'file') continue;
      const { size } = await (handle as FileSystemFileHandle).getFile();
      found.push({ name: name.replace(/\.onnx$/, ''), bytes: size });
    }
  } catch {
    return [];
  }
  return found.sort((a, b) => a.name.localeCompare(b.name));
}

/** @throws EngineError `WeightsError` when it is not kept here, `OnnxError` when it cannot be read. */
export async function netNamed(name: string): Promise<Net> {
  let file: File;
  try {
    file = await (await (await folder()).getFileHandle(`${name}.onnx`)).getFile();
  } catch {
    throw new EngineError('WeightsError', `the network ${name} is not kept in this browser`, 'Add its ONNX file.');
  }
  return loadNet(file, { name, unchecked: true }); // checked when it was added
}

export async function removeNet(name: string): Promise<void> {
  await (await folder()).removeEntry(`${name}.onnx`).catch(() => {});
}

/**
 * Takes a network in: written as it comes, hashed on the way, compared with what is known of a file of that name, and
 * read once before it counts.
 * @returns the name it is kept by.
 * @throws EngineError `WeightsError` when it is not the file it should be, `OnnxError` when it is no network,
 *   `StorageError` when the browser has no room.
 */
export async function addNet(
  given: string,
  stream: ReadableStream<Uint8Array>,
  onBytes: (bytes: number) => void,
): Promise<string> {
  const plain =
    given
      .replace(/\.onnx$/i, '')
      .replace(/[^\w.-]+/g, '-')
      .replace(/^[.-]+/, '')
      .slice(0, 80) || 'net';
  const known = knownWeights.find((w) => w.file === given || w.file === `${plain}.onnx` || w.name === plain);
  const name = known?.name ?? plain;
  return navigator.locks.request('toroid-nets', async () => {
    const place = await folder();
    const part = `${name}.part`;
    try {
      const { bytes, hash } = await written(place, part, stream, onBytes);
      if (known && known.size !== bytes) throw differs(given, `${bytesText(bytes)}, not ${bytesText(known.size)}`);
      if (known && known.sha256 !== hash) throw differs(given, `the sha256 ${hash}, not ${known.sha256}`);
      const handle = await place.getFileHandle(part);
      await loadNet(await handle.getFile(), { name, unchecked: true });
      await renamed(place, part, `${name}.onnx`);
      return name;
    } catch (error) {
      await place.removeEntry(part).catch(() => {});
      throw error;
    }
  });
}

const differs = (name: string, how: string): EngineError =>
  new EngineError(
    'WeightsError',
    `${name} has ${how}: it is damaged, or another file of that name`,
    'Download it again.',
  );

async function written(
  place: FileSystemDirectoryHandle,
  name: string,
  stream: ReadableStream<Uint8Array>,
  onBytes: (bytes: number) => void,
): Promise<{ bytes: number; hash: string }> {
  const out = await (await place.getFileHandle(name, { create: true })).createWritable();
  const hash = sha256.create();
  let bytes = 0;
  try {
    const reader = stream.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      hash.update(value);
      bytes += value.length;
      await out.write(value as Uint8Array<ArrayBuffer>);
      onBytes(bytes);
    }
    await out.close();
  } catch (error) {
    await out.abort().catch(() => {});
    if ((error as Error).name !== 'QuotaExceededError') throw error;
    const { usage = 0, quota = 0 } = await navigator.storage.estimate();
    throw new EngineError(
      'StorageError',
      `this browser has no room for ${name.replace(/\.part$/, '')}: it gives this page ${bytesText(quota)}, of which ${bytesText(usage)} are used`,
      'Remove a network, or free space on the disk.',
    );
  }
  return { bytes, hash: bytesToHex(hash.digest()) };
}

async function renamed(place: FileSystemDirectoryHandle, from: string, to: string): Promise<void> {
  const handle = (await place.getFileHandle(from)) as FileSystemFileHandle & { move?(name: string): Promise<void> };
  if (handle.move) return handle.move(to);
  // Not in every browser: a copy.
  const out = await (await place.getFileHandle(to, { create: true })).createWritable();
  await (await handle.getFile()).stream().pipeTo(out);
  await place.removeEntry(from);
}

const ADD = 'Drop an ONNX file of SqueezeNet or a VGG on the page.';

/** The networks kept in this browser, as those of a job. */
export const storedNets: Nets = {
  first: async () => (await listNets())[0]?.name,
  check: async (name) => {
    const names = (await listNets()).map((n) => n.name);
    if (names.includes(name)) return;
    const others = names.length > 0 ? `; there is ${names.join(', ')}` : '';
    throw new EngineError(
      'WeightsError',
      `the network ${name} is not kept in this browser${others}`,
      names.length > 0 ? 'Choose one of them, or add the file.' : ADD,
    );
  },
  load: (name) => netNamed(name),
  none: (recipe) =>
    new EngineError('WeightsError', `${recipe} looks through a network, and none is kept in this browser`, ADD),
};
