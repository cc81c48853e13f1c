// Mutated ONNX files, and what has to come of each: a graph, or an OnnxError with a remedy, in few steps and little memory. Most of
// it is one list, of the mutations.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { getHeapStatistics } from 'node:v8';
import fc from 'fast-check';
import onnxProto, { type onnx } from 'onnx-proto';
import { EngineError } from '../../src/base/errors';
import { Graph } from '../../src/graph/graph';
import { buildNet } from '../../src/nets/onnx/build';
import { inMemory } from '../../src/nets/onnx/byte_source';
import { layerNames } from '../../src/nets/onnx/layers';
import { operators } from '../../src/nets/onnx/ops';
import { parseOnnx, parseTensor } from '../../src/nets/onnx/parse';
import { slim } from '../../src/nets/onnx/slim';
import { summary } from '../../src/nets/onnx/summary';
import type { ReadExternal } from '../../src/nets/onnx/tensor';
import { encoded, int, ints, randomTensor, valueInfo, zooVgg } from './onnx_files';

/** A file to be mutated, with what it keeps beside it. */
export interface Original {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Whether it is a tensor by itself. */
  readonly isTensor: boolean;
}

const ZOO = '../shared/onnx';
/** Larger files say nothing new, and take longer. */
const MOST_BYTES = 10_000;

const floats = (name: string, dims: number[], v: readonly number[]): onnx.ITensorProto => ({
  name,
  dims,
  dataType: 1,
  floatData: [...v],
});
const shape = (name: string, v: readonly number[]): onnx.ITensorProto => ({
  name,
  dims: [v.length],
  dataType: 7,
  int64Data: [...v],
});
const node = (
  opType: string,
  input: string[],
  output: string,
  attribute: onnx.IAttributeProto[] = [],
): onnx.INodeProto => ({ opType, input, output: [output], attribute });

