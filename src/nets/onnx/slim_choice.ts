import { setting } from '../../base/wording';
import type { NodeMessage, TensorMessage } from './messages';
import { onnxError } from './model';

export interface SlimNode extends NodeMessage {
  /** Values of the graph that its subgraphs (of If, Loop, Scan) may use. */
  readonly captures: readonly string[];
}

const CONVOLUTIONS = new Set(['Conv', 'ConvTranspose', 'ConvInteger', 'QLinearConv']);

/** What follows a convolution and leaves a feature map a feature map. */
const FOLLOWS = new Set([
  ...['Relu', 'LeakyRelu', 'PRelu', 'Sigmoid', 'Tanh', 'Clip', 'HardSwish', 'Gelu', 'Elu', 'Selu'],
  ...['MaxPool', 'AveragePool', 'BatchNormalization', 'InstanceNormalization', 'LRN', 'Pad', 'Identity'],
  ...['Add', 'Sub', 'Mul', 'Div', 'Sum', 'Concat', 'QuantizeLinear', 'DequantizeLinear'],
]);

/**
 * What a net computes before its classifier: all that its convolutions need, and the rectifiers, pools and the like
 * behind them. The fully connected layers, 494 MB of VGG-19's 575, are none of it.
 * @returns the values at its end: feature maps that no other part of it uses.
 */
export function convolutionalPart(nodes: readonly SlimNode[], name: string): string[] {
  const makers = new Map<string, SlimNode>();
  for (const n of nodes) for (const o of n.outputs) if (o !== '') makers.set(o, n);
  const kept = new Set<SlimNode>();
  const open = nodes.filter((n) => CONVOLUTIONS.has(n.op));
  if (open.length === 0)
    throw onnxError(`${name} has no convolution`, `Name the layers to keep with ${setting('layers')}.`);
  for (let n = open.pop(); n; n = open.pop()) {
    if (kept.has(n)) continue;
    kept.add(n);
    for (const x of [...n.inputs, ...n.captures]) {
      const maker = makers.get(x);
      if (maker) open.push(maker);
    }
  }
  const isHere = (value: string): boolean => {
    const maker = makers.get(value);
    return !maker || kept.has(maker) || maker.op === 'Constant';
  };
  // Files have their nodes in an order in which every value is made before it is used.
  for (const n of nodes) {
    const isBehind = n.inputs.some((x) => kept.has(makers.get(x) as SlimNode));
    if (FOLLOWS.has(n.op) && isBehind && n.inputs.every(isHere)) kept.add(n);
  }
  const used = new Set([...kept].flatMap((n) => [...n.inputs, ...n.captures]));
  return nodes.filter((n) => kept.has(n)).flatMap((n) => n.outputs.slice(0, 1).filter((o) => !used.has(o)));
}

/** Ops that take and give half precision where they do single, and whose result does not depend on float attributes. */
const HALF_OPS = new Set([
  ...['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'Relu', 'LeakyRelu', 'PRelu', 'Sigmoid', 'Tanh', 'Clip'],
  ...['HardSwish', 'Gelu', 'Elu', 'Selu', 'MaxPool', 'AveragePool', 'GlobalAveragePool', 'GlobalMaxPool', 'LRN'],
  ...['BatchNormalization', 'InstanceNormalization', 'Softmax', 'LogSoftmax', 'Add', 'Sub', 'Mul', 'Div', 'Sum'],
  ...['Concat', 'Split', 'Slice', 'Pad', 'Reshape', 'Flatten', 'Transpose', 'Squeeze', 'Unsqueeze', 'Identity'],
  ...['Dropout', 'Constant', 'Shape', 'Gather', 'Resize', 'Upsample'],
]);

/** Inputs that stay in single precision whatever the others are. */
const SINGLE: Readonly<Record<string, readonly number[]>> = { Resize: [1, 2], Upsample: [1], Dropout: [1] };

/**
 * The weights that become half precision with the net.
 * @throws EngineError `OnnxError` where a node cannot.
 */
export function floatsKept(
  net: string,
  nodes: readonly SlimNode[],
  tensors: ReadonlyMap<string, TensorMessage>,
): Set<string> {
  const single = new Set<string>();
  const half = new Set<string>();
  for (const n of nodes) {
    if (!HALF_OPS.has(n.op) || n.captures.length > 0) {
      throw onnxError(
        `${net} has ${n.op} ${n.name}, which is not known to work in half precision`,
        `Leave ${setting('f16')} out.`,
      );
    }
    for (const [k, x] of n.inputs.entries()) (SINGLE[n.op]?.includes(k) ? single : half).add(x);
  }
  const constant = nodes.find((n) => makesFloats(n) && n.outputs.some((o) => half.has(o) || !single.has(o)));
  const torn = [...half].find((x) => single.has(x) && tensors.has(x));
  if (constant || torn !== undefined) {
    throw onnxError(
      `${net} has ${constant?.name ?? torn}, which has to stay in single precision`,
      `Leave ${setting('f16')} out.`,
    );
  }
  const FLOAT = 1;
  return new Set([...half].filter((x) => tensors.get(x)?.type === FLOAT));
}

const makesFloats = ({ op, attributes }: NodeMessage): boolean =>
  op === 'Constant' &&
  attributes.some(({ name, t }) => name === 'value_float' || name === 'value_floats' || t?.type === 1);
