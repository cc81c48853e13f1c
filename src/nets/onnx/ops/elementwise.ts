// Operators that treat each element on its own.
import { sameShape, size } from '../../../base/shape';
import {
  broadcastAdd,
  broadcastDiv,
  broadcastMul,
  broadcastSub,
  max,
  min,
  pow,
  prelu as preluOf,
} from '../../../shaders/broadcast_binary';
import type { Ref } from '../../../shaders/op';
import { abs, affine, clamp, relu, scale, sign, sqrt } from '../../../shaders/pointwise';
import * as elementary from '../../../shaders/unary';
import { powConst } from '../../../shaders/unary';
import { broadcastIndex, broadcastShape, checkFolded, constTensor, elementAt, isReal, numbers } from '../const_fold';
import { type OnnxTensor, onnxError } from '../model';
import type { GraphValue, NodeContext, Operator } from '../operator';

type Number1 = (v: number) => number;

/** One function of one number: on the host, and in the graph. */
const unary = (fold: (c: NodeContext) => Number1, graph: (c: NodeContext, x: Ref) => Ref): Operator => ({
  fold: (c) => {
    const t = c.tensor(0);
    const f = fold(c);
    return [constTensor(c.node.name, t.type, t.shape, Float64Array.from(numbers(t), f))];
  },
  graph: (c) => {
    const v = c.graph(0);
    return [c.out(graph(c, v.ref), v.shape, v.type)];
  },
});

/** What there is to say of values of these shapes where one has no elements, of the type of input `from`. */
function none(c: NodeContext, shapes: readonly (readonly number[])[] = [c.shape(0)], from = 0): OnnxTensor | undefined {
  if (shapes.every((s) => size(s) > 0)) return undefined;
  return constTensor(c.node.name, c.value(from).type, broadcastShape(c.who, shapes), []);
}

/** Only in the graph: an activation of constants is computed there too, once, as the plan is compiled. */
const activation = (graph: (c: NodeContext, x: Ref) => Ref): Operator => ({
  graph: (c) => {
    const empty = none(c);
    if (empty) return [empty];
    const v = c.graph(0);
    return [c.out(graph(c, v.ref), v.shape, v.type)];
  },
});

/** Up to opset 6 the second shape stands at `axis` of the first, where `broadcast` is set. */
function oldAxis(c: NodeContext, a: readonly number[], b: readonly number[]): readonly number[] {
  if (c.opset >= 7 || c.a.int('broadcast', 0, 0, 1) === 0 || !c.a.has('axis') || b.length === 0) return b;
  const axis = c.axis(c.a.int('axis', 0, -a.length, a.length - 1), a.length);
  const behind = a.length - axis - b.length;
  if (behind < 0) throw onnxError(`${c.who} puts [${b.join(', ')}] at axis ${axis} of [${a.join(', ')}]`);
  return [...b, ...new Array<number>(behind).fill(1)];
}

type Number2 = (a: number, b: number) => number;

function pairs(c: NodeContext, a: OnnxTensor, b: OnnxTensor, f: Number2, type: string): OnnxTensor {
  const shape = broadcastShape(c.who, [a.shape, b.shape]);
  checkFolded(c.who, shape);
  const [x, y] = [numbers(a), numbers(b)];
  const [i, j] = [broadcastIndex(a.shape, shape), broadcastIndex(b.shape, shape)];
  const data = Float64Array.from(i, (at, k) => f(elementAt(x, at), elementAt(y, elementAt(j, k))));
  return constTensor(c.node.name, type, shape, data);
}

const renamed = (t: OnnxTensor, shape: readonly number[]): OnnxTensor => ({ ...t, shape });

const arithmetic = (fn: BinaryName, f: Number2, whole: Number2 = f): Operator => ({
  fold: (c) => {
    const a = c.tensor(0);
    const b = c.tensor(1);
    const second = renamed(b, oldAxis(c, a.shape, b.shape));
    return [pairs(c, a, second, isReal(a.type) ? f : whole, a.type)];
  },
  graph: (c) => {
    const empty = none(c, [c.shape(0), oldAxis(c, c.shape(0), c.shape(1))]);
    if (empty) return [empty];
    const a = c.graph(0);
    const b = c.graph(1);
    return [broadcastBinary(c, fn, a, { ...b, shape: oldAxis(c, a.shape, b.shape) })];
  },
});

