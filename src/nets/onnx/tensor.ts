import { fromHalf } from '../../base/half';
import { type Shape, size } from '../../base/shape';
import { lengthOf, readRanges } from './byte_source';
import { countVarints, readVarints, type TensorMessage } from './messages';
import { type OnnxTensor, onnxError } from './model';

/** Reads `length` bytes at `offset` of a file beside the model. */
export type ReadExternal = (location: string, offset: number, length: number) => Uint8Array;

interface ElementType {
  readonly name: string;
  readonly bytes: number;
  readonly floats?: (raw: ArrayBuffer) => Float32Array<ArrayBuffer>;
  readonly ints?: (raw: ArrayBuffer) => readonly number[];
}

/** Two or four bits to an element, the lower ones first. */
const narrow =
  (bits: 2 | 4, isSigned: boolean) =>
  (raw: ArrayBuffer): readonly number[] =>
    Array.from(new Uint8Array(raw)).flatMap((byte) =>
      Array.from({ length: 8 / bits }, (_, k) => {
        const v = (byte >> (bits * k)) & (2 ** bits - 1);
        return isSigned && v >= 2 ** (bits - 1) ? v - 2 ** bits : v;
      }),
    );

/**
 * A float of eight bits or fewer: sign, exponent, fraction.
 * @param bias of the exponent. @param special what the highest exponents mean: `ieee`, `fn` (only all ones is NaN, no
 * infinity), `none`, or `uz` (the negative zero is the one NaN).
 */
const tiny =
  (exponent: number, fraction: number, bias: number, special: 'ieee' | 'fn' | 'uz' | 'none') =>
  (code: number): number => {
    const sign = (code >> (exponent + fraction)) & 1 ? -1 : 1;
    const e = (code >> fraction) & (2 ** exponent - 1);
    const f = code & (2 ** fraction - 1);
    const isTop = e === 2 ** exponent - 1;
    if (special === 'uz' && sign < 0 && e === 0 && f === 0) return Number.NaN;
    if (special === 'fn' && isTop && f === 2 ** fraction - 1) return Number.NaN;
    if (special === 'ieee' && isTop) return f === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return sign * (e === 0 ? (f / 2 ** fraction) * 2 ** (1 - bias) : (1 + f / 2 ** fraction) * 2 ** (e - bias));
  };
const eights =
  (of: (code: number) => number) =>
  (raw: ArrayBuffer): Float32Array<ArrayBuffer> =>
    Float32Array.from(new Uint8Array(raw), of);

/** TensorProto.DataType -> what its elements are. */
const TYPES: ReadonlyMap<number, ElementType> = new Map<number, ElementType>([
  [1, { name: 'float32', bytes: 4, floats: (b) => new Float32Array(b) }],
  [2, { name: 'uint8', bytes: 1, ints: (b) => [...new Uint8Array(b)] }],
  [3, { name: 'int8', bytes: 1, ints: (b) => [...new Int8Array(b)] }],
  [4, { name: 'uint16', bytes: 2, ints: (b) => [...new Uint16Array(b)] }],
  [5, { name: 'int16', bytes: 2, ints: (b) => [...new Int16Array(b)] }],
  [6, { name: 'int32', bytes: 4, ints: (b) => [...new Int32Array(b)] }],
  // Integers beyond 2^53 lose their last digits: exporters write 2^63 - 1 for `up to the end`.
  [7, { name: 'int64', bytes: 8, ints: (b) => Array.from(new BigInt64Array(b), Number) }],
  [9, { name: 'bool', bytes: 1, ints: (b) => [...new Uint8Array(b)] }],
  [10, { name: 'float16', bytes: 2, floats: (b) => fromHalf(new Uint16Array(b)) }],
  [11, { name: 'float64', bytes: 8, floats: (b) => Float32Array.from(new Float64Array(b)) }],
  [12, { name: 'uint32', bytes: 4, ints: (b) => [...new Uint32Array(b)] }],
  [13, { name: 'uint64', bytes: 8, ints: (b) => Array.from(new BigUint64Array(b), Number) }],
  [
    16,
    {
      name: 'bfloat16',
      bytes: 2,
      floats: (b) => new Float32Array(Uint32Array.from(new Uint16Array(b), (h) => h << 16).buffer),
    },
  ],
  [17, { name: 'float8e4m3fn', bytes: 1, floats: eights(tiny(4, 3, 7, 'fn')) }],
  [18, { name: 'float8e4m3fnuz', bytes: 1, floats: eights(tiny(4, 3, 8, 'uz')) }],
  [19, { name: 'float8e5m2', bytes: 1, floats: eights(tiny(5, 2, 15, 'ieee')) }],
  [20, { name: 'float8e5m2fnuz', bytes: 1, floats: eights(tiny(5, 2, 16, 'uz')) }],
  [21, { name: 'uint4', bytes: 0.5, ints: narrow(4, false) }],
  [22, { name: 'int4', bytes: 0.5, ints: narrow(4, true) }],
  [
    23,
    { name: 'float4e2m1', bytes: 0.5, floats: (b) => Float32Array.from(narrow(4, false)(b), tiny(2, 1, 1, 'none')) },
  ],
  [25, { name: 'uint2', bytes: 0.25, ints: narrow(2, false) }],
  [26, { name: 'int2', bytes: 0.25, ints: narrow(2, true) }],
]);

