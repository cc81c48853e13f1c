// Operators that change what a value is called, not its elements: shapes and types.
import { size } from '../../../base/shape';
import { abs, mul, sign } from '../../../shaders/pointwise';
import { floor } from '../../../shaders/unary';
import { constTensor, isReal, numbers, stored } from '../const_fold';
import { type OnnxTensor, onnxError } from '../model';
import type { NodeContext, Operator } from '../operator';

/** An operator whose output has the input's elements in the input's order, under another shape. */
const renaming = (shapeOf: (c: NodeContext, shape: readonly number[]) => readonly number[]): Operator => ({
  fold: (c) => [reshapedTensor(c.tensor(0), shapeOf(c, c.shape(0)))],
  graph: (c) => {
    const v = c.graph(0);
    const shape = shapeOf(c, v.shape);
    return [{ ...v, ...c.out(v.ref, shape, v.type), ...(v.known && { known: reshapedTensor(v.known, shape) }) }];
  },
});

function reshapedTensor(t: OnnxTensor, shape: readonly number[]): OnnxTensor {
  if (size(t.shape) !== size(shape))
    throw onnxError(`${t.name} [${t.shape.join(', ')}] cannot be [${shape.join(', ')}]`);
  return Object.freeze({ ...t, shape: Object.freeze([...shape]) });
}

function reshapeTo(c: NodeContext, shape: readonly number[]): readonly number[] {
  const wanted = c.list(1, 'shape') ?? [];
  const allowZero = c.a.int('allowzero', 0, 0, 1) === 1;
  const out = wanted.map((d, k) => (d === 0 && !allowZero ? (shape[k] ?? 0) : d));
  const open = out.indexOf(-1);
  const rest = size(out.filter((d) => d !== -1));
  if (open >= 0) out[open] = rest > 0 ? size(shape) / rest : 0;
  if (out.some((d) => !Number.isInteger(d) || d < 0) || size(out) !== size(shape)) {
    throw onnxError(`${c.who} cannot make [${wanted.join(', ')}] of [${shape.join(', ')}]`);
  }
  return out;
}

function flattened(c: NodeContext, shape: readonly number[]): readonly number[] {
  const axis = c.a.int('axis', 1, -shape.length, shape.length);
  const k = axis < 0 ? axis + shape.length : axis;
  return [size(shape.slice(0, k)), size(shape.slice(k))];
}

function squeezed(c: NodeContext, shape: readonly number[]): readonly number[] {
  const axes = c.list(1, 'axes')?.map((k) => c.axis(k, shape.length));
  for (const k of axes ?? []) if (shape[k] !== 1) throw onnxError(`${c.who} drops axis ${k} of [${shape.join(', ')}]`);
  return shape.filter((d, k) => (axes ? !axes.includes(k) : d !== 1));
}

function unsqueezed(c: NodeContext, shape: readonly number[]): readonly number[] {
  const axes = c.list(1, 'axes') ?? [];
  const rank = shape.length + axes.length;
  const at = new Set(axes.map((k) => c.axis(k, rank)));
  if (at.size !== axes.length) throw onnxError(`${c.who} names an axis twice: [${axes.join(', ')}]`);
  const rest = [...shape];
  return Array.from({ length: rank }, (_, k) => (at.has(k) ? 1 : (rest.shift() ?? 1)));
}

/** TensorProto.DataType of the types that a Cast can name. */
const TYPE_NAMES: ReadonlyMap<number, string> = new Map([
  [1, 'float32'],
  [2, 'uint8'],
  [3, 'int8'],
  [4, 'uint16'],
  [5, 'int16'],
  [6, 'int32'],
  [7, 'int64'],
  [9, 'bool'],
  [10, 'float16'],
  [11, 'float64'],
  [12, 'uint32'],
  [13, 'uint64'],
  [16, 'bfloat16'],
]);

const cast = (typeOf: (c: NodeContext) => string): Operator => ({
  fold: (c) => {
    const t = c.tensor(0);
    const type = typeOf(c);
    return [t.type === type ? t : constTensor(c.node.name, type, t.shape, stored(type, numbers(t)))];
  },
  graph: (c) => {
    const v = c.graph(0);
    const type = typeOf(c);
    if (isReal(type) || v.type === type || v.type === 'bool') return [{ ref: v.ref, shape: v.shape, type }];
    // Integers of the graph are small enough to be exact in f32, and wrap around no range.
    const signs = sign(c.g, v.ref);
    const whole = type === 'bool' ? abs(c.g, signs) : mul(c.g, signs, floor(c.g, abs(c.g, v.ref)));
    return [{ ref: isReal(v.type) || type === 'bool' ? whole : v.ref, shape: v.shape, type }];
  },
});

/** The whole value, whatever it is: at inference these do nothing. */
const same: Operator = {
  fold: (c) => [c.tensor(0)],
  graph: (c) => [c.graph(0)],
};

const dropout: Operator = {
  graph: (c) => {
    const v = c.value(0);
    const ratio = c.has(1) ? c.numbers(1, 'ratio')[0] : 0.5;
    // Up to opset 6 `is_test` says so; later files drop nothing unless they train.
    const isTraining = c.opset < 7 ? c.a.int('is_test', 0, 0, 1) === 0 : c.has(2) && c.numbers(2, 'training_mode')[0];
    if (c.opset >= 12 && isTraining && ratio !== 0) {
      throw c.unsupported('in training, where it drops at random', 'Export the model for inference.');
    }
    const mask = (): OnnxTensor => {
      const type = c.opset >= 10 ? 'bool' : 'float32';
      return constTensor(`${c.node.name} mask`, type, v.shape, new Float64Array(size(v.shape)).fill(1));
    };
    return [v, (c.node.outputs[1] ?? '') === '' ? null : mask()];
  },
};

const shape: Operator = {
  graph: (c) => {
    const own = c.shape(0);
    const clamp = (v: number): number => Math.min(own.length, Math.max(0, v < 0 ? v + own.length : v));
    const start = clamp(c.a.int('start', 0, -(2 ** 53), 2 ** 53));
    const end = clamp(c.a.int('end', own.length, -(2 ** 53), 2 ** 53));
    const list = own.slice(start, Math.max(start, end));
    return [constTensor(c.node.name, 'int64', [list.length], list)];
  },
};

export const shapeOperators: Readonly<Record<string, Operator>> = {
  Reshape: renaming(reshapeTo),
  Flatten: renaming(flattened),
  Squeeze: renaming(squeezed),
  Unsqueeze: renaming(unsqueezed),
  Identity: same,
  Dropout: dropout,
  Shape: shape,
  Size: { graph: (c) => [constTensor(c.node.name, 'int64', [], [size(c.shape(0))])] },
  Cast: cast((c) => {
    const type = TYPE_NAMES.get(c.a.int('to', 1, 0, 64));
    if (type === undefined) throw c.unsupported(`to make type ${c.a.int('to', 1, 0, 64)}`);
    return type;
  }),
  CastLike: cast((c) => c.value(1).type),
};
