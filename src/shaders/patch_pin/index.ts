import { shapeError } from '../../base/errors';
import { sameShape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import wgsl from './patch_pin.wgsl';

const kernel = defineKernel({
  name: 'patch_pin',
  wgsl,
  lib: [globalIndex],
  binds: ['read', 'read', 'read', 'write'],
  uniforms: { n: 'u32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

export const patchPinOp: Op<3, object> = defineOp<3, object>({
  name: 'patch_pin',
  dtype: 'u32',
  stopsGradient: true,
  infer([canvas, known, mask]) {
    if (canvas.length !== 2 || !sameShape(canvas, known) || !sameShape(canvas, mask)) {
      throw shapeError('patch_pin', 'a canvas [H, W], and what is known and where, of its size', canvas, known, mask);
    }
    return canvas;
  },
  forward(x, y) {
    const n = size(y.shape);
    return [launch({ kernel, bind: [...x, y], uniforms: { n }, grid: ({ WG }) => flatGrid(n, WG) })];
  },
  backward: () => [null, null, null],
});

/**
 * Puts what is known of a canvas over what was voted for it, so that patches that reach across the rim of a hole are compared
 * with what is there (Wexler, Shechtman and Irani, "Space-time completion of video", PAMI 2007).
 * @param canvas [H, W] u32, RGBA8.
 * @param known [H, W] u32, RGBA8: what is there where it is known; any words elsewhere.
 * @param mask [H, W] u32: not 0 where it is known.
 * @returns [H, W] u32, RGBA8.
 * @throws EngineError `ShapeError` where the three are not of one size.
 */
export const patchPin = (g: Builder, canvas: Ref, known: Ref, mask: Ref): Ref =>
  g.apply(patchPinOp, [canvas, known, mask], {});
