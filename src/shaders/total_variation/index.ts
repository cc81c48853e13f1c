import { shapeError } from '../../base/errors';
import { checkOptions, pairOf } from '../../base/known_options';
import { chw, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { fill } from '../fill';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import treeSum from '../lib/tree_sum.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import { dot, totals } from '../sum';
import wgsl from './total_variation.wgsl';
import gradWgsl from './total_variation_grad.wgsl';

const kernel = defineKernel({
  name: 'total_variation',
  wgsl,
  lib: [treeSum],
  binds: ['read', 'write'],
  uniforms: { n: 'u32', H: 'u32', W: 'u32', groups: 'u32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

const gradKernel = defineKernel({
  name: 'total_variation_grad',
  wgsl: gradWgsl,
  lib: [globalIndex],
  binds: ['read', 'read', 'write'],
  uniforms: { n: 'u32', H: 'u32', W: 'u32', scale: 'f32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

type Border = 'wrap' | 'none';

export interface TotalVariationOptions {
  /** Whether the last row has the first, and the last column the first, for its neighbour. Default none. */
  readonly border?: readonly [rows: Border, columns: Border];
}

const wraps = ({ border: [rows, columns] = ['none', 'none'] }: TotalVariationOptions) => ({
  WRAP_Y: rows === 'wrap' ? 1 : 0,
  WRAP_X: columns === 'wrap' ? 1 : 0,
});

export const totalVariationOp: Op<1, TotalVariationOptions> = defineOp<1, TotalVariationOptions>({
  name: 'total_variation',
  infer([x]) {
    chw('total_variation', x);
    return [1];
  },
  forward([x], y, attrs, scratch) {
    const n = size(x.shape);
    const [, H, W] = chw('total_variation', x.shape);
    // About 16 elements a thread, and few enough groups for one workgroup to add up.
    const groups = Math.min(1024, Math.ceil(n / 1024));
    // Sums are f32 whatever the plan stores: hence 4-byte scratch.
    const sums = scratch([1, groups], 'u32');
    return [
      launch({
        kernel,
        bind: [x, sums],
        overrides: wraps(attrs),
        uniforms: { n, H, W, groups },
        grid: () => [groups],
        flops: 6 * n,
      }),
      totals(sums, y, 1 / n),
    ];
  },
  backward: ({ g, x: [x], dy, attrs }) => [g.apply(totalVariationGradOp, [x, dy], attrs)],
});

/** Gradient of `totalVariation` with respect to x: dy times a symmetric linear map of x. */
export const totalVariationGradOp: Op<2, TotalVariationOptions> = defineOp<2, TotalVariationOptions>({
  name: 'total_variation_grad',
  infer([x, dy]) {
    chw('total_variation_grad', x);
    if (size(dy) !== 1 || dy.length !== 1)
      throw shapeError('total_variation_grad', 'a feature map and a number [1]', x, dy);
    return x;
  },
  forward([x, dy], dx, attrs) {
    const n = size(x.shape);
    const [, H, W] = chw('total_variation_grad', x.shape);
    return [
      launch({
        kernel: gradKernel,
        bind: [x, dy, dx],
        overrides: wraps(attrs),
        uniforms: { n, H, W, scale: 1 / n },
        grid: ({ WG }) => flatGrid(n, WG),
        flops: 9 * n,
      }),
    ];
  },
  backward({ g, x: [x, s], dy, attrs, needs }) {
    const times = (v: Ref, by: Ref): Ref => g.apply(totalVariationGradOp, [v, by], attrs);
    return [needs(0) ? times(dy, s) : null, needs(1) ? dot(g, dy, times(x, fill(g, [1], 1))) : null];
  },
});

/**
 * How much neighbours differ: (1 / (C H W)) sum over c, y, x of (x[c, y, x+1] - x[c, y, x])^2 + (x[c, y+1, x] -
 * x[c, y, x])^2. With border `wrap` indices are modulo the side; with `none` the pairs across it are left out (and the
 * divisor stays C H W).
 * @param x [C, H, W].
 * @returns [1].
 * @throws EngineError `ShapeError` when x is no feature map.
 */
export function totalVariation(g: Builder, x: Ref, options: TotalVariationOptions = {}): Ref {
  checkOptions('totalVariation', options, { border: pairOf(['none', 'wrap']) });
  return g.apply(totalVariationOp, [x], options);
}
