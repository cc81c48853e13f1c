import { invariant, shapeError } from '../../base/errors';
import { type Shape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
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

export interface FilterAttrs {
  readonly tile: Tile;
  /** For the transposed convolution: channel axes exchanged, filters turned by 180 degrees. */
  readonly flip: boolean;
}

/** Channels that a convolution with filters w [O, C, 3, 3] makes (`a`) and takes (`b`). */
export function ends(op: string, w: Shape, flip: boolean): { readonly a: number; readonly b: number } {
  const [o = 0, c = 0, ky, kx] = w;
  if (w.length !== 4 || ky !== 3 || kx !== 3 || o < 1 || c < 1) throw shapeError(op, 'filters [O, C, 3, 3]', w);
  return flip ? { a: c, b: o } : { a: o, b: c };
}

/** [(tile + 2)^2, ceil(a / 8), ceil(b / 4), 8, 4]; see winograd_filter.wgsl. */
export const filterShape = (a: number, b: number, tile: Tile): Shape => [
  (tile + 2) ** 2,
  Math.ceil(a / 8),
  Math.ceil(b / 4),
  8,
  4,
];

export const filterOp: Op<1, FilterAttrs> = defineOp<1, FilterAttrs>({
  name: 'winograd_filter',
  infer([w], { tile, flip }) {
    const { a, b } = ends('winograd_filter', w, flip);
    return filterShape(a, b, tile);
  },
  forward([w], y, { tile, flip }) {
    const n = size(y.shape);
    return [
      launch({
        kernel,
        bind: [w, y],
        overrides: { TILE: tile, FLIP: flip ? 1 : 0 },
        uniforms: { n, ...ends('winograd_filter', w.shape, flip) },
        grid: ({ WG }) => flatGrid(n, WG),
        flops: 23 * n,
      }),
    ];
  },
  backward() {
    throw invariant('winograd_filter has no derivative: conv2d_winograd takes the filters too, and hands them theirs');
  },
});

const made = new WeakMap<Ref, Map<string, Ref>>();

/** Filters w [O, C, 3, 3] as conv2d_winograd multiplies by them. Made once from constant filters, however many use them. */
export function winogradFilter(g: Builder, w: Ref, attrs: FilterAttrs): Ref {
  const known = made.get(w) ?? new Map<string, Ref>();
  made.set(w, known);
  const key = `${attrs.tile} ${attrs.flip}`;
  const found = known.get(key) ?? g.apply(filterOp, [w], attrs);
  known.set(key, found);
  return found;
}
