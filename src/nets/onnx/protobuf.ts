import type { ByteSource, Range } from './byte_source';
import { onnxError } from './model';

/** https://protobuf.dev/programming-guides/encoding */
export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH_DELIMITED = 2;
export const FIXED32 = 5;

/** A field of a message: where it is, not what it holds. */
export interface Field {
  readonly number: number;
  /** VARINT, FIXED64, LENGTH_DELIMITED or FIXED32. */
  readonly wireType: number;
  /** Of its key. */
  readonly start: number;
  /** Of its value. */
  readonly body: Range;
}

/** More fields than any real file has by far; a hostile one may be nothing but fields. */
const MOST_FIELDS = 4_000_000;
/** Bytes of a name. */
const MOST_NAME = 1 << 16;
/**
 * Bytes that what is decoded may take, by a rough and high estimate, besides a share for each byte of the file. The
 * largest nets of the zoo take 3 MB.
 */
const MOST_HELD = 2 ** 26;
const HELD_PER_BYTE = 4;
const MESSAGE_COST = 640;
const FIELD_COST = 96;
/** Of one byte of a packed list, which becomes a number of eight in a list that doubles as it grows. */
const PACKED_COST = 32;
const TEXT_COST = 3;

/** Bytes read at a time, to see what is where. */
const WINDOW = 1 << 16;
const MOST_VARINT = 10;

/**
 * Reads protobuf messages from a source of any size. It looks at keys and lengths only, through a small window, until it
 * is asked for a value; what it has given out is counted, so that a small file can neither become large objects nor
 * keep it busy.
 *
 * A general decoder turns packed floats (which the zoo's VGGs have) into arrays of 8 bytes an element: a VGG-19 took
 * protobufjs 17.7 s and 2.2 GiB, against 0.5 s with its weights left where they are (Node 20, 2026-11-23).
 */
export class ProtobufReader {
  #window: Uint8Array = new Uint8Array();
  #from = 0;
  #fields = 0;
  #held = 0;
  readonly #varint = new Varint();
  readonly #text = new TextDecoder('utf-8', { ignoreBOM: true });

  /** @param name what messages call the file. */
  constructor(
    readonly source: ByteSource,
    readonly name: string,
  ) {}

  get all(): Range {
    return { start: 0, end: this.source.size };
  }

