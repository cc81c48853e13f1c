import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { onnx } from 'onnx-proto';
import onnxProto from 'onnx-proto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EngineError } from '../../src/base/errors';
import { Rng } from '../../src/base/rng';
import { inMemory } from '../../src/nets/onnx/byte_source';
import { layerNames, withAliases } from '../../src/nets/onnx/layers';
import { parseOnnx } from '../../src/nets/onnx/parse';
import { type SlimOptions, slim } from '../../src/nets/onnx/slim';
import { bytesOf, FLOAT, modelFile, nodeField, type Piece, tensorField, valueField } from '../../src/nets/onnx/write';
import { knownWeights, weightsNamed } from '../../src/nets/weights';
import { withSource, writePiece } from '../../src/node/weights/write';
import { ALL } from '../support/all';
import { needs } from '../support/needs';
import { encoded, randomTensor, valueInfo, zooVgg } from '../support/onnx_files';

const test = suite('slim');
const folder = mkdtempSync(join(tmpdir(), 'toroid-slim-'));
test.after(() => rmSync(folder, { recursive: true }));

const cutOf = (bytes: Uint8Array, options: SlimOptions = {}): Uint8Array =>
  bytesOf(slim(inMemory(bytes), { name: 'net', ...options }).file);
const decoded = (bytes: Uint8Array): onnx.IGraphProto =>
  onnxProto.onnx.ModelProto.decode(bytes).graph as onnx.IGraphProto;
const namesOf = (list: readonly { name?: string | null }[] | null | undefined): string[] =>
  (list ?? []).map((x) => x.name ?? '');

function refusal(work: () => unknown): EngineError {
  try {
    work();
  } catch (e) {
    if (e instanceof EngineError) return e;
    throw e;
  }
  throw new Error('nothing was thrown');
}

/** What a checker of ONNX files asks of a graph: all that is read is made before, inputs and outputs have types. */
function check(bytes: Uint8Array): onnx.IGraphProto {
  const g = decoded(bytes);
  const made = new Set([...namesOf(g.input), ...namesOf(g.initializer), '']);
  for (const n of g.node ?? []) {
    for (const x of n.input ?? []) assert.ok(made.has(x), `${n.name} reads ${x}`);
    for (const y of n.output ?? []) made.add(y);
  }
  assert.ok((g.output ?? []).length > 0);
  for (const v of [...(g.input ?? []), ...(g.output ?? [])]) {
    assert.ok(made.has(v.name ?? ''), `${v.name} is made`);
    assert.ok(v.type?.tensorType?.elemType && v.type.tensorType.shape, `${v.name} has a type and a shape`);
  }
  const model = onnxProto.onnx.ModelProto.decode(bytes);
  assert.ok(g.name, 'the graph has a name');
  assert.ok(model.irVersion && (model.opsetImport ?? []).length > 0);
  return g;
}

test('what a layer needs, and nothing else; weights bit for bit, names as before', () => {
  const whole = encoded(zooVgg());
  const part = cutOf(whole, { layers: ['relu4_1', 'relu2_1'] });
  const g = check(part);
  assert.is(g.node?.length, 21, 'to the ninth rectifier: 9 convolutions, 9 rectifiers, 3 pools');
  assert.equal(namesOf(g.output), ['vgg0_relu8_fwd', 'vgg0_relu2_fwd']);
  assert.equal(namesOf(g.input).length, 1 + 18, 'weights stay among the inputs, where old files want them');
  const [before, after] = [whole, part].map((b) => parseOnnx(b, { name: 'net' }));
  assert.is(after!.tensors.size, 18);
  for (const [name, t] of after!.tensors) assert.equal(t.floats(), before!.tensors.get(name)!.floats(), name);
  assert.is(layerNames(after!).values.get('relu4_1'), 'vgg0_relu8_fwd');
  assert.equal(cutOf(part, { layers: ['relu4_1', 'relu2_1'] }), part, 'cut again, it stays as it is');
  assert.equal(cutOf(whole, { layers: ['relu4_1', 'relu2_1'] }), part, 'the same bytes each time');
});

