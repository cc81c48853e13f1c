// NumPy's file of one array, version 1.0: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

/** Whole numbers of 16 bits as an .npy file, in C order, little-endian. */
export function encodeNpy(data: Uint16Array, shape: readonly number[]): Uint8Array<ArrayBuffer> {
  const head = `{'descr': '<u2', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`;
  // Data begin at a multiple of 64 bytes; ten come before the header, and a line break ends it.
  const length = Math.ceil((10 + head.length + 1) / 64) * 64 - 10;
  const out = new Uint8Array(10 + length + 2 * data.length);
  const view = new DataView(out.buffer);
  out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  view.setUint16(8, length, true);
  out.set(new TextEncoder().encode(`${head.padEnd(length - 1)}\n`), 10);
  for (const [i, v] of data.entries()) view.setUint16(10 + length + 2 * i, v, true);
  return out;
}
