import { shapeError } from '../../base/errors';
import { size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import { matchSize } from '../patch_vote';
import countWgsl from './patch_count.wgsl';
import wgsl from './patch_penalty.wgsl';

const countKernel = defineKernel({
  name: 'patch_count',
  wgsl: countWgsl,
  lib: [globalIndex],
  binds: ['read', 'write'],
  uniforms: { n: 'u32', vw: 'u32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

const kernel = defineKernel({
  name: 'patch_penalty',
  wgsl,
  lib: [globalIndex],
  binds: ['read', 'read', 'write'],
  uniforms: { vh: 'u32', vw: 'u32', price: 'f32', most: 'u32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

export interface PenaltyAttrs {
  /** What a place costs that is taken as often as all are on average, in units of squared differences. */
  readonly price: number;
}

/** A place costs so many times the price at most. */
export const MOST = 8;

export const patchPenaltyOp: Op<2, PenaltyAttrs> = defineOp<2, PenaltyAttrs>({
  name: 'patch_penalty',
  dtype: 'u32',
  stopsGradient: true,
  infer([match, penalty]) {
    matchSize('patch_penalty', match);
    if (penalty.length !== 2)
      throw shapeError('patch_penalty', 'a match [2, H, W] and penalties [vh, vw]', match, penalty);
    return penalty;
  },
  forward([match, penalty], y, { price }, scratch) {
    const [vh = 1, vw = 1] = penalty.shape;
    const [, H = 1, W = 1] = match.shape;
    const counts = scratch(penalty.shape, 'u32');
    const across = scratch(penalty.shape, 'u32');
    const count = (n: number, CLEAR: number) =>
      launch({
        kernel: countKernel,
        bind: [match, counts],
        overrides: { CLEAR },
        uniforms: { n, vw },
        grid: ({ WG }) => flatGrid(n, WG),
      });
    const uniforms = { vh, vw, price: Math.fround((price * vh * vw) / (H * W)), most: Math.round(MOST * price) };
    const box = (PASS: number, from: Ref, to: Ref) =>
      launch({
        kernel,
        bind: [from, penalty, to],
        overrides: { PASS },
        uniforms,
        grid: ({ WG }) => flatGrid(size(penalty.shape), WG),
      });
    return [count(vh * vw, 1), count(H * W, 0), box(1, counts, across), box(2, across, y)];
  },
  backward: () => [null, null],
});

/**
 * What each place of the exemplar costs for being taken too often: price x (times taken, mean over 9x9 places) / (mean of
 * all), at most 8 prices; half of it, and half of what it was, so that matches do not swing (after the occurrence term of
 * Kaspar et al., "Self tuning texture optimization", EG 2015).
 * @param match [2, H, W] u32: places x | y << 16; what is behind them does not matter here.
 * @param penalty [vh, vw] u32: penalties until now, below 2^24, and labels in the top byte, which stay.
 * @returns [vh, vw] u32.
 * @throws EngineError `ShapeError` for other shapes.
 */
export const patchPenalty = (g: Builder, match: Ref, penalty: Ref, attrs: PenaltyAttrs): Ref =>
  g.apply(patchPenaltyOp, [match, penalty], attrs);
