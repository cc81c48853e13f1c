// Operators that move and resample, against figures that ONNX prints in its descriptions of them.
import { suite } from 'uvu';
import type { OnnxTensor } from '../../src/nets/onnx/model';
import { type Attributes, type Case, cases as casesOf, counting, floats, list, tensor } from '../support/onnx_cases';

const test = suite('onnx moves');
const cases = casesOf(test);

const square = [1, 2, 3, 4];
const sixteen = counting([1, 1, 4, 4]);
const resized = (
  x: OnnxTensor,
  attributes: Attributes,
  parameters: readonly (OnnxTensor | null)[],
  shape: readonly number[],
  out: readonly number[],
  opset = 19,
): Case => ({
  op: 'Resize',
  opset,
  attributes,
  inputs: [x, ...parameters],
  outputs: [tensor(shape, out)],
});

// Expected figures: those printed in ONNX's description of Resize.
cases('Resize: nearest', () => [
  resized(counting([1, 1, 2, 4]), { mode: 'nearest' }, [null, floats(1, 1, 0.6, 0.6)], [1, 1, 1, 2], [1, 3]),
  resized(
    tensor([1, 1, 2, 2], square),
    { mode: 'nearest' },
    [null, floats(1, 1, 2, 3)],
    [1, 1, 4, 6],
    [1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 3, 3, 3, 4, 4, 4],
  ),
  resized(
    tensor([1, 1, 2, 2], square),
    { mode: 'nearest', axes: [3, 2], keep_aspect_ratio_policy: 'not_larger' },
    [null, null, list(8, 5)],
    [1, 1, 5, 5],
    [1, 1, 1, 2, 2, 1, 1, 1, 2, 2, 1, 1, 1, 2, 2, 3, 3, 3, 4, 4, 3, 3, 3, 4, 4],
  ),
  resized(
    tensor([1, 1, 2, 2], square),
    { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'ceil' },
    [null, floats(1, 1, 1, 2)],
    [1, 1, 2, 4],
    [1, 2, 2, 2, 3, 4, 4, 4],
  ),
  {
    op: 'Upsample',
    opset: 9,
    attributes: { mode: 'nearest' },
    inputs: [tensor([1, 1, 1, 2], [1, 2]), floats(1, 1, 2, 3)],
    outputs: [tensor([1, 1, 2, 6], [1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2])],
  },
  {
    op: 'Upsample',
    opset: 7,
    attributes: { mode: 'nearest', scales: [1, 1, 1.5, 2] },
    inputs: [tensor([1, 1, 2, 1], [1, 2])],
    outputs: [tensor([1, 1, 3, 2], [1, 1, 1, 1, 2, 2])],
  },
  resized(tensor([1, 1, 1, 2], [1, 2]), { mode: 'nearest' }, [floats(1, 1, 1, 2)], [1, 1, 1, 4], [1, 1, 2, 2], 10),
]);

cases('Resize: linear', () => [
  resized(
    tensor([1, 1, 2, 2], square),
    { mode: 'linear' },
    [null, floats(1, 1, 2, 2)],
    [1, 1, 4, 4],
    [1, 1.25, 1.75, 2, 1.5, 1.75, 2.25, 2.5, 2.5, 2.75, 3.25, 3.5, 3, 3.25, 3.75, 4],
  ),
  resized(
    counting([1, 1, 2, 4]),
    { mode: 'linear' },
    [null, floats(1, 1, 0.6, 0.6)],
    [1, 1, 1, 2],
    [2.6666665, 4.3333331],
  ),
  resized(
    counting([1, 1, 2, 4]),
    { mode: 'linear', coordinate_transformation_mode: 'align_corners' },
    [null, floats(1, 1, 0.6, 0.6)],
    [1, 1, 1, 2],
    [1, 3.142857],
  ),
  resized(
    sixteen,
    { mode: 'linear', coordinate_transformation_mode: 'pytorch_half_pixel' },
    [null, null, list(1, 1, 3, 1)],
    [1, 1, 3, 1],
    [1.6666666, 7, 12.333333],
  ),
  resized(
    sixteen,
    { mode: 'linear', antialias: 1 },
    [null, floats(1, 1, 0.6, 0.6)],
    [1, 1, 2, 2],
    [2.875, 4.5, 9.375, 11],
  ),
  resized(
    sixteen,
    { mode: 'linear', coordinate_transformation_mode: 'tf_crop_and_resize' },
    [floats(0, 0, 0.4, 0.6, 1, 1, 0.6, 0.8), null, list(1, 1, 3, 3)],
    [1, 1, 3, 3],
    [7.6, 7.9, 8.2, 8.8, 9.1, 9.4, 10, 10.3, 10.6],
  ),
]);

cases('Resize: cubic', () => [
  resized(
    sixteen,
    { mode: 'cubic' },
    [null, floats(1, 1, 0.8, 0.8)],
    [1, 1, 3, 3],
    [1.47119141, 2.78125, 4.08251953, 6.71142578, 8.02148438, 9.32275391, 11.91650391, 13.2265625, 14.52783203],
  ),
  resized(
    sixteen,
    { mode: 'cubic', cubic_coeff_a: -0.5, exclude_outside: 1 },
    [null, floats(1, 1, 0.8, 0.8)],
    [1, 1, 3, 3],
    [1.36812675, 2.6695014, 4.0133367, 6.57362535, 7.875, 9.2188353, 11.94896657, 13.25034122, 14.59417652],
  ),
  resized(
    sixteen,
    { mode: 'cubic', antialias: 1 },
    [null, floats(1, 1, 0.6, 0.6)],
    [1, 1, 2, 2],
    [2.5180721, 4.2858863, 9.589329, 11.357142],
  ),
]);

