import { shapeError } from '../../base/errors';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import wgsl from './lowest.wgsl';

const kernel = defineKernel({
  name: 'lowest',
  wgsl,
  lib: [globalIndex],
  binds: ['read', 'write'],
  uniforms: { rows: 'u32', N: 'u32', n: 'u32' },
  variants: [{ WG: 32 }, { WG: 64 }],
  gpu: 1,
});

export interface LowestAttrs {
  /** Columns to keep, as far as there are so many. */
  readonly count: number;
}

export const lowestOp: Op<1, LowestAttrs> = defineOp<1, LowestAttrs>({
  name: 'lowest',
  dtype: 'u32',
  stopsGradient: true,
  infer([x], { count }) {
    const [rows = 0, N = 0] = x;
    if (x.length !== 2) throw shapeError('lowest', 'rows of whole numbers [rows, N]', x);
    return [rows, Math.min(count, N)];
  },
  forward([x], y) {
    const [rows = 1, N = 1] = x.shape;
    const [, n = 1] = y.shape;
    return [launch({ kernel, bind: [x, y], uniforms: { rows, N, n }, grid: ({ WG }) => flatGrid(N, WG) })];
  },
  backward: () => [null],
});

/**
 * The columns with the least numbers in the last row, in order of those; equal ones keep their order. It compares each with each: for thousands, not more.
 * @param x [rows, N] u32
 * @returns [rows, min(count, N)] u32
 * @throws EngineError `ShapeError` where x is no matrix
 */
export const lowest = (g: Builder, x: Ref, attrs: LowestAttrs): Ref => g.apply(lowestOp, [x], attrs);
