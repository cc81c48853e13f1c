// Reductions over chosen axes of a value of any rank, as ONNX has them, and the spreading of a value over axes, which is the
// adjoint of summing over them. For sums of all elements or pixels see sum.
import { EngineError, shapeError } from '../../base/errors';
import { checkOptions, checkValues, flag, numbers } from '../../base/known_options';
import { type Shape, sameShape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { broadcastShape, walk } from '../broadcast_binary/axes';
import { applyBinary } from '../broadcast_binary/launch';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import { abs, scale, sqrt, square } from '../pointwise';
import { reshape } from '../reshape';
import wgsl from './reduce_axes.wgsl';
import gradWgsl from './reduce_axes_grad.wgsl';

const kernel = defineKernel({
  name: 'reduce_axes',
  wgsl,
  lib: [globalIndex],
  binds: ['read', 'write'],
  uniforms: { n: 'u32', K: 'u32', inner: 'u32', scale: 'f32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});
const gradKernel = defineKernel({
  name: 'reduce_axes_grad',
  wgsl: gradWgsl,
  lib: [globalIndex],
  binds: ['read', 'read', 'read', 'write'],
  uniforms: { n: 'u32', K: 'u32', inner: 'u32' },
  variants: [{ WG: 64 }],
});

const FN = { sum: 0, prod: 1, max: 2, min: 3 } as const;

export interface ReduceAttrs {
  readonly fn: keyof typeof FN;
  /** Neighbouring axes that go, the first and the one behind the last; the result has 1 in their place. */
  readonly from: number;
  readonly to: number;
  /** Of sums only. */
  readonly scale?: number;
}

/** A row worth many threads, where there are few rows. */
const LONG = 64;
const LANES = 64;
const MANY = 65536;

const parts = (x: Shape, { from, to }: ReduceAttrs): readonly [K: number, inner: number] => [
  size(x.slice(from, to)),
  size(x.slice(to)),
];

export const reduceAxesOp: Op<1, ReduceAttrs> = defineOp<1, ReduceAttrs>({
  name: 'reduce_axes',
  infer([x], { from, to }) {
    if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from < to && to <= x.length)) {
      throw shapeError('reduce_axes', `axes ${from} to ${to - 1}`, x);
    }
    return x.map((d, k) => (k >= from && k < to ? 1 : d));
  },
  forward([x], y, attrs) {
    const [K, inner] = parts(x.shape, attrs);
    const n = size(y.shape);
    const lanes = K >= LONG && n < MANY ? LANES : 1;
    return [
      launch({
        kernel,
        bind: [x, y],
        overrides: { FN: FN[attrs.fn], LANES: lanes },
        uniforms: { n, K, inner, scale: attrs.scale ?? 1 },
        grid: ({ WG }) => flatGrid(n * lanes, WG),
        flops: n * K,
      }),
    ];
  },
  backward({ g, x: [x], y, dy, attrs }) {
    if (attrs.fn === 'sum') return [expandTo(g, scale(g, dy, attrs.scale ?? 1), x.shape)];
    return [g.apply(reduceAxesGradOp, [x, y, dy], attrs)];
  },
});

/** Gradient of products, largest and smallest elements by x; linear in dy. */
export const reduceAxesGradOp: Op<3, ReduceAttrs> = defineOp<3, ReduceAttrs>({
  name: 'reduce_axes_grad',
  infer([x, y, dy]) {
    if (!sameShape(y, dy)) throw shapeError('reduce_axes_grad', 'two equal shapes', y, dy);
    return x;
  },
  forward([x, y, dy], dx, attrs) {
    const [K, inner] = parts(x.shape, attrs);
    const n = size(y.shape);
    return [
      launch({
        kernel: gradKernel,
        bind: [x, y, dy, dx],
        overrides: { FN: FN[attrs.fn] },
        uniforms: { n, K, inner },
        grid: ({ WG }) => flatGrid(n, WG),
        flops: 3 * n * K,
      }),
    ];
  },
  backward() {
    throw new EngineError('GradError', 'reductions have no second derivative, but for sums and means');
  },
});

/** What an axis may be reduced to. */
export type Reduction = (typeof REDUCTIONS)[number];

const REDUCTIONS = ['sum', 'mean', 'prod', 'max', 'min', 'l1', 'l2', 'sumSquare'] as const;

export interface ReduceOptions {
  /** Axes that go, negative ones from the end. Default: all. */
  readonly axes?: readonly number[];
  /** Leave 1 in their place. Default: false. */
  readonly keep?: boolean;
}

/** Axes counted from 0, ascending, each once. */
function positions(x: Shape, axes: readonly number[] | undefined): number[] {
  if (!axes) return x.map((_, k) => k);
  const rank = x.length;
  if (axes.some((k) => !Number.isInteger(k) || k < -rank || k >= rank)) {
    throw shapeError('reduceAxes', `axes [${axes.join(', ')}]`, x);
  }
  return [...new Set(axes.map((k) => (k < 0 ? k + rank : k)))].sort((a, b) => a - b);
}

/** The scale of the last sum makes a mean. */
function summed(g: Builder, x: Ref, fn: ReduceAttrs['fn'], axes: readonly number[], factor: number): Ref {
  let y = x;
  let to = axes.length;
  // From the last group of neighbours to the first: what is left to do is smallest then.
  while (to > 0) {
    let from = to - 1;
    while (from > 0 && axes[from - 1] === (axes[from] ?? 0) - 1) from--;
    const attrs = { fn, from: axes[from] ?? 0, to: (axes[to - 1] ?? 0) + 1 };
    y = g.apply(reduceAxesOp, [y], from === 0 ? { ...attrs, scale: factor } : attrs);
    to = from;
  }
  return y;
}

/**
 * Sum, mean, product, largest, smallest, or a norm over some axes of a value of any rank. `l1`: sum of magnitudes,
 * `l2`: root of the sum of squares. Of equal largest (smallest) elements, the first gets the gradient.
 * @returns The value without these axes ([1] where none is left), or with 1 in their place (`keep`).
 * @throws EngineError `ShapeError` when there is no such axis.
 */
export function reduceAxes(g: Builder, x: Ref, fn: Reduction, options: ReduceOptions = {}): Ref {
  checkOptions('reduceAxes', options, { axes: numbers(0), keep: flag });
  checkValues('reduceAxes', { fn }, { fn: REDUCTIONS });
  const axes = positions(g.node(x).shape, options.axes);
  const count = axes.reduce((n, k) => n * (x.shape[k] ?? 1), 1);
  const shape = options.keep
    ? x.shape.map((d, k) => (axes.includes(k) ? 1 : d))
    : x.shape.filter((_, k) => !axes.includes(k));
  const reduced = ((): Ref => {
    switch (fn) {
      case 'mean':
        return summed(g, x, 'sum', axes, 1 / count);
      case 'l1':
        return summed(g, abs(g, x), 'sum', axes, 1);
      case 'l2':
        return sqrt(g, summed(g, square(g, x), 'sum', axes, 1));
      case 'sumSquare':
        return summed(g, square(g, x), 'sum', axes, 1);
      default:
        return summed(g, x, fn, axes, 1);
    }
  })();
  const out = shape.length > 0 ? shape : [1];
  return sameShape(reduced.shape, out) ? reduced : reshape(g, reduced, out);
}

/** x summed over the axes along which `shape` is spread to x's: the adjoint of `expandTo`. */
export function sumTo(g: Builder, x: Ref, shape: Shape): Ref {
  checkValues('sumTo', { shape }, { shape: numbers(0) });
  const missing = g.node(x).shape.length - shape.length;
  const axes = x.shape.flatMap((d, k) => (d !== 1 && (shape[k - missing] ?? 1) === 1 ? [k] : []));
  const y = summed(g, x, 'sum', axes, 1);
  return sameShape(y.shape, shape) ? y : reshape(g, y, shape);
}

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

/**
 * x spread to a shape by the rules of broadcasting.
 * @throws EngineError `ShapeError` when x has a side that is neither 1 nor the shape's.
 */
export const expandTo = (g: Builder, x: Ref, shape: Shape): Ref =>
  sameShape(g.node(x).shape, checkValues('expandTo', { shape }, { shape: numbers(0) }).shape)
    ? x
    : g.apply(expandToOp, [x], { shape });
