// Our own reader of ONNX files against onnx-proto's decoder, on every file that there is.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { onnx } from 'onnx-proto';
import onnxProto from 'onnx-proto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inMemory, type Range, readRanges } from '../../src/nets/onnx/byte_source';
import {
  capturedNames,
  type GraphMessage,
  readModel,
  readTensor,
  readVarints,
  type TensorMessage,
} from '../../src/nets/onnx/messages';
import { ProtobufReader } from '../../src/nets/onnx/protobuf';
import { needs } from '../support/needs';
import { encoded, valueInfo } from '../support/onnx_files';
import { originals } from '../support/onnx_fuzz';

const test = suite('onnx messages');
const SHARED = ['../shared/onnx', '../shared/weights'];
const whenShared = needs(test, SHARED.every(existsSync), 'no ../shared/onnx and ../shared/weights');

type Whole = NonNullable<onnx.IAttributeProto['i']>;
const whole = (v: Whole | null | undefined): number => (typeof v === 'number' ? v : v ? v.toNumber() : 0);
const list = <T>(v: readonly T[] | null | undefined): readonly T[] => v ?? [];

/** What both readers say of a tensor. */
function tensorOf(t: onnx.ITensorProto): unknown {
  return {
    name: t.name ?? '',
    dims: list(t.dims).map(whole),
    type: t.dataType ?? 0,
    raw: Buffer.from(t.rawData ?? []),
    floats: Float32Array.from(list(t.floatData)),
    doubles: Float64Array.from(list(t.doubleData)),
    varints: [...list(t.int32Data), ...list(t.int64Data).map(whole), ...list(t.uint64Data).map(whole)],
    external: t.dataLocation === 1 ? list(t.externalData).map((e) => [e.key, e.value]) : null,
  };
}

function ourTensor({ name, dims, type, data, external }: TensorMessage): unknown {
  const bytes = (ranges: readonly Range[]): Uint8Array<ArrayBuffer> => readRanges(data.source, ranges);
  return {
    name,
    dims,
    type,
    raw: Buffer.from(bytes(data.raw)),
    floats: new Float32Array(bytes(data.floats).buffer),
    doubles: new Float64Array(bytes(data.doubles).buffer),
    varints: readVarints(data),
    external: external && [...external],
  };
}

const standard = (domain: string | null | undefined): boolean => !domain || domain === 'ai.onnx';
const dimsOf = (v: onnx.IValueInfoProto): unknown =>
  v.type?.tensorType?.shape ? list(v.type.tensorType.shape.dim).map((d) => whole(d.dimValue) || null) : null;

function graphOf(g: onnx.IGraphProto): unknown {
  const value = (v: onnx.IValueInfoProto): unknown => [v.name ?? '', v.type?.tensorType?.elemType ?? 0, dimsOf(v)];
  return {
    name: g.name ?? '',
    nodes: list(g.node).map((n) => ({
      op: standard(n.domain) ? (n.opType ?? '') : `${n.domain}.${n.opType}`,
      name: n.name ?? '',
      inputs: list(n.input),
      outputs: list(n.output),
      attributes: list(n.attribute).map((a) => ({
        name: a.name,
        type: a.type ?? 0,
        f: a.f ?? 0,
        i: whole(a.i),
        s: Buffer.from(a.s ?? []).toString(),
        t: a.t ? tensorOf(a.t) : null,
        floats: list(a.floats),
        ints: list(a.ints).map(whole),
        graphs: (a.g ? 1 : 0) + list(a.graphs).length,
      })),
      captured: list(n.attribute)
        .flatMap((a) => [...(a.g ? [a.g] : []), ...list(a.graphs)])
        .flatMap((inner) => captured(inner))
        .sort(),
    })),
    tensors: list(g.initializer).map(tensorOf),
    inputs: list(g.input).map(value),
    outputs: list(g.output).map(value),
    values: list(g.valueInfo).map(value),
  };
}

function captured(g: onnx.IGraphProto): readonly string[] {
  const inner = list(g.node).flatMap((n) =>
    list(n.attribute).flatMap((a) => [...(a.g ? [a.g] : []), ...list(a.graphs)]),
  );
  const names = [...list(g.node).flatMap((n) => list(n.input)), ...list(g.output).map((o) => o.name ?? '')];
  return [...names, ...inner.flatMap(captured)];
}

function ourGraph(g: GraphMessage, reader: ProtobufReader): unknown {
  const value = (v: GraphMessage['inputs'][number]): unknown => [v.name, v.type, v.dims];
  return {
    name: g.name,
    nodes: g.nodes.map((n) => ({
      op: n.op,
      name: n.name,
      inputs: n.inputs,
      outputs: n.outputs,
      attributes: n.attributes.map((a) => ({ ...a, t: a.t && ourTensor(a.t), graphs: a.graphs.length })),
      captured: [...capturedNames(reader, n)].sort(),
    })),
    tensors: g.tensors.map(ourTensor),
    inputs: g.inputs.map(value),
    outputs: g.outputs.map(value),
    values: g.values.map(value),
  };
}

