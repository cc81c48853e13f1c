import { onnxError } from './model';

/** Bytes that need not be in memory. */
export interface ByteSource {
  readonly size: number;
  /** `length` bytes at `offset`, both within the file. They may be overwritten by the next call. */
  read(offset: number, length: number): Uint8Array;
}

export const inMemory = (bytes: Uint8Array): ByteSource => ({
  size: bytes.length,
  read: (offset, length) => bytes.subarray(offset, offset + length),
});

/** From `start` to before `end` of the source. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export interface ScannedNode extends Range {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Values of this graph that its subgraphs (of If, Loop, Scan) may use. */
  readonly captures: readonly string[];
  /** A Constant of floats. */
  readonly makesFloats: boolean;
}

export interface ScannedTensor extends Range {
  readonly name: string;
  readonly dims: readonly number[];
  /** TensorProto.DataType. */
  readonly type: number;
  /** Where its elements are, as little-endian bytes; empty when they are in fields of another kind. */
  readonly payload: readonly Range[];
  /** Set when the elements are in another file. */
  readonly external: ReadonlyMap<string, string> | null;
}

export interface ScannedValue extends Range {
  readonly name: string;
  readonly type: number;
  readonly shape: Range | null;
  /** null where the file leaves the shape, or a dimension, open. */
  readonly dims: readonly (number | null)[] | null;
}

/** Where everything in an ONNX file is; weights have not been read. */
export interface Scanned {
  readonly producer: string;
  readonly opset: number;
  /** The model's fields in order, keys included; null in the place of the graph. */
  readonly around: readonly (Range | null)[];
  readonly graphName: string;
  readonly nodes: readonly ScannedNode[];
  readonly tensors: readonly ScannedTensor[];
  readonly inputs: readonly ScannedValue[];
  readonly outputs: readonly ScannedValue[];
  readonly values: readonly ScannedValue[];
}

/** More fields than any real file has by far; a hostile one may be nothing but fields. */
const MOST_FIELDS = 4_000_000;
const MOST_NAME = 1 << 16;
const MOST_DEPTH = 8;
const WINDOW = 1 << 16;
const TRAINING_INFO = 20;

interface Field {
  readonly number: number;
  readonly kind: number;
  /** Of its key. */
  readonly start: number;
  /** Of its value. */
  readonly body: Range;
  /** Of a varint. */
  readonly value: number;
}

/**
 * Finds what is where in an ONNX file, reading weights' headers only: a few megabytes of a 575 MB file.
 * @throws EngineError `OnnxError` when it is no ONNX file, or cut short.
 */
export function scanOnnx(source: ByteSource, net: string): Scanned {
  return new Scanner(source, net).model();
}

class Scanner {
  #window: Uint8Array = new Uint8Array();
  #from = 0;
  #fields = 0;

  constructor(
    private readonly source: ByteSource,
    private readonly net: string,
  ) {}

