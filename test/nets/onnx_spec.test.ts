// What random models, run by two other implementations too, showed to be read otherwise than ONNX's texts mean it.
import { suite } from 'uvu';
import { cases as casesOf, counting, floats, list, tensor } from '../support/onnx_cases';

const test = suite('onnx spec');
const cases = casesOf(test);

const empty = tensor([0], [], 'int64');
const alone = { noop_with_empty_axes: 1 };

cases('a reduction over no axes still squares, takes magnitudes and logarithms', () => [
  { op: 'ReduceL1', attributes: alone, inputs: [floats(-1, 2), empty], outputs: [floats(1, 2)] },
  { op: 'ReduceL2', attributes: alone, inputs: [tensor([1, 2], [-3, 4])], outputs: [tensor([1, 2], [3, 4])] },
  { op: 'ReduceSumSquare', opset: 12, inputs: [tensor([], [-3])], outputs: [tensor([], [9])] },
  { op: 'ReduceSumSquare', attributes: alone, inputs: [list(-3, 2)], outputs: [list(9, 4)] },
  { op: 'ReduceLogSum', attributes: alone, inputs: [floats(1, Math.E)], outputs: [floats(0, 1)] },
  { op: 'ReduceSum', attributes: alone, inputs: [floats(-1, 2)], outputs: [floats(-1, 2)] },
]);

cases('Resize before opset 11 takes the element behind where it shrinks', () => [
  {
    op: 'Resize',
    opset: 10,
    inputs: [counting([1, 1, 2, 4]), floats(1, 1, 0.6, 0.6)],
    outputs: [tensor([1, 1, 1, 2], [1, 3])],
  },
]);

cases('Cast of computed numbers to integers, to truths and to bfloat16', () => [
  { op: 'Cast', attributes: { to: 7 }, inputs: [floats(-1.7, 0.9, 2)], outputs: [list(-1, 0, 2)] },
  { op: 'Cast', attributes: { to: 9 }, inputs: [floats(-0.5, 0, 3)], outputs: [tensor([3], [1, 0, 1], 'bool')] },
  {
    op: 'Cast',
    attributes: { to: 16 },
    inputs: [floats(1 + 2 ** -8, 1 + 3 * 2 ** -8, -0.3)],
    outputs: [tensor([3], [1, 1 + 2 ** -6, -0.30078125], 'bfloat16')],
  },
]);

const scale = (v: number) => tensor([], [v]);
const int8 = (...v: readonly number[]) => tensor([1, v.length], v, 'int8');
const zero = tensor([], [0], 'int8');

cases('sums of integers in the middle between two are rounded as in one multiplication', () => [
  {
    // 250, 450 and 1450 of 0.05 0.02 / 0.1, which is a little more than 0.01 in f32.
    op: 'QLinearMatMul',
    inputs: [
      tensor([3, 1], [2, 5, 25], 'int8'),
      scale(0.05),
      zero,
      int8(125, 90, 58),
      scale(0.02),
      zero,
      scale(0.1),
      zero,
    ],
    outputs: [tensor([3, 3], [3, 2, 1, 6, 5, 3, 31, 23, 15], 'int8')],
  },
]);

cases('GatherElements and GatherND', () => [
  {
    op: 'GatherElements',
    attributes: { axis: -1 },
    inputs: [counting([2, 3]), tensor([2, 2], [2, 0, -1, 1], 'int64')],
    outputs: [tensor([2, 2], [3, 1, 6, 5])],
  },
  {
    op: 'GatherElements',
    inputs: [tensor([2, 3], [1, 2, 3, 4, 5, 6], 'int64'), tensor([1, 2], [1, 0], 'int64')],
    outputs: [tensor([1, 2], [4, 2], 'int64')],
  },
  {
    op: 'GatherND',
    inputs: [counting([2, 2, 2]), tensor([2, 2], [0, 1, -1, 0], 'int64')],
    outputs: [tensor([2, 2], [3, 4, 5, 6])],
  },
  {
    op: 'GatherND',
    attributes: { batch_dims: 1 },
    inputs: [counting([2, 2, 2]), tensor([2, 1], [1, 0], 'int64')],
    outputs: [tensor([2, 2], [3, 4, 5, 6])],
  },
]);

cases('normalisations that are not of batches', () => {
  const x = tensor([1, 2, 2], [1, 3, 2, 6]);
  return [
    {
      op: 'LayerNormalization',
      attributes: { axis: -1, epsilon: { f: 0 } },
      inputs: [x, floats(1, 2), floats(0, 5)],
      outputs: [tensor([1, 2, 2], [-1, 7, -1, 7]), tensor([1, 2, 1], [2, 4]), tensor([1, 2, 1], [1, 0.5])],
    },
    {
      // Gains of groups.
      op: 'GroupNormalization',
      opset: 18,
      attributes: { num_groups: 2, epsilon: { f: 0 } },
      inputs: [tensor([1, 4, 1], [1, 3, 2, 6]), floats(1, 2), floats(0, 5)],
      outputs: [tensor([1, 4, 1], [-1, 1, 3, 7])],
    },
    {
      // Gains of channels.
      op: 'GroupNormalization',
      attributes: { num_groups: 1, epsilon: { f: 0 } },
      inputs: [tensor([1, 2, 1], [2, 6]), floats(1, 2), floats(0, 5)],
      outputs: [tensor([1, 2, 1], [-1, 7])],
    },
    {
      op: 'RMSNormalization',
      opset: 23,
      attributes: { epsilon: { f: 0 } },
      inputs: [tensor([1, 2], [3, 4]), floats(1, 2)],
      outputs: [tensor([1, 2], [0.84852814, 2.2627417])],
    },
    { op: 'LpNormalization', attributes: { axis: 0 }, inputs: [floats(3, -4)], outputs: [floats(0.6, -0.8)] },
    { op: 'LpNormalization', attributes: { p: 1 }, inputs: [floats(3, -5)], outputs: [floats(0.375, -0.625)] },
    {
      op: 'MeanVarianceNormalization',
      attributes: { axes: [1, 2] },
      inputs: [tensor([1, 2, 1], [2, 6])],
      outputs: [tensor([1, 2, 1], [-1, 1])],
    },
  ];
});

const nothing = tensor([0, 3], []);

cases('values without elements', () => [
  { op: 'Sigmoid', inputs: [nothing], outputs: [nothing] },
  { op: 'Softmax', inputs: [nothing], outputs: [nothing] },
  { op: 'Add', inputs: [nothing, counting([1, 3])], outputs: [nothing] },
  { op: 'Clip', inputs: [nothing, tensor([], [0])], outputs: [nothing] },
  { op: 'Where', inputs: [tensor([0, 1], [], 'bool'), nothing, counting([1, 3])], outputs: [nothing] },
]);

test.run();