test('without layers: all up to the classifier', () => {
  const part = cutOf(encoded(zooVgg()));
  const g = check(part);
  assert.equal(namesOf(g.output), ['vgg0_pool4_fwd']);
  assert.not.ok(namesOf(g.initializer).some((n) => n.includes('dense')));
  assert.is(layerNames(parseOnnx(part, { name: 'net' })).values.get('pool5'), 'vgg0_pool4_fwd');
});

test('a squeeze and excitation is no classifier', () => {
  const conv = (name: string, x: string, y: string): onnx.INodeProto => ({
    opType: 'Conv',
    name,
    input: [x, `${name}.w`],
    output: [y],
  });
  const graph: onnx.IGraphProto = {
    node: [
      conv('c1', 'x', 'a'),
      { opType: 'GlobalAveragePool', input: ['a'], output: ['b'] },
      conv('c2', 'b', 'c'),
      { opType: 'Sigmoid', input: ['c'], output: ['d'] },
      { opType: 'Mul', input: ['a', 'd'], output: ['e'] },
      conv('c3', 'e', 'f'),
      { opType: 'GlobalAveragePool', input: ['f'], output: ['g'] },
      { opType: 'Flatten', input: ['g'], output: ['h'] },
      { opType: 'Gemm', input: ['h', 'fc.w'], output: ['y'] },
      { opType: 'Relu', input: ['y'], output: ['z'] },
    ],
    input: [valueInfo('x', [1, 3, 8, 8])],
    output: [{ name: 'z' }],
    initializer: ['c1.w', 'c2.w', 'c3.w']
      .map((n, k) => randomTensor(n, [3, 3, 1, 1], k))
      .concat(randomTensor('fc.w', [3, 3], 9)),
  };
  const g = check(cutOf(encoded(graph)));
  assert.equal(namesOf(g.output), ['f']);
  assert.is(g.node?.length, 6);
  const deep = check(cutOf(encoded(graph), { layers: ['z'] }));
  assert.is(deep.output?.[0]?.type?.tensorType?.shape?.dim?.length, 2, 'behind a Flatten there are two dimensions');
});

test('f16: weights and types, and what cannot be is said', () => {
  const whole = encoded(zooVgg());
  const part = cutOf(whole, { layers: ['relu3_1'], f16: true });
  const g = check(part);
  for (const t of g.initializer ?? []) assert.is(t.dataType, 10);
  for (const v of [...(g.input ?? []), ...(g.output ?? [])]) assert.is(v.type?.tensorType?.elemType, 10);
  assert.equal(
    g.input?.[0]?.type?.tensorType?.shape?.dim?.map((d) => Number(d.dimValue)),
    [1, 3, 224, 224],
  );
  const [before, after] = [parseOnnx(whole, { name: 'a' }), parseOnnx(part, { name: 'b' })];
  for (const [name, t] of after.tensors) {
    const exact = before.tensors.get(name)!.floats();
    t.floats().forEach((v, k) =>
      assert.ok(Math.abs(v - exact[k]!) <= Math.abs(exact[k]!) * 2 ** -11 + 2 ** -25, `${name} ${k}`),
    );
  }
  const huge = zooVgg();
  huge.initializer![0]!.floatData![5] = 70000;
  assert.match(
    refusal(() => cutOf(encoded(huge), { layers: ['relu3_1'], f16: true })).message,
    /vgg0_conv0_weight holds 70000/,
  );
  const odd = { ...zooVgg(), node: [{ opType: 'Einsum', name: 'odd', input: ['data'], output: ['o'] }] };
  assert.match(refusal(() => cutOf(encoded(odd), { layers: ['o'], f16: true })).message, /Einsum odd.*half precision/);
  const made: onnx.IGraphProto = {
    node: [{ opType: 'Constant', name: 'k', output: ['y'], attribute: [{ name: 'value_float', type: 1, f: 0.5 }] }],
    output: [{ name: 'y' }],
  };
  assert.match(
    refusal(() => cutOf(encoded(made), { layers: ['y'], f16: true })).message,
    /k, which has to stay in single/,
  );
  const scaled: onnx.IGraphProto = {
    node: [{ opType: 'Resize', name: 'r', input: ['x', '', 's'], output: ['y'] }],
    input: [valueInfo('x', [1, 3, 8, 8])],
    output: [{ name: 'y' }],
    initializer: [{ name: 's', dims: [4], dataType: 1, floatData: [1, 1, 2, 2] }],
  };
  const resized = check(cutOf(encoded(scaled), { layers: ['y'], f16: true }));
  assert.is(resized.initializer?.[0]?.dataType, 1, 'scales stay in single precision');
});

