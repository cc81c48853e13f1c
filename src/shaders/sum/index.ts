// Sums of all elements, of products and of the pixels of each channel, in a fixed order; and their adjoints, which spread a
// scalar or a channel's number. For reductions over chosen axes of any rank see reduce_axes.
import { shapeError } from '../../base/errors';
import { checkValues, number, numbers } from '../../base/known_options';
import { chw, rowsCols, type Shape, sameShape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import treeSum from '../lib/tree_sum.wgsl';
import { type Builder, type Dtype, defineOp, type Launch, launch, type Op, type Ref } from '../op';
import { reshape } from '../reshape';
import expandWgsl from './expand.wgsl';
import mulWgsl from './mul_scalar.wgsl';
import wgsl from './reduce.wgsl';
import totalWgsl from './total.wgsl';

const binds = ['read', 'read', 'write', 'write'] as const;
// The term is a number and no override, for one pipeline to serve all of two values: lavapipe compiles it in 0.15 s.
const uniforms = { n: 'u32', part: 'u32', scale: 'f32', term: 'u32' } as const;
const lib = [treeSum];
const long = defineKernel({ name: 'reduce', wgsl, lib, binds, uniforms, variants: [{ WG: 64 }, { WG: 256 }] });
/** The same for rows that would leave most threads of a large workgroup idle. */
const short = defineKernel({ name: 'reduce_short', wgsl, lib, binds, uniforms, variants: [{ WG: 32 }, { WG: 64 }] });
const total = defineKernel({
  name: 'reduce_total',
  wgsl: totalWgsl,
  lib,
  binds: ['read', 'write'],
  uniforms: { parts: 'u32', scale: 'f32' },
  variants: [{ WG: 256 }, { WG: 64 }],
});

/** What is summed, by its number in the shader. */
export const terms = { value: 0, product: 1, squaredDifference: 2, difference: 3 } as const;

/** Fewest elements worth a workgroup of its own. */
const PART = 4096;
/** Workgroups enough for a large GPU: longer sums get longer parts, and the second stage stays short. */
const GROUPS = 4096;

function partsOf(n: number, rows: number): number {
  if (n <= PART || (rows >= 128 && n <= 2 * PART)) return 1;
  return Math.ceil(n / Math.max(PART, Math.ceil((n * rows) / GROUPS)));
}

/**
 * Launches for y[r] = scale * sum_i f(a[r, i], b[r, i]), with a and b cut into `rows` rows. Two stages at most, in a
 * fixed order, summed as a tree in f32: the relative error stays near 1e-6 for tens of millions of positive terms.
 */
export function reduction(
  term: keyof typeof terms,
  rows: number,
  a: Ref,
  b: Ref,
  y: Ref,
  scale: number,
  scratch: (shape: Shape, dtype?: Dtype) => Ref,
): Launch[] {
  const n = size(a.shape) / rows;
  const parts = partsOf(n, rows);
  // Equal parts, so that no workgroup is left with a crumb.
  const part = Math.ceil(n / parts);
  // Of dtype u32 because it holds four bytes an element in every plan; the shader keeps f32 in it.
  const partial = scratch([rows, parts], 'u32');
  const first = launch({
    kernel: n <= 1024 ? short : long,
    bind: [a, b, partial, y],
    overrides: { TWO: term === 'value' ? 0 : 1 },
    uniforms: { n, part, scale, term: terms[term] },
    grid: () => [parts, rows],
    flops: (term === 'value' ? 1 : term === 'product' ? 2 : 3) * n * rows,
  });
  return parts === 1 ? [first] : [first, totals(partial, y, scale)];
}

/** The launch for y[r] = scale * sum_p partial[r, p], where `partial` [R, P] of dtype u32 holds f32 in every plan. */
export function totals(partial: Ref, y: Ref, scale: number): Launch {
  const [rows, parts] = rowsCols('reduce', partial.shape);
  return launch({
    kernel: total,
    bind: [partial, y],
    uniforms: { parts, scale },
    grid: () => [rows],
    flops: parts * rows,
  });
}

const SCALED = { scale: number } as const;
const SPREAD = { shape: numbers(0), scale: number } as const;

/** scale * sum of all elements. */
export const sumOp: Op<1, { scale: number }> = defineOp<1, { scale: number }>({
  name: 'sum',
  f16Maps: { maps: [0] },
  tiling: { rule: 'sum' },
  infer: () => [1],
  forward: ([x], y, { scale }, scratch) => reduction('value', 1, x, x, y, scale, scratch),
  backward: ({ g, x: [x], dy, attrs }) => [expand(g, dy, x.shape, attrs.scale)],
});

/** scale * sum of products, of two values with equally many elements. */
export const dotOp: Op<2, { scale: number }> = defineOp<2, { scale: number }>({
  name: 'dot',
  f16Maps: { maps: [0, 1] },
  tiling: { rule: 'sum' },
  infer([a, b]) {
    if (!sameShape(a, b)) throw shapeError('dot', 'two equal shapes', a, b);
    return [1];
  },
  forward: ([a, b], y, { scale }, scratch) => reduction('product', 1, a, b, y, scale, scratch),
  backward: ({ g, x: [a, b], dy, attrs, needs }) => [
    needs(0) ? mulScalar(g, b, dy, attrs.scale) : null,
    needs(1) ? mulScalar(g, a, dy, attrs.scale) : null,
  ],
});

/** Sum of all elements, [..] -> [1], accurate to about 1e-6 of the sum of magnitudes. */
export const sum = (g: Builder, x: Ref): Ref => g.apply(sumOp, [x], { scale: 1 });
/** Mean of all elements, [..] -> [1]. */
export const mean = (g: Builder, x: Ref): Ref => g.apply(sumOp, [x], { scale: 1 / size(g.node(x).shape) });
/**
 * Sum of a[i] b[i] over all elements, [..] x [..] -> [1], times `scale`.
 * @throws EngineError `ShapeError` when the shapes differ.
 */
export const dot = (g: Builder, a: Ref, b: Ref, scale = 1): Ref =>
  g.apply(dotOp, [a, b], checkValues('dot', { scale }, SCALED));

/** scale * sum over the pixels of each channel. The kernels are those of `reduce`, with a row per channel. */
export const channelSumOp: Op<1, { scale: number }> = defineOp<1, { scale: number }>({
  name: 'channel_sum',
  f16Maps: { maps: [0] },
  tiling: { rule: 'sum' },
  infer([x]) {
    const [C] = chw('channelSum', x);
    return [C];
  },
  forward([x], y, { scale }, scratch) {
    const [C] = chw('channelSum', x.shape);
    return reduction('value', C, x, x, y, scale, scratch);
  },
  backward: ({ g, x: [x], dy, attrs }) => [expandChannels(g, dy, x.shape, attrs.scale)],
});

/**
 * Sum over pixels, [C, H, W] -> [C], times `scale`.
 * @throws EngineError `ShapeError` when x is no feature map.
 */
export const channelSum = (g: Builder, x: Ref, scale = 1): Ref =>
  g.apply(channelSumOp, [x], checkValues('channelSum', { scale }, SCALED));

/**
 * Mean over pixels, [C, H, W] -> [C]. ONNX's GlobalAveragePool is this, reshaped to [C, 1, 1].
 * @throws EngineError `ShapeError` when x is no feature map.
 */
export function channelMean(g: Builder, x: Ref): Ref {
  const [, H, W] = chw('channelMean', g.node(x).shape);
  return channelSum(g, x, 1 / (H * W));
}

const expandKernel = defineKernel({
  name: 'expand',
  wgsl: expandWgsl,
  lib: [globalIndex],
  binds: ['read', 'write'],
  uniforms: { n: 'u32', inner: 'u32', scale: 'f32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});
const mulKernel = defineKernel({
  name: 'mul_scalar',
  wgsl: mulWgsl,
  lib: [globalIndex],
  binds: ['read', 'read', 'write'],
  uniforms: { n: 'u32', scale: 'f32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

export interface Expansion {
  readonly shape: Shape;
  readonly scale: number;
}

function spread(s: Ref, y: Ref, scale: number): ReturnType<typeof launch> {
  const n = size(y.shape);
  const inner = n / size(s.shape);
  return launch({
    kernel: expandKernel,
    bind: [s, y],
    uniforms: { n, inner, scale },
    grid: ({ WG }) => flatGrid(n, WG),
    flops: n,
  });
}

/** scale * s[0], everywhere. */
export const expandOp: Op<1, Expansion> = defineOp<1, Expansion>({
  name: 'expand',
  f16Maps: { maps: [], gain: ({ scale, shape }, by) => ({ shape, scale: by * scale }) },
  infer([s], { shape }) {
    if (size(s) !== 1) throw shapeError('expand', 'a scalar [1]', s);
    return shape;
  },
  forward: ([s], y, { scale }) => [spread(s, y, scale)],
  backward: ({ g, x: [s], dy, attrs }) => {
    const total = g.apply(sumOp, [dy], { scale: attrs.scale });
    return [s.shape.length === 1 ? total : reshape(g, total, s.shape)];
  },
});

/** scale * v[c] at every pixel of channel c. */
export const expandChannelsOp: Op<1, Expansion> = defineOp<1, Expansion>({
  name: 'expand_channels',
  tiling: {
    rule: 'uniform',
    maps: [],
    resized: ({ shape, scale }, height, width) => ({ shape: [shape[0] ?? 1, height, width], scale }),
  },
  f16Maps: { maps: [], gain: ({ scale, shape }, by) => ({ shape, scale: by * scale }) },
  infer([v], { shape }) {
    if (v.length !== 1 || v[0] !== shape[0]) {
      throw shapeError('expandChannels', `one number for each channel of [${shape.join(', ')}]`, v);
    }
    return shape;
  },
  forward: ([v], y, { scale }) => [spread(v, y, scale)],
  backward: ({ g, x: [v], dy, attrs }) => {
    const C = size(v.shape);
    const map = dy.shape.length === 3 ? dy : reshape(g, dy, [C, size(dy.shape) / C, 1]);
    return [channelSum(g, map, attrs.scale)];
  },
});

export const mulScalarOp: Op<2, { scale: number }> = defineOp<2, { scale: number }>({
  name: 'mul_scalar',
  tiling: { rule: 'pointwise', maps: [0] },
  f16Maps: { maps: [0], gain: ({ scale }, by) => ({ scale: by * scale }) },
  infer([x, s]) {
    if (size(s) !== 1 || s.length !== 1) throw shapeError('mulScalar', 'a scalar [1] as second value', s);
    return x;
  },
  forward([x, s], y, { scale }) {
    const n = size(y.shape);
    return [
      launch({
        kernel: mulKernel,
        bind: [x, s, y],
        uniforms: { n, scale },
        grid: ({ WG }) => flatGrid(n, WG),
        flops: n,
      }),
    ];
  },
  backward: ({ g, x: [x, s], dy, attrs: { scale }, needs }) => [
    needs(0) ? mulScalar(g, dy, s, scale) : null,
    needs(1) ? dot(g, dy, x, scale) : null,
  ],
});

/**
 * A scalar [1] spread over a shape, times a constant: the adjoint of `sum`.
 * @throws EngineError `ShapeError` when s is no scalar.
 */
export const expand = (g: Builder, s: Ref, shape: Shape, scale = 1): Ref =>
  g.apply(expandOp, [s], checkValues('expand', { shape, scale }, SPREAD));

/**
 * A vector [C] spread over a map [C, H, W], or any shape [C, ..], times a constant: the adjoint of `channelSum`.
 * @throws EngineError `ShapeError` when v has not one number per channel.
 */
export const expandChannels = (g: Builder, v: Ref, shape: Shape, scale = 1): Ref =>
  g.apply(expandChannelsOp, [v], checkValues('expandChannels', { shape, scale }, SPREAD));

/**
 * x s[0] times a constant: a value of any shape times a scalar [1] of the graph. Differentiable in both.
 * @throws EngineError `ShapeError` when s is no scalar.
 */
export const mulScalar = (g: Builder, x: Ref, s: Ref, scale = 1): Ref =>
  g.apply(mulScalarOp, [x, s], checkValues('mulScalar', { scale }, SCALED));
