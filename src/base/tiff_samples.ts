// One line of a TIFF file's numbers, whatever they are kept as.
import { fromHalf } from './half';
import type { TiffHeader } from './tiff_header';

/** Reads the numbers of a line that starts at a byte. */
export type LineReader = (view: DataView, at: number, out: Float64Array) => void;

/** Undefined for what numbers are not kept as by anybody. */
export function lineReader({
  bits,
  format,
  littleEndian: little,
}: Pick<TiffHeader, 'bits' | 'format' | 'littleEndian'>): LineReader | undefined {
  if (format === 'other') return undefined;
  const each = (size: number, get: (view: DataView, at: number) => number): LineReader => {
    return (view, at, out) => {
      for (let i = 0; i < out.length; i++) out[i] = get(view, at + i * size);
    };
  };
  if (format === 'float') {
    if (bits === 16) return each(2, (view, at) => half(view.getUint16(at, little)));
    if (bits === 32) return each(4, (view, at) => view.getFloat32(at, little));
    return bits === 64 ? each(8, (view, at) => view.getFloat64(at, little)) : undefined;
  }
  const signed = format === 'int';
  if (bits === 8) return each(1, signed ? (view, at) => view.getInt8(at) : (view, at) => view.getUint8(at));
  if (bits === 16) return each(2, (view, at) => (signed ? view.getInt16(at, little) : view.getUint16(at, little)));
  if (bits === 32) return each(4, (view, at) => (signed ? view.getInt32(at, little) : view.getUint32(at, little)));
  if (bits === 64)
    return each(8, (view, at) => Number(signed ? view.getBigInt64(at, little) : view.getBigUint64(at, little)));
  return bits > 0 && bits < 32 ? packed(bits, signed) : undefined;
}

let halves: Float32Array | undefined;

function half(h: number): number {
  halves ??= fromHalf(Uint16Array.from({ length: 65536 }, (_, k) => k));
  return halves[h] as number;
}

/** Numbers of any width, one after the other from the high bit on: TIFF 6.0 has whole bytes of them high byte first. */
function packed(bits: number, signed: boolean): LineReader {
  const sign = 2 ** (bits - 1);
  return (view, at, out) => {
    let bit = 8 * at;
    for (let i = 0; i < out.length; i++) {
      let v = 0;
      for (let k = 0; k < bits; k++, bit++) v = 2 * v + ((view.getUint8(bit >> 3) >> (7 - (bit & 7))) & 1);
      out[i] = signed && v >= sign ? v - 2 * sign : v;
    }
  };
}
