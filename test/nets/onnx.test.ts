import { existsSync, readFileSync } from 'node:fs';
import onnxProto, { type onnx } from 'onnx-proto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EngineError } from '../../src/base/errors';
import { Rng } from '../../src/base/rng';
import { Graph } from '../../src/graph/graph';
import { buildNet } from '../../src/nets/onnx/build';
import { layerNames, layerValue } from '../../src/nets/onnx/layers';
import type { OnnxModel } from '../../src/nets/onnx/model';
import { parseOnnx, parseTensor } from '../../src/nets/onnx/parse';
import { ALL } from '../support/all';
import { needs } from '../support/needs';
import { encoded, ints, valueInfo } from '../support/onnx_files';

const shared = '../shared/weights';
const NETS = ['vgg19-normalised-conv3_1/vgg19_normalised_conv3_1', 'vgg19-16x-distilled/vgg19_16x_5SE'];
const real = `${shared}/${NETS[1]}.onnx`;
const zoo = '../shared/onnx';

const test = suite('onnx');
const whenShared = needs(test, existsSync(shared), 'no ../shared/weights');

const image = valueInfo('x', [1, 2, 0, 0]);
const conv = (name: string, input: string, w: string, pads = [1, 1, 1, 1]): onnx.INodeProto => ({
  opType: 'Conv',
  name,
  input: [input, w],
  output: [`${name}_out`],
  attribute: [ints('pads', pads)],
});
const weights = (name: string, dims: number[]): onnx.ITensorProto => ({
  name,
  dims,
  dataType: 1,
  floatData: Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => i / 8),
});

function refusal(bytes: Uint8Array, use: (m: OnnxModel) => void = () => {}): string {
  try {
    use(parseOnnx(bytes, { name: 'net' }));
  } catch (e) {
    assert.instance(e, EngineError, `${e}`);
    assert.is((e as EngineError).code, 'OnnxError', `${e}`);
    assert.ok((e as EngineError).hint, `no remedy: ${e}`);
    return (e as EngineError).message;
  }
  return 'accepted';
}

test('a small file comes out as a plain frozen model', () => {
  const m = parseOnnx(
    encoded({
      node: [conv('c', 'x', 'w'), { opType: 'Relu', input: ['c_out'], output: ['y'] }],
      input: [image, { name: 'w' }],
      output: [{ name: 'y' }],
      initializer: [weights('w', [3, 2, 3, 3])],
    }),
  );
  assert.is(m.opset, 13);
  assert.equal(m.inputs, [{ name: 'x', shape: [1, 2, null, null] }], 'initializers listed as inputs are subtracted');
  assert.equal(
    m.nodes.map((n) => [n.op, n.name, n.inputs, n.outputs]),
    [
      ['Conv', 'c', ['x', 'w'], ['c_out']],
      ['Relu', 'y', ['c_out'], ['y']],
    ],
  );
  assert.equal(m.nodes[0]!.attributes.get('pads'), [1, 1, 1, 1]);
  assert.is(m.tensors.get('w')!.floats()[9], 9 / 8);
  assert.ok(Object.isFrozen(m) && Object.isFrozen(m.nodes) && Object.isFrozen(m.nodes[0]));
});

test('float weights are read in every form that files have them in', () => {
  const want = [0.5, -1.25, 3, 0.0625];
  const forms: onnx.ITensorProto[] = [
    { dataType: 1, floatData: want },
    { dataType: 1, rawData: new Uint8Array(Float32Array.from(want).buffer) },
    { dataType: 11, doubleData: want },
    { dataType: 11, rawData: new Uint8Array(Float64Array.from(want).buffer) },
    { dataType: 10, int32Data: [0x3800, 0xbd00, 0x4200, 0x2c00] },
    { dataType: 10, rawData: new Uint8Array(Uint16Array.from([0x3800, 0xbd00, 0x4200, 0x2c00]).buffer) },
    { dataType: 16, rawData: new Uint8Array(Uint16Array.from([0x3f00, 0xbfa0, 0x4040, 0x3d80]).buffer) },
  ];
  for (const f of forms) {
    const m = parseOnnx(encoded({ node: [], initializer: [{ name: 'w', dims: [2, 2], ...f }] }));
    assert.equal([...m.tensors.get('w')!.floats()], want, JSON.stringify(f));
    // The same as an attribute of a Constant node, which takes the decoder's way.
    const c = parseOnnx(
      encoded({
        node: [{ opType: 'Constant', output: ['w'], attribute: [{ name: 'value', type: 4, t: { dims: [4], ...f } }] }],
      }),
    );
    assert.equal([...c.tensors.get('w')!.floats()], want);
  }
  const whole = parseOnnx(
    encoded({ node: [], initializer: [{ name: 'p', dims: [3], dataType: 7, int64Data: [0, -1, 7] }] }),
  );
  assert.equal(whole.tensors.get('p')!.ints(), [0, -1, 7]);
  assert.throws(() => whole.tensors.get('p')!.floats(), /p holds int64 elements where floats are needed/);
});

