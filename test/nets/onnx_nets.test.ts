import { existsSync, readFileSync } from 'node:fs';
import type { onnx } from 'onnx-proto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EngineError } from '../../src/base/errors';
import { Rng } from '../../src/base/rng';
import { size } from '../../src/base/shape';
import { Graph } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import { buildNet, netStride } from '../../src/nets/onnx/build';
import type { OnnxModel, OnnxTensor } from '../../src/nets/onnx/model';
import type { NetOptions } from '../../src/nets/onnx/net_options';
import { parseOnnx, parseTensor } from '../../src/nets/onnx/parse';
import { device } from '../support/device';
import { close, rolled } from '../support/kit';
import { needs } from '../support/needs';
import { encoded, int, ints, randomTensor, valueInfo, zooVgg } from '../support/onnx_files';

const test = suite('onnx nets');
const weights = '../shared/weights';
const whenWeights = needs(test, existsSync(weights), 'no ../shared/weights');

/** Runs a net on a picture on the device. */
async function features(
  m: OnnxModel,
  shape: readonly number[],
  data: Float32Array,
  options: NetOptions,
): Promise<Map<string, { shape: readonly number[]; data: Float32Array }>> {
  const g = new Graph();
  const x = g.input(shape, 'picture');
  const refs = buildNet(g, m, x, options);
  const plan = await Plan.compile(await device(), g, [...refs.values()]);
  try {
    plan.write(x, data);
    plan.run();
    const out = new Map<string, { shape: readonly number[]; data: Float32Array }>();
    for (const [layer, ref] of refs) out.set(layer, { shape: ref.shape, data: await plan.read(ref) });
    return out;
  } finally {
    plan.close();
  }
}

const picture = (shape: readonly number[], seed = 1): Float32Array => {
  const rng = new Rng(seed);
  return Float32Array.from({ length: size(shape) }, () => rng.uniform());
};

const tensor = (path: string): OnnxTensor => parseTensor(readFileSync(path), path);

for (const [folder, file] of [
  ['vgg19-normalised-conv3_1', 'vgg19_normalised_conv3_1'],
  ['vgg19-16x-distilled', 'vgg19_16x_5SE'],
  ['squeezenet1.0-deep-compression', 'squeezenet1.0'],
] as const) {
  whenWeights(`${folder} as exported gives its golden outputs`, async () => {
    const m = parseOnnx(readFileSync(`${weights}/${folder}/${file}.onnx`), { name: folder });
    const golden = `${weights}/${folder}/test_data_set_0`;
    const input = tensor(`${golden}/input_0.pb`);
    const got = await features(m, input.shape.slice(1), input.floats(), { layers: m.outputs });
    for (const [k, name] of m.outputs.entries()) {
      const want = tensor(`${golden}/output_${k}.pb`);
      assert.equal(got.get(name)!.shape, want.shape.slice(1));
      close(got.get(name)!.data, want.floats(), 1e-4, name);
    }
  });
}

const net = (node: onnx.INodeProto[], initializer: onnx.ITensorProto[], channels = 3): OnnxModel => {
  const output = [{ name: node.at(-1)!.output![0]! }];
  return parseOnnx(encoded({ node, initializer, input: [valueInfo('x', [1, channels, 0, 0])], output }), {
    name: 'net',
  });
};
const node = (
  opType: string,
  input: string[],
  output: string,
  attribute: onnx.IAttributeProto[] = [],
): onnx.INodeProto => ({ opType, name: output, input, output: [output], attribute });
const word = (name: string, s: string): onnx.IAttributeProto => ({ name, type: 3, s: new TextEncoder().encode(s) });
const int64 = (name: string, v: number[]): onnx.ITensorProto => ({ name, dims: [v.length], dataType: 7, int64Data: v });

test('a classifier is built only as far as the layers asked for', async () => {
  const m = parseOnnx(encoded(zooVgg()), { name: 'vgg19' });
  const g = new Graph();
  const refs = buildNet(g, m, g.input([3, 32, 48]), { layers: ['relu2_1', 'conv1_2', 'vgg0_pool0_fwd'] });
  assert.equal(refs.get('relu2_1')!.shape, [6, 16, 24]);
  assert.equal(refs.get('conv1_2')!.shape, [4, 32, 48]);
  const constants = g.nodes.filter((n) => n.source.from === 'constant').map((n) => n.label);
  assert.equal(
    constants.filter((l) => l.endsWith('weight')),
    ['vgg0_conv0_weight', 'vgg0_conv1_weight', 'vgg0_conv2_weight'],
  );
  buildNet(g, m, g.input([3, 16, 16]), { layers: ['relu2_1'] });
  assert.is(g.nodes.filter((n) => n.source.from === 'constant').length, constants.length, 'weights are shared');
  assert.throws(
    () => buildNet(g, m, g.input([3, 64, 64]), { layers: ['vgg0_dense0_fwd'] }),
    /matmul wants \[M, K\] and \[N, K\], got \[1, 32\] and \[5, 392\]/,
  );
  // The whole classifier, at the size it is made for.
  const logits = buildNet(g, m, g.input([3, 224, 224]), { layers: ['vgg0_dropout0_fwd'] });
  assert.equal(logits.get('vgg0_dropout0_fwd')!.shape, [5, 1, 1]);
  assert.throws(
    () => buildNet(g, m, g.input([1, 32, 32]), { layers: ['relu1_1'] }),
    /vgg19 takes data \[1, 3, 224, 224\], not pictures of 1 channels/,
  );
});

