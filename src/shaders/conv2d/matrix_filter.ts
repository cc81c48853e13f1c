import { invariant } from '../../base/errors';
import { type Shape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import wgsl from './conv2d_matrix_filter.wgsl';
import { type Filter, filter3x3 } from './geometry';

const kernel = defineKernel({
  name: 'conv2d_matrix_filter',
  wgsl,
  lib: [globalIndex],
  binds: ['read', 'write'],
  uniforms: { n: 'u32', a: 'u32', b: 'u32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

/** Sides of matrices that there are kernels for. */
export type Side = 8 | 16;

export interface MatrixFilterAttrs {
  readonly side: Side;
  /** For the transposed convolution: channel axes exchanged, filters turned by 180 degrees. */
  readonly flip: boolean;
}

/** [ceil(out / side), ceil(in / side), 9, side, side] */
export const matrixFilterShape = ({ out, in: from }: Filter, side: Side): Shape => [
  Math.ceil(out / side),
  Math.ceil(from / side),
  9,
  side,
  side,
];

export const matrixFilterOp: Op<1, MatrixFilterAttrs> = defineOp<1, MatrixFilterAttrs>({
  name: 'conv2d_matrix_filter',
  infer([w], { side, flip }) {
    return matrixFilterShape(filter3x3('conv2d_matrix_filter', w, flip), side);
  },
  forward([w], y, { side, flip }) {
    const n = size(y.shape);
    const { out: a, in: b } = filter3x3('conv2d_matrix_filter', w.shape, flip);
    return [
      launch({
        kernel,
        bind: [w, y],
        overrides: { SIDE: side, FLIP: flip ? 1 : 0 },
        uniforms: { n, a, b },
        grid: ({ WG }) => flatGrid(n, WG),
      }),
    ];
  },
  backward() {
    throw invariant(
      'conv2d_matrix_filter has no derivative: conv2d_matrix takes the filters too, and hands them theirs',
    );
  },
});

/** Filters w [O, C, 3, 3] as conv2d_matrix multiplies by them. Made once for a graph, however many use them. */
export const matrixFilter = (g: Builder, w: Ref, attrs: MatrixFilterAttrs): Ref =>
  g.memo(w, `matrix ${attrs.side} ${attrs.flip}`, () => g.apply(matrixFilterOp, [w], attrs));
