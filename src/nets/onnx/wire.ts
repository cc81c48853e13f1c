import { onnxError } from './model';
import type { ByteSource, Range } from './scan';

/**
 * Takes an ONNX file apart before it is decoded. A protobuf decoder turns packed floats (which the zoo's VGGs have) into
 * JavaScript arrays of 8 bytes an element: a VGG-19 took it 17.7 s and 2.2 GiB, against 0.5 s this way (Node 20,
 * 2026-11-23). Here weights stay where they are, and the decoder is shown a copy of what is listed below and of nothing
 * else. So it can neither be led into graphs within graphs within graphs, nor made to build large objects of small
 * files: what it would build is counted first.
 */
export interface Split {
  /** The message without elements of tensors: each has the index of its payload for `raw_data`. */
  readonly skeleton: Uint8Array<ArrayBuffer>;
  readonly payloads: readonly Payload[];
}

/** Where the elements of one tensor are: little-endian bytes, or numbers of 7 bits to a byte. */
export interface Payload {
  readonly source: ByteSource;
  readonly raw: readonly Range[];
  readonly floats: readonly Range[];
  readonly doubles: readonly Range[];
  /** int32_data, int64_data and uint64_data. */
  readonly varints: readonly Range[];
  readonly isSigned: boolean;
}

/** What is kept of a message: of a field, itself (as a set of wire types), or what is kept of the message in it. */
type Kept = ReadonlyMap<number, number | Kept | 'tensor'>;

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;
const bytes = 1 << LENGTH_DELIMITED;
const number = 1 << VARINT;
const float = 1 << FIXED32;

// Field numbers of onnx.proto; https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
const NOTHING: Kept = new Map();
const SHAPE: Kept = new Map([[1, new Map([[1, number]])]]);
/** Of types that are no tensors' it is enough to see that they are there. */
const TYPE: Kept = new Map<number, Kept>([
  [1, new Map<number, number | Kept>([[1, number]]).set(2, SHAPE)],
  [4, NOTHING],
  [5, NOTHING],
  [8, NOTHING],
  [9, NOTHING],
]);
const VALUE: Kept = new Map<number, number | Kept>([
  [1, bytes],
  [2, TYPE],
]);
const ATTRIBUTE: Kept = new Map<number, number | 'tensor'>([
  [1, bytes],
  [2, float],
  [3, number],
  [4, bytes],
  [5, 'tensor'],
  [7, float | bytes],
  [8, number | bytes],
  [9, bytes],
  [20, number],
]);
const NODE: Kept = new Map<number, number | Kept>([
  [1, bytes],
  [2, bytes],
  [3, bytes],
  [4, bytes],
  [5, ATTRIBUTE],
  [7, bytes],
]);
const GRAPH: Kept = new Map<number, number | Kept | 'tensor'>([
  [1, NODE],
  [5, 'tensor'],
  [11, VALUE],
  [12, VALUE],
  [15, NOTHING],
]);
const OPSET: Kept = new Map([
  [1, bytes],
  [2, number],
]);
/** A function of the file's own: its name and domain, to see whether it stands in for an operator. */
const FUNCTION: Kept = new Map([
  [1, bytes],
  [10, bytes],
]);
const MODEL: Kept = new Map<number, number | Kept>([
  [2, bytes],
  [7, GRAPH],
  [8, OPSET],
  [25, FUNCTION],
]);
const ENTRY: Kept = new Map([
  [1, bytes],
  [2, bytes],
]);
/** Of a tensor, without its elements. */
const TENSOR: Kept = new Map<number, number | Kept>([
  [1, number | bytes],
  [2, number],
  [8, bytes],
  [13, ENTRY],
  [14, number],
]);
const RAW_DATA = 9;
/** Where elements of a tensor may be, and how long each is where it is a field of its own. */
const ELEMENTS: ReadonlyMap<number, readonly [key: 'raw' | 'floats' | 'doubles' | 'varints', kinds: number]> = new Map([
  [4, ['floats', bytes | float]],
  [5, ['varints', bytes | number]],
  [7, ['varints', bytes | number]],
  [RAW_DATA, ['raw', bytes]],
  [10, ['doubles', bytes | (1 << FIXED64)]],
  [11, ['varints', bytes | number]],
] as const);
const UINT64_DATA = 11;

/**
 * Bytes that what is decoded may take, by a rough and high estimate, besides a share for each byte of the file. The
 * largest nets of the zoo take 3 MB.
 */
const MOST_HELD = 2 ** 26;
const HELD_PER_BYTE = 4;
const MESSAGE = 640;
const FIELD = 96;
/** A list of whole numbers becomes one of objects for a while. */
const PACKED_BYTE = 48;