cases('Slice, Split, Pad, Gather, Tile, Expand, Transpose', () => {
  const x = counting([2, 3, 4], 0);
  const flat = x.floats();
  const pick = (...at: number[]): number[] => at.map((k) => flat[k]!);
  const row = counting([1, 1, 1, 4]);
  return [
    {
      op: 'Slice',
      inputs: [x, list(0, -1), list(2, -100), list(0, -1), list(1, -2)],
      outputs: [tensor([2, 3, 2], pick(3, 1, 7, 5, 11, 9, 15, 13, 19, 17, 23, 21))],
    },
    {
      op: 'Slice',
      opset: 9,
      attributes: { starts: [1], ends: [1000], axes: [1] },
      inputs: [x],
      outputs: [tensor([2, 2, 4], pick(4, 5, 6, 7, 8, 9, 10, 11, 16, 17, 18, 19, 20, 21, 22, 23))],
    },
    { op: 'Slice', inputs: [x, list(3), list(3)], outputs: [tensor([0, 3, 4], [])] },
    {
      op: 'Split',
      attributes: { axis: 1, num_outputs: 2 },
      opset: 18,
      inputs: [counting([1, 3])],
      outputs: [tensor([1, 2], [1, 2]), tensor([1, 1], [3])],
    },
    {
      op: 'Split',
      attributes: { axis: -1 },
      opset: 13,
      inputs: [counting([4]), list(1, 0, 3)],
      outputs: [tensor([1], [1]), tensor([0], []), tensor([3], [2, 3, 4])],
    },
    {
      op: 'Pad',
      attributes: { mode: 'reflect' },
      inputs: [row, list(0, 0, 0, 2, 0, 0, 0, 1)],
      outputs: [tensor([1, 1, 1, 7], [3, 2, 1, 2, 3, 4, 3])],
    },
    {
      op: 'Pad',
      attributes: { mode: 'wrap' },
      inputs: [row, list(3, 1), null, list(-1)],
      outputs: [tensor([1, 1, 1, 8], [2, 3, 4, 1, 2, 3, 4, 1])],
    },
    {
      op: 'Pad',
      attributes: { mode: 'edge' },
      inputs: [row, list(1, 0, 0, 1), null, list(-1, 1)],
      outputs: [tensor([1, 2, 1, 5], [1, 1, 2, 3, 4, 1, 1, 2, 3, 4])],
    },
    {
      op: 'Pad',
      inputs: [row, list(0, 0, 0, -1, 0, 0, 0, 1), tensor([], [9])],
      outputs: [tensor([1, 1, 1, 4], [2, 3, 4, 9])],
    },
    {
      op: 'Pad',
      opset: 2,
      attributes: { pads: [0, 1, 0, 0], value: { f: 2 } },
      inputs: [counting([1, 2])],
      outputs: [tensor([1, 3], [2, 1, 2])],
    },
    {
      op: 'Gather',
      attributes: { axis: 1 },
      inputs: [counting([2, 3]), tensor([1, 2], [-1, 0], 'int64')],
      outputs: [tensor([2, 1, 2], [3, 1, 6, 4])],
    },
    { op: 'Gather', inputs: [list(5, 6, 7), tensor([], [1], 'int64')], outputs: [tensor([], [6], 'int64')] },
    { op: 'Tile', inputs: [counting([1, 2]), list(2, 2)], outputs: [tensor([2, 4], [1, 2, 1, 2, 1, 2, 1, 2])] },
    {
      op: 'Expand',
      inputs: [counting([3, 1]), list(2, 1, 2)],
      outputs: [tensor([2, 3, 2], [1, 1, 2, 2, 3, 3, 1, 1, 2, 2, 3, 3])],
    },
    {
      op: 'Transpose',
      attributes: { perm: [1, 0, 2] },
      inputs: [x],
      outputs: [tensor([3, 2, 4], pick(...[0, 12, 4, 16, 8, 20].flatMap((k) => [k, k + 1, k + 2, k + 3])))],
    },
    {
      op: 'DepthToSpace',
      attributes: { blocksize: 2, mode: 'CRD' },
      inputs: [counting([1, 4, 1, 1])],
      outputs: [tensor([1, 1, 2, 2], square)],
    },
  ];
});

cases('shapes', () => [
  { op: 'Reshape', inputs: [counting([2, 3]), list(0, -1, 1)], outputs: [tensor([2, 3, 1], [1, 2, 3, 4, 5, 6])] },
  {
    op: 'Flatten',
    attributes: { axis: -1 },
    inputs: [counting([2, 1, 3])],
    outputs: [tensor([2, 3], [1, 2, 3, 4, 5, 6])],
  },
  {
    op: 'Squeeze',
    opset: 11,
    attributes: { axes: [-1] },
    inputs: [counting([1, 2, 1])],
    outputs: [tensor([1, 2], [1, 2])],
  },
  { op: 'Unsqueeze', inputs: [counting([2]), list(2, 0)], outputs: [tensor([1, 2, 1], [1, 2])] },
  { op: 'Shape', attributes: { start: -2 }, inputs: [counting([2, 1, 3])], outputs: [list(1, 3)] },
  { op: 'ConstantOfShape', inputs: [list(2, 1)], outputs: [tensor([2, 1], [0, 0])] },
  { op: 'Range', inputs: [10, 4, -3].map((v) => tensor([], [v], 'int64')), outputs: [list(10, 7)] },
]);

test.run();
