import type { Raster } from '../../src/base/raster';
import { Rng } from '../../src/base/rng';
import { size } from '../../src/base/shape';
import type { OnnxModel, OnnxNode, OnnxTensor } from '../../src/nets/onnx/model';
import { type Net, netOf } from '../../src/nets/weights';

/** A net like a VGG: in each block so many convolutions of 3 x 3 with relu, and a pool behind. */
export function tinyNet(blocks: readonly (readonly number[])[], name = 'tiny', random = true): Net {
  const nodes: OnnxNode[] = [];
  const tensors = new Map<string, OnnxTensor>();
  let [value, channels] = ['image', 3];
  const node = (op: string, inputs: string[], attributes: OnnxNode['attributes']): void => {
    const output = `${op.toLowerCase()}${nodes.length}`;
    nodes.push({ op, name: output, inputs, outputs: [output], attributes });
    value = output;
  };
  for (const [k, widths] of blocks.entries()) {
    if (k > 0)
      node(
        'MaxPool',
        [value],
        new Map([
          ['kernel_shape', [2, 2]],
          ['strides', [2, 2]],
        ]),
      );
    for (const width of widths) {
      const shape = [width, channels, 3, 3];
      const deviation = Math.sqrt(2 / (9 * channels));
      const seed = nodes.length;
      const weights = `w${seed}`;
      tensors.set(weights, {
        name: weights,
        shape,
        type: 'float32',
        floats: () => {
          if (!random) return new Float32Array(size(shape));
          const rng = new Rng(11, seed);
          return Float32Array.from({ length: size(shape) }, () => deviation * rng.normal());
        },
        ints: () => [],
      });
      node(
        'Conv',
        [value, weights],
        new Map([
          ['kernel_shape', [3, 3]],
          ['pads', [1, 1, 1, 1]],
        ]),
      );
      node('Relu', [value], new Map());
      channels = width;
    }
  }
  const inputs = [{ name: 'image', shape: [1, 3, null, null] }];
  const model: OnnxModel = { name, producer: '', opset: 13, inputs, outputs: [value], nodes, tensors };
  return netOf(model, null);
}

/** One number for each pixel, in all three planes. */
export const grey = (width: number, height: number, value: (x: number, y: number) => number): Raster => {
  const plane = Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width)));
  return { width, height, data: Float32Array.from([...plane, ...plane, ...plane]) };
};

/** VGG-19 to relu5_1, without its numbers: for what can be known before any arithmetic. */
export const vggShape = (): Net =>
  tinyNet([[64, 64], [128, 128], [256, 256, 256, 256], [512, 512, 512, 512], [512]], 'vgg', false);