/** Nets of every operator that makes values larger, or of other sizes, and of every way to keep weights. */
function own(): [string, onnx.IGraphProto][] {
  const w = randomTensor('w', [4, 3, 3, 3], 1);
  const x = valueInfo('x', [1, 3, 8, 8]);
  const one = (
    name: string,
    nodes: onnx.INodeProto[],
    initializer: onnx.ITensorProto[],
  ): [string, onnx.IGraphProto] => [
    name,
    { node: nodes, input: [x], output: [{ name: nodes.at(-1)?.output?.[0] ?? '' }], initializer },
  ];
  const raw = (data: ArrayBufferView): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const outside: onnx.ITensorProto = {
    name: 'w',
    dims: [4, 3, 3, 3],
    dataType: 1,
    dataLocation: 1,
    externalData: [
      { key: 'location', value: 'weights.bin' },
      { key: 'offset', value: '16' },
      { key: 'length', value: '432' },
    ],
  };
  const half = {
    name: 'w',
    dims: [4, 3, 3, 3],
    dataType: 10,
    rawData: raw(Uint16Array.from({ length: 108 }, (_, k) => k)),
  };
  const int8 = {
    name: 'q',
    dims: [4, 3, 3, 3],
    dataType: 3,
    rawData: raw(Int8Array.from({ length: 108 }, (_, k) => k)),
  };
  return [
    ['vgg', zooVgg([2, 2, 2, 2, 2])],
    one('external', [node('Conv', ['x', 'w'], 'y', [ints('pads', [1, 1, 1, 1])])], [outside]),
    one('half', [node('Conv', ['x', 'w'], 'y', [ints('dilations', [2, 2])])], [half]),
    one(
      'int8',
      [node('DequantizeLinear', ['q', 's', 'z'], 'w', [int('axis', 0)]), node('Conv', ['x', 'w'], 'y')],
      [int8, floats('s', [4], [0.1, 0.2, 0.3, 0.4]), { name: 'z', dims: [4], dataType: 3, int32Data: [0, 1, -1, 2] }],
    ),
    one(
      'normalised',
      [
        node('Conv', ['x', 'w'], 'a'),
        node('BatchNormalization', ['a', 'g', 'b', 'm', 'v'], 'c'),
        node('Relu', ['c'], 'd'),
        node('LRN', ['d'], 'y', [int('size', 3)]),
      ],
      [w, ...['g', 'b', 'm', 'v'].map((n) => floats(n, [4], [1, 2, 3, 4]))],
    ),
    one(
      'shapes',
      [
        node('Shape', ['x'], 's'),
        node('Gather', ['s', 'i'], 'h'),
        node('Mul', ['h', 'two'], 'h2'),
        node('Concat', ['n', 'h2', 'minus'], 'to', [int('axis', 0)]),
        node('Reshape', ['x', 'to'], 'y'),
      ],
      [shape('i', [1]), shape('two', [2]), shape('n', [1]), shape('minus', [-1])],
    ),
    one(
      'filled',
      [
        node('ConstantOfShape', ['s'], 'a'),
        node('Expand', ['a', 'big'], 'b'),
        node('Tile', ['b', 'times'], 'c'),
        node('Conv', ['x', 'w'], 'd'),
        node('Add', ['d', 'c'], 'y'),
      ],
      [w, shape('s', [1, 1, 1, 6]), shape('big', [1, 4, 6, 6]), shape('times', [1, 1, 1, 1])],
    ),
    one(
      'counted',
      [
        node('Range', ['from', 'to', 'by'], 'r'),
        node('Cast', ['r'], 'f', [int('to', 1)]),
        node('Unsqueeze', ['f', 'zero'], 'u'),
        node('Add', ['x', 'u'], 'y'),
      ],
      [
        { name: 'from', dims: [], dataType: 7, int64Data: [0] },
        { name: 'to', dims: [], dataType: 7, int64Data: [8] },
        { name: 'by', dims: [], dataType: 7, int64Data: [1] },
        shape('zero', [0]),
      ],
    ),
    one(
      'sized',
      [
        node('Resize', ['x', '', 'scales'], 'a'),
        node('Pad', ['a', 'pads'], 'b'),
        node('Slice', ['b', 'starts', 'ends', 'axes', 'steps'], 'c'),
        node('Transpose', ['c'], 'd', [ints('perm', [0, 2, 3, 1])]),
        node('DepthToSpace', ['x2'], 'e', [int('blocksize', 2)]),
        node('Concat', ['d', 'd'], 'y', [int('axis', 1)]),
      ].filter((n) => n.opType !== 'DepthToSpace'),
      [
        floats('scales', [4], [1, 1, 2, 2]),
        shape('pads', [0, 0, 1, 1, 0, 0, 1, 1]),
        shape('starts', [1]),
        shape('ends', [16]),
        shape('axes', [2]),
        shape('steps', [2]),
      ],
    ),
    one(
      'upward',
      [
        node('ConvTranspose', ['x', 'w3'], 'a', [ints('strides', [2, 2]), ints('output_padding', [1, 1])]),
        node('SpaceToDepth', ['a'], 'b', [int('blocksize', 2)]),
        node('DepthToSpace', ['b'], 'c', [int('blocksize', 2)]),
        node('Tile', ['c', 'times'], 'd'),
        node('Expand', ['d', 'big'], 'e'),
        node('GlobalAveragePool', ['e'], 'f'),
        node('Flatten', ['f'], 'g'),
        node('Gemm', ['g', 'm', 'b'], 'h', [int('transB', 1)]),
        node('Softmax', ['h'], 'y'),
      ],
      [
        randomTensor('w3', [3, 4, 3, 3], 2),
        shape('times', [1, 1, 2, 1]),
        shape('big', [2, 4, 1, 1]),
        randomTensor('m', [5, 4], 3),
        floats('b', [5], [1, 2, 3, 4, 5]),
      ],
    ),
    one(
      'pooled',
      [
        node('MaxPool', ['x'], 'a', [ints('kernel_shape', [3, 3]), ints('strides', [2, 2]), int('ceil_mode', 1)]),
        node('AveragePool', ['a'], 'b', [ints('kernel_shape', [2, 2]), ints('dilations', [2, 2])]),
        { opType: 'Split', input: ['b'], output: ['c', 'd', 'e'], attribute: [int('axis', 1)] },
        node('Concat', ['c', 'd', 'e'], 'f', [int('axis', 1)]),
        node('ReduceMean', ['f'], 'y', [ints('axes', [1, 2])]),
      ],
      [],
    ),
  ];
}

/** Files of our own, and those of the shared folder where there is one. */
export function originals(): Original[] {
  const found: Original[] = own().map(([name, graph], k) => ({
    name,
    bytes: encoded(graph, 'toroid-tests', name === 'pooled' ? 11 : 13 + (k % 4)),
    isTensor: false,
  }));
  if (!existsSync(ZOO)) return found;
  for (const path of (readdirSync(ZOO, { recursive: true }) as string[]).sort()) {
    const full = join(ZOO, path);
    const isModel = path.endsWith('.onnx');
    if (!isModel && !/test_pad|test_cast|light.*\.pb|test_conv.*output_0\.pb/.test(path)) continue;
    if (!statSync(full).isFile() || statSync(full).size > MOST_BYTES) continue;
    found.push({ name: path, bytes: readFileSync(full), isTensor: !isModel });
  }
  return found;
}

