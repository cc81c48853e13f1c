// The messages of an ONNX file, as far as toroid looks at them.
import { type ByteSource, type Range, readRanges } from './byte_source';
import {
  ATTRIBUTE,
  DIMENSION,
  ENTRY,
  FUNCTION,
  GRAPH,
  MODEL,
  NODE,
  OPSET,
  SHAPE,
  TENSOR,
  TENSOR_TYPE,
  TYPE,
  VALUE,
} from './fields';
import { onnxError } from './model';
import { FIXED32, FIXED64, type Field, LENGTH_DELIMITED, ProtobufReader, VARINT, Varint } from './protobuf';

export interface TensorMessage extends Range {
  readonly name: string;
  readonly dims: readonly number[];
  /** TensorProto.DataType. */
  readonly type: number;
  /** Where its elements are; they have not been read. */
  readonly data: TensorData;
  /** Set when the elements are in another file. */
  readonly external: ReadonlyMap<string, string> | null;
}

export interface AttributeMessage {
  readonly name: string;
  /** AttributeProto.AttributeType; 0 in files of IR version 1. */
  readonly type: number;
  readonly f: number;
  readonly i: number;
  readonly s: string;
  readonly t: TensorMessage | null;
  readonly floats: readonly number[];
  readonly ints: readonly number[];
  /** Subgraphs (of If, Loop, Scan), which are not looked into. */
  readonly graphs: readonly Range[];
}

export interface NodeMessage extends Range {
  readonly name: string;
  /** With the domain in front, where that is not ONNX's own: such ops share names with the standard ones. */
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly AttributeMessage[];
}

export interface ValueMessage extends Range {
  readonly name: string;
  /** TensorProto.DataType of a tensor, else 0. */
  readonly type: number;
  /** Where its TensorShapeProto is. */
  readonly shape: Range | null;
  /** null where the file leaves the shape, or a dimension, open. */
  readonly dims: readonly (number | null)[] | null;
  /** False for sequences, maps and optional values. */
  readonly isTensor: boolean;
}

export interface GraphMessage {
  readonly name: string;
  readonly nodes: readonly NodeMessage[];
  readonly tensors: readonly TensorMessage[];
  readonly inputs: readonly ValueMessage[];
  readonly outputs: readonly ValueMessage[];
  /** Types of values in between. */
  readonly values: readonly ValueMessage[];
}

interface Named {
  readonly name: string;
  readonly domain: string;
}

export interface ModelMessage {
  readonly producer: string;
  /** The version of ONNX's own operator set. */
  readonly opset: number;
  /** Functions of the file's own. */
  readonly functions: readonly Named[];
  /** The model's fields in order, keys included, but for training; null in the place of the graph. */
  readonly around: readonly (Range | null)[];
  readonly graph: GraphMessage;
}

/** Whether a domain is that of ONNX's own operators. */
export const isStandard = (domain: string): boolean => domain === '' || domain === 'ai.onnx';

/**
 * Reads what an ONNX file says, but for its weights, of which it finds the places: a few megabytes of a 575 MB file.
 * @throws EngineError `OnnxError` when it is no such file, is cut short, has sparse weights, or has too much in it.
 */
export const readModel = (source: ByteSource, name: string): ModelMessage =>
  new MessageReader(new ProtobufReader(source, name)).model();

/** The same for a TensorProto by itself. */
export const readTensor = (source: ByteSource, name: string): TensorMessage => {
  const reader = new ProtobufReader(source, name);
  return new MessageReader(reader).tensor(reader.all);
};

const MOST_DEPTH = 8;

/** Names of the values that subgraphs of a node read or give: those of the graph around it may be among them. */
export function capturedNames(reader: ProtobufReader, node: NodeMessage): readonly string[] {
  const names: string[] = [];
  const graphs = node.attributes.flatMap((a) => a.graphs).map((graph) => ({ graph, depth: 0 }));
  for (let next = graphs.pop(); next; next = graphs.pop()) {
    const { graph, depth } = next;
    if (depth > MOST_DEPTH) throw reader.error(`its graphs are nested more than ${MOST_DEPTH} deep`);
    for (const f of reader.fields(graph)) {
      if (f.number !== GRAPH.node && f.number !== GRAPH.output) continue;
      for (const part of reader.fields(f.body)) {
        // Inputs of a node are its field 1, as the name of an output is.
        if (part.number === NODE.input) names.push(reader.label(part));
        if (part.number !== NODE.attribute || f.number !== GRAPH.node) continue;
        for (const inner of reader.fields(part.body)) {
          if (inner.number === ATTRIBUTE.g || inner.number === ATTRIBUTE.graphs)
            graphs.push({ graph: reader.place(inner), depth: depth + 1 });
        }
      }
    }
  }
  return names;
}