  /** The fields of a message, one level deep. @throws EngineError `OnnxError` */
  *fields({ start, end }: Range): Generator<Field> {
    this.#hold(MESSAGE_COST);
    for (let at = start; at < end; ) {
      if (++this.#fields > MOST_FIELDS) throw this.error(`it has more than ${MOST_FIELDS} fields`);
      const field = this.#field(at, end);
      at = field.body.end;
      yield field;
    }
  }

  /** The value of a varint field, as a signed 64-bit integer. Beyond 2^53 it loses its last digits. */
  integer({ body }: Field): number {
    this.#hold(FIELD_COST);
    this.#read(body.start, body.end);
    return this.#varint.signed;
  }

  /** Adds the integers of a repeated field to a list: one of a varint, any number of a packed field. */
  integers(field: Field, list: number[]): void {
    if (field.wireType === VARINT) list.push(this.integer(field));
    else if (field.wireType === LENGTH_DELIMITED) {
      this.#hold(FIELD_COST + PACKED_COST * (field.body.end - field.body.start));
      for (let at = field.body.start; at < field.body.end; at = this.#varint.next) {
        this.#read(at, field.body.end);
        list.push(this.#varint.signed);
      }
    }
  }

  /** The value of a single-precision field. */
  float({ body }: Field): number {
    this.#hold(FIELD_COST);
    const { buffer, byteOffset } = this.#bytes(body);
    return new DataView(buffer, byteOffset, 4).getFloat32(0, true);
  }

  /** Adds the floats of a repeated field to a list, as `integers` does. */
  floats(field: Field, list: number[]): void {
    if (field.wireType === FIXED32) list.push(this.float(field));
    if (field.wireType !== LENGTH_DELIMITED) return;
    const length = field.body.end - field.body.start;
    if (length % 4 !== 0) throw this.error(`a list of floats in it has ${length} bytes`);
    this.#hold(FIELD_COST + PACKED_COST * length);
    const { buffer, byteOffset } = this.#bytes(field.body);
    const view = new DataView(buffer, byteOffset, length);
    for (let k = 0; k < length; k += 4) list.push(view.getFloat32(k, true));
  }

  /** The text of a field. */
  text({ body }: Field): string {
    this.#hold(FIELD_COST + TEXT_COST * (body.end - body.start));
    return this.#text.decode(this.#bytes(body));
  }

  /** The same where it is a name, which is short. */
  label(field: Field): string {
    const length = field.body.end - field.body.start;
    if (length > MOST_NAME) throw this.error(`a name in it has ${length} bytes`);
    return this.text(field);
  }

  /** Where the value of a field is; counted like one that was read. */
  place({ body }: Field): Range {
    this.#hold(FIELD_COST);
    return body;
  }

  /** The same with its key. */
  whole({ start, body }: Field): Range {
    this.#hold(FIELD_COST);
    return { start, end: body.end };
  }

  error(why: string): Error {
    return onnxError(`${this.name} is not an ONNX file: ${why}`);
  }

  #hold(amount: number): void {
    this.#held += amount;
    if (this.#held <= MOST_HELD + HELD_PER_BYTE * this.source.size) return;
    throw onnxError(
      `${this.name} describes a net of more parts than its ${this.source.size} bytes should have`,
      'Use a net of ordinary size, with its weights as raw data.',
    );
  }

  #field(start: number, end: number): Field {
    this.#read(start, end);
    const [key, from] = [this.#varint.unsigned, this.#varint.next];
    const number = Math.floor(key / 8);
    const wireType = key % 8;
    if (number < 1 || number >= 2 ** 29) throw this.error(`it has a field number ${number}`);
    const body = this.#body(wireType, from, end);
    if (body.end > end) throw this.#cut();
    return { number, wireType, start, body };
  }

  #body(wireType: number, from: number, end: number): Range {
    if (wireType === FIXED64) return { start: from, end: from + 8 };
    if (wireType === FIXED32) return { start: from, end: from + 4 };
    if (wireType !== VARINT && wireType !== LENGTH_DELIMITED) throw this.error(`it has a field of kind ${wireType}`);
    this.#read(from, end);
    const { unsigned, next } = this.#varint;
    return wireType === VARINT ? { start: from, end: next } : { start: next, end: next + unsigned };
  }

  /** Reads the varint at a place of the source into `#varint`. */
  #read(at: number, end: number): void {
    const last = Math.min(at + MOST_VARINT, end);
    if (at < this.#from || last > this.#from + this.#window.length) this.#look(at);
    const found = this.#varint.read(this.#window, at - this.#from, last - this.#from);
    if (!found && last < at + MOST_VARINT) throw this.#cut();
    if (!found) throw this.error(`a number in it has more than ${MOST_VARINT} bytes`);
    this.#varint.next += this.#from;
  }

  #look(at: number): void {
    const length = Math.min(WINDOW, this.source.size - at);
    // A copy: what is read next may overwrite it.
    this.#window = this.source.read(at, length).slice();
    this.#from = at;
    if (this.#window.length < length) throw this.#cut();
  }

  /** Bytes of a value, which the next call may overwrite. */
  #bytes({ start, end }: Range): Uint8Array {
    if (end - start <= WINDOW) {
      if (start < this.#from || end > this.#from + this.#window.length) this.#look(start);
      return this.#window.subarray(start - this.#from, end - this.#from);
    }
    const bytes = this.source.read(start, end - start);
    if (bytes.length < end - start) throw this.#cut();
    return bytes;
  }

  #cut(): Error {
    return onnxError(
      `${this.name} is not an ONNX file, or only part of one: it ends at ${this.source.size} bytes, inside a field`,
    );
  }
}

/** A number of seven bits to a byte, as its two halves. */
export class Varint {
  #low = 0;
  #high = 0;
  /** Where it ended. */
  next = 0;

  /** @returns whether one ends before `end`, within ten bytes. */
  read(bytes: Uint8Array, at: number, end: number): boolean {
    let [low, high] = [0, 0];
    const last = Math.min(end, at + MOST_VARINT);
    for (let shift = 0; at < last; shift += 7) {
      const byte = bytes[at++] ?? 0;
      const digits = byte & 127;
      if (shift <= 28) low |= digits << shift;
      if (shift === 28) high = digits >> 4;
      else if (shift > 28) high |= digits << (shift - 32);
      if (byte >= 128) continue;
      this.#low = low >>> 0;
      this.#high = high;
      this.next = at;
      return true;
    }
    return false;
  }

  get unsigned(): number {
    return (this.#high >>> 0) * 2 ** 32 + this.#low;
  }

  /** Two's complement of 64 bits. */
  get signed(): number {
    return (this.#high | 0) * 2 ** 32 + this.#low;
  }
}
