import { fromHalf } from '../../base/half';
import { type Shape, size } from '../../base/shape';
import { type OnnxTensor, onnxError } from './model';
import { joined, type Payload } from './wire';

/** A TensorProto without protobuf: numbers where the file has 64-bit integers. */
export interface TensorParts {
  readonly name: string;
  /** TensorProto.DataType. */
  readonly type: number;
  readonly dims: readonly number[];
  readonly payload: Payload;
  /** float_data, int32_data, int64_data or double_data: whatever the decoder found. */
  readonly numbers: readonly number[];
  /** Set when the elements are in another file. */
  readonly external: ReadonlyMap<string, string> | null;
}

/** Reads `length` bytes at `offset` of a file beside the model. */
export type ReadExternal = (location: string, offset: number, length: number) => Uint8Array;

interface ElementType {
  readonly name: string;
  readonly bytes: number;
  readonly floats?: (raw: ArrayBuffer) => Float32Array<ArrayBuffer>;
  readonly ints?: (raw: ArrayBuffer) => readonly number[];
}

const small = (n: bigint): number => {
  const v = Number(n);
  if (!Number.isSafeInteger(v)) throw onnxError(`an integer in the file is ${n}: too large to be a size`);
  return v;
};

/** TensorProto.DataType -> what its elements are. */
const TYPES: ReadonlyMap<number, ElementType> = new Map([
  [1, { name: 'float32', bytes: 4, floats: (b) => new Float32Array(b) }],
  [2, { name: 'uint8', bytes: 1, ints: (b) => [...new Uint8Array(b)] }],
  [3, { name: 'int8', bytes: 1, ints: (b) => [...new Int8Array(b)] }],
  [6, { name: 'int32', bytes: 4, ints: (b) => [...new Int32Array(b)] }],
  [7, { name: 'int64', bytes: 8, ints: (b) => Array.from(new BigInt64Array(b), small) }],
  [9, { name: 'bool', bytes: 1, ints: (b) => [...new Uint8Array(b)] }],
  [10, { name: 'float16', bytes: 2, floats: (b) => fromHalf(new Uint16Array(b)) }],
  [11, { name: 'float64', bytes: 8, floats: (b) => Float32Array.from(new Float64Array(b)) }],
  [
    16,
    {
      name: 'bfloat16',
      bytes: 2,
      floats: (b) => new Float32Array(Uint32Array.from(new Uint16Array(b), (h) => h << 16).buffer),
    },
  ],
]);

/** More elements than any constant of a net for textures has; beyond it a file is broken or hostile. */
const MOST = 2 ** 31;

/** Checks a tensor's dimensions against its data, without converting the data yet. */
export function tensorOf(t: TensorParts, readExternal: ReadExternal | undefined): OnnxTensor {
  const shape = checkedDims(t.name, t.dims);
  const count = size(shape);
  const type = TYPES.get(t.type);
  const typeName = type?.name ?? `type ${t.type}`;
  const bytes = type && count * type.bytes;

  const { raw, floats, doubles } = t.payload;
  const packed = t.type === 11 ? doubles : t.type === 1 ? floats : [];
  const pieces = raw.length > 0 ? raw : packed;
  const held = pieces.reduce((n, p) => n + p.length, 0);
  if (bytes !== undefined && !t.external) {
    const [found, wanted, unit] = held > 0 ? [held, bytes, 'bytes'] : [t.numbers.length, count, 'elements'];
    if (found !== wanted) {
      throw onnxError(
        `${t.name} wants ${wanted} ${unit} for [${shape.join(', ')}] ${typeName}, and the file has ${found}`,
      );
    }
  }
  // All converters need an aligned buffer of its own; `joined` makes one.
  const buffer = (): ArrayBuffer =>
    (t.external ? fetched(t, t.external, bytes ?? 0, readExternal) : joined(pieces)).buffer;
  const refuse = (want: string): Error =>
    onnxError(
      `${t.name} holds ${typeName} elements where ${want} are needed`,
      'Use a file with float weights: quantised ones are not supported.',
    );
  return Object.freeze({
    name: t.name,
    shape,
    type: typeName,
    floats() {
      if (!type?.floats) throw refuse('floats');
      if (held > 0 || t.external || count === 0) return type.floats(buffer());
      // Half precision without raw_data comes as bit patterns in int32_data.
      return type.bytes === 2 ? type.floats(Uint16Array.from(t.numbers).buffer) : Float32Array.from(t.numbers);
    },
    ints() {
      if (!type?.ints) throw refuse('integers');
      return Object.freeze(held > 0 || t.external ? [...type.ints(buffer())] : [...t.numbers]);
    },
  });
}

function checkedDims(name: string, dims: readonly number[]): Shape {
  if (dims.length > 8 || dims.some((d) => !Number.isSafeInteger(d) || d < 0) || size(dims) > MOST) {
    throw onnxError(`${name} has the impossible dimensions [${dims.slice(0, 9).join(', ')}]`);
  }
  return Object.freeze([...dims]);
}

/** The elements of a tensor that the model keeps in another file. */
function fetched(
  t: TensorParts,
  external: ReadonlyMap<string, string>,
  bytes: number,
  readExternal: ReadExternal | undefined,
): Uint8Array<ArrayBuffer> {
  const location = external.get('location') ?? '';
  const offset = Number(external.get('offset') ?? 0);
  const length = Number(external.get('length') ?? bytes);
  if (location === '' || /^[/\\]|^[a-z]:|\0/i.test(location) || location.split(/[/\\]/).includes('..')) {
    throw onnxError(
      `${t.name} is kept in ${JSON.stringify(location)}, which is not beside the model`,
      'Export the model again with its data in one file.',
    );
  }
  if (!Number.isSafeInteger(offset) || offset < 0 || length !== bytes) {
    throw onnxError(
      `${t.name} is kept at ${external.get('offset')} of ${location}, ${external.get('length')} bytes long; [${t.dims.join(', ')}] wants ${bytes}`,
    );
  }
  if (!readExternal) {
    throw onnxError(
      `${t.name} is kept in another file, ${location}`,
      'Give the path of the model, with that file beside it, or export the model again with its data in one file.',
    );
  }
  const found = readExternal(location, offset, length);
  if (found.length !== bytes) {
    throw onnxError(`${t.name} wants ${bytes} bytes at ${offset} of ${location}, which has ${found.length} there`);
  }
  return joined([found]);
}

/** A constant made here and not by the file. */
export function madeTensor(name: string, shape: Shape, value: number, type: 'float32' | 'int64'): OnnxTensor {
  const dims = checkedDims(name, shape);
  const wrong = (): Error => onnxError(`${name} holds ${type} elements where others are needed`);
  return Object.freeze({
    name,
    shape: dims,
    type,
    floats() {
      if (type !== 'float32') throw wrong();
      return new Float32Array(size(dims)).fill(value);
    },
    ints() {
      if (type !== 'int64') throw wrong();
      return Array.from({ length: size(dims) }, () => value);
    },
  });
}