test('quantised layers, weights in other files, subgraphs, any order of fields', () => {
  const q = (k: number): string[] => [`x${k}`, 's', 'z', 'w', 's', 'z', 's', 'z'];
  const quantised: onnx.IGraphProto = {
    node: [
      { opType: 'QuantizeLinear', input: ['x', 's', 'z'], output: ['x0'] },
      { opType: 'QLinearConv', name: 'q', input: q(0), output: ['x1'] },
      { opType: 'MaxPool', input: ['x1'], output: ['p'] },
      { opType: 'Flatten', input: ['p'], output: ['y'] },
    ],
    input: [valueInfo('x', [1, 3, 8, 8])],
    output: [{ name: 'y' }],
    initializer: [
      { name: 's', dims: [], dataType: 1, floatData: [0.5] },
      { name: 'z', dims: [], dataType: 3, int32Data: [0] },
      { name: 'w', dims: [2, 3, 1, 1], dataType: 3, rawData: new Uint8Array(6).fill(3) },
    ],
  };
  const g = check(cutOf(encoded(quantised), { layers: ['x1'] }));
  assert.is(g.output?.[0]?.type?.tensorType?.elemType, 3);
  assert.equal(namesOf(check(cutOf(encoded(quantised))).output), ['p']);

  const values = Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const beside = (location: string, offset: number, length: number): Uint8Array => {
    assert.is(location, 'w.bin');
    return new Uint8Array(values.buffer, offset, length);
  };
  const external: onnx.IGraphProto = {
    node: [{ opType: 'Conv', input: ['x', 'w'], output: ['y'] }],
    input: [valueInfo('x', [1, 3, 8, 8])],
    output: [{ name: 'y' }],
    initializer: [
      {
        ...{ name: 'w', dims: [2, 3, 1, 1], dataType: 1, dataLocation: 1 },
        externalData: ['location', 'offset', 'length'].map((key, k) => ({ key, value: ['w.bin', '8', '24'][k]! })),
      },
    ],
  };
  const joined = cutOf(encoded(external), { layers: ['y'], readExternal: beside });
  assert.equal([...parseOnnx(joined, { name: 'a' }).tensors.get('w')!.floats()], [3, 4, 5, 6, 7, 8]);
  assert.match(
    refusal(() => cutOf(encoded(external), { layers: ['y'] })).message,
    /w is kept in another file, "w\.bin"/,
  );

  const inner: onnx.IGraphProto = {
    node: [{ opType: 'Add', input: ['a', 'w'], output: ['i'] }],
    output: [{ name: 'i' }],
  };
  const branching: onnx.IGraphProto = {
    node: [
      { opType: 'Relu', input: ['x'], output: ['a'] },
      {
        opType: 'If',
        name: 'if',
        input: ['c'],
        output: ['y'],
        attribute: [{ name: 'then_branch', type: 5, g: inner }],
      },
    ],
    input: [valueInfo('x', [1]), valueInfo('c', [1])],
    output: [{ name: 'y' }],
    initializer: [randomTensor('w', [1], 3), randomTensor('unused', [1], 4)],
  };
  const kept = check(cutOf(encoded(branching), { layers: ['y'] }));
  assert.equal(namesOf(kept.initializer), ['w'], 'what a subgraph reads is needed');
  assert.is(kept.node?.length, 2);

  // Weights before nodes, the model's name last: protobuf allows any order.
  const w = (name: string): Piece =>
    tensorField(5, name, [3, 3, 1, 1], FLOAT, [{ length: 36, bytes: () => [new Uint8Array(36)] }]);
  const node = (name: string, x: string, weight: string): Piece =>
    nodeField({ op: 'Conv', name, inputs: [x, weight], outputs: [name] });
  const file = modelFile(
    [
      w('w2'),
      w('w1'),
      valueField(12, 'c2', FLOAT, [1]),
      node('c1', 'x', 'w1'),
      node('c2', 'c1', 'w2'),
      valueField(11, 'x', FLOAT, [1, 3, null, null]),
    ],
    'p',
    13,
  );
  assert.equal(namesOf(check(cutOf(bytesOf(file), { layers: ['c1'] })).initializer), ['w1']);
});

