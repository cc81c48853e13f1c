import { size } from '../../../base/shape';
import * as binary from '../../../shaders/broadcast_binary';
import type { Ref } from '../../../shaders/op';
import { affine, scale, square } from '../../../shaders/pointwise';
import { reduceAxes } from '../../../shaders/reduce_axes';
import { reshape } from '../../../shaders/reshape';
import { powConst } from '../../../shaders/unary';
import { elementAt } from '../const_fold';
import { type OnnxNode, type OnnxTensor, onnxError } from '../model';
import { type GraphValue, inGraph, type NodeContext, type Operator } from '../operator';
import { convolved } from './conv';
import { constantParameters } from './parameters';

/** Numbers that a batch normalization multiplies with and adds, one for each channel. */
interface Affine {
  readonly gain: Float32Array;
  readonly shift: Float32Array;
}

/** What an evaluated normalization does, where its statistics are constants. */
function affineOf(c: NodeContext): Affine | null {
  const lists = [1, 2, 3, 4].map((k) => c.value(k));
  const constants = lists.filter((v): v is OnnxTensor => !inGraph(v));
  if (constants.length < 4) return null;
  const [gamma, beta, mu, variance] = constants.map((t) => t.floats()) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  if ([beta, mu, variance].some((l) => l.length !== gamma.length)) {
    throw onnxError(`${c.who} has statistics of different lengths`);
  }
  const epsilon = c.a.number('epsilon', 1e-5);
  const gain = gamma.map((s, k) => s / Math.sqrt(elementAt(variance, k) + epsilon));
  return { gain, shift: beta.map((b, k) => b - elementAt(mu, k) * elementAt(gain, k)) };
}

/** The Conv that a normalization can become part of: it makes its input from constant weights. */
export function convBefore(
  nodes: readonly OnnxNode[],
  tensors: ReadonlyMap<string, OnnxTensor>,
  norm: OnnxNode,
): OnnxNode | undefined {
  const isFixed = (name: string | undefined): boolean => name === undefined || name === '' || tensors.has(name);
  if (!norm.inputs.slice(1).every(isFixed) || norm.attributes.get('training_mode') === 1) return undefined;
  if (norm.attributes.get('spatial') === 0 || norm.outputs.slice(1).some((o) => o !== '')) return undefined;
  const conv = nodes.find((n) => n.op === 'Conv' && n.outputs[0] === norm.inputs[0]);
  return conv?.inputs.slice(1).every(isFixed) ? conv : undefined;
}

const batchNormalization: Operator = {
  graph: (c) => {
    if (c.a.int('training_mode', 0, 0, 1) === 1) return trained(c);
    if (c.node.outputs.slice(1).some((o) => o !== '')) throw c.unsupported('in training', 'Export it for inference.');
    const conv = convBefore(c.model.nodes, c.model.tensors, c.node);
    const known = affineOf(c);
    if (conv && known) return [foldedInto(c, conv, known)];
    const v = c.graph(0);
    const isSpatial = c.a.int('spatial', 1, 0, 1) === 1;
    const shape = isSpatial ? [v.shape[1] ?? 1, ...v.shape.slice(2).map(() => 1)] : v.shape.slice(1);
    const own = (k: number): Ref => reshape(c.g, c.graph(k).ref, shape);
    const x = c.ndOf(v);
    if (known) {
      if (known.gain.length !== size(shape))
        throw onnxError(`${c.who} normalises ${known.gain.length} channels of ${size(shape)}`);
      const [gain, shift] = [known.gain, known.shift].map((data, k) =>
        c.upload(`${c.node.outputs[0]} ${k ? 'shift' : 'gain'}`, shape, () => data, `${c.node.name} ${k}`),
      ) as [Ref, Ref];
      return [c.out(binary.broadcastAdd(c.g, binary.broadcastMul(c.g, x, gain), shift), v.shape, v.type)];
    }
    return [c.out(normal(c, x, own(3), own(4), own(1), own(2)), v.shape, v.type)];
  },
};

/** (x - mean) / sqrt(variance + epsilon) gain + bias, all but x broadcast. */
function normal(c: NodeContext, x: Ref, mean: Ref, variance: Ref, gain: Ref, bias: Ref): Ref {
  const root = powConst(c.g, affine(c.g, variance, 1, c.a.number('epsilon', 1e-5)), -0.5);
  return binary.broadcastAdd(
    c.g,
    binary.broadcastMul(c.g, binary.broadcastSub(c.g, x, mean), binary.broadcastMul(c.g, gain, root)),
    bias,
  );
}

/** With the statistics of the batch itself; the running ones are blended with these. */
function trained(c: NodeContext): readonly GraphValue[] {
  const v = c.graph(0);
  const C = v.shape[1] ?? 1;
  const shape = [C, ...v.shape.slice(2).map(() => 1)];
  const axes = v.shape.map((_, k) => k).filter((k) => k !== 1);
  const x = c.ndOf(v);
  const mean = reduceAxes(c.g, x, 'mean', { axes, keep: true });
  const centred = binary.broadcastSub(c.g, x, mean);
  const variance = reduceAxes(c.g, square(c.g, centred), 'mean', { axes, keep: true });
  const own = (k: number): Ref => reshape(c.g, c.graph(k).ref, shape);
  const momentum = c.a.number('momentum', 0.9);
  const running = (k: number, now: Ref): GraphValue => {
    const before = reshape(c.g, c.graph(k).ref, [C]);
    const mixed = binary.broadcastAdd(
      c.g,
      scale(c.g, before, momentum),
      scale(c.g, reshape(c.g, now, [C]), 1 - momentum),
    );
    return c.out(mixed, [C], c.value(k).type);
  };
  return [c.out(normal(c, x, mean, variance, own(1), own(2)), v.shape, v.type), running(3, mean), running(4, variance)];
}

/** A normalization as part of the filters of the convolution before it. */
function foldedInto(c: NodeContext, conv: OnnxNode, { gain, shift }: Affine): GraphValue {
  const of = c.at(conv);
  const w = of.tensor(1);
  const bias = of.has(2) ? of.tensor(2) : undefined;
  const O = w.shape[0] ?? 0;
  if (gain.length !== O) throw onnxError(`${c.who} normalises ${gain.length} channels of ${O}`);
  const key = c.node.outputs[0] ?? '';
  const filters = constantParameters(of, w, {
    key: `${key} filters`,
    data: () => {
      const data = w.floats();
      return data.map((v, i) => v * elementAt(gain, Math.floor(i / (data.length / O))));
    },
  });
  const offsets = constantParameters(of, bias ?? { ...w, name: `${conv.name} bias`, shape: [O] }, {
    key: `${key} bias`,
    data: () => (bias?.floats() ?? new Float32Array(O)).map((v, o) => v * elementAt(gain, o) + elementAt(shift, o)),
  });
  return convolved(of, filters, offsets);
}

export const batchNormalizationOperators: Readonly<Record<string, Operator>> = {
  BatchNormalization: batchNormalization,
};
