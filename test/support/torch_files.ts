// Nets as torch.onnx exports those of torchvision, in small: the same structure, names and attributes.
import type { onnx } from 'onnx-proto';
import { Rng } from '../../src/base/rng';
import { encoded, int, ints, randomTensor, valueInfo } from './onnx_files';

/** Nodes one after another; names as the tracing exporter gives them: `/features/features.0/Conv_output_0`. */
class Exported {
  readonly node: onnx.INodeProto[] = [];
  readonly initializer: onnx.ITensorProto[] = [];
  #seed = 1;

  add(opType: string, path: string, input: readonly string[], attribute: onnx.IAttributeProto[] = []): string {
    const name = `${path}/${opType}`;
    const output = `${name}_output_0`;
    this.node.push({ opType, name, input: [...input], output: [output], attribute });
    return output;
  }

  conv(path: string, x: string, [O, I, k]: readonly [number, number, number], more: Convolution = {}): string {
    const { stride = 1, pad = 0, bias = true, names = [`${module(path)}.weight`, `${module(path)}.bias`] } = more;
    const [weight = '', offset = ''] = names;
    this.initializer.push(randomTensor(weight, [O, I, k, k], this.#seed++, Math.sqrt(6 / (I * k * k))));
    if (bias) this.initializer.push(randomTensor(offset, [O], this.#seed++, 0.2));
    return this.add(
      'Conv',
      path,
      [x, weight, ...(bias ? [offset] : [])],
      [
        ints('dilations', [1, 1]),
        int('group', 1),
        ints('kernel_shape', [k, k]),
        ints('pads', [pad, pad, pad, pad]),
        ints('strides', [stride, stride]),
      ],
    );
  }

  norm(path: string, x: string, C: number): string {
    const rng = new Rng(this.#seed++, 3);
    const list = (name: string, of: (u: number) => number): string => {
      const floatData = Array.from({ length: C }, () => Math.fround(of(rng.uniform())));
      this.initializer.push({ name: `${module(path)}.${name}`, dims: [C], dataType: 1, floatData });
      return `${module(path)}.${name}`;
    };
    const inputs = [
      x,
      list('weight', (u) => 0.7 + 0.6 * u),
      list('bias', (u) => 0.4 * u - 0.2),
      list('running_mean', (u) => 0.4 * u - 0.2),
      list('running_var', (u) => 0.5 + u),
    ];
    return this.add('BatchNormalization', path, inputs, [
      { name: 'epsilon', type: 1, f: 1e-5 },
      { name: 'momentum', type: 1, f: 0.9 },
      int('training_mode', 0),
    ]);
  }

  pool(path: string, x: string, kernel: number, pad: number): string {
    return this.add(
      'MaxPool',
      path,
      [x],
      [
        int('ceil_mode', 0),
        ints('kernel_shape', [kernel, kernel]),
        ints('pads', [pad, pad, pad, pad]),
        ints('strides', [2, 2]),
      ],
    );
  }

  /** The classifier: what textures do not need. */
  classifier(x: string, C: number, opset: number): Uint8Array {
    const mean = this.add('GlobalAveragePool', '/avgpool', [x]);
    const flat = this.add('Flatten', '', [mean], [int('axis', 1)]);
    this.initializer.push(randomTensor('fc.weight', [5, C], 900), randomTensor('fc.bias', [5], 901));
    const out = this.add('Gemm', '/fc', [flat, 'fc.weight', 'fc.bias'], [int('transB', 1)]);
    return encoded(
      {
        name: 'main_graph',
        node: this.node,
        initializer: this.initializer,
        input: [valueInfo('input.1', [1, 3, 0, 0])],
        output: [{ name: out }],
      },
      'pytorch',
      opset,
    );
  }
}

interface Convolution {
  readonly stride?: number;
  readonly pad?: number;
  readonly bias?: boolean;
  readonly names?: readonly string[];
}

/** Torch's name of a module: `features.0` of /features/features.0, `layer1.0.conv1` of /layer1/layer1.0/conv1. */
const module = (path: string): string =>
  path
    .split('/')
    .slice(1)
    .filter((part, k, all) => !all[k + 1]?.startsWith(`${part}.`))
    .join('.');

export interface TorchOptions {
  readonly opset?: number;
  /** As exported for inference: batch normalisations folded, parameters called onnx::Conv_123. */
  readonly folded?: boolean;
}

/** torchvision's vgg11_bn to vgg19_bn: features.0 is a convolution, features.1 its normalisation, features.2 its relu. */
export function torchVggBn(blocks: readonly number[], channels: readonly number[], o: TorchOptions = {}): Uint8Array {
  const { opset = 17, folded = false } = o;
  const net = new Exported();
  let [x, before, at, counted] = ['input.1', 3, 0, 200];
  const path = (): string => `/features/features.${at++}`;
  blocks.forEach((count, b) => {
    const C = channels[b] ?? 4;
    for (let k = 0; k < count; k++) {
      const names = folded ? [`onnx::Conv_${counted++}`, `onnx::Conv_${counted++}`] : undefined;
      x = net.conv(path(), x, [C, before, 3], { pad: 1, ...(names && { names }) });
      if (folded) at++;
      else x = net.norm(path(), x, C);
      x = net.add('Relu', path(), [x]);
      before = C;
    }
    x = net.pool(path(), x, 2, 0);
  });
  return net.classifier(x, before, opset);
}

/** torchvision's resnet18: a stem, four layers of two basic blocks, the first of the last three with a projection. */
export function torchResNet18(channels: readonly number[] = [4, 6, 8, 10], o: TorchOptions = {}): Uint8Array {
  const { opset = 17, folded = false } = o;
  const net = new Exported();
  let counted = 190;
  const normed = (path: string, norm: string, x: string, size: readonly [number, number, number], c: Convolution) => {
    const names = folded ? [`onnx::Conv_${counted++}`, `onnx::Conv_${counted++}`] : undefined;
    const y = net.conv(path, x, size, { ...c, bias: folded, ...(names && { names }) });
    return folded ? y : net.norm(norm, y, size[0]);
  };
  let before = channels[0] ?? 4;
  let x = normed('/conv1', '/bn1', 'input.1', [before, 3, 7], { stride: 2, pad: 3 });
  x = net.add('Relu', '/relu', [x]);
  x = net.pool('/maxpool', x, 3, 1);
  channels.forEach((C, layer) => {
    for (let block = 0; block < 2; block++) {
      const at = `/layer${layer + 1}/layer${layer + 1}.${block}`;
      const stride = layer > 0 && block === 0 ? 2 : 1;
      let y = normed(`${at}/conv1`, `${at}/bn1`, x, [C, before, 3], { stride, pad: 1 });
      y = net.add('Relu', `${at}/relu`, [y]);
      y = normed(`${at}/conv2`, `${at}/bn2`, y, [C, C, 3], { pad: 1 });
      const [down, norm] = [`${at}/downsample/downsample.0`, `${at}/downsample/downsample.1`];
      const shortcut = stride === 2 ? normed(down, norm, x, [C, before, 1], { stride }) : x;
      const sum = net.add('Add', at, [y, shortcut]);
      x = net.add('Relu', `${at}/relu_1`, [sum]);
      before = C;
    }
  });
  return net.classifier(x, before, opset);
}

/** torchvision's squeezenet1_1: ceil_mode pools, fires that end in a Concat. */
export function torchSqueezeNet(by = 16, opset = 13): Uint8Array {
  const net = new Exported();
  const thin = (n: number): number => Math.max(2, Math.round(n / by));
  let x = net.conv('/features/features.0', 'input.1', [thin(64), 3, 3], { stride: 2 });
  x = net.add('Relu', '/features/features.1', [x]);
  let before = thin(64);
  const ceiled = (at: number): void => {
    x = net.pool(`/features/features.${at}`, x, 3, 0);
    const pool = net.node.at(-1);
    if (pool?.attribute) pool.attribute = [...pool.attribute.slice(1), int('ceil_mode', 1)];
  };
  const fire = (at: number, squeeze: number, expand: number): void => {
    const path = `/features/features.${at}`;
    const [S, E] = [thin(squeeze), thin(expand)];
    const s = net.conv(`${path}/squeeze`, x, [S, before, 1]);
    const squeezed = net.add('Relu', `${path}/squeeze_activation`, [s]);
    const a = net.add('Relu', `${path}/expand1x1_activation`, [net.conv(`${path}/expand1x1`, squeezed, [E, S, 1])]);
    const three = net.conv(`${path}/expand3x3`, squeezed, [E, S, 3], { pad: 1 });
    const b = net.add('Relu', `${path}/expand3x3_activation`, [three]);
    x = net.add('Concat', path, [a, b], [int('axis', 1)]);
    before = 2 * E;
  };
  ceiled(2);
  fire(3, 16, 64);
  fire(4, 16, 64);
  ceiled(5);
  fire(6, 32, 128);
  fire(7, 32, 128);
  ceiled(8);
  fire(9, 48, 192);
  fire(10, 48, 192);
  fire(11, 64, 256);
  fire(12, 64, 256);
  return net.classifier(x, before, opset);
}

/**
 * torchvision's googlenet with its pretrained weights: channels are taken apart, scaled and put together first
 * (transform_input), pools round up, and the branch of 5 x 5 has 3 x 3 filters.
 */
export function torchGoogLeNet(by = 32, opset = 13): Uint8Array {
  const net = new Exported();
  const thin = (n: number): number => Math.max(2, Math.round(n / by));
  const number = (name: string, dims: number[], v: number, dataType = 1): string => {
    const data = dataType === 1 ? { floatData: [v] } : { int64Data: [v] };
    net.initializer.push({ name, dims, dataType, ...data });
    return name;
  };
  const axes = number('axes', [1], 1, 7);
  const channels = [0.229 / 0.5, 0.224 / 0.5, 0.225 / 0.5].map((gain, c) => {
    const path = `/channel_${c}`;
    const one = net.add('Gather', path, ['input.1', number(`index_${c}`, [], c, 7)], [int('axis', 1)]);
    const map = net.add('Unsqueeze', path, [one, axes]);
    const scaled = net.add('Mul', path, [map, number(`gain_${c}`, [], gain)]);
    return net.add('Add', path, [scaled, number(`shift_${c}`, [], (0.45 - 0.5) / 0.5)]);
  });
  let x = net.add('Concat', '', channels, [int('axis', 1)]);
  let before = 3;
  const basic = (path: string, from: string, size: readonly [number, number, number], more: Convolution = {}): string =>
    net.add('Relu', path, [net.conv(`${path}/conv`, from, size, more)]);
  const pool = (path: string, from: string, kernel: number, stride: number, pad: number): string =>
    net.add(
      'MaxPool',
      path,
      [from],
      [
        int('ceil_mode', 1),
        ints('kernel_shape', [kernel, kernel]),
        ints('pads', [pad, pad, pad, pad]),
        ints('strides', [stride, stride]),
      ],
    );
  x = basic('/conv1', x, [thin(64), 3, 7], { stride: 2, pad: 3 });
  x = pool('/maxpool1', x, 3, 2, 0);
  x = basic('/conv2', x, [thin(64), thin(64), 1]);
  x = basic('/conv3', x, [thin(192), thin(64), 3], { pad: 1 });
  x = pool('/maxpool2', x, 3, 2, 0);
  before = thin(192);
  for (const name of ['3a', '3b', '4a', '4b', '4c', '4d', '4e', '5a', '5b']) {
    const path = `/inception${name}`;
    const [C, R] = [thin(128), thin(64)];
    const a = basic(`${path}/branch1`, x, [C, before, 1]);
    const reduced = basic(`${path}/branch2/branch2.0`, x, [R, before, 1]);
    const b = basic(`${path}/branch2/branch2.1`, reduced, [C, R, 3], { pad: 1 });
    const third = basic(`${path}/branch3/branch3.0`, x, [R, before, 1]);
    const c = basic(`${path}/branch3/branch3.1`, third, [C, R, 3], { pad: 1 });
    const pooled = pool(`${path}/branch4/branch4.0`, x, 3, 1, 1);
    const d = basic(`${path}/branch4/branch4.1`, pooled, [C, before, 1]);
    x = net.add('Concat', path, [a, b, c, d], [int('axis', 1)]);
    before = 4 * C;
    if (name === '3b') x = pool('/maxpool3', x, 3, 2, 0);
    if (name === '4e') x = pool('/maxpool4', x, 2, 2, 0);
  }
  return net.classifier(x, before, opset);
}
