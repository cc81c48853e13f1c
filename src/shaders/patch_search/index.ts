import { shapeError } from '../../base/errors';
import { sameShape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import patch from '../lib/patch.wgsl';
import patchCost from '../lib/patch_cost.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import { comparedShape } from '../patch_propagate';
import wgsl from './patch_search.wgsl';

const kernel = defineKernel({
  name: 'patch_search',
  wgsl,
  lib: [globalIndex, patch, patchCost],
  binds: ['read', 'read', 'read', 'read', 'read', 'read', 'write'],
  uniforms: { H: 'u32', W: 'u32', w: 'u32', vh: 'u32', vw: 'u32', favour: 'u32', reach: 'u32' },
  variants: [{ WG: 64 }, { WG: 32 }],
});

export interface SearchAttrs {
  /** The place that a pixel has is left for one that costs favour / 256 less. Default 0. */
  readonly favour?: number;
  /** How far from the place that a pixel has it searches, each way. Default: everywhere. */
  readonly reach?: number;
}

export const patchSearchOp: Op<6, SearchAttrs> = defineOp<6, SearchAttrs>({
  name: 'patch_search',
  dtype: 'u32',
  stopsGradient: true,
  infer(shapes) {
    const match = comparedShape('patch_search', shapes);
    const [, H = 1, W = 1] = match;
    if (!sameShape(shapes[5], [H, W])) throw shapeError('patch_search', `who searches, [${H}, ${W}]`, shapes[5]);
    return match;
  },
  forward(x, y, { favour = 0, reach }) {
    const [, exemplar, penalty] = x;
    const [, H = 1, W = 1] = y.shape;
    const [vh = 1, vw = 1] = penalty.shape;
    return [
      launch({
        kernel,
        bind: [...x, y],
        uniforms: { H, W, w: exemplar.shape[1] ?? 1, vh, vw, favour, reach: reach ?? Math.max(vh, vw) },
        grid: ({ WG }) => flatGrid(size(y.shape) / 2, WG),
      }),
    ];
  },
  backward: () => [null, null, null, null, null, null],
});

/**
 * The best place for some of the pixels of a canvas, by trying each, or each about that it has: all of them on coarse levels, where there
 * are few. It takes as many comparisons as there are searching pixels times places.
 * @param x as of `patchPropagate`, and [H, W] u32: not 0 for the pixels that search
 * @returns the new match, with all costs counted anew
 * @throws EngineError `ShapeError` where the shapes do not go together
 */
export const patchSearch = (
  g: Builder,
  x: readonly [canvas: Ref, exemplar: Ref, penalty: Ref, labels: Ref, match: Ref, searching: Ref],
  attrs: SearchAttrs,
): Ref => g.apply(patchSearchOp, x, attrs);
