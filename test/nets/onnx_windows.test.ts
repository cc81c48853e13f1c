// Convolutions and pools against their definitions, in f64.
import { suite } from 'uvu';
import { size } from '../../src/base/shape';
import { each, strides } from '../../src/nets/onnx/const_fold';
import type { OnnxTensor } from '../../src/nets/onnx/model';
import { type Attributes, type Case, cases as casesOf, counting, noise, tensor } from '../support/onnx_cases';

const test = suite('onnx windows');
const cases = casesOf(test);

const ones = (n: number): number[] => new Array<number>(n).fill(1);
const zeros = (n: number): number[] => new Array<number>(n).fill(0);

interface Window {
  readonly strides?: readonly number[];
  readonly dilations?: readonly number[];
  readonly pads?: readonly number[];
  readonly group?: number;
}

/** The definition of a convolution in any number of axes. */
function conv(x: OnnxTensor, w: OnnxTensor, b: OnnxTensor | null, o: Window): OnnxTensor {
  const [N = 1, C = 1, ...sides] = x.shape;
  const [O = 1, P = 1, ...kernel] = w.shape;
  const n = sides.length;
  const { strides: s = ones(n), dilations: d = ones(n), pads: p = zeros(2 * n), group = 1 } = o;
  const out = sides.map((v, k) => Math.floor((v + p[k]! + p[k + n]! - (kernel[k]! - 1) * d[k]! - 1) / s[k]!) + 1);
  const shape = [N, O, ...out];
  const [xd, wd, bd] = [x.floats(), w.floats(), b?.floats()];
  const [xs, ws] = [strides(x.shape), strides(w.shape)];
  const y = new Float64Array(size(shape));
  each(shape, (at, i) => {
    const first = Math.floor(at[1]! / (O / group)) * P;
    let sum = bd?.[at[1]!] ?? 0;
    each([P, ...kernel], (tap, _) => {
      let from = at[0]! * xs[0]! + (first + tap[0]!) * xs[1]!;
      let inside = true;
      for (let k = 0; k < n; k++) {
        const q = at[k + 2]! * s[k]! - p[k]! + tap[k + 1]! * d[k]!;
        inside &&= q >= 0 && q < sides[k]!;
        from += q * xs[k + 2]!;
      }
      if (inside) sum += xd[from]! * wd[at[1]! * ws[0]! + tap.reduce((m, v, k) => m + v * ws[k + 1]!, 0)]!;
    });
    y[i] = sum;
  });
  void C;
  return tensor(shape, y);
}

cases('Conv: batches, groups, dilations, asymmetric pads, one to three axes', () => {
  const of = (x: OnnxTensor, w: OnnxTensor, o: Window, b: OnnxTensor | null = null): Case => ({
    op: 'Conv',
    attributes: { ...o } as Attributes,
    inputs: [x, w, b],
    outputs: [conv(x, w, b, o)],
  });
  return [
    of(noise([2, 3, 7, 6]), noise([4, 3, 3, 2], 2), { strides: [2, 1], pads: [1, 0, 2, 1] }, noise([4], 3)),
    of(noise([1, 4, 9, 9]), noise([6, 2, 3, 3], 2), { group: 2, dilations: [2, 1], pads: [2, 1, 0, 1] }, noise([6], 3)),
    of(noise([1, 8, 6, 6]), noise([8, 1, 3, 3], 2), { group: 8, pads: [1, 1, 1, 1], strides: [2, 2] }, noise([8], 3)),
    of(noise([3, 6, 5, 5]), noise([12, 2, 2, 2], 2), { group: 3, dilations: [3, 3] }),
    of(noise([2, 3, 11]), noise([4, 3, 4], 2), { strides: [2], dilations: [2], pads: [3, 1] }, noise([4], 3)),
    of(
      noise([1, 2, 4, 5, 3]),
      noise([3, 2, 2, 3, 2], 2),
      { pads: [1, 0, 0, 0, 1, 1], strides: [2, 1, 1] },
      noise([3], 3),
    ),
  ];
});

cases('Conv: automatic padding', () =>
  (['SAME_UPPER', 'SAME_LOWER'] as const).flatMap((auto_pad) => {
    // 5 by steps of 2 with a kernel of 2: one pixel of padding, at the end or at the beginning.
    const [x, w] = [noise([1, 2, 5, 6]), noise([3, 2, 2, 3], 2)];
    const pads = auto_pad === 'SAME_UPPER' ? [0, 0, 1, 1] : [1, 1, 0, 0];
    const expected = conv(x, w, null, { strides: [2, 2], pads });
    return [{ op: 'Conv', attributes: { auto_pad, strides: [2, 2] }, inputs: [x, w], outputs: [expected] }];
  }),
);