test('strides of a net: what a torus has to be divisible by', () => {
  const m = parseOnnx(encoded(zooVgg()), { name: 'vgg19' });
  assert.equal(netStride(m, ['relu1_2']), [1, 1]);
  assert.equal(netStride(m, ['relu1_1', 'relu4_1']), [8, 8]);
  const g = new Graph();
  assert.throws(
    () => buildNet(g, m, g.input([3, 36, 32]), { layers: ['relu4_1'], torus: true }),
    /vgg19 shrinks a picture 8-fold up to these layers, so on a torus its height has to be a multiple of 8, not 36\n {2}Use 40\./,
  );
  buildNet(g, m, g.input([3, 36, 32]), { layers: ['relu4_1'], torus: [false, true] });
});

// Everything that may disturb a torus, in one net: pads that fold, pads that do not, no pads, even kernels, ceil.
const awkward = (): OnnxModel =>
  net(
    [
      node('Pad', ['x', 'p1'], 'pad1', [word('mode', 'reflect')]),
      node('Conv', ['pad1', 'w1', 'b1'], 'folded'),
      node('Conv', ['folded', 'w2'], 'valid'),
      node('MaxPool', ['valid'], 'ceiled', [
        ints('kernel_shape', [3, 3]),
        ints('strides', [2, 2]),
        int('ceil_mode', 1),
      ]),
      node('Relu', ['ceiled'], 'bright'),
      node('Conv', ['bright', 'w3'], 'even', [ints('strides', [2, 2]), word('auto_pad', 'SAME_UPPER')]),
      node('Pad', ['even', 'p2', 'one'], 'framed'),
      node('AveragePool', ['framed'], 'mean', [
        ints('kernel_shape', [2, 2]),
        ints('pads', [1, 0, 1, 0]),
        int('count_include_pad', 1),
      ]),
      node('Conv', ['framed', 'w4'], 'wide', [ints('pads', [1, 1, 1, 1])]),
      node('Concat', ['even', 'wide'], 'both', [int('axis', 1)]),
    ],
    [
      randomTensor('w1', [4, 3, 3, 3], 1),
      randomTensor('b1', [4], 2),
      randomTensor('w2', [4, 4, 5, 3], 3),
      randomTensor('w3', [6, 4, 4, 2], 4),
      randomTensor('w4', [2, 6, 1, 1], 5),
      int64('p1', [0, 0, 1, 1, 0, 0, 1, 1]),
      int64('p2', [0, 0, 1, 2, 0, 0, 0, 1]),
      { name: 'one', dims: [], dataType: 1, floatData: [1] },
    ],
  );

for (const torus of [true, [true, false], [false, true]] as const) {
  test(`on the torus ${torus} every layer of an awkward net rolls with the picture, bit for bit`, async () => {
    const m = awkward();
    // Only on a whole torus do padded and unpadded branches come out equally large.
    const layers = ['folded', 'valid', 'ceiled', 'even', 'mean', 'wide', ...(torus === true ? ['both'] : [])];
    const [ty, tx] = typeof torus === 'boolean' ? [torus, torus] : torus;
    const shape = [3, 24, 32];
    const data = picture(shape);
    const shift = [ty ? 8 : 0, tx ? -12 : 0] as const;
    const moved = rolled({ shape, data: Float64Array.from(data) }, shift);
    const a = await features(m, shape, data, { layers, torus });
    const b = await features(m, shape, Float32Array.from(moved.data), { layers, torus });
    for (const layer of layers) {
      const { shape: s, data: d } = a.get(layer)!;
      if (ty) assert.is(24 % s[1]!, 0, `${layer} is ${s}`);
      if (tx) assert.is(32 % s[2]!, 0, `${layer} is ${s}`);
      const by = [shift[0] / (24 / s[1]!), shift[1] / (32 / s[2]!)] as const;
      const want = rolled({ shape: s, data: Float64Array.from(d) }, [ty ? by[0] : 0, tx ? by[1] : 0]);
      assert.equal(b.get(layer)!.data, Float32Array.from(want.data), layer);
    }
  });
}