/** @throws EngineError `OnnxError` when the bytes are no protobuf message with one graph, or have too much in them. */
export function split(source: ByteSource, net: string): Split {
  return new Splitter(source, net).all(MODEL);
}

/** The same for a TensorProto by itself. */
export function splitTensor(source: ByteSource, name: string): Split {
  return new Splitter(source, name).all('tensor');
}

/** Bytes read at a time, to see what is where. */
const WINDOW = 1 << 16;

class Splitter {
  #window: Uint8Array = new Uint8Array();
  #from = 0;
  #out = new Uint8Array(1 << 12);
  #written = 0;
  #held = 0;
  readonly #payloads: Payload[] = [];

  constructor(
    private readonly source: ByteSource,
    private readonly net: string,
  ) {}

  all(kept: Kept | 'tensor'): Split {
    const whole = { start: 0, end: this.source.size };
    if (kept === 'tensor') this.#tensor(whole);
    else {
      const graphs = this.#message(whole, kept).get(7) ?? 0;
      if (graphs !== 1) throw onnxError(`${this.net} is no ONNX model: it has ${graphs} graphs, not one`);
    }
    return { skeleton: this.#out.slice(0, this.#written), payloads: this.#payloads };
  }

  /** Copies what is kept of a message. @returns how often it had each message within. */
  #message(range: Range, kept: Kept): ReadonlyMap<number, number> {
    const counts = new Map<number, number>();
    this.#hold(MESSAGE);
    for (let at = range.start; at < range.end; ) {
      const field = this.#field(at, range.end);
      at = field.body.end;
      const what = kept.get(field.number);
      if (typeof what === 'number') {
        if ((what >> field.kind) & 1) this.#copy(field, what !== bytes);
      } else if (what !== undefined && field.kind === LENGTH_DELIMITED) {
        counts.set(field.number, (counts.get(field.number) ?? 0) + 1);
        this.#within(field.number, () =>
          what === 'tensor' ? this.#tensor(field.body) : this.#message(field.body, what),
        );
      }
    }
    return counts;
  }

  #tensor(range: Range): void {
    this.#hold(MESSAGE);
    const found = { raw: [] as Range[], floats: [] as Range[], doubles: [] as Range[], varints: [] as Range[] };
    let isSigned = true;
    for (let at = range.start; at < range.end; ) {
      const field = this.#field(at, range.end);
      at = field.body.end;
      const elements = ELEMENTS.get(field.number);
      if (elements && (elements[1] >> field.kind) & 1) {
        this.#hold(FIELD);
        found[elements[0]].push(field.body);
        if (field.number === UINT64_DATA) isSigned = false;
        continue;
      }
      const what = TENSOR.get(field.number);
      if (typeof what === 'number') {
        if ((what >> field.kind) & 1) this.#copy(field, what !== bytes);
      } else if (what && what !== 'tensor' && field.kind === LENGTH_DELIMITED) {
        this.#within(field.number, () => this.#message(field.body, what));
      }
    }
    this.#varint(RAW_DATA * 8 + LENGTH_DELIMITED);
    this.#varint(4);
    const index = this.#payloads.length;
    for (let k = 0; k < 4; k++) this.#byte((index >>> (8 * k)) & 255);
    this.#payloads.push({ source: this.source, ...found, isSigned });
  }

  /** A message, behind its length, which takes five bytes whatever it is. */
  #within(number: number, write: () => unknown): void {
    this.#varint(number * 8 + LENGTH_DELIMITED);
    const at = this.#written;
    for (let k = 0; k < 5; k++) this.#byte(0);
    write();
    let length = this.#written - at - 5;
    for (let k = 0; k < 5; k++, length = Math.floor(length / 128))
      this.#out[at + k] = (length % 128) + (k < 4 ? 128 : 0);
  }

  #copy({ start, body, kind }: Field, isList: boolean): void {
    const length = body.end - start;
    const isPacked = isList && kind === LENGTH_DELIMITED;
    this.#hold(FIELD + (isPacked ? PACKED_BYTE : 3) * length);
    this.#room(length);
    this.#out.set(this.source.read(start, length), this.#written);
    this.#written += length;
  }

  #hold(amount: number): void {
    this.#held += amount;
    if (this.#held <= MOST_HELD + HELD_PER_BYTE * this.source.size) return;
    throw onnxError(
      `${this.net} describes a net of ${this.#payloads.length} weights and more parts than its ${this.source.size} bytes should have`,
      'Use a net of ordinary size, with its weights as raw data.',
    );
  }

  #field(start: number, end: number): Field {
    const [key, from] = this.#number(start, end);
    const number = Math.floor(key / 8);
    const kind = key % 8;
    if (number < 1 || number >= 2 ** 29) {
      throw onnxError(`${this.net} is no ONNX file: it has a field number ${number}`);
    }
    let body = { start: from, end: from };
    if (kind === VARINT) body.end = this.#number(from, end)[1];
    else if (kind === FIXED64) body.end += 8;
    else if (kind === FIXED32) body.end += 4;
    else if (kind === LENGTH_DELIMITED) {
      const [length, first] = this.#number(from, end);
      body = { start: first, end: first + length };
    } else throw onnxError(`${this.net} is no ONNX file: it has a field of kind ${kind}`);
    if (body.end > end) throw this.#cut();
    return { number, kind, start, body };
  }

  #number(at: number, end: number): [value: number, next: number] {
    let value = 0;
    for (let k = 0; k < 10; k++) {
      if (at >= end) throw this.#cut();
      const byte = this.#at(at++);
      value += (byte & 127) * 2 ** (7 * k);
      if (byte < 128) return [value, at];
    }
    throw onnxError(`${this.net} is no ONNX file: a number in it has more than 10 bytes`);
  }

  #at(at: number): number {
    if (at < this.#from || at >= this.#from + this.#window.length) {
      const length = Math.min(WINDOW, this.source.size - at);
      // A copy: what is read next may overwrite it.
      this.#window = this.source.read(at, length).slice();
      this.#from = at;
      if (this.#window.length < length) throw this.#cut();
    }
    return this.#window[at - this.#from] ?? 0;
  }

  #varint(value: number): void {
    for (; value >= 128; value = Math.floor(value / 128)) this.#byte((value % 128) + 128);
    this.#byte(value);
  }

  #byte(value: number): void {
    this.#room(1);
    this.#out[this.#written++] = value;
  }

  #room(length: number): void {
    if (this.#written + length <= this.#out.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#out.length, this.#written + length));
    larger.set(this.#out.subarray(0, this.#written));
    this.#out = larger;
  }

  #cut(): Error {
    return onnxError(
      `${this.net} is no ONNX file, or a part of one: it ends at ${this.source.size} bytes, inside a field`,
    );
  }
}

