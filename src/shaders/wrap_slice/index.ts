import { EngineError, shapeError } from '../../base/errors';
import { chw, type Shape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref, type Tuple } from '../op';
import placesWgsl from './places.wgsl';
import scatterWgsl from './scatter.wgsl';
import addWgsl from './scatter_add.wgsl';
import wgsl from './wrap_slice.wgsl';

const sides = { H: 'i32', W: 'i32', h: 'i32', w: 'i32', columns: 'u32', stride: 'i32' } as const;
const uniforms = { n: 'u32', ...sides } as const;
const variants = [{ WG: 64 }, { WG: 256 }] as const;
const kernel = defineKernel({
  name: 'wrap_slice',
  wgsl,
  lib: [placesWgsl],
  binds: ['read', 'read', 'read', 'read', 'read', 'write'],
  uniforms: sides,
  variants: [
    { WG: 32, ROWS: 16 },
    { WG: 64, ROWS: 4 },
  ],
});
const adjoint = {
  lib: [globalIndex, placesWgsl],
  binds: ['read', 'read', 'read', 'read', 'write'],
  uniforms,
  variants,
} as const;
const scatterKernel = defineKernel({ name: 'scatter', wgsl: scatterWgsl, ...adjoint });
const addKernel = defineKernel({ name: 'scatter_add', wgsl: addWgsl, ...adjoint });

/** Numbers in a row of a table of places: two places [y, x] and [rows, columns] to be skipped. */
export const COLUMNS = 6;

export interface WrapSliceAttrs {
  /** Height and width of what is seen. */
  readonly size: readonly [h: number, w: number];
  /** Height and width of the map it is seen in. */
  readonly map: readonly [H: number, W: number];
  /** Which of the two places of a row. */
  readonly place: 0 | 1;
  /** What the numbers of the table are divided by: pixels of the picture to a pixel of the map. */
  readonly stride: number;
  /** Whether rows and columns are skipped. */
  readonly skip: boolean;
  /** Whether the shift counts; the fill, likewise. Otherwise any value may stand for them. */
  readonly shifted: boolean;
  readonly filled: boolean;
}

function check(who: string, table: Shape, cursor: Shape, shift: Shape, a: WrapSliceAttrs): void {
  if (table.length !== 2 || table[1] !== COLUMNS) throw shapeError(who, `a table [n, ${COLUMNS}]`, table);
  if (size(cursor) !== 1) throw shapeError(who, 'a cursor [1]', cursor);
  if (a.shifted && size(shift) !== 2) throw shapeError(who, 'a shift [2]', shift);
  if (a.size.some((n, k) => n < 1 || n > (a.map[k] ?? 0))) {
    throw new EngineError('ShapeError', `${who} wants a window no larger than its map, got ${a.size} of ${a.map}`);
  }
}

const numbers = ({ map, size: [h, w], stride }: WrapSliceAttrs) => ({
  H: map[0],
  W: map[1],
  h,
  w,
  columns: COLUMNS,
  stride,
});
const flags = ({ place, shifted }: WrapSliceAttrs) => ({ AT: 2 * place, SHIFTED: Number(shifted) });

/** [x, table, cursor, shift, fill] -> what is seen of x. */
export const wrapSliceOp: Op<number, WrapSliceAttrs> = defineOp<number, WrapSliceAttrs>({
  name: 'wrap_slice',
  infer([x = [], table = [], cursor = [], shift = [], fill = []], a) {
    check('wrap_slice', table, cursor, shift, a);
    const [C, H, W] = chw('wrap_slice', x);
    if (H !== a.map[0] || W !== a.map[1]) throw shapeError('wrap_slice', `a map of ${a.map.join(' x ')}`, x);
    if (a.filled && size(fill) !== C) throw shapeError('wrap_slice', `a number for each channel, [${C}]`, fill);
    return [C, ...a.size];
  },
  forward(x, y, a) {
    const [C = 1, h = 1, w = 1] = y.shape;
    return [
      launch({
        kernel,
        bind: [...x, y],
        overrides: { ...flags(a), SKIP: Number(a.skip), FILLED: Number(a.filled) },
        uniforms: numbers(a),
        grid: ({ WG, ROWS }) => [Math.ceil(w / WG), Math.ceil(h / ROWS), C],
      }),
    ];
  },
  backward({ g, x: [, table, cursor, shift], dy, attrs, needs }) {
    if (!table || !cursor || !shift || !needs(0)) return [null, null, null, null, null];
    return [g.apply(scatterOp, [dy, table, cursor, shift], { ...attrs, filled: false }), null, null, null, null];
  },
});

