import { EngineError, shapeError } from '../../base/errors';
import { checkValues, list } from '../../base/known_options';
import { type Shape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, type Launch, launch, type Op, type Ref } from '../op';
import wgsl from './copy_rows.wgsl';

const kernel = defineKernel({
  name: 'copy_rows',
  wgsl,
  lib: [globalIndex],
  binds: ['read', 'write'],
  uniforms: { n: 'u32', L: 'i32', start: 'i32', x: 'i32', to: 'u32', y: 'u32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

/** Elements of an axis and of those within it: what a row of one part is long. */
const row = (s: Shape, axis: number): number => size(s.slice(axis));

function copy(x: Ref, y: Ref, axis: number, L: number, start: number, to: number): Launch {
  const [lx, ly] = [row(x.shape, axis), row(y.shape, axis)];
  const n = (size(y.shape) / ly) * L;
  return launch({
    kernel,
    bind: [x, y],
    uniforms: { n, L, start, x: lx, to, y: ly },
    grid: ({ WG }) => flatGrid(n, WG),
  });
}

export interface PartAttrs {
  readonly axis: number;
  /** First element of the part. */
  readonly start: number;
  /** Elements of the part (slice) or of the whole (its adjoint). */
  readonly count: number;
}

export const concatOp: Op<number, { axis: number }> = defineOp<number, { axis: number }>({
  name: 'concat',
  // Of a map, channels are joined: along other axes the parts are smaller than the whole, and no rule holds.
  tiling: { rule: 'pointwise' },
  infer(shapes, { axis }) {
    const [first] = shapes;
    if (!first) throw new EngineError('ShapeError', 'concat wants at least one value, got none');
    if (first[axis] === undefined) throw shapeError('concat', `an axis ${axis}`, first);
    for (const s of shapes) {
      if (s.length !== first.length || s.some((d, k) => k !== axis && d !== first[k])) {
        throw shapeError('concat', `shapes that differ in axis ${axis} only`, first, s);
      }
    }
    return first.map((d, k) => (k === axis ? shapes.reduce((n, s) => n + (s[axis] ?? 0), 0) : d));
  },
  forward(x, y, { axis }) {
    let to = 0;
    return x.map((part) => {
      const L = row(part.shape, axis);
      to += L;
      return copy(part, y, axis, L, 0, to - L);
    });
  },
  backward({ g, x, dy, attrs: { axis }, needs }) {
    let start = 0;
    return x.map(({ shape }, k) => {
      const count = shape[axis] ?? 1;
      start += count;
      return needs(k) ? slice(g, dy, start - count, count, axis) : null;
    });
  },
});

export const sliceOp: Op<1, PartAttrs> = defineOp<1, PartAttrs>({
  name: 'slice',
  infer([x], { axis, start, count }) {
    if (![start, count].every(Number.isInteger) || start < 0 || count < 1 || start + count > (x[axis] ?? 0)) {
      throw shapeError('slice', `${count} elements from ${start} on along axis ${axis}`, x);
    }
    return x.map((d, k) => (k === axis ? count : d));
  },
  forward: ([x], y, { axis, start }) => [
    copy(x, y, axis, row(y.shape, axis), start * size(x.shape.slice(axis + 1)), 0),
  ],
  backward: ({ g, x: [x], dy, attrs }) => [
    g.apply(sliceAdjointOp, [dy], { ...attrs, count: x.shape[attrs.axis] ?? 1 }),
  ],
});

/** Zeros, with x from `start` on along the axis: the adjoint of slicing. */
export const sliceAdjointOp: Op<1, PartAttrs> = defineOp<1, PartAttrs>({
  name: 'slice_adjoint',
  infer([x], { axis, start, count }) {
    if (![start, count].every(Number.isInteger) || start < 0 || start + (x[axis] ?? count + 1) > count) {
      throw shapeError('slice_adjoint', `at most ${count - start} elements along axis ${axis}`, x);
    }
    return x.map((d, k) => (k === axis ? count : d));
  },
  forward: ([x], y, { axis, start }) => [
    copy(x, y, axis, row(y.shape, axis), -start * size(x.shape.slice(axis + 1)), 0),
  ],
  backward: ({ g, x: [x], dy, attrs: { axis, start } }) => [slice(g, dy, start, x.shape[axis] ?? 1, axis)],
});

const counted = (x: Ref | undefined, axis: number): number => (axis < 0 ? axis + (x?.shape.length ?? 0) : axis);

/**
 * Values one behind the other along an axis, by default the first (channels); negative ones are counted from the end.
 * @throws EngineError `ShapeError` when the other axes differ, or there is no value.
 */
export const concat = (g: Builder, refs: readonly Ref[], axis = 0): Ref =>
  g.apply(concatOp, checkValues('concat', { refs }, { refs: list }).refs, { axis: counted(refs[0], axis) });

/**
 * `count` elements of an axis, by default the first (channels), from `start` on: one copy, without tables (`sliceNd` takes
 * steps).
 * @throws EngineError `ShapeError` when x has not so many.
 */
export const slice = (g: Builder, x: Ref, start: number, count: number, axis = 0): Ref =>
  start === 0 && count === g.node(x).shape[counted(x, axis)]
    ? x
    : g.apply(sliceOp, [x], { axis: counted(x, axis), start, count });
