import { invariant } from '../../base/errors';
import { type Shape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import { ends } from '../winograd_filter';
import wgsl from './conv2d_matrix_filter.wgsl';

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

export interface FilterAttrs {
  readonly side: Side;
  /** For the transposed convolution: channel axes exchanged, filters turned by 180 degrees. */
  readonly flip: boolean;
}

/** [ceil(a / side), ceil(b / side), 9, side, side] */
export const filterShape = (a: number, b: number, side: Side): Shape => [
  Math.ceil(a / side),
  Math.ceil(b / side),
  9,
  side,
  side,
];

export const filterOp: Op<1, FilterAttrs> = defineOp<1, FilterAttrs>({
  name: 'conv2d_matrix_filter',
  infer([w], { side, flip }) {
    const { a, b } = ends('conv2d_matrix_filter', w, flip);
    return filterShape(a, b, side);
  },
  forward([w], y, { side, flip }) {
    const n = size(y.shape);
    return [
      launch({
        kernel,
        bind: [w, y],
        overrides: { SIDE: side, FLIP: flip ? 1 : 0 },
        uniforms: { n, ...ends('conv2d_matrix_filter', w.shape, flip) },
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

const made = new WeakMap<Ref, Map<string, Ref>>();

/** Filters w [O, C, 3, 3] as conv2d_matrix multiplies by them. Made once, however many use them. */
export function matrixFilter(g: Builder, w: Ref, attrs: FilterAttrs): Ref {
  const known = made.get(w) ?? new Map<string, Ref>();
  made.set(w, known);
  const key = `${attrs.side} ${attrs.flip}`;
  const found = known.get(key) ?? g.apply(filterOp, [w], attrs);
  known.set(key, found);
  return found;
}
