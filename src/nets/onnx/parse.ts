import { type ByteSource, inMemory } from './byte_source';
import { constTensor } from './const_fold';
import {
  type AttributeMessage,
  isStandard,
  type NodeMessage,
  readModel,
  readTensor,
  type ValueMessage,
} from './messages';
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
  const { graph, opset, functions, producer } = readModel(source, name);
  // A function of an operator's name would replace it: what is here would compute something else.
  const used = new Set(graph.nodes.map((n) => n.op));
  const own = functions.find((f) => isStandard(f.domain) && used.has(f.name));
  if (own) {
    throw onnxError(
      `${name} has an operator ${own.name} of its own, in place of ONNX's`,
      'Export it without functions.',
    );
  }
  const tensors = new Map<string, OnnxTensor>();
  for (const t of graph.tensors) {
    if (t.name === '' || tensors.has(t.name)) {
      throw onnxError(`${name} has two weights called ${JSON.stringify(t.name)}`);
    }
    tensors.set(t.name, tensorOf(t, readExternal));
  }
  const inputs = graph.inputs.filter((i) => i.name !== '' && !tensors.has(i.name)).map(inputOf);
  if (new Set(inputs.map((i) => i.name)).size < inputs.length) throw onnxError(`${name} has two inputs of one name`);
  const nodes = sorted(
    name,
    graph.nodes.map((n, k) => nodeOf(n, k, readExternal)),
    inputs,
    tensors,
  );
  const outputs = graph.outputs.map((o) => o.name);
  const known = new Set([...inputs.map((i) => i.name), ...tensors.keys()]);
  for (const n of nodes) for (const o of n.outputs) known.add(o);
  for (const o of outputs) if (!known.has(o)) throw onnxError(`${name} has an output ${o} that no node makes`);
  checkOpset(name, opset);
  return Object.freeze({
    name,
    producer,
    opset,
    inputs: Object.freeze(inputs),
    outputs: Object.freeze(outputs),
    nodes: Object.freeze(withoutConstants(nodes, tensors)),
    tensors,
  });
}

/**
 * Reads one tensor on its own (the .pb files of ONNX test data).
 * @throws EngineError `OnnxError`
 */
export function parseTensor(bytes: Uint8Array, name = 'tensor'): OnnxTensor {
  const t = readTensor(inMemory(bytes), name);
  return tensorOf({ ...t, name: t.name || name }, undefined);
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
    throw onnxError(`${name} is not an ONNX file, but a web page`, 'Download the file itself, by its raw address.');
  }
}

const packed = (name: string, what: string): Error =>
  onnxError(`${name} is not an ONNX file, but a ${what}`, 'Unpack it, or export the net as ONNX.');

/** The newest operator set known; later ones may mean other things by the same names. */
const NEWEST = 25;

function checkOpset(name: string, opset: number): void {
  if (opset >= 1 && opset <= NEWEST) return;
  throw onnxError(
    `${name} is written in operator set ${opset}; known are 1 to ${NEWEST}`,
    'Export it again for an operator set that is known.',
  );
}

function inputOf({ name, dims, isTensor }: ValueMessage): OnnxInput {
  if (!isTensor) throw new OnnxUnsupported(`the input ${name} is not a tensor`, 'Only nets of tensors can be used.');
  return Object.freeze({ name, shape: Object.freeze(dims ?? []) });
}

function nodeOf(n: NodeMessage, index: number, readExternal: ReadExternal | undefined): OnnxNode {
  const name = n.name || n.outputs[0] || `node ${index}`;
  if (n.op === '' || n.outputs.every((o) => o === '')) throw onnxError(`${name} has no op or no output`);
  const attributes = new Map<string, Attribute>();
  for (const a of n.attributes) {
    const value = attributeOf(a, `${a.name} of ${name}`, readExternal);
    if (value !== undefined) attributes.set(a.name, value);
  }
  return Object.freeze({
    op: n.op,
    name,
    inputs: Object.freeze(n.inputs),
    outputs: Object.freeze(n.outputs),
    attributes,
  });
}

function attributeOf(
  { type: given, f, i, s, t, floats, ints }: AttributeMessage,
  name: string,
  readExternal: ReadExternal | undefined,
): Attribute | undefined {
  // Files of IR version 1 have no type: what is there tells.
  const type = given || (ints.length > 0 ? 7 : floats.length > 0 ? 6 : s !== '' ? 3 : t ? 4 : f ? 1 : 2);
  if (type === 1) return f;
  if (type === 2) return i;
  if (type === 3) return s;
  if (type === 4 && t) return tensorOf({ ...t, name }, readExternal);
  if (type === 6) return Object.freeze(floats);
  if (type === 7) return Object.freeze(ints);
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
