// The only file that imports onnx-proto: an ONNX file goes in, a plain OnnxModel comes out.
import onnxProto, { type onnx } from 'onnx-proto';
import { EngineError } from '../../base/errors';
import { constTensor } from './const_fold';
import {
  type Attribute,
  type OnnxInput,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  OnnxUnsupported,
  onnxError,
} from './model';
import { type ByteSource, inMemory } from './scan';
import { madeTensor, type ReadExternal, tensorOf } from './tensor';
import { type Payload, split, splitTensor } from './wire';

export interface ParseOptions {
  /** What messages call the net. Default `the net`. */
  readonly name?: string;
  /** Reads data kept in other files. Without it such a file is refused. Called only for weights that are used. */
  readonly readExternal?: ReadExternal;
}

/**
 * Reads an ONNX file (any IR version, operator sets 1 to 25 as far as the ops are those of `buildNet`).
 * Whatever the bytes are, the answer is a model or an OnnxError.
 * @param file its bytes, or where to read them. Weights are read when they are asked for, so it has to stay as it is.
 * @throws EngineError `OnnxError`: not an ONNX file, truncated, dimensions that do not match the data, a value used
 *   but never made, made twice, or made from itself.
 */
export function parseOnnx(file: Uint8Array | ByteSource, options: ParseOptions = {}): OnnxModel {
  const { name = 'the net', readExternal } = options;
  const source = file instanceof Uint8Array ? inMemory(file) : file;
  checkKind(source, name);
  return decoded(name, 'file', () => parse(source, name, readExternal));
}

/**
 * Reads one tensor on its own (the .pb files of ONNX test data).
 * @throws EngineError `OnnxError`
 */
export function parseTensor(bytes: Uint8Array, name = 'tensor'): OnnxTensor {
  return decoded(name, 'tensor', () => {
    const { skeleton, payloads } = splitTensor(inMemory(bytes), name);
    const t = onnxProto.onnx.TensorProto.decode(skeleton);
    return converted(t, t.name || name, payloads, undefined);
  });
}

function decoded<T>(name: string, what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    // The decoder throws errors of its own for what it cannot read.
    throw onnxError(`${name} is no ONNX ${what}: ${cause instanceof Error ? cause.message : cause}`);
  }
}

/** Says what a file is that is often taken for a net. */
function checkKind(source: ByteSource, name: string): void {
  const first = source.read(0, Math.min(64, source.size));
  const text = new TextDecoder('latin1').decode(first);
  // What a clone of a repository holds where its large files were not fetched.
  if (text.startsWith('version https://git-')) {
    throw onnxError(`${name} is a git-LFS pointer, not the file it points to`, 'Download the file itself.');
  }
  const [a, b, c] = first;
  if (a === 0x1f && b === 0x8b) throw packed(name, 'gzip archive');
  if (a === 0x50 && b === 0x4b && (c === 3 || c === 5)) throw packed(name, 'zip archive (PyTorch files are such)');
  if (/^\s*<(!doctype|html|\?xml)/i.test(text)) {
    throw onnxError(`${name} is no ONNX file but a web page`, 'Download the file itself, by its raw address.');
  }
}

const packed = (name: string, what: string): Error =>
  onnxError(`${name} is no ONNX file but a ${what}`, 'Unpack it, or export the net as ONNX.');