test('a torus holds for groups, dilation, normalisation, transposed convolution and enlarging', async () => {
  const m = net(
    [
      node('Conv', ['x', 'w1'], 'depthwise', [int('group', 6), ints('pads', [1, 1, 1, 1]), ints('strides', [2, 2])]),
      node('LRN', ['depthwise'], 'local', [int('size', 3)]),
      node('Conv', ['local', 'w2', 'b2'], 'wide', [ints('dilations', [3, 3]), ints('pads', [3, 3, 3, 3])]),
      node('MaxPool', ['wide'], 'holes', [
        ints('kernel_shape', [2, 2]),
        ints('dilations', [2, 2]),
        ints('strides', [2, 2]),
      ]),
      node('ConvTranspose', ['holes', 'w3'], 'larger', [ints('strides', [2, 2]), ints('pads', [1, 1, 1, 1])]),
      node('Resize', ['larger', '', 'by'], 'largest', [word('mode', 'linear')]),
    ],
    [
      randomTensor('w1', [6, 1, 3, 3], 1),
      randomTensor('w2', [4, 6, 3, 3], 2),
      randomTensor('b2', [4], 3),
      randomTensor('w3', [4, 2, 4, 4], 4),
      { name: 'by', dims: [4], dataType: 1, floatData: [1, 1, 2, 2] },
    ],
    6,
  );
  const shape = [6, 16, 24];
  const data = picture(shape);
  const layers = ['depthwise', 'local', 'wide', 'holes', 'larger', 'largest'];
  const moved = rolled({ shape, data: Float64Array.from(data) }, [4, -8]);
  const a = await features(m, shape, data, { layers, torus: true });
  const b = await features(m, shape, Float32Array.from(moved.data), { layers, torus: true });
  for (const layer of layers) {
    const { shape: s, data: d } = a.get(layer)!;
    const want = rolled({ shape: s, data: Float64Array.from(d) }, [(4 * s[1]!) / 16, (-8 * s[2]!) / 24]);
    assert.is(s[1]! / s[2]!, 16 / 24, layer);
    close(b.get(layer)!.data, want.data, 1e-6, layer);
  }
});

test('away from the edges a torus sees what the file sees', async () => {
  const m = net(
    [
      node('Conv', ['x', 'w1'], 'valid', [ints('strides', [2, 2])]),
      node('MaxPool', ['valid'], 'pool', [ints('kernel_shape', [3, 3]), ints('strides', [2, 2]), int('ceil_mode', 1)]),
    ],
    [randomTensor('w1', [4, 3, 7, 7], 1)],
  );
  const shape = [3, 32, 32];
  const flat = (await features(m, shape, picture(shape), { layers: ['pool'] })).get('pool')!;
  const ring = (await features(m, shape, picture(shape), { layers: ['pool'], torus: true })).get('pool')!;
  assert.equal(
    [flat.shape, ring.shape],
    [
      [4, 6, 6],
      [4, 8, 8],
    ],
  );
  for (let c = 0; c < 4; c++)
    for (let y = 0; y < 5; y++) {
      const row = (f: typeof flat): Float32Array =>
        f.data.slice((c * f.shape[1]! + y) * f.shape[2]!, (c * f.shape[1]! + y) * f.shape[2]! + 5);
      close(row(ring), row(flat), 1e-5, `row ${y}`);
    }
});

test('a folded Pad, a Pad carried out and pads of the convolution agree', async () => {
  const w = randomTensor('w', [5, 3, 3, 3], 7);
  const zero = int64('p', [0, 0, 1, 1, 0, 0, 1, 1]);
  const own = net([node('Conv', ['x', 'w'], 'y', [ints('pads', [1, 1, 1, 1])])], [w]);
  const folded = net([node('Pad', ['x', 'p'], 'p1'), node('Conv', ['p1', 'w'], 'y')], [w, zero]);
  const shape = [3, 9, 11];
  const run = async (m: OnnxModel, layers: string[]): Promise<Float32Array> =>
    (await features(m, shape, picture(shape), { layers })).get('y')!.data;
  const g = new Graph();
  buildNet(g, folded, g.input(shape), { layers: ['y'] });
  assert.not.ok(
    g.nodes.some((n) => n.label === 'pad'),
    'the Pad is folded',
  );
  const want = await run(own, ['y']);
  close(await run(folded, ['y']), want, 1e-6, 'folded');
  close(await run(folded, ['p1', 'y']), want, 1e-6, 'with the padded map as a layer');
});

