// Operators that normalize a value by statistics of its own (BatchNormalization, with statistics of the file, is in
// batch_normalization.ts).
import { size } from '../../../base/shape';
import { lrn } from '../../../shaders/axis_linear/moves';
import * as binary from '../../../shaders/broadcast_binary';
import { toHalf, toReal } from '../../../shaders/cast';
import type { Ref } from '../../../shaders/op';
import { affine, sqrt, square } from '../../../shaders/pointwise';
import { reduceAxes } from '../../../shaders/reduce_axes';
import { reshape } from '../../../shaders/reshape';
import { instanceNorm } from '../../../shaders/standardize_rows';
import { powConst } from '../../../shaders/unary';
import { onnxError } from '../model';
import type { GraphValue, NodeContext, Operator } from '../operator';

interface Standardized {
  /** Mean 0, variance 1. */
  readonly y: Ref;
  readonly mean: Ref;
  /** What it was multiplied with. */
  readonly gain: Ref;
}

function standardize(c: NodeContext, x: Ref, axes: readonly number[], epsilon: number): Standardized {
  const mean = reduceAxes(c.g, x, 'mean', { axes, keep: true });
  const centred = binary.broadcastSub(c.g, x, mean);
  const variance = reduceAxes(c.g, square(c.g, centred), 'mean', { axes, keep: true });
  const gain = powConst(c.g, affine(c.g, variance, 1, epsilon), -0.5);
  return { y: binary.broadcastMul(c.g, centred, gain), mean, gain };
}

/** Input k in f32: sums of squares are beyond f16. */
const real = (c: NodeContext, k: number): Ref => {
  const x = c.nd(k);
  return x.dtype === 'f16' ? toReal(c.g, x) : x;
};

/** A result of f32 in the precision of input 0. */
const as = (c: NodeContext, v: GraphValue, y: Ref): GraphValue =>
  c.out(v.ref.dtype === 'f16' ? toHalf(c.g, y) : y, v.shape, v.type);

/** All axes from `axis` on. */
function lastAxes(c: NodeContext, rank: number): readonly number[] {
  const first = c.axis(c.a.int('axis', -1, -rank, rank - 1), rank);
  return Array.from({ length: rank - first }, (_, k) => first + k);
}

/** Ba, Kiros and Hinton, "Layer Normalization", 2016. */
const layerNormalization: Operator = {
  graph: (c) => {
    const v = c.graph(0);
    const axes = lastAxes(c, v.shape.length);
    const { y, mean, gain } = standardize(c, real(c, 0), axes, c.a.number('epsilon', 1e-5));
    const scaled = binary.broadcastMul(c.g, y, real(c, 1));
    const own = v.shape.map((d, k) => (axes.includes(k) ? 1 : d));
    return [
      as(c, v, c.has(2) ? binary.broadcastAdd(c.g, scaled, real(c, 2)) : scaled),
      c.out(mean, own, 'float32'),
      c.out(gain, own, 'float32'),
    ];
  },
};

/** Wu and He, "Group Normalization", 2018. Gains belong to groups up to opset 20, to channels after. */
const groupNormalization: Operator = {
  graph: (c) => {
    const v = c.graph(0);
    const [N = 1, C = 1, ...sides] = v.shape;
    const groups = c.a.int('num_groups', 1, 1, 65536);
    const isOld = c.opset < 21;
    if (C % groups !== 0 || size(c.shape(1)) !== (isOld ? groups : C) || size(c.shape(2)) !== (isOld ? groups : C)) {
      throw onnxError(`${c.who} has gains [${c.shape(1).join(', ')}] for ${groups} groups of ${C} channels`);
    }
    const each = (C / groups) * size(sides);
    const { y } = standardize(c, reshape(c.g, real(c, 0), [N, groups, each]), [2], c.a.number('epsilon', 1e-5));
    const of = isOld ? [groups, 1] : [C, ...sides.map(() => 1)];
    const x = isOld ? y : reshape(c.g, y, v.shape);
    const [gain, bias] = [reshape(c.g, real(c, 1), of), reshape(c.g, real(c, 2), of)];
    return [as(c, v, reshape(c.g, binary.broadcastAdd(c.g, binary.broadcastMul(c.g, x, gain), bias), v.shape))];
  },
};

/** Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019. */
const rootMeanSquare: Operator = {
  graph: (c) => {
    const v = c.graph(0);
    const x = real(c, 0);
    const energy = reduceAxes(c.g, square(c.g, x), 'mean', { axes: lastAxes(c, v.shape.length), keep: true });
    const gain = powConst(c.g, affine(c.g, energy, 1, c.a.number('epsilon', 1e-5)), -0.5);
    return [as(c, v, binary.broadcastMul(c.g, binary.broadcastMul(c.g, x, gain), real(c, 1)))];
  },
};

/** ONNX adds 1e-9 to the deviation. */
const meanVariance: Operator = {
  graph: (c) => {
    const v = c.graph(0);
    const axes = (c.a.list('axes') ?? [0, 2, 3]).map((k) => c.axis(k, v.shape.length));
    const x = real(c, 0);
    const centred = binary.broadcastSub(c.g, x, reduceAxes(c.g, x, 'mean', { axes, keep: true }));
    const deviation = sqrt(c.g, reduceAxes(c.g, square(c.g, centred), 'mean', { axes, keep: true }));
    return [as(c, v, binary.broadcastDiv(c.g, centred, affine(c.g, deviation, 1, 1e-9)))];
  },
};

/** Over one axis, to a length of 1. */
const unitLength: Operator = {
  graph: (c) => {
    const v = c.graph(0);
    const rank = v.shape.length;
    const axes = [c.axis(c.a.int('axis', -1, -rank, rank - 1), rank)];
    const x = real(c, 0);
    const length = reduceAxes(c.g, x, c.a.int('p', 2, 1, 2) === 1 ? 'l1' : 'l2', { axes, keep: true });
    return [as(c, v, binary.broadcastDiv(c.g, x, length))];
  },
};

/** Each channel of each picture with its own mean and deviation; Ulyanov et al. 2016. */
const instanceNormalization: Operator = {
  graph: (c) => {
    const v = c.graph(0);
    const y = instanceNorm(c.g, c.ndOf(v), c.nd(1), c.nd(2), c.a.number('epsilon', 1e-5));
    return [c.out(y, v.shape, v.type)];
  },
};

const localResponse: Operator = {
  graph: (c) => {
    const v = c.graph(0);
    const options = {
      size: c.a.int('size', 1, 1, 65536),
      alpha: c.a.number('alpha', 1e-4),
      beta: c.a.number('beta', 0.75),
      bias: c.a.number('bias', 1),
    };
    const x = c.ndOf(v);
    if (x.dtype !== 'f16') return [c.out(lrn(c.g, x, options), v.shape, v.type)];
    // Squares of what pictures of 0 to 255 excite are beyond f16.
    return [c.out(toHalf(c.g, lrn(c.g, toReal(c.g, x), options)), v.shape, v.type)];
  },
};

export const normalizationOperators: Readonly<Record<string, Operator>> = {
  LayerNormalization: layerNormalization,
  GroupNormalization: groupNormalization,
  RMSNormalization: rootMeanSquare,
  MeanVarianceNormalization: meanVariance,
  LpNormalization: unitLength,
  InstanceNormalization: instanceNormalization,
  LRN: localResponse,
};
