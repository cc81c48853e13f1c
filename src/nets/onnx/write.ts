/**
 * Writes ONNX files a piece at a time, so that a file of any size needs no memory of its size. Nothing here depends on
 * the machine or the time: the same calls give the same bytes.
 *
 * Numbers of fields and types are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto), their
 * encoding that of https://protobuf.dev/programming-guides/encoding.
 */
export interface Piece {
  /** Bytes. */
  readonly length: number;
  /** The bytes in order; may be asked for several times. */
  bytes(): Iterable<Uint8Array>;
}

const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** TensorProto.DataType and AttributeProto.AttributeType. */
export const FLOAT = 1;
export const FLOAT16 = 10;
const ATTRIBUTE_INTS = 7;

export const plain = (bytes: Uint8Array): Piece => ({ length: bytes.length, bytes: () => [bytes] });

/** Several pieces one after another. */
export function sequence(parts: readonly Piece[]): Piece {
  return {
    length: parts.reduce((n, p) => n + p.length, 0),
    *bytes() {
      for (const p of parts) yield* p.bytes();
    },
  };
}

/** A length-delimited field: a message, a string, or packed numbers. */
export function field(number: number, parts: readonly Piece[]): Piece {
  const body = sequence(parts);
  const head = [...varint(number * 8 + LENGTH_DELIMITED), ...varint(body.length)];
  return sequence([plain(Uint8Array.from(head)), body]);
}

export const textField = (number: number, text: string): Piece =>
  field(number, [plain(new TextEncoder().encode(text))]);

/** @param value a whole number from 0 to 2^53 - 1 */
export const numberField = (number: number, value: number): Piece =>
  plain(Uint8Array.from([...varint(number * 8 + VARINT), ...varint(value)]));

export function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return [...bytes, value];
}

/** A field of a TensorProto: `number` 5 of a graph, an initializer. @param raw the elements, little-endian */
export function tensorField(
  number: number,
  name: string,
  dims: readonly number[],
  type: number,
  raw: readonly Piece[],
): Piece {
  const sizes = dims.map((d) => numberField(1, d));
  return field(number, [...sizes, numberField(2, type), textField(8, name), field(9, raw)]);
}

/** @param dims null where a dimension is open. */
export function valueField(number: number, name: string, type: number, dims: readonly (number | null)[]): Piece {
  const shape = dims.map((d) => field(1, d === null ? [] : [numberField(1, d)]));
  return field(number, [textField(1, name), typeField([numberField(1, type), field(2, shape)])]);
}

/** The type of a value: field 2 of a ValueInfoProto. */
export const typeField = (tensor: readonly Piece[]): Piece => field(2, [field(1, tensor)]);

export interface NodeParts {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly ints?: Readonly<Record<string, readonly number[]>>;
}

/** A node of a graph whose attributes are lists of whole numbers. */
export function nodeField({ op, name, inputs, outputs, ints = {} }: NodeParts): Piece {
  const attributes = Object.entries(ints).map(([key, values]) =>
    field(5, [textField(1, key), ...values.map((v) => numberField(8, v)), numberField(20, ATTRIBUTE_INTS)]),
  );
  return field(1, [
    ...inputs.map((x) => textField(1, x)),
    ...outputs.map((y) => textField(2, y)),
    textField(3, name),
    textField(4, op),
    ...attributes,
  ]);
}

/** A whole file. @param graph fields of a GraphProto, but for its name, which checkers of ONNX files want to be there */
export function modelFile(graph: readonly Piece[], producer: string, opset: number): Piece {
  const IR_VERSION = 8;
  return sequence([
    numberField(1, IR_VERSION),
    textField(2, producer),
    field(7, [...graph, textField(2, 'net')]),
    field(8, [textField(1, ''), numberField(2, opset)]),
  ]);
}

/** All bytes of a piece in one buffer. */
export function bytesOf(piece: Piece): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(piece.length);
  let at = 0;
  for (const part of piece.bytes()) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