class MessageReader {
  constructor(private readonly reader: ProtobufReader) {}

  model(): ModelMessage {
    const r = this.reader;
    const around: (Range | null)[] = [];
    const graphs: Range[] = [];
    const opsets: { domain: string; version: number }[] = [];
    const functions: Named[] = [];
    let producer = '';
    for (const f of r.fields(r.all)) {
      if (f.number === MODEL.graph && f.wireType === LENGTH_DELIMITED) {
        graphs.push(r.place(f));
        around.push(null);
      } else if (f.number !== MODEL.trainingInfo) around.push(r.whole(f));
      if (f.wireType !== LENGTH_DELIMITED) continue;
      if (f.number === MODEL.producerName) producer = r.label(f);
      else if (f.number === MODEL.opsetImport) opsets.push(this.#opset(f.body));
      else if (f.number === MODEL.functions) functions.push(this.#function(f.body));
    }
    const [graph] = graphs;
    if (!graph || graphs.length > 1) {
      throw onnxError(`${r.name} is not an ONNX model: it has ${graphs.length} graphs, not one`);
    }
    // Files of IR version 1 and 2 name no operator set: the first was meant.
    const opset = opsets.find((o) => isStandard(o.domain))?.version ?? 1;
    return { producer, opset, functions, around, graph: this.#graph(graph) };
  }

  #opset(range: Range): { domain: string; version: number } {
    let [domain, version] = ['', 0];
    for (const f of this.reader.fields(range)) {
      if (f.number === OPSET.domain && f.wireType === LENGTH_DELIMITED) domain = this.reader.label(f);
      else if (f.number === OPSET.version && f.wireType === VARINT) version = this.reader.integer(f);
    }
    return { domain, version };
  }

  #function(range: Range): Named {
    let [name, domain] = ['', ''];
    for (const f of this.reader.fields(range)) {
      if (f.wireType !== LENGTH_DELIMITED) continue;
      if (f.number === FUNCTION.name) name = this.reader.label(f);
      else if (f.number === FUNCTION.domain) domain = this.reader.label(f);
    }
    return { name, domain };
  }

  #graph(range: Range): GraphMessage {
    const nodes: NodeMessage[] = [];
    const tensors: TensorMessage[] = [];
    const [inputs, outputs, values]: [ValueMessage[], ValueMessage[], ValueMessage[]] = [[], [], []];
    let name = '';
    for (const f of this.reader.fields(range)) {
      if (f.wireType !== LENGTH_DELIMITED) continue;
      if (f.number === GRAPH.node) nodes.push(this.#node(f.body));
      else if (f.number === GRAPH.name) name = this.reader.label(f);
      else if (f.number === GRAPH.initializer) tensors.push(this.tensor(f.body));
      else if (f.number === GRAPH.input) inputs.push(this.#value(f.body));
      else if (f.number === GRAPH.output) outputs.push(this.#value(f.body));
      else if (f.number === GRAPH.valueInfo) values.push(this.#value(f.body));
      else if (f.number === GRAPH.sparseInitializer) {
        throw onnxError(`${this.reader.name} has sparse weights`, 'Export it again with dense weights.');
      }
    }
    return { name, nodes, tensors, inputs, outputs, values };
  }

  #node(range: Range): NodeMessage {
    const { start, end } = range;
    const [inputs, outputs]: [string[], string[]] = [[], []];
    const attributes: AttributeMessage[] = [];
    let [op, name, domain] = ['', '', ''];
    for (const f of this.reader.fields(range)) {
      if (f.wireType !== LENGTH_DELIMITED) continue;
      if (f.number === NODE.input) inputs.push(this.reader.label(f));
      else if (f.number === NODE.output) outputs.push(this.reader.label(f));
      else if (f.number === NODE.name) name = this.reader.label(f);
      else if (f.number === NODE.opType) op = this.reader.label(f);
      else if (f.number === NODE.domain) domain = this.reader.label(f);
      else if (f.number === NODE.attribute) attributes.push(this.#attribute(f.body));
    }
    if (op !== '' && !isStandard(domain)) op = `${domain}.${op}`;
    return { start, end, op, name, inputs, outputs, attributes };
  }

  #attribute(range: Range): AttributeMessage {
    const r = this.reader;
    const [floats, ints, graphs]: [number[], number[], Range[]] = [[], [], []];
    let [name, type, f, i, s] = ['', 0, 0, 0, ''];
    let t: TensorMessage | null = null;
    for (const part of r.fields(range)) {
      const { number, wireType } = part;
      if (number === ATTRIBUTE.floats) r.floats(part, floats);
      else if (number === ATTRIBUTE.ints) r.integers(part, ints);
      else if (number === ATTRIBUTE.f && wireType === FIXED32) f = r.float(part);
      else if (number === ATTRIBUTE.i && wireType === VARINT) i = r.integer(part);
      else if (number === ATTRIBUTE.type && wireType === VARINT) type = r.integer(part);
      else if (wireType !== LENGTH_DELIMITED) continue;
      else if (number === ATTRIBUTE.name) name = r.label(part);
      else if (number === ATTRIBUTE.s) s = r.text(part);
      else if (number === ATTRIBUTE.t) t = this.tensor(part.body);
      else if (number === ATTRIBUTE.g || number === ATTRIBUTE.graphs) graphs.push(r.place(part));
    }
    return { name, type, f, i, s, t, floats, ints, graphs };
  }

  tensor(range: Range): TensorMessage {
    const r = this.reader;
    const { start, end } = range;
    const dims: number[] = [];
    const places: Record<'raw' | 'floats' | 'doubles' | 'varints', Range[]> = {
      raw: [],
      floats: [],
      doubles: [],
      varints: [],
    };
    const entries = new Map<string, string>();
    let [name, type, isElsewhere, isSigned] = ['', 0, false, true];
    for (const f of r.fields(range)) {
      const elements = elementsIn(f);
      if (elements) {
        places[elements].push(r.place(f));
        if (f.number === TENSOR.uint64Data) isSigned = false;
      } else if (f.number === TENSOR.dims) r.integers(f, dims);
      else if (f.number === TENSOR.dataType && f.wireType === VARINT) type = r.integer(f);
      else if (f.number === TENSOR.dataLocation && f.wireType === VARINT) isElsewhere = r.integer(f) === 1;
      else if (f.number === TENSOR.name && f.wireType === LENGTH_DELIMITED) name = r.label(f);
      else if (f.number === TENSOR.externalData && f.wireType === LENGTH_DELIMITED) entries.set(...this.#entry(f.body));
    }
    const data = { source: r.source, ...places, isSigned };
    return { start, end, name, dims, type, data, external: isElsewhere ? entries : null };
  }

  #entry(range: Range): [key: string, value: string] {
    const entry: [string, string] = ['', ''];
    for (const f of this.reader.fields(range)) {
      if (f.wireType !== LENGTH_DELIMITED) continue;
      if (f.number === ENTRY.key) entry[0] = this.reader.label(f);
      else if (f.number === ENTRY.value) entry[1] = this.reader.label(f);
    }
    return entry;
  }

  #value(range: Range): ValueMessage {
    const r = this.reader;
    const { start, end } = range;
    let [name, type, isTensor] = ['', 0, true];
    let shape: Range | null = null;
    for (const f of r.fields(range)) {
      if (f.wireType !== LENGTH_DELIMITED) continue;
      if (f.number === VALUE.name) name = r.label(f);
      if (f.number !== VALUE.type) continue;
      for (const kind of r.fields(f.body)) {
        if (kind.wireType !== LENGTH_DELIMITED) continue;
        if (kind.number === TYPE.tensorType) {
          for (const part of r.fields(kind.body)) {
            if (part.number === TENSOR_TYPE.elemType && part.wireType === VARINT) type = r.integer(part);
            if (part.number === TENSOR_TYPE.shape && part.wireType === LENGTH_DELIMITED) shape = r.place(part);
          }
        } else if (NO_TENSORS.has(kind.number)) isTensor = false;
      }
    }
    return { start, end, name, type, shape, dims: shape && this.#dims(shape), isTensor };
  }

  #dims(shape: Range): readonly (number | null)[] {
    const dims: (number | null)[] = [];
    for (const f of this.reader.fields(shape)) {
      if (f.number !== SHAPE.dim || f.wireType !== LENGTH_DELIMITED) continue;
      let size = 0;
      for (const part of this.reader.fields(f.body)) {
        if (part.number === DIMENSION.dimValue && part.wireType === VARINT) size = this.reader.integer(part);
      }
      dims.push(size > 0 ? size : null);
    }
    return dims;
  }
}

const NO_TENSORS: ReadonlySet<number> = new Set([TYPE.sequenceType, TYPE.mapType, TYPE.optionalType]);

/** What kind of elements a field of a tensor holds, if any: packed, or one of them. */
function elementsIn({ number, wireType }: Field): 'raw' | 'floats' | 'doubles' | 'varints' | undefined {
  const isPacked = wireType === LENGTH_DELIMITED;
  switch (number) {
    case TENSOR.rawData:
      return isPacked ? 'raw' : undefined;
    case TENSOR.floatData:
      return isPacked || wireType === FIXED32 ? 'floats' : undefined;
    case TENSOR.doubleData:
      return isPacked || wireType === FIXED64 ? 'doubles' : undefined;
    case TENSOR.int32Data:
    case TENSOR.int64Data:
    case TENSOR.uint64Data:
      return isPacked || wireType === VARINT ? 'varints' : undefined;
    default:
      return undefined;
  }
}

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
