// The only file that imports onnx-proto: an ONNX file goes in, a plain OnnxModel comes out.
import onnxProto, { type onnx } from 'onnx-proto';
import { EngineError } from '../../base/errors';
import {
  type Attribute,
  type OnnxInput,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  OnnxUnsupported,
  onnxError,
} from './model';
import { madeTensor, type ReadExternal, tensorOf } from './tensor';
import { type Payload, split } from './wire';

export interface ParseOptions {
  /** What messages call the net. Default `the net`. */
  readonly name?: string;
  /** Reads data kept in other files. Without it such a file is refused. Called only for weights that are used. */
  readonly readExternal?: ReadExternal;
}

const NO_PAYLOAD: Payload = { raw: [], floats: [], doubles: [] };

/**
 * Reads an ONNX file (any IR version, operator sets 1 to 25 as far as the ops are those of `buildNet`).
 * Whatever the bytes are, the answer is a model or an OnnxError.
 * @throws EngineError `OnnxError`: not an ONNX file, truncated, dimensions that do not match the data, a value used
 *   but never made, made twice, or made from itself.
 */
export function parseOnnx(bytes: Uint8Array, options: ParseOptions = {}): OnnxModel {
  const { name = 'the net', readExternal } = options;
  // What a clone of a repository holds where its large files were not fetched.
  if (new TextDecoder('latin1').decode(bytes.subarray(0, 20)) === 'version https://git-') {
    throw onnxError(`${name} is a git-LFS pointer, not the file it points to`, 'Download the file itself.');
  }
  try {
    return parse(bytes, name, readExternal);
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    // The decoder throws errors of its own for what it cannot read.
    throw onnxError(`${name} is no ONNX file: ${cause instanceof Error ? cause.message : cause}`);
  }
}

/**
 * Reads one tensor on its own (the .pb files of ONNX test data).
 * @throws EngineError `OnnxError`
 */
export function parseTensor(bytes: Uint8Array, name = 'tensor'): OnnxTensor {
  try {
    const t = onnxProto.onnx.TensorProto.decode(bytes);
    return converted(t, t.name || name, undefined, undefined);
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    throw onnxError(`${name} is no ONNX tensor: ${cause instanceof Error ? cause.message : cause}`);
  }
}

function parse(bytes: Uint8Array, name: string, readExternal: ReadExternal | undefined): OnnxModel {
  const { skeleton, payloads } = split(bytes, name);
  const model = onnxProto.onnx.ModelProto.decode(skeleton);
  const graph = model.graph;
  if (!graph) throw onnxError(`${name} is an ONNX file without a graph`);
  if (listed(graph.sparseInitializer).length > 0) {
    throw onnxError(`${name} has sparse weights`, 'Export it again with dense weights.');
  }
  const initializers = listed(graph.initializer);
  if (initializers.length !== payloads.length) throw onnxError(`${name} has a damaged list of weights`);

  const tensors = new Map<string, OnnxTensor>();
  for (const [k, t] of initializers.entries()) {
    const key = t.name ?? '';
    if (key === '' || tensors.has(key)) throw onnxError(`${name} has two weights called ${JSON.stringify(key)}`);
    tensors.set(key, converted(t, key, payloads[k], readExternal));
  }
  const inputs = listed(graph.input)
    .filter((i) => i.name && !tensors.has(i.name))
    .map(inputOf);
  const nodes = sorted(name, listed(graph.node).map(nodeOf), inputs, tensors);
  const outputs = listed(graph.output).map((o) => o.name ?? '');
  const known = new Set([...inputs.map((i) => i.name), ...tensors.keys(), ...nodes.flatMap((n) => n.outputs)]);
  for (const o of outputs) if (!known.has(o)) throw onnxError(`${name} has an output ${o} that no node makes`);
  const opset = listed(model.opsetImport).find((o) => !o.domain || o.domain === 'ai.onnx');
  return Object.freeze({
    name,
    producer: model.producerName ?? '',
    opset: opset ? integer(opset.version) : 1,
    inputs: Object.freeze(inputs),
    outputs: Object.freeze(outputs),
    nodes: Object.freeze(withoutConstants(nodes, tensors)),
    tensors,
  });
}

const listed = <T>(list: readonly T[] | null | undefined): readonly T[] => list ?? [];

type Integer = NonNullable<onnx.IAttributeProto['i']>;

/** A 64-bit integer of the decoder as a number. One beyond 2^53 is no size, and is refused where it is used. */
const integer = (v: Integer | null | undefined): number => (typeof v === 'number' ? v : v ? v.toNumber() : 0);

function converted(
  t: onnx.ITensorProto,
  name: string,
  payload: Payload | undefined,
  readExternal: ReadExternal | undefined,
): OnnxTensor {
  const own = (list: Uint8Array | null | undefined): Uint8Array[] => (list && list.length > 0 ? [list] : []);
  const lists = [
    t.floatData,
    t.doubleData,
    t.int32Data,
    listed(t.int64Data).map(integer),
    listed(t.uint64Data).map(integer),
  ].map(listed);
  return tensorOf(
    {
      name,
      type: t.dataType ?? 0,
      dims: listed(t.dims).map(integer),
      payload: payload ?? { ...NO_PAYLOAD, raw: own(t.rawData) },
      numbers: lists.find((l) => l.length > 0) ?? [],
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

function nodeOf(n: onnx.INodeProto, index: number): OnnxNode {
  const op = n.opType ?? '';
  const outputs = Object.freeze([...listed(n.output)]);
  const name = n.name || outputs[0] || `node ${index}`;
  if (op === '' || outputs.every((o) => o === '')) throw onnxError(`${name} has no op or no output`);
  const attributes = new Map<string, Attribute>();
  for (const a of listed(n.attribute)) {
    const value = attributeOf(a, `${a.name} of ${name}`);
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

function attributeOf(a: onnx.IAttributeProto, name: string): Attribute | undefined {
  // Files of IR version 1 have no type: what is there tells.
  const type = a.type || (a.ints?.length ? 7 : a.floats?.length ? 6 : a.s?.length ? 3 : a.t ? 4 : a.f ? 1 : 2);
  if (type === 1) return a.f ?? 0;
  if (type === 2) return integer(a.i);
  if (type === 3) return new TextDecoder().decode(a.s ?? new Uint8Array());
  if (type === 4 && a.t) return converted(a.t, name, undefined, undefined);
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
      if (waiting.length > 0) stack.push(...waiting);
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
    if (Array.isArray(list)) {
      const parts = {
        name: n.name,
        type: 7,
        dims: [list.length],
        payload: NO_PAYLOAD,
        numbers: list as readonly number[],
        external: null,
      };
      return tensorOf(parts, undefined);
    }
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