/** More elements than any constant of a net for textures has; beyond it a file is broken or hostile. */
const MOST = 2 ** 31;

/** Checks a tensor's dimensions against its data, without reading or converting the data yet. */
export function tensorOf(t: TensorMessage, readExternal: ReadExternal | undefined): OnnxTensor {
  const shape = checkedDims(t.name, t.dims);
  const count = size(shape);
  const type = TYPES.get(t.type);
  const typeName = type?.name ?? `type ${t.type}`;
  const bytesFor = (n: number): number => Math.ceil(n * (type?.bytes ?? 0));
  const bytes = bytesFor(count);

  const { source, raw, floats, doubles, varints } = t.data;
  const packed = t.type === 11 ? doubles : t.type === 1 ? floats : [];
  const pieces = raw.length > 0 ? raw : packed;
  const held = lengthOf(pieces);
  const isListed = held === 0 && !t.external && varints.length > 0;
  if (type && !t.external) {
    // int32_data holds whole bytes of what is narrower.
    const [found, wanted, unit] = isListed
      ? [countVarints(t.data), type.bytes < 1 ? bytes : count, 'elements']
      : [held, bytes, 'bytes'];
    if (found !== wanted) {
      throw onnxError(
        `${t.name} wants ${wanted} ${unit} for [${shape.join(', ')}] ${typeName}, and the file has ${found}`,
      );
    }
  }
  const place = t.external && externalPlace(t, t.external);
  const numbers = (): number[] => readVarints(t.data);
  // All converters need an aligned buffer of its own; `readRanges` makes one.
  const buffer = (from: number, to: number): ArrayBuffer =>
    (place
      ? readFrom(t.name, place.location, place.offset + bytesFor(from), bytesFor(to) - bytesFor(from), readExternal)
      : readRanges(source, pieces, bytesFor(from), bytesFor(to))
    ).buffer;
  const refuse = (want: string): Error =>
    onnxError(
      `${t.name} holds ${typeName} elements where ${want} are needed`,
      'Use a file with float weights: quantised ones are not supported.',
    );
  return Object.freeze({
    name: t.name,
    shape,
    type: typeName,
    floats(from = 0, to = count) {
      if (!type?.floats) throw refuse('floats');
      if (type.bytes < 1)
        return type.floats(isListed ? Uint8Array.from(numbers()).buffer : buffer(0, count)).slice(from, to);
      if (!isListed) return type.floats(buffer(from, to));
      // Half precision without raw_data comes as bit patterns in int32_data.
      const own = numbers().slice(from, to);
      if (type.bytes === 1) return type.floats(Uint8Array.from(own).buffer);
      return type.bytes === 2 ? type.floats(Uint16Array.from(own).buffer) : Float32Array.from(own);
    },
    ints() {
      if (!type?.ints) throw refuse('integers');
      if (isListed && type.bytes >= 1) return Object.freeze(numbers());
      return Object.freeze(type.ints(isListed ? Uint8Array.from(numbers()).buffer : buffer(0, count)).slice(0, count));
    },
  });
}

