// Quantised numbers: weights become real numbers as they are loaded; activations stay real, limited to what their
// integers could stand for, but not rounded, so that gradients pass. Only what leaves the graph is rounded.
import { size } from '../../../base/shape';
import { clamp } from '../../../shaders/pointwise';
import { constTensor, elementAt, isReal, numbers, rangeOf } from '../const_fold';
import { type OnnxTensor, onnxError } from '../model';
import { type GraphValue, inGraph, type NodeContext, type Operator } from '../operator';
import { floatCodes } from '../tensor';
import { convolved } from './conv';
import { roundEven } from './elementwise';
import { matrixProduct } from './matmul';
import { constantParameters } from './parameters';

/** Which of some scales and zero points belongs to an element. */
interface Grid {
  readonly scales: readonly number[];
  readonly zeros: readonly number[];
  /** Index into both of element i. */
  at(i: number): number;
}

/** One for all, one for each index of an axis, or one for each block of an axis. */
function gridOf(c: NodeContext, shape: readonly number[], scale = 1, zero = 2): Grid {
  const scales = c.numbers(scale, 'scale');
  const zeros = c.has(zero) ? c.numbers(zero, 'zero point') : scales.map(() => 0);
  if (zeros.length !== scales.length) throw onnxError(`${c.who} has ${scales.length} scales and ${zeros.length} zeros`);
  if (scales.length === 1) return { scales, zeros, at: () => 0 };
  const axis = c.axis(c.a.int('axis', 1, -shape.length, shape.length - 1), shape.length);
  const inner = size(shape.slice(axis + 1));
  const n = shape[axis] ?? 1;
  const own = c.shape(scale);
  if (own.length <= 1) {
    if (scales.length !== n) throw onnxError(`${c.who} has ${scales.length} scales for an axis of ${n}`);
    return { scales, zeros, at: (i) => Math.floor(i / inner) % n };
  }
  // Blocks of an axis share a scale.
  const blocks = own[axis] ?? 1;
  const block = c.a.int('block_size', 0, 0, 2 ** 24) || Math.ceil(n / blocks);
  const at = (i: number): number => {
    const [outer, k] = [Math.floor(i / (inner * n)), Math.floor(i / inner) % n];
    return (outer * blocks + Math.floor(k / block)) * inner + (i % inner);
  };
  if (scales.length !== (size(shape) / n) * blocks) throw onnxError(`${c.who} has ${scales.length} scales`);
  return { scales, zeros, at };
}

function dequantised(name: string, t: OnnxTensor, grid: Grid, type: string, shape = t.shape): OnnxTensor {
  const x = numbers(t);
  const data = Float32Array.from({ length: x.length }, (_, i) => {
    const k = grid.at(i);
    return (elementAt(x, i) - elementAt(grid.zeros, k)) * elementAt(grid.scales, k);
  });
  return constTensor(name, type, shape, data);
}

const TYPES: ReadonlyMap<number, string> = new Map([
  [2, 'uint8'],
  [3, 'int8'],
  [4, 'uint16'],
  [5, 'int16'],
  [17, 'float8e4m3fn'],
  [18, 'float8e4m3fnuz'],
  [19, 'float8e5m2'],
  [20, 'float8e5m2fnuz'],
  [21, 'uint4'],
  [22, 'int4'],
  [23, 'float4e2m1'],
  [25, 'uint2'],
  [26, 'int2'],
  [1, 'float32'],
  [10, 'float16'],
  [16, 'bfloat16'],
]);

function typeOf(c: NodeContext, zero: number, otherwise: string): string {
  if (c.has(zero)) return c.value(zero).type;
  const named = c.a.int('output_dtype', 0, 0, 64);
  return named === 0 ? otherwise : (TYPES.get(named) ?? 'an unknown type');
}

/** The number of a type nearest to v: an even whole number in doubt, the largest one where there is none. */
function rounding(c: NodeContext, type: string): (v: number) => number {
  const range = rangeOf(type);
  if (range) return (v) => Math.min(range[1], Math.max(range[0], roundEven(v)));
  const codes = floatCodes(type);
  if (!codes) throw c.unsupported(`to make ${type}`);
  const isSaturating = c.a.int('saturate', 1, 0, 1) === 1;
  const most = Math.max(...codes.filter(Number.isFinite));
  const steps = codes.slice(0, codes.length / 2).flatMap((v, code) => (Number.isFinite(v) ? [{ v, code }] : []));
  steps.sort((a, b) => a.v - b.v);
  const hasInfinity = codes.includes(Number.POSITIVE_INFINITY);
  return (x) => {
    const m = Math.abs(x);
    if (Number.isNaN(x)) return x;
    let k = steps.findIndex((s) => s.v >= m);
    if (k < 0) {
      const last = steps.at(-2)?.v ?? 0;
      const beyond = m > most + (most - last) / 2;
      if (beyond && !isSaturating) return hasInfinity ? Math.sign(x) * Infinity : Number.NaN;
      if (m === Infinity && !isSaturating) return Number.NaN;
      k = steps.length - 1;
    }
    const [below, above] = [steps[k - 1], steps[k]];
    if (!above) return x;
    const [down, up] = [m - (below?.v ?? -Infinity), above.v - m];
    const isBelow = below !== undefined && (down < up || (down === up && below.code % 2 === 0));
    return Math.sign(x) * (isBelow ? below.v : above.v);
  };
}

