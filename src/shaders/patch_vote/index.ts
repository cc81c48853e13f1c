import { shapeError } from '../../base/errors';
import { type Shape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import patch from '../lib/patch.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import wgsl from './patch_vote.wgsl';

/** Side of a patch, pixels: PATCH of lib/patch.wgsl. */
export const PATCH = 8;

const kernel = defineKernel({
  name: 'patch_vote',
  wgsl,
  lib: [globalIndex, patch],
  binds: ['read', 'read', 'write'],
  uniforms: { H: 'u32', W: 'u32', w: 'u32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

/** Height and width of a match, [2, H, W]. */
export function matchSize(op: string, match: Shape): readonly [H: number, W: number] {
  const [two, H = 0, W = 0, ...more] = match;
  if (two !== 2 || more.length > 0 || H < PATCH || W < PATCH) {
    throw shapeError(op, `a match [2, H, W] of at least ${PATCH} pixels each way`, match);
  }
  return [H, W];
}

/** Height and width of an exemplar, [h, w]. */
export function exemplarSize(op: string, exemplar: Shape): readonly [h: number, w: number] {
  const [h = 0, w = 0, ...more] = exemplar;
  if (more.length > 0 || h < PATCH || w < PATCH) {
    throw shapeError(op, `an exemplar [h, w] of at least ${PATCH} pixels each way`, exemplar);
  }
  return [h, w];
}

export const patchVoteOp: Op<2, object> = defineOp<2, object>({
  name: 'patch_vote',
  dtype: 'u32',
  stopsGradient: true,
  infer([exemplar, match]) {
    exemplarSize('patch_vote', exemplar);
    return [...matchSize('patch_vote', match)];
  },
  forward([exemplar, match], y) {
    const [H = 1, W = 1] = y.shape;
    return [
      launch({
        kernel,
        bind: [exemplar, match, y],
        uniforms: { H, W, w: exemplar.shape[1] ?? 1 },
        grid: ({ WG }) => flatGrid(size(y.shape), WG),
      }),
    ];
  },
  backward: () => [null, null],
});

/**
 * The picture that a match makes: each pixel is the weighted mean of what the 64 patches over it say (Wexler, Shechtman and
 * Irani, "Space-time completion of video", PAMI 2007, section 3.2), in whole numbers; where nine of them, spread evenly, name the same
 * pixel, it is that pixel.
 * @param exemplar [h, w] u32, RGBA8.
 * @param match [2, H, W] u32: for each pixel of the canvas, the place x | y << 16 in the exemplar of the patch whose top left
 *   pixel it is; behind them their weights, 0..255. The canvas is a torus.
 * @returns [H, W] u32, RGBA8.
 * @throws EngineError `ShapeError` where either is smaller than a patch.
 */
export const patchVote = (g: Builder, exemplar: Ref, match: Ref): Ref => g.apply(patchVoteOp, [exemplar, match], {});
