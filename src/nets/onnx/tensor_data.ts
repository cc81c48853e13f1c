import { type ByteSource, type Range, readRanges } from './byte_source';
import { onnxError } from './model';
import { Varint } from './protobuf';

/** Where the elements of one tensor are: little-endian bytes, or numbers of 7 bits to a byte. */
export interface TensorData {
  readonly source: ByteSource;
  readonly raw: readonly Range[];
  readonly floats: readonly Range[];
  readonly doubles: readonly Range[];
  /** int32_data, int64_data and uint64_data. */
  readonly varints: readonly Range[];
  readonly isSigned: boolean;
}

/** How many numbers of 7 bits to a byte a tensor has. */
export function countVarints({ source, varints }: TensorData): number {
  let count = 0;
  for (const byte of readRanges(source, varints)) if (byte < 128) count++;
  return count;
}

/** Those numbers. Beyond 2^53 they lose their last digits. */
export function readVarints({ source, varints, isSigned }: TensorData): number[] {
  const bytes = readRanges(source, varints);
  const out: number[] = [];
  const one = new Varint();
  for (let at = 0; at < bytes.length; at = one.next) {
    if (!one.read(bytes, at, bytes.length)) throw onnxError('a number among the weights has no end');
    out.push(isSigned ? one.signed : one.unsigned);
  }
  return out;
}