function checkedDims(name: string, dims: readonly number[]): Shape {
  if (dims.length > 8 || dims.some((d) => !Number.isSafeInteger(d) || d < 0) || size(dims) > MOST) {
    throw onnxError(`${name} has the impossible dimensions [${dims.slice(0, 9).join(', ')}]`);
  }
  return Object.freeze([...dims]);
}

/**
 * Where the elements of a tensor of another file are; a length that the file leaves out is what they take.
 * @throws EngineError `OnnxError` when that file is not beside the model, or the length is not theirs.
 */
export function externalPlace(
  t: TensorMessage,
  external: ReadonlyMap<string, string>,
): { readonly location: string; readonly offset: number; readonly length: number } {
  const bytes = Math.ceil(size(checkedDims(t.name, t.dims)) * (TYPES.get(t.type)?.bytes ?? 0));
  const location = external.get('location') ?? '';
  const offset = Number(external.get('offset') ?? 0);
  const length = Number(external.get('length') ?? bytes);
  if (!isBeside(location)) {
    throw onnxError(
      `${t.name} is kept in ${JSON.stringify(location.slice(0, 200))}, which is not beside the model`,
      'Export the model again with its data in one file.',
    );
  }
  if (!Number.isSafeInteger(offset) || offset < 0 || length !== bytes) {
    throw onnxError(
      `${t.name} is kept at ${external.get('offset')} of ${location}, ${external.get('length')} bytes long; [${t.dims.join(', ')}] wants ${bytes}`,
    );
  }
  return { location, offset, length };
}

/** Names that mean a device on Windows, whatever ending they have. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * Whether a location is that of a file in the model's folder or below it: relative, without `..`, and without what
 * Windows takes for a drive, a stream or a device.
 */
export function isBeside(location: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (location === '' || location.length > 4096 || /^[/\\]|[:\0-\x1f]/.test(location)) return false;
  return location
    .split(/[/\\]/)
    .every((part) => part !== '..' && part !== '' && !DEVICE.test(part) && !/[. ]$/.test(part));
}

/** Elements of a tensor that the model keeps in another file. */
function readFrom(
  name: string,
  location: string,
  offset: number,
  bytes: number,
  readExternal: ReadExternal | undefined,
): Uint8Array<ArrayBuffer> {
  if (!readExternal) {
    throw onnxError(
      `${name} is kept in another file, ${location}`,
      'Give the path of the model, with that file beside it, or export the model again with its data in one file.',
    );
  }
  const found = readExternal(location, offset, bytes);
  if (found.length !== bytes) {
    throw onnxError(`${name} wants ${bytes} bytes at ${offset} of ${location}, which has ${found.length} there`);
  }
  return found.slice();
}

/** A constant made here and not by the file. */
export function madeTensor(name: string, shape: Shape, value: number, type: 'float32' | 'int64'): OnnxTensor {
  const dims = checkedDims(name, shape);
  const wrong = (): Error => onnxError(`${name} holds ${type} elements where others are needed`);
  return Object.freeze({
    name,
    shape: dims,
    type,
    ...(type === 'float32' && { uniform: value }),
    floats(from = 0, to = size(dims)) {
      if (type !== 'float32') throw wrong();
      return new Float32Array(to - from).fill(value);
    },
    ints() {
      if (type !== 'int64') throw wrong();
      return Array.from({ length: size(dims) }, () => value);
    },
  });
}

/** All numbers of an eight- or four-bit float type by their codes, or null for other types. */
export function floatCodes(type: string): readonly number[] | null {
  const found = [...TYPES.values()].find((t) => t.name === type);
  if (!found?.floats || found.bytes > 1) return null;
  if (found.bytes === 1) return [...found.floats(Uint8Array.from({ length: 256 }, (_, k) => k).buffer)];
  // Two codes to a byte, the lower one first.
  return [...found.floats(Uint8Array.from({ length: 8 }, (_, k) => 2 * k + ((2 * k + 1) << 4)).buffer)];
}
