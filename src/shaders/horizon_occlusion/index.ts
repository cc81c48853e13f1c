import { EngineError } from '../../base/errors';
import { checkOptions, number } from '../../base/known_options';
import { chw, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import wgsl from './horizon_occlusion.wgsl';

const kernel = defineKernel({
  name: 'horizon_occlusion',
  wgsl,
  lib: [globalIndex],
  binds: ['read', 'write'],
  uniforms: { n: 'u32', H: 'i32', W: 'i32', reach: 'f32', scale: 'f32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

export interface HorizonOptions {
  /** How far it looks, pixels: 1 to the shorter side. */
  readonly reach: number;
  /** Pixels that a height of 1 stands for. */
  readonly scale: number;
}

export const horizonOcclusionOp: Op<1, HorizonOptions> = defineOp<1, HorizonOptions>({
  name: 'horizon_occlusion',
  infer([x], { reach }) {
    const [, H, W] = chw('horizon_occlusion', x);
    if (reach >= 1 && reach <= Math.min(H, W)) return x;
    throw new EngineError(
      'ShapeError',
      `horizon_occlusion reaches 1 to ${Math.min(H, W)} pixels over a map of ${W}x${H}, got ${reach}`,
    );
  },
  forward([x], y, { reach, scale }) {
    const [, H, W] = chw('horizon_occlusion', x.shape);
    const n = size(x.shape);
    return [
      launch({
        kernel,
        bind: [x, y],
        uniforms: { n, H, W, reach, scale },
        grid: ({ WG }) => flatGrid(n, WG),
        flops: n * 16 * 4 * Math.ceil(3 + Math.log(Math.max(1, reach / 3)) / Math.log(1.5)),
      }),
    ];
  },
  backward: () => [null],
});

/**
 * How much of a cosine-weighted sky each point of a height map sees, by horizons in 16 directions (Max 1988, "Horizon mapping:
 * shadows for bump-mapped surfaces"; Bavoil, Sainz and Dimitrov 2008): the weighted mean of cos^2 h, where tan h is the
 * steepest rise along a direction within `reach`, 0 where nothing rises. Indices wrap.
 * @param x heights [C, H, W]. Has no gradient.
 * @returns [C, H, W], 1 where all of the sky is seen.
 * @throws EngineError `ShapeError` when it reaches further than the shorter side
 */
export function horizonOcclusion(g: Builder, x: Ref, options: HorizonOptions): Ref {
  checkOptions('horizonOcclusion', options, { reach: number, scale: number }, ['reach', 'scale']);
  return g.apply(horizonOcclusionOp, [x], options);
}