test('layers that are not there, and files that are none', () => {
  const whole = encoded(zooVgg([2, 2, 2, 2, 2]));
  const unknown = refusal(() => cutOf(whole, { layers: ['relu6_1'] }));
  assert.is(unknown.code, 'RecipeError');
  assert.match(unknown.message, /no layer relu6_1\. Did you mean relu5_1\?/);
  assert.match(refusal(() => cutOf(whole, { layers: [] })).message, /no layer is named/);
  for (const bytes of [
    new Uint8Array(),
    new TextEncoder().encode('version https://git-lfs'),
    whole.subarray(0, 3000),
  ]) {
    assert.is(refusal(() => cutOf(bytes)).code, 'OnnxError');
  }
  const rng = new Rng(11);
  const small = encoded(zooVgg([1, 1, 1, 1, 1], [1, 1, 1, 1, 1]));
  for (let k = 0; k < (ALL ? 3000 : 600); k++) {
    const mutant = Uint8Array.from(small.subarray(0, k % 3 === 0 ? rng.below(small.length) : small.length));
    for (let j = 0; j < 1 + (k % 4); j++) mutant[rng.below(mutant.length)] = rng.below(256);
    try {
      assert.ok(cutOf(mutant, k % 2 ? { layers: ['relu2_1'], f16: k % 5 === 0 } : {}).length <= 2 * small.length);
    } catch (e) {
      assert.instance(e, EngineError, `${k}: ${(e as Error).stack}`);
    }
  }
});