/** Any number of values, one after another. */
const variadic = (fn: BinaryName, f: Number2, finish?: (c: NodeContext, v: GraphValue) => GraphValue): Operator => ({
  fold: (c) => {
    const [first, ...rest] = c.node.inputs.map((_, k) => c.tensor(k));
    if (!first) throw onnxError(`${c.who} has no input`);
    const sum = rest.reduce((a, b) => pairs(c, a, b, f, first.type), first);
    if (!finish) return [sum];
    return [
      constTensor(
        c.node.name,
        sum.type,
        sum.shape,
        Float64Array.from(numbers(sum), (v) => v / (rest.length + 1)),
      ),
    ];
  },
  graph: (c) => {
    const [first, ...rest] = c.node.inputs.map((_, k) => c.graph(k));
    if (!first) throw onnxError(`${c.who} has no input`);
    const v = rest.reduce((a, b) => broadcastBinary(c, fn, a, b), first);
    return [finish ? finish(c, v) : v];
  },
});

/** A truth about two values; in the graph 0 or 1. */
const comparison = (
  f: (a: number, b: number) => boolean,
  graph: (c: NodeContext, difference: Ref) => Ref,
): Operator => ({
  fold: (c) => [pairs(c, c.tensor(0), c.tensor(1), (a, b) => (f(a, b) ? 1 : 0), 'bool')],
  graph: (c) => {
    const d = broadcastBinary(c, 'sub', c.graph(0), c.graph(1));
    return [c.out(graph(c, d.ref), d.shape, 'bool')];
  },
});
/** 1 where x > 0, else 0. */
const positive = (c: NodeContext, x: Ref): Ref => relu(c.g, sign(c.g, x));
const not = (c: NodeContext, x: Ref): Ref => affine(c.g, x, -1, 1);
const negative = (c: NodeContext, x: Ref): Ref => positive(c, scale(c.g, x, -1));

/** The bounds of a Clip: attributes up to opset 10, inputs after. */
function bound(c: NodeContext, k: number, name: 'min' | 'max', none: number): number {
  if (c.has(k)) return c.numbers(k, name)[0] ?? none;
  return c.opset < 11 ? c.a.number(name, none) : none;
}
const HUGE = 3.4028234663852886e38;

const clip: Operator = {
  fold: (c) => {
    const t = c.tensor(0);
    const [lo, hi] = [bound(c, 1, 'min', -Infinity), bound(c, 2, 'max', Infinity)];
    // Where the bounds cross, the upper one holds.
    const data = Float64Array.from(numbers(t), (v) => Math.min(hi, Math.max(lo, v)));
    return [constTensor(c.node.name, t.type, t.shape, data)];
  },
  graph: (c) => {
    const empty = none(c);
    if (empty) return [empty];
    const v = c.graph(0);
    const [lo, hi] = [bound(c, 1, 'min', -HUGE), bound(c, 2, 'max', HUGE)];
    if (lo <= -HUGE && hi >= HUGE) return [v];
    return [c.out(clamp(c.g, v.ref, Math.min(lo, hi), hi), v.shape, v.type)];
  },
};

const where: Operator = {
  fold: (c) => {
    const [p, a, b] = [c.tensor(0), c.tensor(1), c.tensor(2)];
    const shape = broadcastShape(c.who, [p.shape, a.shape, b.shape]);
    checkFolded(c.who, shape);
    const [q, x, y] = [p, a, b].map((t) => {
      const [own, from] = [numbers(t), broadcastIndex(t.shape, shape)];
      return (n: number): number => elementAt(own, elementAt(from, n));
    }) as [Number1, Number1, Number1];
    const data = Float64Array.from({ length: size(shape) }, (_, n) => (q(n) ? x(n) : y(n)));
    return [constTensor(c.node.name, a.type, shape, data)];
  },
  graph: (c) => {
    const empty = none(c, [c.shape(0), c.shape(1), c.shape(2)], 1);
    if (empty) return [empty];
    const [p, a, b] = [c.graph(0), c.graph(1), c.graph(2)];
    const yes = broadcastBinary(c, 'mul', a, p);
    const no = broadcastBinary(c, 'mul', b, { ...p, ref: not(c, p.ref), known: undefined } as GraphValue);
    return [{ ...broadcastBinary(c, 'add', yes, no), type: a.type }];
  },
};