function parse(source: ByteSource, name: string, readExternal: ReadExternal | undefined): OnnxModel {
  const { skeleton, payloads } = split(source, name);
  const model = onnxProto.onnx.ModelProto.decode(skeleton);
  const graph = model.graph;
  if (!graph) throw onnxError(`${name} is an ONNX file without a graph`);
  if (listed(graph.sparseInitializer).length > 0) {
    throw onnxError(`${name} has sparse weights`, 'Export it again with dense weights.');
  }
  // Such a function would replace the operator of that name: what is here would compute something else.
  const used = new Set(listed(graph.node).map((n) => n.opType));
  const own = listed(model.functions).find((f) => (!f.domain || f.domain === 'ai.onnx') && used.has(f.name));
  if (own) {
    throw onnxError(
      `${name} has an operator ${own.name} of its own, in place of ONNX's`,
      'Export it without functions.',
    );
  }
  const tensors = new Map<string, OnnxTensor>();
  for (const t of listed(graph.initializer)) {
    const key = t.name ?? '';
    if (key === '' || tensors.has(key)) throw onnxError(`${name} has two weights called ${JSON.stringify(key)}`);
    tensors.set(key, converted(t, key, payloads, readExternal));
  }
  const inputs = listed(graph.input)
    .filter((i) => i.name && !tensors.has(i.name))
    .map(inputOf);
  if (new Set(inputs.map((i) => i.name)).size < inputs.length) throw onnxError(`${name} has two inputs of one name`);
  const nodes = sorted(
    name,
    listed(graph.node).map((n, k) => nodeOf(n, k, payloads, readExternal)),
    inputs,
    tensors,
  );
  const outputs = listed(graph.output).map((o) => o.name ?? '');
  const known = new Set([...inputs.map((i) => i.name), ...tensors.keys()]);
  for (const n of nodes) for (const o of n.outputs) known.add(o);
  for (const o of outputs) if (!known.has(o)) throw onnxError(`${name} has an output ${o} that no node makes`);
  return Object.freeze({
    name,
    producer: model.producerName ?? '',
    opset: opsetOf(name, listed(model.opsetImport)),
    inputs: Object.freeze(inputs),
    outputs: Object.freeze(outputs),
    nodes: Object.freeze(withoutConstants(nodes, tensors)),
    tensors,
  });
}

/** The newest operator set known; later ones may mean other things by the same names. */
const NEWEST = 25;

function opsetOf(name: string, list: readonly onnx.IOperatorSetIdProto[]): number {
  const own = list.find((o) => !o.domain || o.domain === 'ai.onnx');
  // Files of IR version 1 and 2 name none: the first was meant.
  const opset = own ? integer(own.version) : 1;
  if (opset >= 1 && opset <= NEWEST) return opset;
  throw onnxError(
    `${name} is written in operator set ${opset}; known are 1 to ${NEWEST}`,
    'Export it again for an operator set that is known.',
  );
}

const listed = <T>(list: readonly T[] | null | undefined): readonly T[] => list ?? [];

type Integer = NonNullable<onnx.IAttributeProto['i']>;

/** A 64-bit integer of the decoder as a number. One beyond 2^53 is no size, and is refused where it is used. */
const integer = (v: Integer | null | undefined): number => (typeof v === 'number' ? v : v ? v.toNumber() : 0);

function converted(
  t: onnx.ITensorProto,
  name: string,
  payloads: readonly Payload[],
  readExternal: ReadExternal | undefined,
): OnnxTensor {
  // The index that `split` wrote where the elements were.
  const [a = 0, b = 0, c = 0, d = 0] = t.rawData ?? [];
  const payload = payloads[a + b * 2 ** 8 + c * 2 ** 16 + d * 2 ** 24];
  if (!payload || t.rawData?.length !== 4) throw onnxError(`${name} has damaged data`);
  return tensorOf(
    {
      name,
      type: t.dataType ?? 0,
      dims: listed(t.dims).map(integer),
      payload,
      external: t.dataLocation === 1 ? new Map(listed(t.externalData).map((e) => [e.key ?? '', e.value ?? ''])) : null,
    },
    readExternal,
  );
}

function inputOf(i: onnx.IValueInfoProto): OnnxInput {
  if (i.type?.sequenceType || i.type?.optionalType || i.type?.mapType) {
    throw new OnnxUnsupported(`the input ${i.name} is no tensor`, 'Only nets of tensors can be used.');
  }
  const dims = listed(i.type?.tensorType?.shape?.dim).map((d) => {
    const n = integer(d.dimValue);
    return n > 0 ? n : null;
  });
  return Object.freeze({ name: i.name ?? '', shape: Object.freeze(dims) });
}

function nodeOf(
  n: onnx.INodeProto,
  index: number,
  payloads: readonly Payload[],
  readExternal: ReadExternal | undefined,
): OnnxNode {
  const op = n.opType ?? '';
  const outputs = Object.freeze([...listed(n.output)]);
  const name = n.name || outputs[0] || `node ${index}`;
  if (op === '' || outputs.every((o) => o === '')) throw onnxError(`${name} has no op or no output`);
  const attributes = new Map<string, Attribute>();
  for (const a of listed(n.attribute)) {
    const value = attributeOf(a, `${a.name} of ${name}`, payloads, readExternal);
    if (value !== undefined) attributes.set(a.name ?? '', value);
  }
  // Ops of other domains share names with the standard ones and mean other things.
  const standard = !n.domain || n.domain === 'ai.onnx';
  return Object.freeze({
    op: standard ? op : `${n.domain}.${op}`,
    name,
    inputs: Object.freeze([...listed(n.input)]),
    outputs,
    attributes,
  });
}