/** The definition: each element scatters the filters, scaled. */
function convTranspose(
  x: OnnxTensor,
  w: OnnxTensor,
  o: Window & { begin: readonly number[]; size: readonly number[] },
): OnnxTensor {
  const [N = 1, C = 1, ...sides] = x.shape;
  const [, P = 1, ...kernel] = w.shape;
  const n = sides.length;
  const { strides: s = ones(n), dilations: d = ones(n), group = 1, begin } = o;
  const shape = [N, P * group, ...o.size];
  const ys = strides(shape);
  const [xd, wd] = [x.floats(), w.floats()];
  const y = new Float64Array(size(shape));
  each(x.shape, (at, i) => {
    const g = Math.floor(at[1]! / (C / group));
    each([P, ...kernel], (tap, j) => {
      let to = at[0]! * ys[0]! + (g * P + tap[0]!) * ys[1]!;
      let inside = true;
      for (let k = 0; k < n; k++) {
        const q = at[k + 2]! * s[k]! + tap[k + 1]! * d[k]! - begin[k]!;
        inside &&= q >= 0 && q < o.size[k]!;
        to += q * ys[k + 2]!;
      }
      if (inside) y[to] = y[to]! + xd[i]! * wd[at[1]! * P * size(kernel) + j]!;
    });
  });
  return tensor(shape, y);
}

cases('ConvTranspose', () => {
  const of = (x: OnnxTensor, w: OnnxTensor, attributes: Attributes, o: Parameters<typeof convTranspose>[2]): Case => ({
    op: 'ConvTranspose',
    attributes,
    inputs: [x, w],
    outputs: [convTranspose(x, w, o)],
  });
  const [x, w] = [noise([1, 2, 3, 3]), noise([2, 3, 3, 3], 2)];
  const s = { strides: [3, 2] };
  return [
    of(x, w, {}, { begin: [0, 0], size: [5, 5] }),
    of(x, w, { ...s, pads: [1, 2, 1, 2] }, { ...s, begin: [1, 2], size: [7, 3] }),
    of(x, w, { ...s, output_padding: [1, 1] }, { ...s, begin: [0, 0], size: [10, 8] }),
    of(x, w, { ...s, output_shape: [10, 8] }, { ...s, begin: [0, 0], size: [10, 8] }),
    of(x, w, { strides: [2, 2], auto_pad: 'SAME_UPPER' }, { strides: [2, 2], begin: [0, 0], size: [6, 6] }),
    of(x, w, { strides: [2, 2], auto_pad: 'SAME_LOWER' }, { strides: [2, 2], begin: [1, 1], size: [6, 6] }),
    of(x, w, { dilations: [2, 1], pads: [1, 0, 0, 1] }, { dilations: [2, 1], begin: [1, 0], size: [6, 4] }),
    of(noise([2, 4, 3, 3]), noise([4, 2, 2, 2], 2), { group: 2 }, { group: 2, begin: [0, 0], size: [4, 4] }),
    of(noise([1, 2, 5]), noise([2, 3, 3], 2), { strides: [2] }, { strides: [2], begin: [0], size: [11] }),
  ];
});

cases('pools with dilation, indices and batches', () => {
  const x = counting([1, 1, 4, 4]);
  const batch = tensor([2, 1, 2, 2], [4, 3, 2, 1, 5, 6, 8, 7]);
  const k22 = { kernel_shape: [2, 2] };
  return [
    {
      op: 'MaxPool',
      attributes: { ...k22, dilations: [2, 2] },
      inputs: [x],
      outputs: [tensor([1, 1, 2, 2], [11, 12, 15, 16])],
    },
    {
      op: 'MaxPool',
      attributes: { ...k22, strides: [2, 2], storage_order: 1 },
      inputs: [counting([1, 1, 4, 6])],
      outputs: [tensor([1, 1, 2, 3], [8, 10, 12, 20, 22, 24]), tensor([1, 1, 2, 3], [5, 13, 21, 7, 15, 23], 'int64')],
    },
    {
      op: 'MaxPool',
      attributes: k22,
      inputs: [batch],
      outputs: [tensor([2, 1, 1, 1], [4, 8]), tensor([2, 1, 1, 1], [0, 6], 'int64')],
    },
    {
      op: 'MaxPool',
      attributes: { kernel_shape: [3], strides: [2], ceil_mode: 1 },
      inputs: [counting([1, 1, 6])],
      outputs: [tensor([1, 1, 3], [3, 5, 6])],
    },
    {
      op: 'MaxPool',
      attributes: k22,
      inputs: [tensor([1, 1, 2, 2], [1, 250, 3, 4], 'uint8')],
      outputs: [tensor([1, 1, 1, 1], [250], 'uint8')],
    },
    {
      op: 'AveragePool',
      attributes: { ...k22, dilations: [2, 2] },
      inputs: [x],
      outputs: [tensor([1, 1, 2, 2], [6, 7, 10, 11])],
    },
    {
      op: 'AveragePool',
      attributes: { ...k22, pads: [1, 1, 0, 0], strides: [2, 2], count_include_pad: 1 },
      inputs: [tensor([1, 1, 2, 2], [4, 8, 12, 16])],
      outputs: [tensor([1, 1, 1, 1], [1])],
    },
    {
      op: 'AveragePool',
      attributes: { kernel_shape: [2, 2, 2] },
      inputs: [counting([1, 1, 2, 2, 2])],
      outputs: [tensor([1, 1, 1, 1, 1], [4.5])],
    },
    { op: 'GlobalMaxPool', inputs: [counting([2, 1, 3])], outputs: [tensor([2, 1, 1], [3, 6])] },
    { op: 'GlobalAveragePool', inputs: [counting([1, 2, 2, 2, 1])], outputs: [tensor([1, 2, 1, 1, 1], [2.5, 6.5])] },
  ];
});

test.run();
