import { DamagedFile } from './errors';

/**
 * What zlib has packed. Stops at `size` bytes: what a small file unpacks to is not to fill the memory.
 * @throws DamagedFile
 */
export async function inflate(packed: Uint8Array, size: number): Promise<Uint8Array> {
  const out = new Uint8Array(size);
  let at = 0;
  const source = new Blob([packed as Uint8Array<ArrayBuffer>]).stream();
  const reader = source.pipeThrough(new DecompressionStream('deflate')).getReader();
  try {
    while (at < size) {
      const { value, done } = await reader.read();
      if (done) break;
      out.set(value.subarray(0, size - at), at);
      at += Math.min(value.length, size - at);
    }
  } catch {
    throw new DamagedFile('its compressed pixels make no sense');
  }
  await reader.cancel().catch(() => {});
  if (at < size) throw new DamagedFile('it ends early');
  return out;
}
