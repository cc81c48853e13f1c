import { EngineError } from '../../base/errors';
import { checkOptions, checkValues, numbers, pairOf } from '../../base/known_options';
import { chw, type Shape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import resample from '../lib/resample.wgsl';
import { type Builder, defineOp, type Launch, launch, type Op, type Ref } from '../op';
import wgsl from './resize.wgsl';
import adjointWgsl from './resize_adjoint.wgsl';

const kernel = defineKernel({
  name: 'resize',
  wgsl,
  lib: [globalIndex, resample],
  binds: ['read', 'write'],
  uniforms: { n: 'u32', N: 'i32', M: 'i32', inner: 'u32', reach: 'i32', s: 'f32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

const adjointKernel = defineKernel({
  name: 'resize_adjoint',
  wgsl: adjointWgsl,
  lib: [globalIndex, resample],
  binds: ['read', 'write'],
  uniforms: { n: 'u32', N: 'i32', M: 'i32', inner: 'u32', reach: 'i32', s: 'f32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

/** As the kernels call them. */
const FILTERS = { linear: 0, bicubic: 1, spline: 2 } as const;

export type Border = 'wrap' | 'clamp';
/** Height and width. */
export type Sides = readonly [H: number, W: number];

export interface ResizeOptions {
  /**
   * `bicubic`: Catmull-Rom (a = -0.5); `spline`: the cubic B-spline, which blurs, and nearly as much on pixels as between them;
   * `linear`: the triangle. Default bicubic.
   */
  readonly filter?: keyof typeof FILTERS;
  /** What lies beyond the rows and beyond the columns. Default clamp. */
  readonly border?: readonly [rows: Border, columns: Border];
}

interface ResizeAttrs extends ResizeOptions {
  readonly size: Sides;
}

/** The largest side for which positions are exact in 32 bits. */
const LONGEST = 16384;

function checked(op: string, x: Shape, to: Sides): Shape {
  const [C, H, W] = chw(op, x);
  const sides = [H, W, ...to];
  if (!sides.every((d) => Number.isInteger(d) && d >= 1 && d <= LONGEST)) {
    throw new EngineError(
      'ShapeError',
      `${op} wants sides of 1 to ${LONGEST} elements, got ${H}x${W} to ${to.join('x')}`,
    );
  }
  return [C, ...to];
}

/** One pass along one axis, from `small.N` elements to M or, for the adjoint, from M back to N. */
function pass(
  adjoint: boolean,
  x: Ref,
  y: Ref,
  N: number,
  M: number,
  inner: number,
  wrap: boolean,
  a: ResizeAttrs,
): Launch {
  const filter = FILTERS[a.filter ?? 'bicubic'];
  const s = Math.max(1, N / M);
  const reach = Math.ceil((filter > 0 ? 2 : 1) * s);
  const n = size(y.shape);
  return launch({
    kernel: adjoint ? adjointKernel : kernel,
    bind: [x, y],
    overrides: { CUBIC: filter, WRAP: wrap ? 1 : 0 },
    uniforms: { n, N, M, inner, reach, s },
    grid: ({ WG }) => flatGrid(n, WG),
    flops: 6 * n * reach,
  });
}

export const resizeOp: Op<1, ResizeAttrs> = defineOp<1, ResizeAttrs>({
  name: 'resize',
  infer: ([x], attrs) => checked('resize', x, attrs.size),
  forward([x], y, attrs, scratch) {
    const [C, H, W] = chw('resize', x.shape);
    const [H2, W2] = attrs.size;
    const [rows, columns] = attrs.border ?? ['clamp', 'clamp'];
    if (H === H2 && W === W2) return []; // a view: at equal sizes every weight but one is 0
    const middle = H === H2 ? y : W === W2 ? x : scratch([C, H, W2]);
    return [
      ...(W === W2 ? [] : [pass(false, x, middle, W, W2, 1, columns === 'wrap', attrs)]),
      ...(H === H2 ? [] : [pass(false, middle, y, H, H2, W2, rows === 'wrap', attrs)]),
    ];
  },
  backward({ g, x: [x], dy, attrs }) {
    const [, H, W] = chw('resize', x.shape);
    return [g.apply(resizeAdjointOp, [dy], { ...attrs, size: [H, W] })];
  },
});

/** The transpose of a resize from attrs.size to the size of dy. */
export const resizeAdjointOp: Op<1, ResizeAttrs> = defineOp<1, ResizeAttrs>({
  name: 'resize_adjoint',
  infer: ([dy], attrs) => checked('resize_adjoint', dy, attrs.size),
  forward([dy], dx, attrs, scratch) {
    const [C, H2, W2] = chw('resize_adjoint', dy.shape);
    const [H, W] = attrs.size;
    const [rows, columns] = attrs.border ?? ['clamp', 'clamp'];
    if (H === H2 && W === W2) return [];
    const middle = W === W2 ? dx : H === H2 ? dy : scratch([C, H, W2]);
    return [
      ...(H === H2 ? [] : [pass(true, dy, middle, H, H2, W2, rows === 'wrap', attrs)]),
      ...(W === W2 ? [] : [pass(true, middle, dx, W, W2, 1, columns === 'wrap', attrs)]),
    ];
  },
  backward({ g, x: [dy], dy: d, attrs }) {
    const [, H2, W2] = chw('resize_adjoint', dy.shape);
    return [g.apply(resizeOp, [d], { ...attrs, size: [H2, W2] })];
  },
});

/**
 * A feature map [C, H, W] at another size, up or down, each axis by itself. Pixel centres are at (i + 0.5) / side.
 * Enlarging interpolates (Keys, "Cubic Convolution Interpolation for Digital Image Processing", 1981, a = -0.5: the
 * Catmull-Rom spline); shrinking widens the filter by the ratio, so that it also averages. Weights are normalised: a
 * constant stays itself exactly, and so does a map that keeps its size. Computed in float, never rounded to bytes.
 * @throws EngineError `ShapeError` when x is no feature map or a side is not a whole number in 1 .. 16384.
 */
export function resize(g: Builder, x: Ref, to: Sides, options: ResizeOptions = {}): Ref {
  checkOptions('resize', options, { filter: ['linear', 'bicubic', 'spline'], border: pairOf(['wrap', 'clamp']) });
  return g.apply(resizeOp, [x], { ...options, ...checkValues('resize', { size: to }, { size: numbers(2) }) });
}
