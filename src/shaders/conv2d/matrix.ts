import { invariant } from '../../base/errors';
import { chw, type Shape } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { type Builder, launch, type Op, type Ref } from '../op';
import { BORDER, type Borders, type Pads } from '../pad/border';
import wgsl from './conv2d_matrix.wgsl';
import filterWgsl from './conv2d_matrix_filter.wgsl';
import type { Filter } from './geometry';
import pixel from './pixel.wgsl';
import type { MatrixUnit } from './policy';
import { convolve, filterOp, type PreparedAttrs, preparedOp } from './prepared';

/** The feature of an adapter that has cooperative matrices, as Dawn calls it; browsers and types do not know it yet. */
export const MATRICES = 'chromium-experimental-subgroup-matrix' as GPUFeatureName;

const source = {
  lib: [pixel],
  binds: ['read', 'read', 'read', 'read', 'write'],
  uniforms: { c: 'u32', o: 'u32', oh: 'u32', ow: 'u32', h: 'i32', w: 'i32', top: 'i32', left: 'i32' },
  variants: [{ TEAMS: 4 }, { TEAMS: 2 }, { TEAMS: 1 }],
  needs: () => ({ features: [MATRICES] }),
} as const;
// The size of a matrix is part of its type, and so of the text.
const kernels = {
  8: defineKernel({ name: 'conv2d_matrix', wgsl, ...source }),
  16: defineKernel({
    name: 'conv2d_matrix16',
    wgsl: wgsl.replace(/const SIDE\s*=\s*8;/, 'const SIDE = 16;'),
    ...source,
  }),
} as const;

/** Sides of matrices that there are kernels for. */
type Side = MatrixUnit['side'];

export interface MatrixFilterAttrs {
  readonly side: Side;
  readonly flip: boolean;
}

/** [ceil(out / side), ceil(in / side), 9, side, side] */
export const matrixFilterShape = ({ out, in: from }: Filter, { side }: { readonly side: Side }): Shape => [
  Math.ceil(out / side),
  Math.ceil(from / side),
  9,
  side,
  side,
];

/** Filters w [O, C, 3, 3] as conv2d_matrix multiplies by them. */
export const matrixFilterOp: Op<1, MatrixFilterAttrs> = filterOp<MatrixFilterAttrs>({
  name: 'conv2d_matrix_filter',
  wgsl: filterWgsl,
  shape: matrixFilterShape,
  overrides: ({ side }) => ({ SIDE: side }),
});

const prepare = (g: Builder, w: Ref, { side, flip }: MatrixFilterAttrs): Ref =>
  g.memo(w, `matrix ${side} ${flip}`, () => g.apply(matrixFilterOp, [w], { side, flip }));

export interface MatrixAttrs extends MatrixUnit, PreparedAttrs {}

/**
 * y [O, H', W'] = conv(x, w) + bias by cooperative matrices: factors and results f16, sums f32. Only in f16, and only
 * where asked for. Inputs: x [C, H, W]; w [O, C, 3, 3], whose derivative this gives, though the kernel never reads it; the
 * same filters in blocks (`matrixFilterOp`); and perhaps a bias or a mask. In one order at every pixel, so rolls of a torus
 * are exact.
 */
export const matrixOp: Op<number, MatrixAttrs> = preparedOp<MatrixAttrs>({
  name: 'conv2d_matrix',
  filters: { about: 'filters in blocks', shape: matrixFilterShape },
  prepare,
  launches({ x, filter, bias, mask }, y, { side, lanes, pad, border, relu = false }) {
    const [c, h, w] = chw('conv2d_matrix', x.shape);
    const [o, oh, ow] = chw('conv2d_matrix', y.shape);
    return [
      launch({
        kernel: kernels[side],
        bind: [x, mask ?? x, filter, bias ?? x, y],
        overrides: {
          LANES: lanes,
          BV: BORDER[border[0]],
          BH: BORDER[border[1]],
          MASK: mask ? 1 : 0,
          BIAS: bias ? 1 : 0,
          RELU: relu ? 1 : 0,
        },
        uniforms: { c, o, oh, ow, h, w, top: pad[0], left: pad[1] },
        grid: ({ TEAMS }) => [Math.ceil(ow / side), Math.ceil(oh / 4), Math.ceil(o / (2 * side * TEAMS))],
        flops: 2 * o * oh * ow * c * 9,
      }),
    ];
  },
});

/**
 * 3x3 convolution at stride 1 by cooperative matrices: x [C, H, W], stored as f16, with filters w [O, C, 3, 3] and
 * perhaps a bias [O] gives [O, H', W'], H' = H + top + bottom - 2. Pads of 0 to 2. Differentiable in all.
 * @throws EngineError `ShapeError` as conv2d, and for other filters or larger pads.
 */
export function matrixConv(
  g: Builder,
  x: Ref,
  w: Ref,
  { bias, ...attrs }: { pad: Pads; border: Borders; bias?: Ref },
): Ref {
  const unit = g.policy.matrices;
  if (!unit || x.dtype !== 'f16')
    throw invariant(`matrices of ${x.dtype} values, on ${unit ? 'an' : 'no'} adapter with them`);
  const own = { ...unit, ...attrs, flip: false };
  return convolve(g, matrixOp, [x, w, prepare(g, w, own)], bias, own);
}
