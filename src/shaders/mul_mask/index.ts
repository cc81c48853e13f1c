import { shapeError } from '../../base/errors';
import { chw, sameShape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { fill } from '../fill';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { matmul } from '../matmul';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import { mul } from '../pointwise';
import { reshape } from '../reshape';
import wgsl from './mul_mask.wgsl';

const kernel = defineKernel({
  name: 'mul_mask',
  wgsl,
  lib: [globalIndex],
  binds: ['read', 'read', 'write'],
  uniforms: { n: 'u32', N: 'u32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

type None = Readonly<Record<string, never>>;

export const mulMaskOp: Op<2, None> = defineOp<2, None>({
  name: 'mul_mask',
  tiling: { rule: 'pointwise' },
  infer([x, m]) {
    const [, H, W] = chw('mulMask', x);
    if (!sameShape(m, [1, H, W])) throw shapeError('mulMask', `one number for each pixel, [1, ${H}, ${W}]`, m);
    return x;
  },
  forward([x, m], y) {
    const n = size(y.shape);
    return [
      launch({
        kernel,
        bind: [x, m, y],
        uniforms: { n, N: size(m.shape) },
        grid: ({ WG }) => flatGrid(n, WG),
        flops: n,
      }),
    ];
  },
  backward({ g, x: [x, m], dy, needs }) {
    const [C, H, W] = chw('mulMask', x.shape);
    const overChannels = (v: Ref): Ref => matmul(g, fill(g, [1, C], 1), reshape(g, v, [C, H * W]));
    return [needs(0) ? mulMask(g, dy, m) : null, needs(1) ? reshape(g, overChannels(mul(g, dy, x)), m.shape) : null];
  },
});

/**
 * A map [C, H, W] times a number for each pixel, [1, H, W]: what a mask does. Differentiable in both.
 * @throws EngineError `ShapeError` when x is no map, or m is not of its size.
 */
export const mulMask = (g: Builder, x: Ref, m: Ref): Ref => g.apply(mulMaskOp, [x, m], {});