/** [x, table, cursor, shift] -> x where it was seen, and zeros around it. */
export const scatterOp: Op<4, WrapSliceAttrs> = defineOp<4, WrapSliceAttrs>({
  name: 'scatter',
  infer: ([x, table, cursor, shift], a) => {
    check('scatter', table, cursor, shift, a);
    const [C, h, w] = chw('scatter', x);
    if (h !== a.size[0] || w !== a.size[1]) throw shapeError('scatter', `a window of ${a.size.join(' x ')}`, x);
    return [C, ...a.map];
  },
  forward(x, y, a) {
    const n = size(y.shape);
    return [
      {
        kernel: scatterKernel,
        bind: [...x, y],
        overrides: { ...flags(a), SKIP: Number(a.skip) },
        uniforms: { n, ...numbers(a) },
        grid: ({ WG = 64 }) => flatGrid(n, WG),
      },
    ];
  },
  backward({ g, x: [, table, cursor, shift], dy, attrs, needs }) {
    if (!needs(0)) return [null, null, null, null];
    return [g.apply(wrapSliceOp, [dy, table, cursor, shift, shift], { ...attrs, filled: false }), null, null, null];
  },
});

/** [sum, x, table, cursor, shift] -> sum, with x added where it was seen. In place; no gradient. */
export const scatterAddOp: Op<number, WrapSliceAttrs> = defineOp<number, WrapSliceAttrs>({
  name: 'scatter_add',
  inplace: true,
  infer([sum = [], x = [], table = [], cursor = [], shift = []], a) {
    check('scatter_add', table, cursor, shift, a);
    const [C, H, W] = chw('scatter_add', sum);
    const [c, h, w] = chw('scatter_add', x);
    if (c !== C || h !== a.size[0] || w !== a.size[1] || H !== a.map[0] || W !== a.map[1] || a.skip) {
      throw shapeError('scatter_add', 'a map and a window of it', sum, x);
    }
    return sum;
  },
  forward([, ...x], y, a) {
    const n = size(x[0]?.shape ?? []);
    return [
      {
        kernel: addKernel,
        bind: [...x, y],
        overrides: flags(a),
        uniforms: { n, ...numbers(a) },
        grid: ({ WG = 64 }) => flatGrid(n, WG),
        flops: n,
      },
    ];
  },
  backward: ({ x }) => x.map(() => null),
});

/** A table of places and the number of the row that counts. */
export interface Places {
  /** [n, COLUMNS], in pixels of the picture. */
  readonly table: Ref;
  /** [1] */
  readonly cursor: Ref;
}

export interface WrapSliceOptions extends Pick<WrapSliceAttrs, 'size' | 'place'> {
  readonly stride?: number;
  readonly skip?: boolean;
  /** [2]: the map is seen as if it were rolled by this many of its own pixels, rounded. */
  readonly shift?: Ref | undefined;
  /** [C]: what is shown in place of what is skipped. Default: zeros. */
  readonly fill?: Ref | undefined;
}

/**
 * What is seen of a map [C, H, W] through a window [C, h, w] that lies where the table says; a map is a torus to it.
 * @throws EngineError `ShapeError` when the window is larger than the map.
 */
export function wrapSlice(g: Builder, x: Ref, { table, cursor }: Places, options: WrapSliceOptions): Ref {
  const { size, place, stride = 1, skip = false, shift, fill } = options;
  const [, H, W] = chw('wrap_slice', x.shape);
  const attrs = { size, map: [H, W] as const, place, stride, skip, shifted: !!shift, filled: !!fill };
  return g.apply(wrapSliceOp, [x, table, cursor, shift ?? table, fill ?? table] as Tuple<Ref, number>, attrs);
}
