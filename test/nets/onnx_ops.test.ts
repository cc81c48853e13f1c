// Operators of arithmetic, against figures worked out by hand.
import type { onnx } from 'onnx-proto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Graph } from '../../src/graph/graph';
import { Plan } from '../../src/graph/plan';
import { buildNet } from '../../src/nets/onnx/build';
import { each } from '../../src/nets/onnx/const_fold';
import type { OnnxModel, OnnxTensor } from '../../src/nets/onnx/model';
import { parseOnnx } from '../../src/nets/onnx/parse';
import { sum } from '../../src/shaders/sum';
import { device } from '../support/device';
import { close } from '../support/kit';
import { cases as casesOf, counting, floats, list, noise, outcome, tensor } from '../support/onnx_cases';
import { encoded, ints, valueInfo } from '../support/onnx_files';

const test = suite('onnx ops');
const cases = casesOf(test);

cases('arithmetic of every type, old and new broadcasting', () => [
  {
    op: 'Add',
    opset: 6,
    attributes: { broadcast: 1, axis: 1 },
    inputs: [counting([1, 2, 2]), floats(10, 20)],
    outputs: [tensor([1, 2, 2], [11, 12, 23, 24])],
  },
  {
    op: 'Add',
    inputs: [tensor([2], [250, 3], 'uint8'), tensor([2], [10, 4], 'uint8')],
    outputs: [tensor([2], [4, 7], 'uint8')],
  },
  {
    op: 'Div',
    inputs: [tensor([2], [-7, 7], 'int32'), tensor([2], [2, 2], 'int32')],
    outputs: [tensor([2], [-3, 3], 'int32')],
  },
  { op: 'Sum', inputs: [counting([2, 1]), counting([1, 2]), floats(1, 1)], outputs: [tensor([2, 2], [3, 4, 4, 5])] },
  { op: 'Sub', inputs: [tensor([], [5]), counting([2, 2])], outputs: [tensor([2, 2], [4, 3, 2, 1])] },
  { op: 'Mean', inputs: [floats(1, 2), floats(3, 6)], outputs: [floats(2, 4)] },
  {
    op: 'Clip',
    opset: 6,
    attributes: { min: -0.5, max: { f: 2 } },
    inputs: [floats(-1, 0, 3)],
    outputs: [floats(-0.5, 0, 2)],
  },
  {
    op: 'Clip',
    inputs: [tensor([3], [-1, 0, 9], 'int8'), null, tensor([], [5], 'int8')],
    outputs: [tensor([3], [-1, 0, 5], 'int8')],
  },
  { op: 'Clip', inputs: [floats(1, 5), tensor([], [4]), tensor([], [2])], outputs: [floats(2, 2)] },
  {
    op: 'PRelu',
    opset: 7,
    inputs: [tensor([1, 2, 2, 1], [-1, 2, -3, -4]), floats(0.5, 2)],
    outputs: [tensor([1, 2, 2, 1], [-0.5, 2, -6, -8])],
  },
  {
    op: 'PRelu',
    inputs: [tensor([2, 2], [-1, -1, -1, 1]), floats(0.5, 2)],
    outputs: [tensor([2, 2], [-0.5, -2, -0.5, 1])],
  },
  {
    op: 'Where',
    inputs: [tensor([2, 1], [1, 0], 'bool'), floats(1, 2), floats(8, 9)],
    outputs: [tensor([2, 2], [1, 2, 8, 9])],
  },
  { op: 'Less', inputs: [floats(1, 2, 3), floats(2, 2, 2)], outputs: [tensor([3], [1, 0, 0], 'bool')] },
  { op: 'Gelu', inputs: [floats(-1, 0, 1)], outputs: [floats(-0.15865525, 0, 0.84134475)] },
  {
    op: 'Gelu',
    attributes: { approximate: 'tanh' },
    inputs: [floats(-1, 0, 1)],
    outputs: [floats(-0.15880796, 0, 0.841192)],
  },
  { op: 'HardSwish', inputs: [floats(-4, -1, 1, 4)], outputs: [floats(0, -1 / 3, 2 / 3, 4)] },
  { op: 'Cast', attributes: { to: 7 }, inputs: [tensor([2], [1, 3], 'int32')], outputs: [list(1, 3)] },
]);

