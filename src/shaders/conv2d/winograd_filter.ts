import { invariant } from '../../base/errors';
import { type Shape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import { type Filter, filter3x3 } from './geometry';
import wgsl from './winograd_filter.wgsl';

const kernel = defineKernel({
  name: 'winograd_filter',
  wgsl,
  lib: [globalIndex],
  binds: ['read', 'write'],
  uniforms: { n: 'u32', a: 'u32', b: 'u32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

/** Outputs that a tile has each way: Winograd's F(2x2, 3x3) or F(4x4, 3x3). */
export type Tile = 2 | 4;

export interface WinogradFilterAttrs {
  readonly tile: Tile;
  /** For the transposed convolution: channel axes exchanged, filters turned by 180 degrees. */
  readonly flip: boolean;
}

/** [(tile + 2)^2, ceil(out / 8), ceil(in / 4), 8, 4]; see winograd_filter.wgsl. */
export const winogradFilterShape = ({ out, in: from }: Filter, tile: Tile): Shape => [
  (tile + 2) ** 2,
  Math.ceil(out / 8),
  Math.ceil(from / 4),
  8,
  4,
];

export const winogradFilterOp: Op<1, WinogradFilterAttrs> = defineOp<1, WinogradFilterAttrs>({
  name: 'winograd_filter',
  infer([w], { tile, flip }) {
    return winogradFilterShape(filter3x3('winograd_filter', w, flip), tile);
  },
  forward([w], y, { tile, flip }) {
    const n = size(y.shape);
    const { out: a, in: b } = filter3x3('winograd_filter', w.shape, flip);
    return [
      launch({
        kernel,
        bind: [w, y],
        overrides: { TILE: tile, FLIP: flip ? 1 : 0 },
        uniforms: { n, a, b },
        grid: ({ WG }) => flatGrid(n, WG),
        flops: 23 * n,
      }),
    ];
  },
  backward() {
    throw invariant('winograd_filter has no derivative: conv2d_winograd takes the filters too, and hands them theirs');
  },
});

/** Filters w [O, C, 3, 3] as conv2d_winograd multiplies by them. Made once for a graph, however many use them. */
export const winogradFilter = (g: Builder, w: Ref, attrs: WinogradFilterAttrs): Ref =>
  g.memo(w, `winograd ${attrs.tile} ${attrs.flip}`, () => g.apply(winogradFilterOp, [w], attrs));