/** One change; what the numbers choose is taken modulo what there is. */
export interface Mutation {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** Which file, and what is done to it: one change most times, so that many files still are nets. */
export function mutations(files: number): fc.Arbitrary<{ file: number; changes: Mutation[] }> {
  const one = fc.record({ kind: fc.nat(), a: fc.nat(), b: fc.nat(), c: fc.nat() });
  const few = fc.array(one, { minLength: 2, maxLength: 4 });
  const changes = fc.oneof({ weight: 2, arbitrary: fc.tuple(one) }, { weight: 1, arbitrary: few });
  return fc.record({ file: fc.nat(files - 1), changes });
}

const NUMBERS = [0, 1, -1, 2, 3, 5, 7, 64, 255, 4096, 65537, 2 ** 24, 2 ** 31, -(2 ** 31), 2 ** 40, 2 ** 53, 2 ** 62];
const FLOATS = [0, 1, -1, 0.5, 1e-30, 1e30, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e9];
const NAMES = ['', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'x', 'w', 'y', '\0', '../../etc/passwd'];
const OPS = [...operators.keys(), 'NoSuchOp', '__proto__', 'constructor', 'If', 'Loop'];

const pick = <T>(list: readonly T[] | null | undefined, k: number): T | undefined =>
  list && list.length > 0 ? list[k % list.length] : undefined;

type Structural = (m: Decoded, mutation: Mutation) => void;

const valueNames = (g: onnx.IGraphProto): string[] => [
  ...(g.input ?? []).map((i) => i.name ?? ''),
  ...(g.initializer ?? []).map((i) => i.name ?? ''),
  ...(g.node ?? []).flatMap((n) => n.output ?? []),
];

const structural: readonly Structural[] = [
  ({ graph }, { a, b, c }) => {
    const attribute = pick(pick(graph.node, a)?.attribute, b);
    if (attribute) attribute.i = pick(NUMBERS, c) ?? 0;
  },
  ({ graph }, { a, b, c }) => {
    const attribute = pick(pick(graph.node, a)?.attribute, b);
    if (attribute?.ints?.length) attribute.ints[c % attribute.ints.length] = pick(NUMBERS, c >> 4) ?? 0;
  },
  ({ graph }, { a, b, c }) => {
    const attribute = pick(pick(graph.node, a)?.attribute, b);
    if (attribute?.ints) attribute.ints = Array.from({ length: c % 9 }, (_, k) => pick(NUMBERS, (c >> 4) + k) ?? 0);
  },
  ({ graph }, { a, b, c }) => {
    const attribute = pick(pick(graph.node, a)?.attribute, b);
    if (attribute) attribute.type = c % 16;
  },
  ({ graph }, { a, b, c }) => {
    const attribute = pick(pick(graph.node, a)?.attribute, b);
    if (attribute) attribute.f = pick(FLOATS, c) ?? 0;
  },
  ({ graph }, { a, b, c }) => {
    const list = pick(graph.node, a)?.attribute;
    if (list?.length && c % 2) list.splice(b % list.length, 1);
    const attribute = pick(list, b);
    if (attribute) attribute.name = pick([...NAMES, 'axis', 'pads', 'strides', 'group'], c >> 1) ?? '';
  },
  ({ graph }, { a, b, c }) => {
    const inputs = pick(graph.node, a)?.input;
    if (inputs?.length) inputs[b % inputs.length] = pick([...valueNames(graph), ...NAMES], c) ?? '';
  },
  ({ graph }, { a, b, c }) => {
    const inputs = pick(graph.node, a)?.input;
    if (b % 2) inputs?.pop();
    else inputs?.push(pick([...valueNames(graph), ''], c) ?? '');
  },
  ({ graph }, { a, b, c }) => {
    const outputs = pick(graph.node, a)?.output;
    if (outputs?.length) outputs[b % outputs.length] = pick([...valueNames(graph), ...NAMES], c) ?? '';
  },
  ({ graph }, { a, b, c }) => {
    const t = pick(graph.initializer, a);
    if (t?.dims?.length) t.dims[b % t.dims.length] = pick(NUMBERS, c) ?? 0;
  },
  ({ graph }, { a, b, c }) => {
    const t = pick(graph.initializer, a);
    // As many elements, under another shape.
    const all = (t?.dims ?? []).reduce<number>((n, d) => n * Number(d), 1);
    if (t) t.dims = b % 2 ? [all] : [1, ...(t.dims ?? []), ...(c % 2 ? [1, 1, 1] : [])];
  },
  ({ graph }, { a, b, c }) => {
    const list = pick(graph.initializer, a)?.int64Data;
    if (list?.length) list[b % list.length] = pick(NUMBERS, c) ?? 0;
  },
  ({ graph }, { a, b, c }) => {
    const list = pick(graph.initializer, a)?.floatData;
    if (list?.length) list[b % list.length] = pick(FLOATS, c) ?? 0;
  },
  ({ graph }, { a, b, c }) => {
    const t = pick(graph.initializer, a);
    if (!t?.rawData) return;
    if (b % 2) t.rawData = t.rawData.subarray(0, c % (t.rawData.length + 1));
    else t.rawData = Uint8Array.from(t.rawData, (v, k) => (k === c % (t.rawData?.length || 1) ? b & 255 : v));
  },
  ({ graph }, { a, b }) => {
    const t = pick(graph.initializer, a);
    if (t) t.dataType = b % 28;
  },
  ({ graph }, { a, b, c }) => {
    const dims = pick(graph.input, a)?.type?.tensorType?.shape?.dim;
    if (dims?.length) dims[b % dims.length] = c % 5 ? { dimValue: pick(NUMBERS, c) ?? 0 } : {};
    if (c % 7 === 0) dims?.pop();
  },
  ({ graph }, { a, b }) => {
    const n = pick(graph.node, a);
    if (n) n.opType = pick(OPS, b) ?? '';
  },
  ({ graph }, { a, b, c }) => {
    const nodes = graph.node ?? [];
    const n = pick(nodes, a);
    if (c % 3 === 0) nodes.reverse();
    else if (n && c % 3 === 1) nodes.splice(a % nodes.length, 1);
    else if (n) nodes.push({ ...n, output: [`more ${b}`] });
  },
  (m, { a, b }) => {
    const own = pick(m.opsetImport, 0);
    if (own && a % 2) own.version = pick([0, 1, 6, 7, 9, 11, 13, 18, 25, 26, 9999, -1], b) ?? 0;
    else if (own) own.domain = pick(['ai.onnx', 'com.microsoft', '__proto__'], b) ?? '';
  },
  ({ graph }, { a, b, c }) => {
    const n = pick(graph.node, a);
    if (n) n.domain = pick(['', 'ai.onnx', 'com.microsoft'], b) ?? '';
    if (n && c % 2) n.attribute?.push({ name: 'body', type: 5, g: { ...graph, initializer: [] } });
  },
  ({ graph }, { a, b, c }) => {
    const place = pick(pick(graph.initializer, a)?.externalData, b);
    if (place)
      place.value = pick(['../w', '/etc/passwd', 'C:\\w', 'a\0b', '-1', '1e99', '4294967296', 'w.bin', ''], c) ?? '';
  },
  ({ graph }, { a, b, c }) => {
    const list = c % 2 ? graph.input : graph.output;
    const one = pick(list, a);
    if (one) one.name = pick([...valueNames(graph), ...NAMES], b) ?? '';
  },
  ({ graph }, { a, b, c }) => {
    // A chain: what makes something large, many times over.
    const last = graph.output?.[0]?.name ?? '';
    const op = pick(['Concat', 'Add', 'Mul', 'Tile', 'Expand', 'Resize', 'Pad', 'Identity', 'Exp'], a) ?? '';
    const source = pick([last, ...valueNames(graph)], c) ?? '';
    for (let k = 0; k < b % 24; k++) {
      const from = k === 0 ? source : `chain ${k - 1}`;
      graph.node?.push({ opType: op, input: [from, from], output: [`chain ${k}`], attribute: [int('axis', 0)] });
    }
    if (b % 24) graph.output = [{ name: `chain ${(b % 24) - 1}` }];
  },
];

const splice = (bytes: Uint8Array, at: number, remove: number, insert: Uint8Array): Uint8Array =>
  Uint8Array.from([...bytes.subarray(0, at), ...insert, ...bytes.subarray(at + remove)]);

/** Changes of the bytes as such. */
const BLOWUPS = [
  [255, 255, 255, 255, 15],
  [255, 255, 255, 255, 255, 255, 255, 255, 255, 1],
  [255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255],
  [128, 128, 128, 128, 128, 0],
  [127],
  [0],
];
const bytewise: readonly ((bytes: Uint8Array, m: Mutation, all: readonly Original[]) => Uint8Array)[] = [
  (bytes, { a, b, c }) => {
    const out = bytes.slice();
    for (let k = 0; k <= c % 4; k++) out[(a + k * 7919) % out.length] = (b >> (2 * k)) & 255;
    return out;
  },
  (bytes, { a, b }) => {
    const out = bytes.slice();
    const at = a % out.length;
    out[at] = (out[at] ?? 0) ^ (1 << (b % 8));
    return out;
  },
  (bytes, { a }) => bytes.slice(0, a % (bytes.length + 1)),
  (bytes, { a, b, c }, all) => {
    const other = pick(all, c)?.bytes ?? bytes;
    const from = b % other.length;
    return splice(bytes, a % bytes.length, c % 64, other.subarray(from, from + (b % 97)));
  },
  (bytes, { a, b, c }) =>
    splice(
      bytes,
      a % bytes.length,
      Math.min(c % 3, bytes.length - (a % bytes.length)),
      Uint8Array.from(pick(BLOWUPS, b) ?? []),
    ),
];

type Decoded = onnx.IModelProto & { graph: onnx.IGraphProto };

/** A mutated file. */
export function mutated(original: Original, mutations: readonly Mutation[], all: readonly Original[]): Uint8Array {
  let bytes = original.bytes;
  let model: Decoded | null = null;
  const flush = (): void => {
    if (model) bytes = attemptOr(bytes, () => onnxProto.onnx.ModelProto.encode(model as Decoded).finish());
    model = null;
  };
  for (const m of mutations) {
    const k = m.kind % (bytewise.length + 2 * structural.length);
    const change = bytewise[k];
    if (change || original.isTensor) {
      flush();
      if (change && bytes.length > 0) bytes = change(bytes, m, all);
      continue;
    }
    const read = (): Decoded | null => onnxProto.onnx.ModelProto.decode(bytes) as Decoded;
    model ??= attemptOr(null, read);
    if (model?.graph) structural[(k - bytewise.length) % structural.length]?.(model, m);
  }
  flush();
  return bytes;
}

/** No longer a file that others can read: bytes are all there is to change. */
function attemptOr<T>(otherwise: T, work: () => T): T {
  try {
    return work();
  } catch {
    return otherwise;
  }
}

/** Reads a file that is not there but for its size. */
const beside: ReadExternal = (_, offset, length) => new Uint8Array(Math.min(length, Math.max(0, 448 - offset)));

/** What came of a file. */
export interface Outcome {
  /** `graph`, or the first line of why not. */
  readonly parsed: string;
  readonly built: string;
  /** Growth of all memory of the host while it was read, at most. */
  readonly bytes: number;
}

/** @throws what is neither a graph nor an OnnxError with a remedy */
function attempt(work: () => unknown, also: readonly string[] = []): string {
  try {
    work();
    return 'graph';
  } catch (error) {
    if (error instanceof EngineError && [...also, 'OnnxError'].includes(error.code) && error.hint) return error.message;
    throw error;
  }
}

const memory = (): number => {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
};

/** Reads a file in every way that there is: as a net, whole, as the layers of a net, and to be cut. */
export function tried(bytes: Uint8Array, isTensor = false): Outcome {
  const before = memory();
  let parsed: string;
  let built = '';
  if (isTensor) {
    parsed = attempt(() => {
      const t = parseTensor(bytes);
      if (t.type.includes('float')) t.floats();
      else t.ints();
    });
  } else {
    parsed = attempt(() => {
      const model = parseOnnx(bytes, { name: 'net', readExternal: beside });
      const g = new Graph();
      built = attempt(() => summary(model, g, { size: [8, 8], strict: true }));
      if (bytes.length % 4 === 0) summary(model, new Graph(), { size: [16, 12] });
      const [input, ...others] = model.inputs;
      const last = layerNames(model).usual.at(-1);
      if (!input || others.length > 0 || last === undefined) return;
      const channels = Math.min(16, input.shape[1] ?? 3);
      const second = attempt(() => {
        const net = new Graph();
        buildNet(net, model, net.input([channels, 16, 16]), { layers: [last], pooling: 'average', edges: 'reflect' });
      });
      if (built !== 'graph') built = second;
    });
    attempt(() => {
      for (const piece of slim(inMemory(bytes), { name: 'net', readExternal: beside }).file.bytes()) if (!piece) break;
    });
  }
  return { parsed, built, bytes: memory() - before };
}

/** What a file may take: most of it is the engine's own rubbish, not yet collected. */
export const mostBytes = (file: number): number => 64 * 2 ** 20 + 8 * file;