cases('normalisations, products, reductions', () => {
  const x = counting([2, 2, 1, 2]);
  // Channel 0 has 1 2 5 6, channel 1 3 4 7 8: means 3.5 and 5.5, variance 4.25 each.
  const inv = 1 / Math.sqrt(4.25 + 1e-5);
  const normal = [1, 2, 3, 4, 5, 6, 7, 8].map((v, k) => (v - (k % 4 < 2 ? 3.5 : 5.5)) * inv);
  return [
    {
      op: 'BatchNormalization',
      opset: 15,
      attributes: { training_mode: 1, momentum: 0.9 },
      inputs: [x, floats(1, 1), floats(0, 0), floats(0, 10), floats(1, 1)],
      outputs: [tensor([2, 2, 1, 2], normal), floats(0.35, 9.55), floats(1.325, 1.325)],
    },
    {
      op: 'BatchNormalization',
      attributes: { epsilon: { f: 0 } },
      inputs: [floats(3, 5), floats(2), floats(1), floats(1), floats(4)].map((t, k) =>
        k === 0 ? tensor([2, 1], [3, 5]) : t,
      ),
      outputs: [tensor([2, 1], [3, 5])],
    },
    {
      op: 'InstanceNormalization',
      attributes: { epsilon: { f: 0 } },
      inputs: [tensor([1, 1, 1, 2], [1, 3]), floats(2), floats(1)],
      outputs: [tensor([1, 1, 1, 2], [-1, 3])],
    },
    // An even size reaches one channel further ahead than back.
    {
      op: 'LRN',
      attributes: { size: 2, alpha: { f: 2 }, beta: { f: 1 }, bias: { f: 0 } },
      inputs: [tensor([1, 3, 1, 1], [1, 2, 3])],
      outputs: [tensor([1, 3, 1, 1], [1 / 5, 2 / 13, 3 / 9])],
    },
    {
      op: 'Gemm',
      attributes: { transB: 1, alpha: 0.5, beta: { f: 2 } },
      inputs: [counting([1, 2]), counting([2, 2]), floats(1, 2)],
      outputs: [tensor([1, 2], [4.5, 9.5])],
    },
    { op: 'MatMul', inputs: [counting([2, 1, 2]), counting([2, 2, 1])], outputs: [tensor([2, 1, 1], [5, 25])] },
    { op: 'MatMul', inputs: [counting([2]), counting([3, 2, 2])], outputs: [tensor([3, 2], [7, 10, 19, 22, 31, 34])] },
    {
      op: 'Softmax',
      opset: 11,
      attributes: { axis: -1 },
      inputs: [tensor([2, 2], [0, 0, 1e3, 0])],
      outputs: [tensor([2, 2], [0.5, 0.5, 1, 0])],
    },
    {
      op: 'Softmax',
      opset: 11,
      attributes: { axis: 0 },
      inputs: [tensor([2, 2], [0, 0, 0, 0])],
      outputs: [tensor([2, 2], [0.25, 0.25, 0.25, 0.25])],
    },
    {
      op: 'LogSoftmax',
      attributes: { axis: 0 },
      inputs: [tensor([2, 1], [1e4, 0])],
      outputs: [tensor([2, 1], [0, -1e4])],
    },
    {
      op: 'ReduceMax',
      opset: 13,
      attributes: { axes: [0, 2], keepdims: 0 },
      inputs: [counting([2, 2, 2])],
      outputs: [floats(6, 8)],
    },
    { op: 'ReduceSum', inputs: [counting([2, 2]), list(-1)], outputs: [tensor([2, 1], [3, 7])] },
    { op: 'ReduceProd', attributes: { keepdims: 0 }, inputs: [list(2, 3)], outputs: [tensor([], [6], 'int64')] },
  ];
});

cases('quantised numbers', () => {
  const bytes = (...v: number[]): OnnxTensor => tensor([v.length], v, 'uint8');
  const u8 = (v: number): OnnxTensor => tensor([], [v], 'uint8');
  const s = (v: number): OnnxTensor => tensor([], [v]);
  return [
    {
      op: 'QuantizeLinear',
      inputs: [floats(0, 2, 3, 1000, -254, -1000), s(2), u8(128)],
      outputs: [bytes(128, 129, 130, 255, 1, 0)],
    },
    { op: 'DequantizeLinear', inputs: [bytes(0, 3, 128, 255), s(2), u8(128)], outputs: [floats(-256, -250, 0, 254)] },
    {
      op: 'DequantizeLinear',
      attributes: { axis: 0 },
      inputs: [tensor([2, 2], [1, 2, 3, 4], 'int8'), floats(2, 4)],
      outputs: [tensor([2, 2], [2, 4, 12, 16])],
    },
    {
      op: 'DequantizeLinear',
      attributes: { axis: 1, block_size: 2 },
      inputs: [tensor([1, 4], [1, 2, 3, 4], 'int16'), tensor([1, 2], [2, 10])],
      outputs: [tensor([1, 4], [2, 4, 30, 40])],
    },
    {
      op: 'QuantizeLinear',
      attributes: { axis: 0 },
      inputs: [tensor([2, 1], [3, 3]), floats(2, 1), tensor([2], [0, -1], 'int8')],
      outputs: [tensor([2, 1], [2, 2], 'int8')],
    },
    {
      op: 'QuantizeLinear',
      attributes: { output_dtype: 17 },
      inputs: [floats(0.3, 500, -17.1), s(1)],
      outputs: [tensor([3], [0.3125, 448, -18], 'float8e4m3fn')],
    },
    {
      op: 'QLinearConv',
      // ((3 - 1) 0.5) ((2 - 0) 0.25) = 0.5 and -0.25, + bias 8 x 0.125; by 0.1 and from 10.
      inputs: [
        tensor([1, 1, 1, 2], [3, 0], 'uint8'),
        s(0.5),
        u8(1),
        tensor([1, 1, 1, 1], [2], 'int8'),
        s(0.25),
        tensor([], [0], 'int8'),
        s(0.1),
        u8(10),
        tensor([1], [8], 'int32'),
      ],
      outputs: [tensor([1, 1, 1, 2], [25, 18], 'uint8')],
    },
  ];
});