test('a file of any size: 64 MB of classifier cost no memory', () => {
  const MB = 1 << 20;
  const dense: Piece = {
    length: 64 * MB,
    *bytes() {
      for (let k = 0; k < 64; k++) yield new Uint8Array(MB).fill(k);
    },
  };
  const path = join(folder, 'large.onnx');
  const nodes = ['c1', 'c2'].map((c, k) =>
    nodeField({
      op: 'Conv',
      name: c,
      inputs: [k ? 'c1' : 'x', `${c}.w`],
      outputs: [c],
      ints: { kernel_shape: [3, 3] },
    }),
  );
  const weight = (name: string, C: number): Piece =>
    tensorField(5, name, [64, C, 3, 3], FLOAT, [
      { length: 64 * C * 36, bytes: () => [new Uint8Array(64 * C * 36).fill(1)] },
    ]);
  const graph = [
    ...nodes,
    nodeField({ op: 'Flatten', name: 'f', inputs: ['c2'], outputs: ['f'] }),
    nodeField({ op: 'Gemm', name: 'y', inputs: ['f', 'fc'], outputs: ['y'] }),
    tensorField(5, 'fc', [4096, 4096], FLOAT, [dense]),
    ...[weight('c1.w', 3), weight('c2.w', 64)],
    ...[valueField(11, 'x', FLOAT, [1, 3, null, null]), valueField(12, 'y', FLOAT, [1, 4096])],
  ];
  const { size } = writePiece(path, modelFile(graph, 'test', 13));
  assert.ok(size > 64 * MB);
  const before = process.memoryUsage().rss;
  let [peak, most, read] = [0, 0, 0];
  withSource(path, (source) => {
    const watched = {
      size: source.size,
      read: (offset: number, length: number) => {
        peak = Math.max(peak, process.memoryUsage().rss - before);
        most = Math.max(most, length);
        read += length;
        return source.read(offset, length);
      },
    };
    const { size: kept } = writePiece(join(folder, 'small.onnx'), slim(watched, { name: 'large' }).file);
    assert.ok(kept < 200_000, `${kept} bytes`);
  });
  assert.ok(peak < 30 * MB, `${(peak / MB).toFixed(1)} MB more`);
  assert.ok(most <= MB && read < 2 * MB, `${read} bytes read, ${most} at a time`);
  assert.is(parseOnnx(readFileSync(join(folder, 'small.onnx')), { name: 'small' }).tensors.size, 2);
});

const light = '../shared/onnx/light';
const whenShared = needs(test, existsSync(light), 'no ../shared/onnx');

whenShared("the manifest's layers are in the zoo's own files, whole and slimmed", () => {
  const nets = {
    light_bvlc_alexnet: 'alexnet',
    light_inception_v1: 'inception-v1',
    light_squeezenet: 'squeezenet1.0-zoo',
    light_vgg19: 'vgg19-caffe2',
  };
  for (const [file, name] of Object.entries(nets)) {
    const { layers, content, dream, aliases } = weightsNamed(name);
    const whole = readFileSync(join(light, `${file}.onnx`));
    const bodies = [whole, cutOf(whole)].map((bytes) => {
      check(bytes);
      const model = parseOnnx(bytes, { name });
      return withAliases(model, layerNames(model), aliases).values;
    });
    const [before, after] = bodies;
    for (const layer of [...layers.map((l) => l.layer), ...content, ...dream, ...Object.keys(aliases)]) {
      assert.ok(before!.has(layer), `${name} has ${layer}`);
      assert.is(after!.get(layer), before!.get(layer), `${name} ${layer}`);
    }
  }
});

const real = '../shared/weights/squeezenet1.0-deep-compression/squeezenet1.0.onnx';
needs(
  test,
  existsSync(real),
  'no ../shared/weights',
)("SqueezeNet's modules are found in its own file", () => {
  const fire = knownWeights.find((w) => w.name === 'squeezenet1.0')!;
  const model = parseOnnx(readFileSync(real), { name: 'squeezenet' });
  const names = withAliases(model, layerNames(model), fire.aliases).values;
  for (let k = 2; k <= 9; k++) assert.match(names.get(`fire${k}`) ?? '', `fire${k}/concat`);
});

whenShared('any of its folders stays valid when it is slimmed to its outputs', () => {
  let done = 0;
  for (const group of ['node', 'pytorch-converted', 'simple']) {
    const place = join('../shared/onnx', group);
    if (!existsSync(place)) continue;
    for (const name of readdirSync(place).filter((_, k) => k % 7 === 0)) {
      const path = join(place, name, 'model.onnx');
      if (!existsSync(path)) continue;
      const whole = readFileSync(path);
      const outputs = namesOf(decoded(whole).output).filter((o) =>
        (decoded(whole).node ?? []).some((n) => n.output?.includes(o)),
      );
      if (outputs.length === 0) continue;
      const g = decoded(cutOf(whole, { layers: outputs }));
      assert.equal(namesOf(g.output), [...new Set(outputs)], name);
      done++;
    }
  }
  assert.ok(done > 20, `${done}`);
});

test.run();