interface Field {
  readonly number: number;
  readonly kind: number;
  /** Of its key. */
  readonly start: number;
  /** Of its value. */
  readonly body: Range;
}

/** Bytes read at a time. */
const COPY = 1 << 22;

export const lengthOf = (ranges: readonly Range[]): number => ranges.reduce((n, r) => n + r.end - r.start, 0);

/**
 * Bytes of all ranges together from `from` to before `to`, in a new buffer of their own, so that any typed array may
 * look at it.
 */
export function joined(
  source: ByteSource,
  ranges: readonly Range[],
  from = 0,
  to = lengthOf(ranges),
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(Math.max(0, to - from));
  let at = 0;
  for (const { start, end } of ranges) {
    const first = Math.max(start, start + from - at);
    const last = Math.min(end, start + to - at);
    // A piece at a time, which may be a copy: a whole one would take as much memory again.
    for (let next = first; next < last; next += COPY) {
      const length = Math.min(COPY, last - next);
      const part = source.read(next, length);
      // A file that has been cut short since it was looked at.
      if (part.length < length) throw onnxError('a file of weights ended while it was read');
      out.set(part, at + next - start - from);
    }
    at += end - start;
  }
  return out;
}

/** How many numbers there are in ranges of 7 bits to a byte. */
export function countVarints(source: ByteSource, ranges: readonly Range[]): number {
  let count = 0;
  for (const byte of joined(source, ranges)) if (byte < 128) count++;
  return count;
}

/** Those numbers: of 64 bits, two's complement where they have signs. Beyond 2^53 they lose their last digits. */
export function varints(source: ByteSource, ranges: readonly Range[], isSigned: boolean): number[] {
  const out: number[] = [];
  let [low, high, bit] = [0, 0, 0];
  for (const byte of joined(source, ranges)) {
    const digits = byte & 127;
    if (bit < 28) low += digits * 2 ** bit;
    else if (bit === 28) {
      low += (digits & 15) * 2 ** 28;
      high += digits >> 4;
    } else if (bit < 64) high += digits * 2 ** (bit - 32);
    bit += 7;
    if (byte >= 128) continue;
    const top = isSigned ? high | 0 : high >>> 0;
    out.push(top * 2 ** 32 + low);
    [low, high, bit] = [0, 0, 0];
  }
  return out;
}