test('batch normalisation and groups', async () => {
  const each = (name: string, seed: number, of: (u: number) => number): onnx.ITensorProto => {
    const t = randomTensor(name, [4], seed);
    return { ...t, floatData: t.floatData!.map((v) => Math.fround(of(v))) };
  };
  const m = net(
    [
      node('Conv', ['x', 'w', 'b'], 'c', [int('group', 2)]),
      node('BatchNormalization', ['c', 's', 't', 'm', 'v'], 'n', [{ name: 'epsilon', type: 1, f: 1e-3 }]),
    ],
    [
      randomTensor('w', [4, 1, 3, 2], 1),
      randomTensor('b', [4], 2),
      each('s', 3, (u) => 1 + u / 2),
      each('t', 4, (u) => u),
      each('m', 5, (u) => u),
      each('v', 6, (u) => 1 + u / 2),
    ],
    2,
  );
  const shape = [2, 5, 6];
  const data = picture(shape);
  const got = await features(m, shape, data, { layers: ['n', 'c'] });
  const t = (name: string): Float32Array => m.tensors.get(name)!.floats();
  const plain: number[] = [];
  const normal: number[] = [];
  for (let o = 0; o < 4; o++)
    for (let y = 0; y < 3; y++)
      for (let x = 0; x < 5; x++) {
        let sum = t('b')[o]!;
        for (let i = 0; i < 3; i++)
          for (let j = 0; j < 2; j++) {
            sum += t('w')[o * 6 + i * 2 + j]! * data[(Math.floor(o / 2) * 5 + y + i) * 6 + x + j]!;
          }
        plain.push(sum);
        normal.push(((sum - t('m')[o]!) / Math.sqrt(t('v')[o]! + 1e-3)) * t('s')[o]! + t('t')[o]!);
      }
  close(got.get('c')!.data, plain, 1e-5, 'Conv');
  close(got.get('n')!.data, normal, 1e-5, 'BatchNormalization');
});

test('pooling of another kind takes the place of max pools', async () => {
  const m = net([node('MaxPool', ['x'], 'y', [ints('kernel_shape', [2, 2]), ints('strides', [2, 2])])], []);
  const shape = [3, 2, 2];
  const data = picture(shape);
  const y = (await features(m, shape, data, { layers: ['y'], pooling: 'average', poolScale: 2 })).get('y')!.data;
  close(
    y,
    [0, 1, 2].map((c) => data.slice(4 * c, 4 * c + 4).reduce((a, b) => a + b) / 2),
    1e-6,
    'average',
  );
});

test('attributes that cannot be had are refused by name', () => {
  const w = randomTensor('w', [3, 3, 3, 3], 1);
  const refuse = (n: onnx.INodeProto[], pattern: RegExp, initializer = [w]): void => {
    const m = net(n, initializer);
    const g = new Graph();
    assert.throws(
      () => buildNet(g, m, g.input([3, 16, 16]), { layers: m.outputs }),
      (e: EngineError) => {
        assert.is(e.code, 'OnnxError', `${e}`);
        assert.match(e.message, pattern);
        return e.hint !== undefined;
      },
    );
  };
  const conv = (...a: onnx.IAttributeProto[]): onnx.INodeProto[] => [node('Conv', ['x', 'w'], 'y', a)];
  refuse(conv(ints('dilations', [2])), /Conv y has dilations \[2\]; wanted are 2/);
  refuse(conv(ints('strides', [0, 1])), /Conv y has strides \[0, 1\]; wanted are 2 integers from 1 to 4096/);
  refuse(conv(ints('pads', [1, 1])), /Conv y has pads \[1, 1\]; wanted are 4/);
  refuse(conv(ints('pads', [-1, 0, 0, 0])), /Conv y has pads \[-1, 0, 0, 0\]/);
  refuse(conv(ints('kernel_shape', [5, 5])), /kernel_shape other than its filters/);
  refuse(conv(word('auto_pad', 'SOME')), /Conv y has auto_pad "SOME"/);
  refuse(conv(int('group', 3)), /3 groups for a map of 3 channels/);
  refuse([node('Concat', ['x', 'x'], 'y', [int('axis', 4)])], /Concat y has axis 4/);
  refuse([node('Pad', ['x'], 'y', [ints('pads', [0, 1, 0, 0])])], /Pad y has pads \[0, 1, 0, 0\] for 4 axes/);
  refuse([node('MaxPool', ['x'], 'y')], /MaxPool y has no kernel_shape/);
  refuse([node('Softmax', ['x'], 'y', [int('axis', 9)])], /Softmax y has axis 9/);
});

test('all that is lacking is named at once', () => {
  const m = net(
    [node('Einsum', ['x'], 'a'), node('NonZero', ['a'], 'b'), node('Einsum', ['b'], 'c'), node('Relu', ['c'], 'y')],
    [],
  );
  const g = new Graph();
  assert.throws(
    () => buildNet(g, m, g.input([3, 8, 8]), { layers: ['y'] }),
    (e: EngineError) => {
      assert.is(e.code, 'OnnxError');
      assert.match(e.message, /net needs Einsum \(2 nodes, first a\), NonZero \(node b\), which toroid does not have/);
      return true;
    },
  );
});

test.run();