function compare(bytes: Uint8Array, name: string, isTensor: boolean): void {
  const source = inMemory(bytes);
  if (isTensor) {
    assert.equal(ourTensor(readTensor(source, name)), tensorOf(onnxProto.onnx.TensorProto.decode(bytes)), name);
    return;
  }
  const ours = readModel(source, name);
  const theirs = onnxProto.onnx.ModelProto.decode(bytes);
  const opset = list(theirs.opsetImport).find((o) => standard(o.domain));
  assert.equal([ours.producer, ours.opset], [theirs.producerName ?? '', opset ? whole(opset.version) : 1], name);
  assert.equal(
    ours.functions.map((f) => [f.name, f.domain]),
    list(theirs.functions).map((f) => [f.name ?? '', f.domain ?? '']),
    name,
  );
  assert.equal(ourGraph(ours.graph, new ProtobufReader(source, name)), graphOf(theirs.graph ?? {}), name);
}

test('nets of the tests: every field is what onnx-proto finds', () => {
  const all = originals();
  for (const { bytes, name, isTensor } of all) compare(bytes, name, isTensor);
  assert.ok(all.length >= 8);
});

whenShared('every shared net and tensor: every field is what onnx-proto finds', () => {
  const count = { onnx: 0, pb: 0 };
  for (const folder of SHARED) {
    for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const kind = path.endsWith('.onnx') ? 'onnx' : path.endsWith('.pb') ? 'pb' : null;
      if (!kind) continue;
      compare(readFileSync(join(folder, path)), path, kind === 'pb');
      count[kind]++;
    }
  }
  assert.ok(count.onnx > 100 && count.pb > 100, JSON.stringify(count));
});

test('numbers of every size and sign, packed or not', () => {
  const dims = [0, 1, 127, 128, 2 ** 28 - 1, 2 ** 28, 2 ** 31, 2 ** 35, 2 ** 52, -1, -128, -(2 ** 31), -(2 ** 52)];
  const t: onnx.ITensorProto = { name: 'w', dims, dataType: 7, int64Data: dims };
  compare(onnxProto.onnx.TensorProto.encode(t).finish(), 'packed', true);
  const key = [1 * 8, 1 * 8, 7 * 8, 11 * 8];
  const one = Uint8Array.from(key.flatMap((k) => [k, ...Array(9).fill(255), 1]));
  const own = readTensor(inMemory(one), 'single');
  assert.equal([own.dims, own.data.varints.length], [[-1, -1], 2]);
});

test('fields of a wrong kind are passed over, of an unknown one too', () => {
  // A name that is a varint, dimensions that are 8 bytes, a type that is text, a field 99.
  const bytes = Uint8Array.of(8 * 8, 5, 1 * 8 + 1, 0, 0, 0, 0, 0, 0, 0, 0, 2 * 8 + 2, 1, 65, 0x9a, 6, 1, 7);
  const { name, dims, type } = readTensor(inMemory(bytes), 'odd');
  assert.equal([name, dims, type], ['', [], 0]);
});

test('where a source gives its bytes in one buffer, over and over, nothing is mixed up', () => {
  const node = [{ opType: 'Relu', name: 'a node', input: ['x'], output: ['y'] }];
  const bytes = encoded({ name: 'g', node, input: [valueInfo('x', [1, 3, 8, 8])], output: [{ name: 'y' }] });
  const buffer = new Uint8Array(bytes.length);
  const source = {
    size: bytes.length,
    read: (offset: number, length: number) => {
      buffer.fill(0);
      buffer.set(bytes.subarray(offset, offset + length));
      return buffer.subarray(0, length);
    },
  };
  const reader = (of: typeof source): unknown => ourGraph(readModel(of, 'net').graph, new ProtobufReader(of, 'net'));
  assert.equal(
    reader(source),
    ourGraph(readModel(inMemory(bytes), 'net').graph, new ProtobufReader(inMemory(bytes), 'net')),
  );
});

test('a large net is read in proportion to what it says, not to its weights', () => {
  const size = 4 * 2 ** 20;
  const bytes = encoded({
    node: [{ opType: 'Add', input: ['x', 'w'], output: ['y'] }],
    input: [valueInfo('x', [1])],
    output: [{ name: 'y' }],
    initializer: [{ name: 'w', dims: [size / 4], dataType: 1, rawData: new Uint8Array(size) }],
  });
  let read = 0;
  const counted = {
    size: bytes.length,
    read: (offset: number, length: number) => {
      read += length;
      return bytes.subarray(offset, offset + length);
    },
  };
  readModel(counted, 'net');
  assert.ok(read < 2 ** 18, `${read} of ${bytes.length} bytes were read`);
});

test.run();
