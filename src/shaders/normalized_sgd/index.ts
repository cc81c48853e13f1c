import { shapeError } from '../../base/errors';
import { sameShape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import finite from '../lib/finite.wgsl';
import globalIndex from '../lib/global_index.wgsl';
import { defineOp, launch, type Op, type RuntimeScalar } from '../op';
import wgsl from './normalized_sgd.wgsl';

const kernel = defineKernel({
  name: 'normalized_sgd',
  wgsl,
  lib: [finite, globalIndex],
  binds: ['read', 'read', 'read', 'read', 'write'],
  uniforms: { n: 'u32', channel: 'u32', bounds: 'u32', rate: 'f32', eps: 'f32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

export interface NormalizedSgdAttrs {
  readonly rate: number | RuntimeScalar;
  /** Added to the size of the gradient. */
  readonly eps: number;
  /** Whether to keep the result within the bounds. */
  readonly box: boolean;
}

/**
 * x - rate gradient / (size + eps), from x [C, ...], its gradient, a measure of its size [1] and bounds [2, C] or
 * [2, 1]: lowest and highest value, by channel or for all. No gradient.
 */
export const normalizedSgdOp: Op<4, NormalizedSgdAttrs> = defineOp<4, NormalizedSgdAttrs>({
  name: 'normalized_sgd',
  infer([x, gradient, length, bounds]) {
    if (!sameShape(x, gradient)) throw shapeError('normalized_sgd', 'two equal shapes', x, gradient);
    if (size(length) !== 1) throw shapeError('normalized_sgd', 'a size [1]', length);
    if (!sameShape(bounds, [2, 1]) && !sameShape(bounds, [2, x[0] ?? 1])) {
      throw shapeError('normalized_sgd', 'a value [C, ...] and bounds [2, C] or [2, 1]', x, bounds);
    }
    return x;
  },
  forward([x, gradient, length, bounds], y, { rate, eps, box }) {
    const n = size(x.shape);
    const count = bounds.shape[1] ?? 1;
    return [
      launch({
        kernel,
        bind: [x, gradient, length, bounds, y],
        overrides: { BOX: box ? 1 : 0 },
        uniforms: { n, channel: n / count, bounds: count, rate, eps },
        grid: ({ WG }) => flatGrid(n, WG),
        flops: 3 * n,
      }),
    ];
  },
  backward: () => [null, null, null, null],
});
