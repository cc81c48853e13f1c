import { EngineError, graphError, invariant, shapeError, shown } from '../../base/errors';
import { checkValues, number } from '../../base/known_options';
import { type Shape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { defineOp, launch, type Op, type Ref } from '../op';
import { type ConstantBuilder, checkMap, type SparseMap, transposed } from '../sparse_remap';
import wgsl from './axis_linear.wgsl';

export type { ConstantBuilder, SparseMap };

const kernel = defineKernel({
  name: 'axis_linear',
  wgsl,
  lib: [globalIndex],
  binds: ['read', 'read', 'read', 'read', 'write'],
  uniforms: { n: 'u32', N: 'u32', M: 'u32', inner: 'u32', fill: 'f32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

export interface AxisLinearAttrs {
  readonly axis: number;
  /** Side of the axis in the result. */
  readonly to: number;
  /** What rows without entries give. */
  readonly fill?: number;
}

/** Inputs: x, then start, index and weight of a sparse map, then those of its transpose, which only the gradient reads. */
export const axisLinearOp: Op<7, AxisLinearAttrs> = defineOp<7, AxisLinearAttrs>({
  name: 'axis_linear',
  infer([x = [], start, index, weight, tStart, tIndex, tWeight], { axis, to }) {
    const from = x[axis];
    if (from === undefined) throw shapeError('axis_linear', `an axis ${axis}`, x);
    checkLists('axis_linear', to, start, index, weight);
    checkLists('axis_linear (transposed)', from, tStart, tIndex, tWeight);
    return x.map((d, k) => (k === axis ? to : d));
  },
  forward([x, start, index, weight], y, { axis, to, fill = 0 }) {
    if (!x || !start || !index || !weight) throw invariant('axis_linear without its lists');
    const n = size(y.shape);
    return [
      launch({
        kernel,
        bind: [x, start, index, weight, y],
        uniforms: { n, N: x.shape[axis] ?? 1, M: to, inner: size(x.shape.slice(axis + 1)), fill },
        grid: ({ WG }) => flatGrid(n, WG),
        flops: ((2 * n) / to) * size(index.shape),
      }),
    ];
  },
  backward({ g, x: [x, start, index, weight, tStart, tIndex, tWeight], dy, attrs: { axis } }) {
    if (!x || !start || !index || !weight || !tStart || !tIndex || !tWeight)
      throw invariant('axis_linear without its lists');
    const lists = [tStart, tIndex, tWeight, start, index, weight] as const;
    return [g.apply(axisLinearOp, [dy, ...lists], { axis, to: x.shape[axis] ?? 1 }), ...lists.map(() => null)];
  },
});

function checkLists(op: string, rows: number, start?: Shape, index?: Shape, weight?: Shape): void {
  if (start?.length !== 1 || start[0] !== rows + 1) throw shapeError(op, `row starts [${rows + 1}]`, start ?? []);
  if (index?.length !== 1 || weight?.length !== 1 || index[0] !== weight[0] || !index[0]) {
    throw shapeError(op, 'indices [n] and as many weights, n at least 1', index ?? [], weight ?? []);
  }
}

/** A map in which row i has these entries. */
export function sparseMap(rows: readonly (readonly (readonly [index: number, weight: number])[])[]): SparseMap {
  const isEntry = (e: unknown): boolean => Array.isArray(e) && e.length === 2 && e.every(Number.isFinite);
  if (!Array.isArray(rows) || !rows.every((row) => Array.isArray(row) && row.every(isEntry)))
    throw graphError(`sparseMap wants a list of [index, weight] for each row, got ${shown(rows)}`);
  const start = new Uint32Array(rows.length + 1);
  rows.forEach((row, i) => {
    start[i + 1] = (start[i] ?? 0) + row.length;
  });
  const entries = rows.flat();
  return {
    start,
    index: Uint32Array.from(entries, ([k]) => k),
    weight: Float32Array.from(entries, ([, w]) => w),
  };
}

/** An axis counted from 0, where negative ones count from the end; or a ShapeError. */
export function axisOf(op: string, x: Shape, axis: number): number {
  if (!Number.isInteger(axis) || axis < -x.length || axis >= x.length) throw shapeError(op, `an axis ${axis}`, x);
  return axis < 0 ? axis + x.length : axis;
}

/** Whether a map leaves an axis of side `n` as it is. */
function identity({ start, index, weight }: SparseMap, n: number): boolean {
  return (
    start.length === n + 1 &&
    index.length === n &&
    index.every((k, i) => k === i && start[i] === i) &&
    weight.every((w) => w === 1)
  );
}

/**
 * Resamples one axis by a constant sparse map: y[.., i, ..] = sum_k weight[k] x[.., index[k], ..] over row i of the map.
 * The gradient is the transposed map, made here on the host: exact, deterministic and without atomics.
 * @param x of any rank. @param map from the side of the axis to the side of the result, a row for each element of it.
 * @param fill what a row without entries gives; it has no gradient.
 * @throws EngineError `ShapeError` when there is no such axis, or the map has no row.
 */
export function axisLinear(g: ConstantBuilder, x: Ref, axis: number, map: SparseMap, fill = 0): Ref {
  const at = axisOf('axisLinear', g.node(x).shape, axis);
  checkMap('axisLinear', map);
  checkValues('axisLinear', { fill }, { fill: number });
  const from = x.shape[at] ?? 1;
  const to = map.start.length - 1;
  if (to < 1) throw new EngineError('ShapeError', 'axisLinear wants a map of at least one row');
  if (identity(map, from)) return x;
  if (map.index.length === 0) {
    const shape = x.shape.map((d, k) => (k === at ? to : d));
    return g.constant(shape, new Float32Array(size(shape)).fill(fill), 'fill');
  }
  const lists = [map, transposed(map, from)].flatMap(({ start, index, weight }) => [
    g.constant([start.length], start, 'axis_start'),
    g.constant([index.length], index, 'axis_index'),
    g.constant([weight.length], weight, 'axis_weight'),
  ]);
  return g.apply(axisLinearOp, [x, ...lists], { axis: at, to, ...(fill !== 0 && { fill }) });
}
