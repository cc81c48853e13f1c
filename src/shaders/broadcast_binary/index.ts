// Functions of two values with NumPy's broadcasting, any rank; those of equal shapes are `pointwise`'s.
import { EngineError, shapeError } from '../../base/errors';
import { checkValues, numbers } from '../../base/known_options';
import { type Shape, sameShape, size } from '../../base/shape';
import { type Builder, defineOp, type Op, type Ref } from '../op';
import * as pointwise from '../pointwise';
import { sumTo } from '../reduce_axes';
import { type Axis, broadcastShape, merged, walk } from './axes';
import { applyBinary, type BinaryName, walked } from './launch';

export interface BinaryAttrs {
  readonly fn: BinaryName;
}

/** Whose derivative the functions of slopes are 0 of, wherever it exists. */
const steps: readonly BinaryName[] = ['maxA', 'maxB', 'minA', 'minB'];

export const binaryOp: Op<2, BinaryAttrs> = defineOp<2, BinaryAttrs>({
  name: 'binary',
  infer([a, b], { fn }) {
    const shape = broadcastShape(fn, a, b);
    walk(fn, shape, [a, b]);
    return shape;
  },
  forward: ([a, b], y, { fn }) => [applyBinary(fn, a, b, y)],
  backward({ g, x: [a, b], y, dy, attrs: { fn }, needs }) {
    const to = (d: Ref, x: Ref): Ref => sumTo(g, d, x.shape);
    /** Of each operand: the gradient, all over y. */
    const slopes = (da: () => Ref, db: () => Ref): readonly [Ref | null, Ref | null] => [
      needs(0) ? to(da(), a) : null,
      needs(1) ? to(db(), b) : null,
    ];
    const times = (slope: BinaryName) => () => broadcastMul(g, dy, g.apply(binaryOp, [a, b], { fn: slope }));
    switch (fn) {
      case 'add':
        return slopes(
          () => dy,
          () => dy,
        );
      case 'sub':
        return [needs(0) ? to(dy, a) : null, needs(1) ? pointwise.scale(g, to(dy, b), -1) : null];
      case 'mul':
        return slopes(
          () => broadcastMul(g, dy, b),
          () => broadcastMul(g, dy, a),
        );
      case 'div':
        return [
          needs(0) ? to(broadcastDiv(g, dy, b), a) : null,
          needs(1) ? pointwise.scale(g, to(broadcastDiv(g, broadcastMul(g, dy, y), b), b), -1) : null,
        ];
      case 'pow':
        return slopes(times('powA'), times('powB'));
      case 'max':
        return slopes(times('maxA'), times('maxB'));
      case 'min':
        return slopes(times('minA'), times('minB'));
      case 'prelu':
        return slopes(times('preluA'), times('preluB'));
      default:
        if (steps.includes(fn)) return [null, null];
        throw new EngineError('GradError', `${fn.slice(0, -1)} has no second derivative`);
    }
  },
});

/** Axes of a permuted value, merged where they stay neighbours. */
function permutedAxes(x: Shape, perm: readonly number[]): readonly Axis[] {
  const strides = x.map((_, k) => size(x.slice(k + 1)));
  return merged(
    'permute',
    perm.map((k) => ({ side: x[k] ?? 1, steps: [strides[k] ?? 0, strides[k] ?? 0] })),
  );
}

export const permuteOp: Op<1, { perm: readonly number[] }> = defineOp<1, { perm: readonly number[] }>({
  name: 'permute',
  infer([x], { perm }) {
    if (perm.length !== x.length || !x.every((_, k) => perm.includes(k))) {
      throw shapeError('permute', `as many axes as the order [${perm.join(', ')}]`, x);
    }
    permutedAxes(x, perm);
    return perm.map((k) => x[k] ?? 1);
  },
  forward([x], y, { perm }) {
    const axes = permutedAxes(x.shape, perm);
    return axes.length <= 1 ? [] : [walked('expand', axes, x, x, y)]; // a view where no axis passes another
  },
  backward: ({ g, dy, attrs: { perm } }) => [g.apply(permuteOp, [dy], { perm: perm.map((_, k) => perm.indexOf(k)) })],
});

const broadcast =
  (fn: BinaryName, equal?: (g: Builder, a: Ref, b: Ref) => Ref) =>
  (g: Builder, a: Ref, b: Ref): Ref =>
    equal && sameShape(g.node(a).shape, g.node(b).shape) ? equal(g, a, b) : g.apply(binaryOp, [a, b], { fn });

/**
 * a + b with NumPy's broadcasting, up to 6 axes. Equal shapes take `pointwise`'s way. Gradients are summed over the
 * axes along which an operand was spread.
 * @throws EngineError `ShapeError` when the shapes do not go together.
 */
export const broadcastAdd: (g: Builder, a: Ref, b: Ref) => Ref = broadcast('add', pointwise.add);
/** a - b, broadcast like `add`. */
export const broadcastSub: (g: Builder, a: Ref, b: Ref) => Ref = broadcast('sub', pointwise.sub);
/** a b, broadcast like `add`. */
export const broadcastMul: (g: Builder, a: Ref, b: Ref) => Ref = broadcast('mul', pointwise.mul);
/** a / b, broadcast like `add`. */
export const broadcastDiv: (g: Builder, a: Ref, b: Ref) => Ref = broadcast('div', pointwise.div);
/** a^b, broadcast like `add`; see `powConst`. By b it has the derivative 0 where a <= 0. */
export const pow: (g: Builder, a: Ref, b: Ref) => Ref = broadcast('pow');
/** The larger one, broadcast like `add`; of equal ones, a gets the gradient. */
export const max: (g: Builder, a: Ref, b: Ref) => Ref = broadcast('max');
/** The smaller one, broadcast like `add`; of equal ones, a gets the gradient. */
export const min: (g: Builder, a: Ref, b: Ref) => Ref = broadcast('min');
/** x where x >= 0, else slope x, broadcast like `add`. */
export const prelu: (g: Builder, x: Ref, slope: Ref) => Ref = broadcast('prelu');
/**
 * Axes in another order: axis k of the result is axis perm[k] of x. At most 6 axes move apart from each other.
 * @throws EngineError `ShapeError` when perm is no permutation of the axes.
 */
export const permute = (g: Builder, x: Ref, perm: readonly number[]): Ref =>
  checkValues('permute', { perm }, { perm: numbers(0) }).perm.length === g.node(x).shape.length &&
  perm.every((k, i) => k === i)
    ? x
    : g.apply(permuteOp, [x], { perm });