const prelu: Operator = {
  graph: (c) => {
    const x = c.graph(0);
    const slope = c.graph(1);
    // Up to opset 8 a list of slopes belongs to the channels; later it is broadcast like any value.
    const [, C] = x.shape;
    const old = c.opset < 9 || slope.shape.length === 1;
    const perChannel =
      old && slope.shape.length === 1 && slope.shape[0] === C && x.shape.length > 2 && x.shape.at(-1) !== C;
    const shape = perChannel ? [C ?? 1, ...x.shape.slice(2).map(() => 1)] : slope.shape;
    return [broadcastBinary(c, 'prelu', x, { ...slope, shape })];
  },
};

const half = Math.fround(1.6732632423543772);

export const elementwiseOperators: Readonly<Record<string, Operator>> = {
  Relu: unary(
    () => (v) => Math.max(v, 0),
    (c, x) => relu(c.g, x),
  ),
  LeakyRelu: activation((c, x) => elementary.leakyRelu(c.g, x, c.a.number('alpha', 0.01))),
  PRelu: prelu,
  Sigmoid: activation((c, x) => elementary.sigmoid(c.g, x)),
  Tanh: activation((c, x) => elementary.tanh(c.g, x)),
  HardSigmoid: activation((c, x) => elementary.hardSigmoid(c.g, x, c.a.number('alpha', 0.2), c.a.number('beta', 0.5))),
  HardSwish: activation((c, x) => elementary.hardSwish(c.g, x)),
  Gelu: activation((c, x) =>
    elementary.gelu(c.g, x, c.a.word<'none' | 'tanh'>('approximate', 'none', ['none', 'tanh'])),
  ),
  Elu: activation((c, x) => elementary.elu(c.g, x, c.a.number('alpha', 1))),
  Selu: activation((c, x) =>
    elementary.selu(c.g, x, c.a.number('alpha', half), c.a.number('gamma', 1.0507009873554805)),
  ),
  Celu: activation((c, x) => elementary.celu(c.g, x, c.a.number('alpha', 1))),
  Softplus: activation((c, x) => elementary.softplus(c.g, x)),
  Softsign: activation((c, x) => elementary.softsign(c.g, x)),
  Mish: activation((c, x) => elementary.mish(c.g, x)),
  Swish: activation((c, x) => elementary.swish(c.g, x, c.a.number('alpha', 1))),
  ThresholdedRelu: activation((c, x) => elementary.thresholdedRelu(c.g, x, c.a.number('alpha', 1))),
  Erf: activation((c, x) => elementary.erf(c.g, x)),
  Clip: clip,
  Neg: unary(
    () => (v) => -v,
    (c, x) => scale(c.g, x, -1),
  ),
  Abs: unary(
    () => Math.abs,
    (c, x) => abs(c.g, x),
  ),
  Sign: unary(
    () => Math.sign,
    (c, x) => sign(c.g, x),
  ),
  Exp: unary(
    () => Math.exp,
    (c, x) => elementary.accurateExp(c.g, x),
  ),
  Log: unary(
    () => Math.log,
    (c, x) => elementary.accurateLog(c.g, x),
  ),
  Sqrt: unary(
    () => Math.sqrt,
    (c, x) => sqrt(c.g, x),
  ),
  Reciprocal: unary(
    () => (v) => 1 / v,
    (c, x) => elementary.reciprocal(c.g, x),
  ),
  Floor: unary(
    () => Math.floor,
    (c, x) => elementary.floor(c.g, x),
  ),
  Ceil: unary(
    () => Math.ceil,
    (c, x) => elementary.ceil(c.g, x),
  ),
  Round: unary(
    () => roundEven,
    (c, x) => elementary.round(c.g, x),
  ),
  Sin: unary(
    () => Math.sin,
    (c, x) => elementary.sin(c.g, x),
  ),
  Cos: unary(
    () => Math.cos,
    (c, x) => elementary.cos(c.g, x),
  ),
  Not: unary(
    () => (v) => (v ? 0 : 1),
    (c, x) => not(c, x),
  ),
  Add: arithmetic('add', (a, b) => a + b),
  Sub: arithmetic('sub', (a, b) => a - b),
  Mul: arithmetic('mul', (a, b) => a * b),
  Div: arithmetic(
    'div',
    (a, b) => a / b,
    (a, b) => Math.trunc(a / b),
  ),
  Pow: arithmetic('pow', (a, b) => a ** b),
  And: arithmetic('mul', (a, b) => (a && b ? 1 : 0)),
  Or: arithmetic('max', (a, b) => (a || b ? 1 : 0)),
  Mod: {
    fold: (c) => {
      const isFloat = c.a.int('fmod', 0, 0, 1) === 1;
      const mod: Number2 = (a, b) => (isFloat || b === 0 ? a % b : ((a % b) + b) % b);
      return [pairs(c, c.tensor(0), c.tensor(1), mod, c.tensor(0).type)];
    },
  },
  Sum: variadic('add', (a, b) => a + b),
  Max: variadic('max', Math.max),
  Min: variadic('min', Math.min),
  Mean: variadic(
    'add',
    (a, b) => a + b,
    (c, v) => c.out(scale(c.g, v.ref, 1 / c.node.inputs.length), v.shape, v.type),
  ),
  Less: comparison((a, b) => a < b, negative),
  LessOrEqual: comparison(
    (a, b) => a <= b,
    (c, d) => not(c, positive(c, d)),
  ),
  Greater: comparison((a, b) => a > b, positive),
  GreaterOrEqual: comparison(
    (a, b) => a >= b,
    (c, d) => not(c, negative(c, d)),
  ),
  Equal: comparison(
    (a, b) => a === b,
    (c, d) => not(c, abs(c.g, sign(c.g, d))),
  ),
  Where: where,
};