  model(): Scanned {
    const around: (Range | null)[] = [];
    let graph: Range | undefined;
    let producer = '';
    let opset = 1;
    for (const f of this.#all({ start: 0, end: this.source.size })) {
      if (f.number === 7) {
        if (graph) throw this.#no('it has two graphs');
        graph = f.body;
        around.push(null);
      } else if (f.number !== TRAINING_INFO) around.push({ start: f.start, end: f.body.end });
      if (f.number === 2) producer = this.#text(f.body);
      if (f.number === 8) {
        let domain = '';
        let version = 0;
        for (const part of this.#all(f.body)) {
          if (part.number === 1) domain = this.#text(part.body);
          if (part.number === 2) version = part.value;
        }
        if (domain === '' || domain === 'ai.onnx') opset = version;
      }
    }
    if (!graph) throw this.#no('it has no graph');
    return { producer, opset, around, ...this.#graph(graph) };
  }

  #graph(range: Range): Omit<Scanned, 'producer' | 'opset' | 'around'> {
    const nodes: ScannedNode[] = [];
    const tensors: ScannedTensor[] = [];
    const values: Record<11 | 12 | 13, ScannedValue[]> = { 11: [], 12: [], 13: [] };
    let graphName = '';
    for (const f of this.#all(range)) {
      if (f.number === 1) nodes.push(this.#node(f.body));
      else if (f.number === 2) graphName = this.#text(f.body);
      else if (f.number === 5) tensors.push(this.#tensor(f.body));
      else if (f.number === 11 || f.number === 12 || f.number === 13) values[f.number].push(this.#value(f.body));
      else if (f.number === 15)
        throw onnxError(`${this.net} has sparse weights`, 'Export it again with dense weights.');
    }
    return { graphName, nodes, tensors, inputs: values[11], outputs: values[12], values: values[13] };
  }

  #node(range: Range): ScannedNode {
    const lists: [string[], string[]] = [[], []];
    const captures: string[] = [];
    let [op, name, domain] = ['', '', ''];
    let makesFloats = false;
    for (const f of this.#all(range)) {
      if (f.number === 1) lists[0].push(this.#text(f.body));
      else if (f.number === 2) lists[1].push(this.#text(f.body));
      else if (f.number === 3) name = this.#text(f.body);
      else if (f.number === 4) op = this.#text(f.body);
      else if (f.number === 7) domain = this.#text(f.body);
      else if (f.number === 5) makesFloats = this.#attribute(f.body, captures, 0) || makesFloats;
    }
    if (domain !== '' && domain !== 'ai.onnx') op = `${domain}.${op}`;
    const [inputs, outputs] = lists;
    makesFloats &&= op === 'Constant';
    return { ...range, op, name: name || (outputs[0] ?? ''), inputs, outputs, captures, makesFloats };
  }

  /** Adds what subgraphs use to `captures`. @returns whether it has floats for elements */
  #attribute(range: Range, captures: string[], depth: number): boolean {
    if (depth > MOST_DEPTH) throw this.#no(`its graphs are nested more than ${MOST_DEPTH} deep`);
    let floats = false;
    for (const f of this.#all(range)) {
      if (f.number === 2 || f.number === 7) floats = true;
      if (f.number === 5) floats = this.#tensor(f.body).type === 1 || floats;
      if (f.number !== 6 && f.number !== 11) continue;
      for (const inner of this.#all(f.body)) {
        if (inner.number !== 1 && inner.number !== 12) continue;
        for (const part of this.#all(inner.body)) {
          if (part.number === 1) captures.push(this.#text(part.body));
          if (part.number === 5 && inner.number === 1) this.#attribute(part.body, captures, depth + 1);
        }
      }
    }
    return floats;
  }

  #tensor(range: Range): ScannedTensor {
    const dims: number[] = [];
    const payload: Range[] = [];
    const external = new Map<string, string>();
    let type = 0;
    let name = '';
    let elsewhere = false;
    for (const f of this.#all(range)) {
      if (f.number === 1) {
        if (f.kind === LENGTH_DELIMITED) dims.push(...this.#packed(f.body));
        else dims.push(f.value);
      } else if (f.number === 2) type = f.value;
      else if (f.number === 8) name = this.#text(f.body);
      else if ((f.number === 4 || f.number === 9) && f.kind === LENGTH_DELIMITED) payload.push(f.body);
      else if (f.number === 14) elsewhere = f.value === 1;
      else if (f.number === 13) {
        const [key, value] = [1, 2].map((n) => [...this.#all(f.body)].find((part) => part.number === n));
        if (key && value) external.set(this.#text(key.body), this.#text(value.body));
      }
    }
    return { ...range, name, dims, type, payload, external: elsewhere ? external : null };
  }

  #packed(range: Range): number[] {
    const values: number[] = [];
    for (let at = range.start; at < range.end; ) {
      const [value, next] = this.#varint(at, range.end);
      values.push(value);
      if (values.length > 64) throw this.#no('a weight has more than 64 dimensions');
      at = next;
    }
    return values;
  }

  #value(range: Range): ScannedValue {
    let name = '';
    let type = 0;
    let shape: Range | null = null;
    for (const f of this.#all(range)) {
      if (f.number === 1) name = this.#text(f.body);
      if (f.number !== 2) continue;
      for (const kind of this.#all(f.body)) {
        if (kind.number !== 1) continue;
        for (const part of this.#all(kind.body)) {
          if (part.number === 1) type = part.value;
          if (part.number === 2) shape = part.body;
        }
      }
    }
    const dims = shape && [...this.#all(shape)].filter((f) => f.number === 1).map((f) => this.#dimension(f.body));
    return { ...range, name, type, shape, dims };
  }

  #dimension(range: Range): number | null {
    for (const f of this.#all(range)) if (f.number === 1 && f.value > 0) return f.value;
    return null;
  }

  /** The fields of one message, one level deep. */
  *#all({ start, end }: Range): Generator<Field> {
    for (let at = start; at < end; ) {
      if (++this.#fields > MOST_FIELDS) throw this.#no(`it has more than ${MOST_FIELDS} fields`);
      const first = at;
      const [key, from] = this.#varint(at, end);
      const number = Math.floor(key / 8);
      const kind = key % 8;
      if (number < 1 || number >= 2 ** 29) throw this.#no(`it has a field number ${number}`);
      let value = 0;
      let body = { start: from, end: from };
      if (kind === 0) {
        [value, at] = this.#varint(from, end);
        body = { start: from, end: at };
      } else {
        let length: number | undefined = { 1: 8, 5: 4 }[kind];
        if (kind === LENGTH_DELIMITED) [length, body.start] = this.#varint(from, end);
        if (length === undefined) throw this.#no(`it has a field of kind ${kind}`);
        body.end = body.start + length;
        at = body.end;
      }
      if (at > end) throw this.#cut();
      yield { number, kind, start: first, body, value };
    }
  }

  #varint(at: number, end: number): [value: number, next: number] {
    let value = 0;
    for (let k = 0; k < 10; k++, at++) {
      if (at >= end) throw this.#cut();
      const byte = this.#byte(at);
      value += (byte & 127) * 2 ** (7 * k);
      if (byte < 128) return [value, at + 1];
    }
    throw this.#no('a number in it has more than 10 bytes');
  }

  #byte(at: number): number {
    if (at < this.#from || at >= this.#from + this.#window.length) {
      this.#from = at;
      this.#window = this.source.read(at, Math.min(WINDOW, this.source.size - at));
    }
    return this.#window[at - this.#from] ?? 0;
  }

  #text({ start, end }: Range): string {
    if (end - start > MOST_NAME) throw this.#no(`a name in it has ${end - start} bytes`);
    // Through the window: reading elsewhere may overwrite it.
    const bytes = Uint8Array.from({ length: end - start }, (_, k) => this.#byte(start + k));
    return new TextDecoder().decode(bytes);
  }

  #no(why: string): Error {
    return onnxError(`${this.net} is no ONNX model: ${why}`);
  }

  #cut(): Error {
    return onnxError(`${this.net} is no ONNX file, or a part of one: it ends at ${this.source.size} bytes`);
  }
}

const LENGTH_DELIMITED = 2;
