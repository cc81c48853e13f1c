import { EngineError, shapeError } from '../../base/errors';
import { type Shape, sameShape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import elementaryLib from '../lib/elementary.wgsl';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, type Launch, launch, type Op, type Ref } from '../op';
import * as pointwise from '../pointwise';
import { sumTo } from '../reduce_axes';
import { type Axis, broadcastShape, merged, walk } from './axes';
import wgsl from './binary.wgsl';
import overWgsl from './binary_over.wgsl';
import functionsWgsl from './functions.wgsl';

const sides = { d0: 'u32', d1: 'u32', d2: 'u32', d3: 'u32', d4: 'u32', d5: 'u32' } as const;
const strides = { b0: 'u32', b1: 'u32', b2: 'u32', b3: 'u32', b4: 'u32', b5: 'u32' } as const;

const kernel = defineKernel({
  name: 'binary',
  wgsl,
  lib: [globalIndex, functionsWgsl, elementaryLib],
  binds: ['read', 'read', 'write'],
  uniforms: { n: 'u32', ...sides, a0: 'u32', a1: 'u32', a2: 'u32', a3: 'u32', a4: 'u32', a5: 'u32', ...strides },
  variants: [{ WG: 64 }],
});

const overKernel = defineKernel({
  name: 'binary_over',
  wgsl: overWgsl,
  lib: [globalIndex, functionsWgsl, elementaryLib],
  binds: ['read', 'write'],
  uniforms: { n: 'u32', ...sides, ...strides },
  variants: [{ WG: 64 }],
});

/** Numbers in the shader. Those with a capital at the end are derivatives, by the first or the second operand. */
export const binaries = {
  add: 0,
  sub: 1,
  mul: 2,
  div: 3,
  pow: 4,
  max: 5,
  min: 6,
  prelu: 7,
  expand: 8,
  powA: 9,
  powB: 10,
  maxA: 11,
  maxB: 12,
  minA: 13,
  minB: 14,
  preluA: 15,
  preluB: 16,
} as const;

export type BinaryName = keyof typeof binaries;

export interface BinaryAttrs {
  readonly fn: BinaryName;
}

function applyBinary(fn: BinaryName, a: Ref, b: Ref, y: Ref): Launch {
  return walked(fn, walk(fn, y.shape, [a.shape, b.shape]), a, b, y);
}

/** The launch of a function whose operands are walked by these axes, at most 6. */
function walked(fn: BinaryName, axes: readonly Axis[], a: Ref, b: Ref, y: Ref): Launch {
  const n = size(y.shape);
  const missing = 6 - axes.length;
  const at = (k: number): { side: number; a: number; b: number } => {
    const { side = 1, steps: [sa = 0, sb = 0] = [] } = axes[k - missing] ?? {};
    return { side, a: sa, b: sb };
  };
  const [p, q, r, s, t, v] = [at(0), at(1), at(2), at(3), at(4), at(5)] as const;
  const sidesOf = { d0: p.side, d1: q.side, d2: r.side, d3: s.side, d4: t.side, d5: v.side };
  const walkA = { a0: p.a, a1: q.a, a2: r.a, a3: s.a, a4: t.a, a5: v.a };
  const second = (of: 'a' | 'b') => ({ b0: p[of], b1: q[of], b2: r[of], b3: s[of], b4: t[of], b5: v[of] });
  const overrides = { FN: binaries[fn], RANK: Math.max(1, axes.length) };
  const grid = ({ WG }: { readonly WG: number }) => flatGrid(n, WG);
  return launch({
    kernel,
    bind: [a, b, y],
    overrides,
    uniforms: { n, ...sidesOf, ...walkA, ...second('b') },
    grid,
    flops: n,
    inplace(x) {
      // An operand that is as large as y is walked as y is, but where axes change places, which are given it twice.
      if (a.id === b.id) return null;
      const flip = x.id === b.id;
      return launch({
        kernel: overKernel,
        bind: [flip ? a : b, y],
        overrides: { ...overrides, FLIP: flip ? 1 : 0 },
        uniforms: { n, ...sidesOf, ...second(flip ? 'a' : 'b') },
        grid,
        flops: n,
      });
    },
  });
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
    const times = (slope: BinaryName) => () => mul(g, dy, g.apply(binaryOp, [a, b], { fn: slope }));
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
          () => mul(g, dy, b),
          () => mul(g, dy, a),
        );
      case 'div':
        return [
          needs(0) ? to(div(g, dy, b), a) : null,
          needs(1) ? pointwise.scale(g, to(div(g, mul(g, dy, y), b), b), -1) : null,
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

export const expandToOp: Op<1, { shape: Shape }> = defineOp<1, { shape: Shape }>({
  name: 'expand_to',
  infer([x], { shape }) {
    const y = broadcastShape('expandTo', x, shape);
    if (!sameShape(y, shape)) {
      throw new EngineError('ShapeError', `expandTo cannot spread [${x.join(', ')}] to [${shape.join(', ')}]`);
    }
    walk('expandTo', shape, [x]);
    return shape;
  },
  forward: ([x], y) => [applyBinary('expand', x, x, y)],
  backward: ({ g, x: [x], dy }) => [sumTo(g, dy, x.shape)],
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
    equal && sameShape(a.shape, b.shape) ? equal(g, a, b) : g.apply(binaryOp, [a, b], { fn });

/**
 * a + b with NumPy's broadcasting, up to 6 axes. Equal shapes take `pointwise`'s way. Gradients are summed over the
 * axes along which an operand was spread.
 * @throws EngineError `ShapeError` when the shapes do not go together.
 */
export const add: (g: Builder, a: Ref, b: Ref) => Ref = broadcast('add', pointwise.add);
/** a - b, broadcast like `add`. */
export const sub: (g: Builder, a: Ref, b: Ref) => Ref = broadcast('sub', pointwise.sub);
/** a b, broadcast like `add`. */
export const mul: (g: Builder, a: Ref, b: Ref) => Ref = broadcast('mul', pointwise.mul);
/** a / b, broadcast like `add`. */
export const div: (g: Builder, a: Ref, b: Ref) => Ref = broadcast('div', pointwise.div);
/** a^b, broadcast like `add`; see `powConst`. By b it has the derivative 0 where a <= 0. */
export const pow: (g: Builder, a: Ref, b: Ref) => Ref = broadcast('pow');
/** The larger one, broadcast like `add`; of equal ones, a gets the gradient. */
export const max: (g: Builder, a: Ref, b: Ref) => Ref = broadcast('max');
/** The smaller one, broadcast like `add`; of equal ones, a gets the gradient. */
export const min: (g: Builder, a: Ref, b: Ref) => Ref = broadcast('min');
/** x where x >= 0, else slope x, broadcast like `add`. */
export const prelu: (g: Builder, x: Ref, slope: Ref) => Ref = broadcast('prelu');
/**
 * x spread to a shape by the rules of broadcasting.
 * @throws EngineError `ShapeError` when x has a side that is neither 1 nor the shape's.
 */
export const expandTo = (g: Builder, x: Ref, shape: Shape): Ref =>
  sameShape(x.shape, shape) ? x : g.apply(expandToOp, [x], { shape });

/**
 * Axes in another order: axis k of the result is axis perm[k] of x. At most 6 axes move apart from each other.
 * @throws EngineError `ShapeError` when perm is no permutation of the axes.
 */
export const permute = (g: Builder, x: Ref, perm: readonly number[]): Ref =>
  perm.length === x.shape.length && perm.every((k, i) => k === i) ? x : g.apply(permuteOp, [x], { perm });