/** The nearest whole number, halves to the even one. */
export function roundEven(v: number): number {
  const down = Math.floor(v);
  const rest = v - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 !== 0) ? down + 1 : down;
}

const functions = {
  add: broadcastAdd,
  sub: broadcastSub,
  mul: broadcastMul,
  div: broadcastDiv,
  pow,
  max,
  min,
  prelu: preluOf,
} as const;
export type BinaryName = keyof typeof functions;

/** Two values, element by element, either repeated along the axes that it lacks. */
export function broadcastBinary(c: NodeContext, fn: BinaryName, a: GraphValue, b: GraphValue): GraphValue {
  const shape = broadcastShape(c.who, [a.shape, b.shape]);
  const { g } = c;
  const s = numberOf(c, b);
  if (s !== undefined && sameShape(a.shape, shape)) {
    if (fn === 'add') return c.out(affine(g, a.ref, 1, s), shape);
    if (fn === 'sub') return c.out(affine(g, a.ref, 1, -s), shape);
    if (fn === 'mul') return c.out(affine(g, a.ref, s, 0), shape);
    if (fn === 'pow') return c.out(powConst(g, a.ref, s), shape);
  }
  // Equal shapes stay feature maps, which fuse with what made them.
  const alike = sameShape(a.shape, b.shape) && sameShape(a.ref.shape, b.ref.shape);
  const [x, y]: readonly [Ref, Ref] = alike ? [a.ref, b.ref] : [c.ndOf(a), c.ndOf(b)];
  return c.out(functions[fn](g, x, y), shape);
}

/** A single number of the file; undefined for all else, also for an input that only happens to be known. */
const numberOf = (c: NodeContext, v: GraphValue): number | undefined =>
  v.known && size(v.shape) === 1 && c.g.node(v.ref).source.from === 'constant' ? numbers(v.known)[0] : undefined;
