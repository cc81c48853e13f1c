import { size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import finite from '../lib/finite.wgsl';
import treeSum from '../lib/tree_sum.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import { add } from '../pointwise';
import wgsl from './all_finite.wgsl';

const kernel = defineKernel({
  name: 'all_finite',
  wgsl,
  lib: [finite, treeSum],
  binds: ['read', 'write', 'write'],
  uniforms: { n: 'u32', part: 'u32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

/** Fewest elements of a workgroup, and most workgroups. */
const PART = 4096;
const GROUPS = 1024;

/** 0 when all elements are finite, else NaN: [..] -> [1]. By bits, whatever compilers take for granted. No gradient. */
export const allFiniteOp: Op<1, Readonly<Record<string, never>>> = defineOp({
  name: 'all_finite',
  infer: () => [1],
  forward([x], y, _, scratch) {
    const n = size(x.shape);
    const part = Math.max(PART, Math.ceil(n / GROUPS));
    const parts = Math.ceil(n / part);
    const partial = scratch([parts], 'u32');
    return [
      launch({ kernel, bind: [x, partial, y], overrides: { LAST: 0 }, uniforms: { n, part }, grid: () => [parts] }),
      launch({
        kernel,
        bind: [x, partial, y],
        overrides: { LAST: 1 },
        uniforms: { n: parts, part: parts },
        grid: () => [1],
      }),
    ];
  },
  backward: () => [null],
});

/** 0 when all elements of all values are finite, else not a number: -> [1]. */
export function allFinite(g: Builder, first: Ref, ...rest: readonly Ref[]): Ref {
  return rest.reduce((sum, x) => add(g, sum, g.apply(allFiniteOp, [x], {})), g.apply(allFiniteOp, [first], {}) as Ref);
}
