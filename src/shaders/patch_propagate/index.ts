import { shapeError } from '../../base/errors';
import { type Shape, sameShape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import patch from '../lib/patch.wgsl';
import patchCost from '../lib/patch_cost.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref, type Tuple } from '../op';
import { exemplarSize, matchSize, PATCH } from '../patch_vote';
import wgsl from './patch_propagate.wgsl';

const kernel = defineKernel({
  name: 'patch_propagate',
  wgsl,
  lib: [globalIndex, patch, patchCost],
  binds: ['read', 'read', 'read', 'read', 'read', 'write'],
  uniforms: { H: 'u32', W: 'u32', w: 'u32', vh: 'u32', vw: 'u32', step: 'u32', favour: 'u32', scale: 'u32' },
  variants: [{ WG: 64 }, { WG: 32 }, { WG: 256 }],
});

export interface PropagateAttrs {
  /** Distance of the eight neighbours, pixels; below the canvas's sides. */
  readonly step: number;
  /** What continues a neighbour costs favour / 256 less. Default 0. */
  readonly favour?: number;
  /** The costs in the match are old: the canvas is what the match makes now. */
  readonly recost?: boolean;
  /** Give weights for `patchVote` in place of costs: (255 scale / (scale + cost))^2 / 255. */
  readonly scale?: number;
}

/** Checks what patches of a canvas are compared with; the shape of the match. */
export function comparedShape(
  op: string,
  [canvas, exemplar, penalty, labels, match]: Tuple<Shape, 6> | readonly Shape[],
): Shape {
  const [H, W] = matchSize(op, match ?? []);
  const [h, w] = exemplarSize(op, exemplar ?? []);
  if (!sameShape(canvas ?? [], [H, W]) || !sameShape(labels ?? [], [H, W])) {
    throw shapeError(op, `a canvas and labels of the match's size [${H}, ${W}]`, canvas ?? [], labels ?? []);
  }
  const places = [h - PATCH + 1, w - PATCH + 1];
  if (!sameShape(penalty ?? [], places)) throw shapeError(op, `penalties [${places}]`, penalty ?? []);
  return match ?? [];
}

export const patchPropagateOp: Op<5, PropagateAttrs> = defineOp<5, PropagateAttrs>({
  name: 'patch_propagate',
  dtype: 'u32',
  stopsGradient: true,
  infer: (shapes) => comparedShape('patch_propagate', shapes),
  forward(x, y, { step, favour = 0, recost, scale }) {
    const [, exemplar, penalty] = x;
    const [, H = 1, W = 1] = y.shape;
    const [vh = 1, vw = 1] = penalty?.shape ?? [];
    return [
      launch({
        kernel,
        bind: [...x, y],
        overrides: { RECOST: recost ? 1 : 0, WEIGH: scale === undefined ? 0 : 1 },
        uniforms: { H, W, w: exemplar?.shape[1] ?? 1, vh, vw, step, favour, scale: scale ?? 0 },
        grid: ({ WG }) => flatGrid(size(y.shape) / 2, WG),
      }),
    ];
  },
  backward: () => [null, null, null, null, null],
});

/**
 * For each pixel of the canvas, the best of its own place and of those that continue the places of its eight neighbours
 * (Ashikhmin, "Synthesizing natural textures", I3D 2001). All at once: it reads one match and writes another. Sums are of
 * whole numbers, hence the same bits on every adapter.
 * @param canvas [H, W] u32, RGBA8, a torus.
 * @param exemplar [h, w] u32, RGBA8.
 * @param penalty [h - 7, w - 7] u32: what each place costs besides, below 2^24, and its labels in the top byte.
 * @param labels [H, W] u32: a pixel takes a place if the two have a label in common.
 * @param match [2, H, W] u32: places x | y << 16, and behind them their costs.
 * @returns the new match.
 * @throws EngineError `ShapeError` where the shapes do not go together.
 */
export const patchPropagate = (
  g: Builder,
  x: readonly [canvas: Ref, exemplar: Ref, penalty: Ref, labels: Ref, match: Ref],
  attrs: PropagateAttrs,
): Ref => g.apply(patchPropagateOp, x, attrs);
