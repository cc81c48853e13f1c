// The pieces of a TIFF file, unpacked: LZW, deflate, PackBits, and what predictors took off.
import { DamagedFile } from './errors';
import { inflate } from './inflate';
import type { TiffHeader } from './tiff_header';

/** Strip or tile number `k`, as the bytes of its samples in the file's order of bytes; zeros where it holds less. */
export async function unpackPiece(bytes: Uint8Array, header: TiffHeader, k: number, rows: number): Promise<Uint8Array> {
  const { compression, piece, bits, planar, samples, predictor } = header;
  const at = header.offsets[k];
  const across = planar ? 1 : samples;
  const stride = Math.ceil((piece[0] * across * bits) / 8);
  const size = stride * rows;
  if (at === undefined || at <= 0 || at >= bytes.length) throw new DamagedFile('its pixels are not in the file');
  const packed = bytes.subarray(at, compression === 1 ? at + size : at + (header.counts[k] ?? bytes.length));
  const plain = await unpacked(packed, compression, size);
  if (predictor === 2) undoDifferences(plain, stride, across, bits, header.littleEndian);
  if (predictor === 3) return undoFloatPlanes(plain, stride, across, bits / 8, header.littleEndian);
  return plain;
}

async function unpacked(packed: Uint8Array, compression: number, size: number): Promise<Uint8Array> {
  if (compression === 5) return lzw(packed, size);
  if (compression === 32773) return packBits(packed, size);
  if (compression === 1) {
    if (packed.length < size) throw new DamagedFile('it ends early');
    return packed.slice();
  }
  return inflate(packed, size);
}

/** Section 13: codes of 9 to 12 bits from the high bit on, widened one code early. */
function lzw(packed: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  const prefix = new Uint16Array(4096);
  const [first, last] = [new Uint8Array(4096), new Uint8Array(4096)];
  const lengths = new Uint16Array(4096).fill(1, 0, 256);
  for (let k = 0; k < 256; k++) first[k] = last[k] = k;
  let [at, from, held, bits, next, width, before] = [0, 0, 0, 0, 258, 9, -1];
  while (at < size) {
    for (; bits < width && from < packed.length; bits += 8)
      held = ((held << 8) | (packed[from++] as number)) & 0xffffff;
    if (bits < width) break;
    bits -= width;
    const code = (held >> bits) & (2 ** width - 1);
    if (code === 257) break;
    if (code === 256) {
      [next, width, before] = [258, 9, -1];
      continue;
    }
    if (code > next || (code === next && before < 0)) throw new DamagedFile('its compressed pixels make no sense');
    if (before >= 0 && next < 4096) {
      prefix[next] = before;
      first[next] = first[before] as number;
      last[next] = first[code === next ? before : code] as number;
      lengths[next] = (lengths[before] as number) + 1;
      next++;
    }
    const end = at + (lengths[code] as number);
    for (let k = end - 1, c = code; k >= at; k--, c = prefix[c] as number) if (k < size) out[k] = last[c] as number;
    at = end;
    before = code;
    if (next >= 2 ** width - 1 && width < 12) width++;
  }
  if (at < size) throw new DamagedFile('it ends early');
  return out;
}

/** Section 9. */
function packBits(packed: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  let [from, at] = [0, 0];
  while (at < size && from < packed.length) {
    const n = packed[from++] as number;
    if (n < 128) {
      out.set(packed.subarray(from, from + Math.min(n + 1, size - at)), at);
      from += n + 1;
      at += n + 1;
    } else if (n > 128) {
      out.fill(packed[from++] ?? 0, at, Math.min(size, at + 257 - n));
      at += 257 - n;
    }
  }
  if (at < size) throw new DamagedFile('it ends early');
  return out;
}

/** Section 14: each sample is kept as what it adds to the one before it in its line. */
function undoDifferences(plain: Uint8Array, stride: number, across: number, bits: number, little: boolean): void {
  const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
  const size = bits / 8;
  for (let row = 0; row + stride <= plain.length; row += stride) {
    for (let at = row + across * size; at + size <= row + stride; at += size) {
      const left = at - across * size;
      if (bits === 8) plain[at] = (plain[at] as number) + (plain[left] as number);
      else if (bits === 16) view.setUint16(at, view.getUint16(at, little) + view.getUint16(left, little), little);
      else if (bits === 32) view.setUint32(at, view.getUint32(at, little) + view.getUint32(left, little), little);
      else view.setBigUint64(at, view.getBigUint64(at, little) + view.getBigUint64(left, little), little);
    }
  }
}

/** Adobe's TIFF technical note 3: the bytes of a line by significance, the highest first, each as a difference. */
function undoFloatPlanes(plain: Uint8Array, stride: number, across: number, size: number, little: boolean): Uint8Array {
  const out = new Uint8Array(plain.length);
  const count = stride / size;
  for (let row = 0; row + stride <= plain.length; row += stride) {
    for (let k = row + across; k < row + stride; k++) plain[k] = (plain[k] as number) + (plain[k - across] as number);
    for (let i = 0; i < count; i++)
      for (let b = 0; b < size; b++)
        out[row + i * size + (little ? size - 1 - b : b)] = plain[row + b * count + i] as number;
  }
  return out;
}
