import { EngineError, graphError, invariant, shapeError, shown } from '../../base/errors';
import { checkValues, numbers } from '../../base/known_options';
import { chw, type Shape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import wgsl from './sparse_remap.wgsl';

const kernel = defineKernel({
  name: 'sparse_remap',
  wgsl,
  lib: [globalIndex],
  binds: ['read', 'read', 'read', 'read', 'write'],
  uniforms: { n: 'u32', N: 'u32', M: 'u32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

/**
 * A constant sparse matrix from M pixels to N: row i holds the entries start[i] .. start[i + 1] - 1 of `index` (below M)
 * and `weight`. (Compressed sparse rows.)
 */
export interface SparseMap {
  /** [N + 1], ascending from 0 to the number of entries. */
  readonly start: Uint32Array;
  readonly index: Uint32Array;
  readonly weight: Float32Array;
  /** Its transpose, once somebody needed it: it takes as long to make as the map itself, and the next plan needs it again. */
  transpose?: SparseMap;
}

/** The transposed matrix; `M` is its number of rows. Entries of a row keep the order of the rows they come from. */
export function transposed({ start, index, weight }: SparseMap, M: number): SparseMap {
  const begin = new Uint32Array(M + 1);
  for (const j of index) {
    if (j >= M) throw new EngineError('ShapeError', `sparseRemap has the index ${j} in a map of ${M} pixels`);
    begin[j + 1] = (begin[j + 1] ?? 0) + 1;
  }
  for (let j = 0; j < M; j++) begin[j + 1] = (begin[j + 1] ?? 0) + (begin[j] ?? 0);
  const next = begin.slice();
  const rows = new Uint32Array(index.length);
  const weights = new Float32Array(index.length);
  for (let i = 0; i + 1 < start.length; i++) {
    for (let k = start[i] ?? 0; k < (start[i + 1] ?? 0); k++) {
      const j = index[k] ?? 0;
      const at = next[j] ?? 0;
      rows[at] = i;
      weights[at] = weight[k] ?? 0;
      next[j] = at + 1;
    }
  }
  return { start: begin, index: rows, weight: weights };
}

export interface SparseRemapAttrs {
  /** Height and width of the result. */
  readonly to: readonly [H: number, W: number];
  /** Threads for each row of the matrix, and of its transpose. Powers of two up to 64; default 1. */
  readonly lanes?: readonly [own: number, transposed: number] | undefined;
}

/** A row this long is worth several threads, and then so many. */
const LONG = 256;
const MANY = 16;

function lanesFor({ start }: SparseMap): number {
  let longest = 0;
  for (let i = 0; i + 1 < start.length; i++) longest = Math.max(longest, (start[i + 1] ?? 0) - (start[i] ?? 0));
  return longest >= LONG ? MANY : 1;
}

/** Inputs: x, then start, index and weight of the matrix, then those of its transpose, which only the gradient reads. */
export const sparseRemapOp: Op<7, SparseRemapAttrs> = defineOp<7, SparseRemapAttrs>({
  name: 'sparse_remap',
  infer([x, start, index, weight, tStart, tIndex, tWeight], { to: [H, W] }) {
    const [C, h, w] = chw('sparse_remap', x ?? []);
    checkLists('sparse_remap', H * W, start, index, weight);
    checkLists('sparse_remap (transposed)', h * w, tStart, tIndex, tWeight);
    if (index?.[0] !== tIndex?.[0]) {
      throw shapeError('sparse_remap', 'as many entries in a map as in its transpose', index ?? [], tIndex ?? []);
    }
    return [C, H, W];
  },
  forward([x, start, index, weight], y, { lanes: [LANES] = [1, 1] }) {
    if (!x || !start || !index || !weight) throw invariant('sparse_remap without its lists');
    const n = size(y.shape);
    const [C = 1] = y.shape;
    return [
      launch({
        kernel,
        bind: [x, start, index, weight, y],
        overrides: { LANES },
        uniforms: { n, N: n / C, M: size(x.shape) / C },
        grid: ({ WG }) => flatGrid(n * LANES, WG),
        flops: 2 * C * size(index.shape),
      }),
    ];
  },
  // The adjoint of a matrix is its transpose: the same op with the two sets of lists changed over.
  backward({ g, x: [x, start, index, weight, tStart, tIndex, tWeight], dy, attrs: { lanes: [own, back] = [1, 1] } }) {
    if (!x || !start || !index || !weight || !tStart || !tIndex || !tWeight)
      throw invariant('sparse_remap without its lists');
    const [, h, w] = chw('sparse_remap', x.shape);
    const attrs = { to: [h, w], lanes: [back, own] } as const;
    return [
      g.apply(sparseRemapOp, [dy, tStart, tIndex, tWeight, start, index, weight], attrs),
      null,
      null,
      null,
      null,
      null,
      null,
    ];
  },
});

function checkLists(op: string, rows: number, start?: Shape, index?: Shape, weight?: Shape): void {
  if (start?.length !== 1 || start[0] !== rows + 1) throw shapeError(op, `row starts [${rows + 1}]`, start ?? []);
  if (index?.length !== 1 || weight?.length !== 1 || index[0] !== weight[0] || !index[0]) {
    throw shapeError(op, 'indices [n] and as many weights, n at least 1', index ?? [], weight ?? []);
  }
}

/** What `sparseRemap` needs of the graph beside applying ops: a place for constants. */
export interface ConstantBuilder extends Builder {
  constant(shape: Shape, data: Float32Array | Uint32Array, label?: string): Ref;
}

/** Refuses what is no sparse map. */
export function checkMap(op: string, map: SparseMap): void {
  if (map?.start instanceof Uint32Array && map.index instanceof Uint32Array && map.weight instanceof Float32Array)
    return;
  throw graphError(`${op} wants a sparse map, got ${shown(map)}`, 'Make it with sparseMap(rows).');
}

function transposeOf(map: SparseMap, M: number): SparseMap {
  if (map.transpose?.start.length !== M + 1) map.transpose = transposed(map, M);
  return map.transpose;
}

/**
 * Moves pixels by a constant sparse map: y[c, i] = sum_k weight[k] x[c, index[k]] over row i of the map. One entry of
 * weight 1 to a row is an index map, four are bilinear resampling. The gradient is the transposed list, made here on
 * the host, so it is exact, deterministic and without atomics; the map itself has none.
 * @param x [C, h, w]; indices of the map count its pixels row by row.
 * @param map from h w pixels to H W, with at least one entry.
 * @param to [H, W] of the result; default that of x.
 * @returns [C, H, W].
 * @throws EngineError `ShapeError` when x is no feature map, or the map has not H W rows.
 */
export function sparseRemap(g: ConstantBuilder, x: Ref, map: SparseMap, to?: readonly [number, number]): Ref {
  const [, h, w] = chw('sparseRemap', g.node(x).shape);
  checkMap('sparseRemap', map);
  if (to !== undefined) checkValues('sparseRemap', { to }, { to: numbers(2) });
  const back = transposeOf(map, h * w);
  const lists = [map, back].flatMap(({ start, index, weight }) => [
    g.constant([start.length], start, 'remap_start'),
    g.constant([index.length], index, 'remap_index'),
    g.constant([weight.length], weight, 'remap_weight'),
  ]);
  return g.apply(sparseRemapOp, [x, ...lists], {
    to: to ?? [h, w],
    lanes: [lanesFor(map), lanesFor(back)],
  });
}