/** How far from the middle between two whole numbers rounding in f32 can take a quotient. */
const NEAR_TIE = 1e-3;

/**
 * Real numbers of the graph, as those that a quantised type can stand for.
 * @param unit what one of element i stands for where sums of integers are rescaled: in the middle between two whole
 * numbers, which are not rare there, those are divided as the suite's reference does it.
 */
function quantised(c: NodeContext, v: GraphValue, grid: Grid, type: string, unit?: (i: number) => number): GraphValue {
  const nearest = rounding(c, type);
  const isWhole = rangeOf(type) !== null;
  const finish = (data: ArrayLike<number>): ArrayLike<number> =>
    Float64Array.from(data, (x, i) => {
      const k = grid.at(i);
      const scale = elementAt(grid.scales, k);
      let q = Math.fround(x / scale);
      if (unit && Math.abs(q - Math.floor(q) - 0.5) < NEAR_TIE) {
        q = Math.fround(Math.round(x / unit(i)) * Math.fround(Math.fround(unit(i)) / scale));
      }
      const zero = elementAt(grid.zeros, k);
      // Rounded first, then moved by the zero point, then limited.
      return isWhole ? nearest(roundEven(q) + zero) : nearest(q);
    });
  const range = rangeOf(type);
  const [scale = 1] = grid.scales;
  const [zero = 0] = grid.zeros;
  const isUniform = grid.scales.length === 1;
  const ref =
    range && isUniform
      ? clamp(c.g, v.ref, Math.fround((range[0] - zero) * scale), Math.fround((range[1] - zero) * scale))
      : v.ref;
  return { ref, shape: v.shape, type, finish, ...(isUniform && { quantised: true }) };
}

/** An input of integers as real numbers in the graph. */
function realInput(c: NodeContext, k: number, scale: number, zero: number): GraphValue {
  const v = c.value(k);
  if (inGraph(v)) {
    if (!v.finish) throw c.unsupported('of integers that are computed');
    return { ref: v.ref, shape: v.shape, type: 'float32' };
  }
  const t = dequantised(v.name, v, gridOf(c, v.shape, scale, zero), 'float32');
  const ref = c.upload(t, t.shape.length === 0 ? [1] : t.shape, () => t.floats(), v.name);
  return c.out(ref, t.shape, 'float32');
}

const quantisedConv: Operator = {
  graph: (c) => {
    const x = realInput(c, 0, 1, 2);
    const w = c.tensor(3);
    const [xScale = 1] = c.numbers(1, 'scale of x');
    const own = c.numbers(4, 'scale of w');
    const zeros = c.has(5) ? c.numbers(5, 'zero point of w') : [0];
    const O = w.shape[0] ?? 1;
    const perFilter = size(w.shape) / O;
    const pick = (list: readonly number[], o: number): number => list[list.length === 1 ? 0 : o] ?? 0;
    const grid: Grid = {
      scales: Array.from({ length: O }, (_, o) => pick(own, o)),
      zeros: Array.from({ length: O }, (_, o) => pick(zeros, o)),
      at: (i) => Math.floor(i / perFilter),
    };
    const key = c.node.outputs[0] ?? '';
    const filters = constantParameters(c, w, {
      key: `${key} filters`,
      data: () => dequantised(w.name, w, grid, 'float32').floats(),
    });
    const b = c.has(8) ? c.tensor(8) : undefined;
    const bias =
      b &&
      constantParameters(c, b, {
        key: `${key} bias`,
        data: () => Float32Array.from(b.ints(), (v, o) => v * xScale * (grid.scales[o] ?? 1)),
      });
    const y = convolved(c, filters, bias, x);
    const perChannel = size(y.shape.slice(2));
    const unit = (i: number): number => xScale * (grid.scales[Math.floor(i / perChannel) % O] ?? 1);
    return [quantised(c, y, gridOf(c, y.shape, 6, 7), c.has(7) ? c.value(7).type : 'uint8', unit)];
  },
};

export const quantizeOperators: Readonly<Record<string, Operator>> = {
  DequantizeLinear: {
    graph: (c) => {
      const v = c.value(0);
      const named = c.a.int('output_dtype', 0, 0, 64);
      const type = named === 0 ? c.value(1).type : (TYPES.get(named) ?? 'float32');
      if (!inGraph(v)) return [dequantised(c.node.name, v, gridOf(c, v.shape), type)];
      if (v.finish) return [{ ref: v.ref, shape: v.shape, type }];
      // Eight-bit floats, which are real numbers as they stand.
      if (isReal(v.type) && v.known) return [dequantised(c.node.name, v.known, gridOf(c, v.shape), type)];
      throw c.unsupported('of integers that are computed');
    },
  },
  QuantizeLinear: {
    graph: (c) => {
      const v = c.graph(0);
      return [quantised(c, v, gridOf(c, v.shape), typeOf(c, 2, 'uint8'))];
    },
  },
  QLinearConv: quantisedConv,
  QLinearMatMul: {
    graph: (c) => {
      const y = matrixProduct(c, realInput(c, 0, 1, 2), realInput(c, 3, 4, 5));
      const [scales, others] = [c.numbers(1, 'scale of a'), c.numbers(4, 'scale of b')];
      const one = (scales[0] ?? 1) * (others[0] ?? 1);
      const isUniform = scales.length === 1 && others.length === 1;
      return [quantised(c, y, gridOf(c, y.shape, 6, 7), c.value(7).type, isUniform ? () => one : undefined)];
    },
  },
};
