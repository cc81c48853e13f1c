import { shapeError } from '../../base/errors';
import { rowsCols, type Shape, sameShape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { expand, mulScalar } from '../broadcast';
import treeSum from '../lib/tree_sum.wgsl';
import { type Builder, type Dtype, defineOp, type Launch, launch, type Op, type Ref } from '../op';
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

/** scale * sum of all elements. */
export const sumOp: Op<1, { scale: number }> = defineOp<1, { scale: number }>({
  name: 'sum',
  f16Maps: { maps: [0] },
  infer: () => [1],
  forward: ([x], y, { scale }, scratch) => reduction('value', 1, x, x, y, scale, scratch),
  backward: ({ g, x: [x], dy, attrs }) => [expand(g, dy, x.shape, attrs.scale)],
});

/** scale * sum of products, of two values with equally many elements. */
export const dotOp: Op<2, { scale: number }> = defineOp<2, { scale: number }>({
  name: 'dot',
  f16Maps: { maps: [0, 1] },
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
export const mean = (g: Builder, x: Ref): Ref => g.apply(sumOp, [x], { scale: 1 / size(x.shape) });
/**
 * Sum of a[i] b[i] over all elements, [..] x [..] -> [1], times `scale`.
 * @throws EngineError `ShapeError` when the shapes differ.
 */
export const dot = (g: Builder, a: Ref, b: Ref, scale = 1): Ref => g.apply(dotOp, [a, b], { scale });
