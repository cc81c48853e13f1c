// ONNX files of the tests' own making.
import onnxProto, { type onnx } from 'onnx-proto';
import { Rng } from '../../src/base/rng';
import { parseOnnx } from '../../src/nets/onnx/parse';
import { type Net, netOf, weightsNamed } from '../../src/nets/weights';

/** A model file around a graph. */
export function encoded(graph: onnx.IGraphProto, producerName = 'toroid-tests', opset = 13): Uint8Array {
  const opsetImport = [{ domain: '', version: opset }];
  return onnxProto.onnx.ModelProto.encode({ irVersion: 8, producerName, opsetImport, graph }).finish();
}

export const ints = (name: string, v: readonly number[]): onnx.IAttributeProto => ({ name, type: 7, ints: [...v] });
export const int = (name: string, i: number): onnx.IAttributeProto => ({ name, type: 2, i });

/** The description of an input; 0 is an open dimension. */
export const valueInfo = (name: string, dims: readonly number[]): onnx.IValueInfoProto => ({
  name,
  type: { tensorType: { elemType: 1, shape: { dim: dims.map((n) => (n ? { dimValue: n } : { dimParam: 'N' })) } } },
});

/** A random float tensor, elements in [-scale, scale], packed as the zoo's files have them. */
export function randomTensor(name: string, dims: readonly number[], seed: number, scale = 1): onnx.ITensorProto {
  const rng = new Rng(seed);
  const count = dims.reduce((a, b) => a * b, 1);
  return {
    name,
    dims: [...dims],
    dataType: 1,
    floatData: Array.from({ length: count }, () => Math.fround((2 * rng.uniform() - 1) * scale)),
  };
}

/**
 * The graph of the zoo's vgg19-7.onnx in small: the same names and attributes, initializers listed among the inputs,
 * float_data, and the classifier's Flatten, Gemm and Dropout behind it; with random weights and few channels.
 */
export function zooVgg(
  channels: readonly number[] = [4, 6, 8, 8, 8],
  blocks: readonly number[] = [2, 2, 4, 4, 4],
): onnx.IGraphProto {
  const node: onnx.INodeProto[] = [];
  const initializer: onnx.ITensorProto[] = [];
  let value = 'data';
  let before = 3;
  let conv = 0;
  const step = (
    opType: string,
    name: string,
    inputs: readonly string[],
    attribute: onnx.IAttributeProto[] = [],
  ): void => {
    node.push({ opType, name, input: [value, ...inputs], output: [name], attribute });
    value = name;
  };
  blocks.forEach((count, b) => {
    const C = channels[b] ?? 8;
    for (let k = 0; k < count; k++, conv++) {
      const [w, bias] = [`vgg0_conv${conv}_weight`, `vgg0_conv${conv}_bias`];
      initializer.push(randomTensor(w, [C, before, 3, 3], conv, Math.sqrt(2 / (before * 3))));
      initializer.push(randomTensor(bias, [C], 100 + conv, 0.1));
      step(
        'Conv',
        `vgg0_conv${conv}_fwd`,
        [w, bias],
        [
          ints('dilations', [1, 1]),
          int('group', 1),
          ints('kernel_shape', [3, 3]),
          ints('pads', [1, 1, 1, 1]),
          ints('strides', [1, 1]),
        ],
      );
      step('Relu', `vgg0_relu${conv}_fwd`, []);
      before = C;
    }
    step(
      'MaxPool',
      `vgg0_pool${b}_fwd`,
      [],
      [ints('kernel_shape', [2, 2]), ints('pads', [0, 0, 0, 0]), ints('strides', [2, 2])],
    );
  });
  step('Flatten', 'flatten_60', []);
  initializer.push(randomTensor('vgg0_dense0_weight', [5, before * 49], 200));
  initializer.push(randomTensor('vgg0_dense0_bias', [5], 201));
  step('Gemm', 'vgg0_dense0_fwd', ['vgg0_dense0_weight', 'vgg0_dense0_bias'], [int('transB', 1)]);
  step('Relu', 'vgg0_dense0_relu_fwd', []);
  step('Dropout', 'vgg0_dropout0_fwd', []);
  const input = [
    valueInfo('data', [1, 3, 224, 224]),
    ...initializer.map((t) => valueInfo(t.name ?? '', (t.dims ?? []).map(Number))),
  ];
  return { name: 'mxnet_converted_model', node, input, output: [{ name: value }], initializer };
}

/** A net made of that graph, with the preprocessing and layers of the real VGG-19. */
export function smallVgg(channels?: readonly number[], blocks?: readonly number[]): Net {
  const model = parseOnnx(encoded(zooVgg(channels, blocks)), { name: 'vgg19' });
  return { ...netOf(model, weightsNamed('vgg19')), name: 'small vgg' };
}