function attributeOf(
  a: onnx.IAttributeProto,
  name: string,
  payloads: readonly Payload[],
  readExternal: ReadExternal | undefined,
): Attribute | undefined {
  // Files of IR version 1 have no type: what is there tells.
  const type = a.type || (a.ints?.length ? 7 : a.floats?.length ? 6 : a.s?.length ? 3 : a.t ? 4 : a.f ? 1 : 2);
  if (type === 1) return a.f ?? 0;
  if (type === 2) return integer(a.i);
  if (type === 3) return new TextDecoder().decode(a.s ?? new Uint8Array());
  if (type === 4 && a.t) return converted(a.t, name, payloads, readExternal);
  if (type === 6) return Object.freeze([...listed(a.floats)]);
  if (type === 7) return Object.freeze(listed(a.ints).map(integer));
  return undefined;
}

/** The nodes in an order in which every value is made before it is used (files should have it, few check). */
function sorted(
  net: string,
  nodes: readonly OnnxNode[],
  inputs: readonly OnnxInput[],
  tensors: ReadonlyMap<string, OnnxTensor>,
): OnnxNode[] {
  const makers = new Map<string, OnnxNode>();
  const given = new Set([...inputs.map((i) => i.name), ...tensors.keys()]);
  for (const n of nodes) {
    for (const o of n.outputs) {
      if (o === '') continue;
      if (makers.has(o) || given.has(o))
        throw onnxError(`${net} makes the value ${o} twice, the second time in ${n.name}`);
      makers.set(o, n);
    }
  }
  const order: OnnxNode[] = [];
  const state = new Map<OnnxNode, 'open' | 'done'>();
  // A stack of our own: a chain of a hundred thousand nodes must not overflow the engine's.
  for (const root of nodes) {
    const stack = [root];
    for (let n = stack.at(-1); n; n = stack.at(-1)) {
      const waiting: OnnxNode[] = [];
      if (!state.has(n)) {
        state.set(n, 'open');
        for (const x of n.inputs) {
          if (x === '' || given.has(x)) continue;
          const maker = makers.get(x);
          if (!maker) throw onnxError(`${n.op} ${n.name} of ${net} reads ${x}, which no node makes`);
          if (state.get(maker) === 'open')
            throw onnxError(`${n.op} ${n.name} of ${net} depends on itself, by way of ${x}`);
          if (!state.has(maker)) waiting.push(maker);
        }
      }
      if (waiting.length > 0) for (const maker of waiting) stack.push(maker);
      else {
        if (state.get(n) === 'open') order.push(n);
        state.set(n, 'done');
        stack.pop();
      }
    }
  }
  return order;
}

/** Turns the nodes that only make or rename a constant into constants. */
function withoutConstants(nodes: readonly OnnxNode[], tensors: Map<string, OnnxTensor>): OnnxNode[] {
  return nodes.filter((n) => {
    const made = constantOf(n, tensors);
    const output = n.outputs[0];
    if (!made || output === undefined) return true;
    tensors.set(output, made);
    return false;
  });
}

function constantOf(n: OnnxNode, tensors: ReadonlyMap<string, OnnxTensor>): OnnxTensor | undefined {
  const value = n.attributes.get('value');
  const input = tensors.get(n.inputs[0] ?? '');
  if (n.op === 'Identity') return input;
  if (n.op === 'Constant') {
    if (value && typeof value === 'object' && 'floats' in value) return value;
    for (const [key, type] of [
      ['value_float', 'float32'],
      ['value_int', 'int64'],
    ] as const) {
      const number = n.attributes.get(key);
      if (typeof number === 'number') return madeTensor(n.name, [], number, type);
    }
    const list = n.attributes.get('value_ints');
    if (Array.isArray(list)) return constTensor(n.name, 'int64', [list.length], list as readonly number[]);
  }
  if (n.op === 'ConstantOfShape' && input) {
    const fill = value && typeof value === 'object' && 'floats' in value ? value : undefined;
    const isFloat = !fill || fill.type.startsWith('float');
    // Other types keep theirs where they are folded as the net is built.
    if (fill && fill.type !== 'float32' && fill.type !== 'int64') return undefined;
    const element = (isFloat ? fill?.floats() : fill.ints())?.[0] ?? 0;
    return madeTensor(n.name, input.ints(), element, isFloat ? 'float32' : 'int64');
  }
  return undefined;
}