/** A VGG's first block, quantised as QLinearConv, with Relu done by the bounds of the integers. */
function quantisedBlock(): { model: OnnxModel; filters: readonly number[]; bias: readonly number[] } {
  const filters = Array.from({ length: 4 * 3 * 9 }, (_, k) => ((k * 37) % 255) - 127);
  const bias = [100, -200, 0, 50];
  const one = (name: string, dataType: number, v: number): onnx.ITensorProto =>
    dataType === 1 ? { name, dims: [], dataType, floatData: [v] } : { name, dims: [], dataType, int32Data: [v] };
  const graph: onnx.IGraphProto = {
    node: [
      { opType: 'QuantizeLinear', input: ['x', 'sx', 'zx'], output: ['q'] },
      {
        opType: 'QLinearConv',
        input: ['q', 'sx', 'zx', 'w', 'sw', 'zw', 'sy', 'zy', 'b'],
        output: ['c'],
        attribute: [ints('pads', [1, 1, 1, 1])],
      },
      {
        opType: 'MaxPool',
        input: ['c'],
        output: ['p'],
        attribute: [ints('kernel_shape', [2, 2]), ints('strides', [2, 2])],
      },
      { opType: 'DequantizeLinear', input: ['p', 'sy', 'zy'], output: ['y'] },
    ],
    initializer: [
      one('sx', 1, 1 / 64),
      one('zx', 2, 128),
      one('sw', 1, 1 / 256),
      one('zw', 3, 0),
      one('sy', 1, 1 / 16),
      one('zy', 2, 0),
      { name: 'w', dims: [4, 3, 3, 3], dataType: 3, int32Data: filters },
      { name: 'b', dims: [4], dataType: 6, int32Data: bias },
    ],
    input: [valueInfo('x', [1, 3, 0, 0])],
    output: [{ name: 'y' }],
  };
  return { model: parseOnnx(encoded(graph), { name: 'int8' }), filters, bias };
}

test('an int8 VGG is dequantised as it is loaded: real weights, the layers of a VGG, gradients', async () => {
  const { model, filters, bias } = quantisedBlock();
  const g = new Graph();
  const x = g.input([3, 6, 4]);
  const layers = buildNet(g, model, x, { layers: ['conv1_1', 'relu1_1', 'pool1', 'y'] });
  const conv = layers.get('relu1_1')!;
  const [dx] = g.grad(sum(g, conv), [x]);
  const plan = await Plan.compile(await device(), g, [conv, layers.get('y')!, dx!]);
  const data = noise([1, 3, 6, 4]).floats();
  plan.write(x, data);
  plan.run();
  const [y, pooled, slope] = [await plan.read(conv), await plan.read(layers.get('y')!), await plan.read(dx!)];
  plan.close();
  const want = new Float64Array(4 * 24);
  const back = new Float64Array(3 * 24);
  each([4, 6, 4], ([o = 0, i = 0, j = 0], at) => {
    const taps: [from: number, w: number][] = [];
    each([3, 3, 3], ([c = 0, u = 0, v = 0], k) => {
      const [r, s] = [i + u - 1, j + v - 1];
      if (r >= 0 && r < 6 && s >= 0 && s < 4) taps.push([(c * 6 + r) * 4 + s, filters[o * 27 + k]! / 256]);
    });
    const value = bias[o]! / 64 / 256 + taps.reduce((n, [from, w]) => n + w * data[from]!, 0);
    want[at] = Math.min(255 / 16, Math.max(0, value));
    if (value > 0 && value < 255 / 16) for (const [from, w] of taps) back[from]! += w;
  });
  close(y, want, 1e-5, 'relu1_1');
  close(slope, back, 1e-5, 'gradient');
  assert.equal(layers.get('pool1')!.shape, [4, 3, 2]);
  assert.is(pooled[0], Math.max(y[0]!, y[1]!, y[4]!, y[5]!));
});

test('what cannot be had is called unsupported, what is broken failed', async () => {
  const lacking = await outcome({ op: 'NonZero', inputs: [floats(1)] }, [list(0)]);
  assert.equal([lacking.outcome, lacking.ops], ['unsupported', ['NonZero']]);
  const training = await outcome(
    { op: 'Dropout', opset: 13, inputs: [floats(1), tensor([], [0.5]), tensor([], [1], 'bool')] },
    [floats(1)],
  );
  assert.is(training.outcome, 'unsupported');
  assert.is((await outcome({ op: 'Relu', inputs: [floats(1)] }, [floats(2)])).outcome, 'failed');
  assert.is((await outcome({ op: 'Relu', inputs: [floats(1)] }, [tensor([1, 1], [1])])).outcome, 'failed');
  const misfit = await outcome({ op: 'MatMul', inputs: [counting([2, 3]), counting([2, 3])] }, [floats(1)]);
  assert.match(misfit.reason, /MatMul node cannot multiply \[2, 3\] and \[2, 3\]/);
});

test.run();
