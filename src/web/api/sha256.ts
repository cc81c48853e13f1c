/** The checksum of bytes, in hex; undefined in pages that came over plain http, where browsers have none to offer. */
export async function sha256(bytes: BufferSource): Promise<string | undefined> {
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
  if (!subtle) return undefined;
  const hash = new Uint8Array(await subtle.digest('SHA-256', bytes));
  return [...hash].map((b) => b.toString(16).padStart(2, '0')).join('');
}
