import { shapeError } from '../../base/errors';
import { chw } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import registerTile from '../lib/register_tile.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import wgsl from './nearest_feature.wgsl';

const kernel = defineKernel({
  name: 'nearest_feature',
  wgsl,
  lib: [registerTile],
  binds: ['read', 'read', 'write'],
  uniforms: { C: 'u32', N: 'u32', M: 'u32' },
  variants: [{ S: 8 }, { S: 16 }],
  gpu: 1,
});

export const nearestFeatureOp: Op<2, object> = defineOp<2, object>({
  name: 'nearest_feature',
  infer([a, b]) {
    const [C, H, W] = chw('nearest_feature', a);
    const [D] = chw('nearest_feature', b);
    if (C !== D) throw shapeError('nearest_feature', 'two feature maps of equally many channels', a, b);
    return [C, H, W];
  },
  forward([a, b], y) {
    const [C, H, W] = chw('nearest_feature', a.shape);
    const [, h, w] = chw('nearest_feature', b.shape);
    const [N, M] = [H * W, h * w];
    return [
      launch({
        kernel,
        bind: [a, b, y],
        uniforms: { C, N, M },
        grid: ({ S }) => flatGrid(N, 4 * S),
        flops: 2 * C * N * M,
      }),
    ];
  },
  // Which pixel matches best changes in jumps; the pixel itself is meant to be a given.
  backward: () => [null, null],
});

/**
 * For each pixel of `a` the feature vector of that pixel of `b` whose dot product with it is largest (the first of
 * equals, in reading order). Memory for the result only, time for all pairs of pixels: N M C multiply-adds.
 * @param a [C, H, W]. @param b [C, h, w], of any size.
 * @returns [C, H, W]. A choice, so without a gradient in either.
 * @throws EngineError `ShapeError` when the channels differ.
 */
export const nearestFeature = (g: Builder, a: Ref, b: Ref): Ref => g.apply(nearestFeatureOp, [a, b], {});
