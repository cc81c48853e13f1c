import { onnxError } from './model';

/**
 * Takes the weights out of an ONNX file before it is decoded. A protobuf decoder turns packed floats (which the zoo's
 * VGGs have) into JavaScript arrays of 8 bytes an element: a VGG-19 took it 17.7 s and 2.2 GiB, against 0.5 s and
 * the size of the file this way (Node 20, 2026-11-23). Here weights stay a view of the file, and the decoder sees
 * everything else.
 */
export interface Split {
  /** The same message without the elements of initializers. */
  readonly skeleton: Uint8Array<ArrayBuffer>;
  /** The elements left out, one entry for each initializer, in order. */
  readonly payloads: readonly Payload[];
}

/** Pieces of little-endian bytes, to be joined; protobuf allows a field to come in several. */
export interface Payload {
  readonly raw: readonly Uint8Array[];
  readonly floats: readonly Uint8Array[];
  readonly doubles: readonly Uint8Array[];
}

// Field numbers of onnx.proto.
const MODEL_GRAPH = 7;
const GRAPH_INITIALIZER = 5;
const TENSOR_FLOATS = 4;
const TENSOR_RAW = 9;
const TENSOR_DOUBLES = 10;
const LENGTH_DELIMITED = 2;

/** @throws EngineError `OnnxError` when the bytes are no protobuf message with one graph. */
export function split(file: Uint8Array, net: string): Split {
  const payloads: Payload[] = [];
  const model: Uint8Array[] = [];
  let graphs = 0;
  for (const field of fields(file, net)) {
    if (field.number !== MODEL_GRAPH || !field.body) {
      model.push(field.whole);
      continue;
    }
    graphs++;
    const graph: Uint8Array[] = [];
    for (const inner of fields(field.body, net)) {
      if (inner.number !== GRAPH_INITIALIZER || !inner.body) {
        graph.push(inner.whole);
        continue;
      }
      const payload = { raw: [] as Uint8Array[], floats: [] as Uint8Array[], doubles: [] as Uint8Array[] };
      const tensor: Uint8Array[] = [];
      for (const part of fields(inner.body, net)) {
        const kept =
          part.number === TENSOR_RAW
            ? payload.raw
            : part.number === TENSOR_FLOATS
              ? payload.floats
              : part.number === TENSOR_DOUBLES
                ? payload.doubles
                : undefined;
        // Unpacked floats (one field an element) do not occur in real files; the decoder copes with a few.
        if (kept && part.body) kept.push(part.body);
        else tensor.push(part.whole);
      }
      payloads.push(payload);
      graph.push(...wrapped(GRAPH_INITIALIZER, tensor));
    }
    model.push(...wrapped(MODEL_GRAPH, graph));
  }
  if (graphs !== 1) throw onnxError(`${net} is no ONNX model: it has ${graphs} graphs, not one`);
  return { skeleton: joined(model), payloads };
}

interface Field {
  readonly number: number;
  /** Key and value. */
  readonly whole: Uint8Array;
  /** The value, where it is length-delimited. */
  readonly body: Uint8Array | null;
}

/** The fields of one message, one level deep. */
function* fields(message: Uint8Array, net: string): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let k = 0; k < 10; k++) {
      const byte = message[at++];
      if (byte === undefined) throw truncated(net, message.length);
      value += (byte & 127) * 2 ** (7 * k);
      if (byte < 128) return value;
    }
    throw onnxError(`${net} is no ONNX file: a number in it has more than 10 bytes`);
  };
  while (at < message.length) {
    const start = at;
    const key = varint();
    const number = Math.floor(key / 8);
    const kind = key % 8;
    if (number < 1 || number >= 2 ** 29) throw onnxError(`${net} is no ONNX file: it has a field number ${number}`);
    let body: Uint8Array | null = null;
    if (kind === 0) varint();
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else if (kind === LENGTH_DELIMITED) {
      const length = varint();
      if (length > message.length - at) throw truncated(net, message.length);
      body = message.subarray(at, at + length);
      at += length;
    } else throw onnxError(`${net} is no ONNX file: it has a field of kind ${kind}`);
    if (at > message.length) throw truncated(net, message.length);
    yield { number, whole: message.subarray(start, at), body };
  }
}

const truncated = (net: string, bytes: number): Error =>
  onnxError(`${net} is no ONNX file, or a part of one: it ends at ${bytes} bytes, inside a field`);

/** Key, length and parts of a length-delimited field. */
function wrapped(number: number, parts: readonly Uint8Array[]): Uint8Array[] {
  const length = parts.reduce((n, p) => n + p.length, 0);
  return [Uint8Array.from([...varintBytes(number * 8 + LENGTH_DELIMITED), ...varintBytes(length)]), ...parts];
}

function varintBytes(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return [...bytes, value];
}

/** The pieces in a new buffer of their own, so that any typed array may look at it. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(pieces.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of pieces) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}