test('constants made by nodes are constants, and no nodes', () => {
  const m = parseOnnx(
    encoded({
      node: [
        { opType: 'Constant', output: ['shape'], attribute: [ints('value_ints', [2, 3])] },
        {
          opType: 'ConstantOfShape',
          input: ['shape'],
          output: ['w'],
          attribute: [{ name: 'value', type: 4, t: { dims: [1], dataType: 1, floatData: [0.5] } }],
        },
        { opType: 'Identity', input: ['w'], output: ['shared'] },
      ],
    }),
  );
  assert.equal(m.nodes, []);
  assert.equal([...m.tensors.get('shared')!.floats()], [0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);
});

test('what is not an ONNX model is refused, each with its reason', () => {
  const good = encoded({ node: [conv('c', 'x', 'w')], input: [image], initializer: [weights('w', [3, 2, 3, 3])] });
  const graph = (g: onnx.IGraphProto): string => refusal(encoded(g));
  assert.match(refusal(new Uint8Array()), /0 graphs/);
  assert.match(refusal(new TextEncoder().encode('<html>404 Not Found</html>')), /net is not an ONNX file/);
  assert.match(
    refusal(new TextEncoder().encode('version https://git-lfs.github.com/spec/v1\n')),
    /net is a git-LFS pointer/,
  );
  assert.match(refusal(good.subarray(0, good.length - 5)), /ends at \d+ bytes/);
  assert.match(refusal(onnxProto.onnx.ModelProto.encode({ irVersion: 8 }).finish()), /0 graphs/);
  assert.match(
    graph({ initializer: [{ ...weights('w', [2, 2]), dims: [2, 3] }] }),
    /w wants 24 bytes for \[2, 3\] float32, and the file has 16/,
  );
  assert.match(graph({ initializer: [{ ...weights('w', [4]), dims: [-4] }] }), /impossible dimensions \[-4\]/);
  assert.match(graph({ initializer: [{ name: 'w', dataType: 1, dims: [1e6, 1e6] }] }), /impossible dimensions/);
  assert.match(graph({ initializer: [weights('w', [1]), weights('w', [1])] }), /two weights called "w"/);
  assert.match(graph({ node: [conv('c', 'ghost', 'w')] }), /Conv c of net reads ghost, which no node makes/);
  assert.match(graph({ input: [image], output: [{ name: 'z' }] }), /output z that no node makes/);
  const r = (i: string, o: string): onnx.INodeProto => ({ opType: 'Relu', input: [i], output: [o] });
  assert.match(graph({ node: [r('b', 'a'), r('a', 'b')] }), /depends on itself/);
  assert.match(graph({ node: [r('a', 'a')] }), /depends on itself/);
  assert.match(graph({ input: [image], node: [r('x', 'a'), r('x', 'a')] }), /makes the value a twice/);
  assert.match(graph({ input: [image], node: [r('x', 'x')] }), /makes the value x twice/);
  assert.match(graph({ input: [image], node: [{ opType: 'Relu', input: ['x'] }] }), /no op or no output/);
});

test('nodes are put in order, however many there are', () => {
  const n = 50_000;
  const node = Array.from(
    { length: n },
    (_, k): onnx.INodeProto => ({ opType: 'Relu', input: [k ? `v${k - 1}` : 'x'], output: [`v${k}`] }),
  );
  const m = parseOnnx(encoded({ input: [image], node: node.reverse() }));
  assert.is(m.nodes.length, n);
  assert.is(m.nodes[0]!.outputs[0], 'v0');
  assert.is(m.nodes[n - 1]!.outputs[0], `v${n - 1}`);
});

test('names of a file reach no prototype', () => {
  const m = parseOnnx(
    encoded({
      node: [
        {
          opType: 'Relu',
          name: '__proto__',
          input: ['constructor'],
          output: ['toString'],
          attribute: [ints('__proto__', [1])],
        },
      ],
      input: [{ ...image, name: 'constructor' }],
      initializer: [weights('__proto__', [1])],
    }),
  );
  assert.is(({} as Record<string, unknown>).floats, undefined);
  assert.equal(m.nodes[0]!.attributes.get('__proto__'), [1]);
  assert.is(m.tensors.get('hasOwnProperty'), undefined);
  assert.throws(() => layerValue(m, layerNames(m), 'valueOf'), /has no layer valueOf/);
});

test('weights in other files are read through a callback, and only from beside the model', () => {
  const at = (location: string): Uint8Array =>
    encoded({
      initializer: [
        {
          name: 'w',
          dims: [2],
          dataType: 1,
          dataLocation: 1,
          externalData: [
            { key: 'location', value: location },
            { key: 'offset', value: '4' },
            { key: 'length', value: '8' },
          ],
        },
      ],
    });
  const bytes = new Uint8Array(Float32Array.from([9, 0.25, 0.75]).buffer);
  const readExternal = (l: string, offset: number, length: number): Uint8Array => {
    assert.is(l, 'w.bin');
    return bytes.subarray(offset, offset + length);
  };
  assert.equal([...parseOnnx(at('w.bin'), { readExternal }).tensors.get('w')!.floats()], [0.25, 0.75]);
  const use = (m: OnnxModel): void => void m.tensors.get('w')!.floats();
  assert.match(refusal(at('w.bin'), use), /w is kept in another file, w\.bin/);
  for (const bad of ['/etc/passwd', '..\\w', 'a/../../w', 'C:\\w', '']) {
    assert.throws(() => use(parseOnnx(at(bad), { readExternal })), /not beside the model/, bad);
  }
  assert.throws(
    () => use(parseOnnx(at('w.bin'), { readExternal: () => bytes.subarray(0, 3) })),
    /w wants 8 bytes at 4 of w\.bin, which has 3 there/,
  );
});

whenShared('a damaged file is a model or an OnnxError, never anything else', () => {
  const bytes = readFileSync(real);
  const rng = new Rng(11);
  const read = (b: Uint8Array): void => {
    refusal(b, (m) => {
      layerNames(m);
      const t = [...m.tensors.values()][rng.below(Math.max(1, m.tensors.size))];
      if (t?.type.startsWith('float')) t.floats();
    });
  };
  for (let k = 0; k < (ALL ? 150 : 50); k++)
    read(bytes.subarray(0, k % 3 === 0 ? rng.below(4000) : rng.below(bytes.length)));
  // Most of the file is weights, which any bytes can be: aim at what has structure.
  const structure: number[] = [];
  for (let i = 0; i < bytes.length && structure.length < 3000; i++) {
    if (
      bytes
        .subarray(i, i + 3)
        .toString('latin1')
        .match(/^[a-z_0-9]{3}$/)
    )
      structure.push(i);
  }
  for (let k = 0; k < (ALL ? 400 : 80); k++) {
    const damaged = new Uint8Array(bytes);
    for (let n = rng.below(4); n >= 0; n--) {
      const at =
        k % 2 ? rng.below(bytes.length) : Math.max(0, (structure[rng.below(structure.length)] ?? 0) - rng.below(12));
      damaged[at] = rng.below(256);
    }
    read(damaged);
  }
  // A small file is all structure.
  const small = encoded({
    node: [conv('c', 'x', 'w')],
    input: [image],
    output: [{ name: 'c_out' }],
    initializer: [weights('w', [3, 2, 3, 3])],
  });
  for (let k = 0; k < (ALL ? 3000 : 600); k++) {
    const damaged = new Uint8Array(small);
    damaged[rng.below(small.length)] = rng.below(256);
    read(k % 3 ? damaged : damaged.subarray(0, rng.below(small.length)));
    try {
      const m = parseOnnx(damaged);
      const g = new Graph();
      const [last] = m.outputs;
      if (last) buildNet(g, m, g.input([2, 6, 6]), { layers: [last], torus: k % 2 === 0 });
    } catch (e) {
      assert.instance(e, EngineError, `building: ${(e as Error).stack}`);
    }
  }
});

whenShared('layers have the usual names, and a misspelt one is answered with its neighbour', () => {
  const m = parseOnnx(readFileSync(real), { name: 'vgg19' });
  const names = layerNames(m);
  assert.is(layerValue(m, names, 'relu3_4'), 'relu3_4');
  assert.is(layerValue(m, names, 'conv4_2'), 'conv4_2_out');
  assert.is(layerValue(m, names, 'pool2'), 'pool2');
  assert.ok(!names.usual.includes('conv1_3'), 'the 1x1 convolution in front is not counted');
  assert.is(names.usual[0], 'conv1_1');
  assert.throws(
    () => layerValue(m, names, 'relu6_1'),
    (e: EngineError) =>
      e.code === 'RecipeError' &&
      /^vgg19 has no layer relu6_1\. Did you mean relu5_1\?\n {2}Its layers: conv1_1, relu1_1/.test(e.message),
  );
  const squeeze = parseOnnx(readFileSync(`${shared}/squeezenet1.0-deep-compression/squeezenet1.0.onnx`), {
    name: 'squeezenet',
  });
  assert.is(layerValue(squeeze, layerNames(squeeze), 'fire2/concat'), 'fire2/concat_out');
  assert.throws(() => layerValue(squeeze, layerNames(squeeze), 'conv1_1'), /has no layer conv1_1/);
});

needs(
  test,
  existsSync(zoo),
  'no ../shared/onnx',
)('a classifier of numbered values gets the usual names too', () => {
  const m = parseOnnx(readFileSync(`${zoo}/light/light_vgg19.onnx`), { name: 'vgg19' });
  const { usual, values } = layerNames(m);
  assert.equal(usual.filter((u) => u.startsWith('relu')).length, 16);
  assert.is(usual.at(-1), 'pool5');
  assert.is(values.get('relu1_2'), 'r3');
  assert.is(parseTensor(readFileSync(`${zoo}/light/light_vgg19_output_0.pb`)).floats().length, 1000);
});

test.run();
