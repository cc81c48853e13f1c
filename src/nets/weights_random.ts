import { pcg4d } from '../base/rng';
import { FLOAT, modelFile, nodeField, type Piece, tensorField, valueField } from './onnx/write';

/** Convolutions of each block, as in Simonyan and Zisserman 2014, columns D and E. */
const BLOCKS = { 'vgg16-random': [2, 2, 3, 3, 3], 'vgg19-random': [2, 2, 4, 4, 4] } as const;
const CHANNELS = [64, 128, 256, 512, 512] as const;

export type RandomNet = keyof typeof BLOCKS;

/** The nets that can be made here. */
export const randomNets = Object.keys(BLOCKS) as readonly RandomNet[];

const OPSET = 13;
/** Weights made at a time: bounds the memory a file takes to write. */
const BATCH = 1 << 18;

/**
 * The convolutional part of a VGG with random weights and average pooling, as an ONNX file: enough for textures and
 * styles of a kind before any download (He, Wang and Hopcroft 2016, "A Powerful Generative Model Using Random Weights
 * for the Deep Image Representation"). Weights are drawn around 0 with variance 2 / (9 C), which keeps the size of what
 * rectifiers pass from layer to layer (He, Zhang, Ren and Sun 2015, eq. 10); there are no offsets.
 *
 * The bytes depend on the name and the seed only.
 * @param scale channels are divided by it; for tests. Default 1.
 */
export function randomVgg(name: RandomNet, seed: number, scale = 1): Piece {
  const nodes: Piece[] = [];
  const weights: Piece[] = [];
  let [value, before, layer] = ['data', 3, 0];
  const step = (op: string, output: string, more: readonly string[], ints?: Record<string, number[]>): void => {
    nodes.push(nodeField({ op, name: output, inputs: [value, ...more], outputs: [output], ...(ints && { ints }) }));
    value = output;
  };
  for (const [b, count] of BLOCKS[name].entries()) {
    const channels = (CHANNELS[b] ?? 512) / scale;
    for (let k = 1; k <= count; k++) {
      const at = `${b + 1}_${k}`;
      const dims = [channels, before, 3, 3];
      weights.push(tensorField(5, `conv${at}_weight`, dims, FLOAT, [heNormal(dims, seed, layer++)]));
      step('Conv', `conv${at}`, [`conv${at}_weight`], { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [1, 1] });
      step('Relu', `relu${at}`, []);
      before = channels;
    }
    step('AveragePool', `pool${b + 1}`, [], { kernel_shape: [2, 2], strides: [2, 2] });
  }
  const graph = [
    ...nodes,
    ...weights,
    valueField(11, 'data', FLOAT, [1, 3, null, null]),
    valueField(12, value, FLOAT, [1, before, null, null]),
  ];
  return modelFile(graph, 'toroid', OPSET);
}

/** Random numbers of variance 2 / fan-in. @param dims [O, C, H, W] */
function heNormal(dims: readonly number[], seed: number, stream: number): Piece {
  const count = dims.reduce((a, b) => a * b, 1);
  const deviation = Math.sqrt((2 * (dims[0] ?? 1)) / count);
  return {
    length: 4 * count,
    *bytes() {
      for (let from = 0; from < count; from += BATCH) {
        yield new Uint8Array(nearlyNormal(from, Math.min(BATCH, count - from), deviation, seed, stream).buffer);
      }
    },
  };
}

/**
 * Sums of four uniform numbers of 16 bits: nearly normal, and the same in every engine, which logarithms and cosines
 * are not bound to be.
 */
function nearlyNormal(from: number, count: number, deviation: number, seed: number, stream: number): Float32Array {
  const N = 65536;
  const unit = deviation / Math.sqrt((N * N - 1) / 3);
  const out = new Float32Array(count);
  for (let k = 0; k < count; k += 2) {
    const [a, b, c, d] = pcg4d(seed >>> 0, stream, 1, (from + k) / 2);
    out[k] = ((a >>> 16) + (a & 65535) + (b >>> 16) + (b & 65535) - 2 * (N - 1)) * unit;
    if (k + 1 < count) out[k + 1] = ((c >>> 16) + (c & 65535) + (d >>> 16) + (d & 65535) - 2 * (N - 1)) * unit;
  }
  return out;
}
