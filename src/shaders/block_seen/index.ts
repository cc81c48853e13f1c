import { shapeError } from '../../base/errors';
import { size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import blockDistance from '../lib/block_distance.wgsl';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import wgsl from './block_seen.wgsl';

const kernel = defineKernel({
  name: 'block_seen',
  wgsl,
  lib: [globalIndex, blockDistance],
  binds: ['read', 'read', 'read', 'read', 'read', 'write'],
  uniforms: {
    ...({ H: 'u32', W: 'u32', h: 'u32', w: 'u32', bh: 'u32', bw: 'u32' } as const),
    ...({ n: 'u32', first: 'u32', soft: 'u32' } as const),
  },
  variants: [{ WG: 64 }, { WG: 256 }],
});

export interface SeenAttrs {
  /** Width and height of a window. */
  readonly block: readonly [width: number, height: number];
  /** A difference counts half beside what hides it by this, as `distance_of` counts, 1 at least. */
  readonly soft: number;
  /** The window is that of a block: `corners` are its words, and the last input is what would stand there. Else that does not matter. */
  readonly trial: boolean;
}

export const blockSeenOp: Op<5, SeenAttrs> = defineOp<5, SeenAttrs>({
  name: 'block_seen',
  dtype: 'u32',
  stopsGradient: true,
  infer([, hides = [], laid = [], corners = [], laying = []], { block: [bw, bh], trial }) {
    if (hides.length !== 3 || laid.length !== 3 || (trial ? size(laying) !== 1 + bw * bh : corners[1] !== 2))
      throw shapeError(
        'block_seen',
        'what hides cuts [2, h, w], a canvas [2, H, W], corners [n, 2] or a block and what it lays',
        hides,
        laid,
        corners,
        laying,
      );
    return [trial ? 1 : (corners[0] ?? 1), 2];
  },
  forward(x, y, { block: [bw, bh], soft, trial }) {
    const [pixels, hides, laid, corners, laying] = x as readonly [Ref, Ref, Ref, Ref, Ref];
    const [, h = 1, w = 1] = hides.shape;
    const [, H = 1, W = 1] = laid.shape;
    const [n = 1] = y.shape;
    return [1, 0].map((CLEAR) =>
      launch({
        kernel,
        bind: [pixels, hides, laid, corners, laying, y],
        overrides: { CLEAR, TRIAL: Number(trial) },
        uniforms: { H, W, h, w, bh, bw, n, first: Number(trial), soft },
        grid: ({ WG }) => flatGrid(CLEAR === 1 ? 2 * n : bw * bh * n, WG),
      }),
    );
  },
  backward: () => [null, null, null, null, null],
});

/**
 * How much is seen of the cuts within windows of a canvas, and what would be with a block laid: of pixels side by side that were copied from elsewhere, the
 * difference of either copy and what it would go on with, over what hides it in either.
 * @param x pixels of the exemplar, RGBA8; what hides a cut beside each, as of `blockSeams`; [2, H, W] which of them stands in each pixel of the canvas, and of which block; [n, 2] corners of windows, or the
 *   block (`BlockWords`); what stands in the block once it is laid, of `blockCut`
 * @returns [n, 2] u32: sums over the pixels, 256ths, before and after; 0 after where there is no block
 * @throws EngineError `ShapeError` where the shapes do not go together
 */
export const blockSeen = (
  g: Builder,
  x: readonly [pixels: Ref, hides: Ref, laid: Ref, corners: Ref, laying: Ref],
  attrs: SeenAttrs,
): Ref => g.apply(blockSeenOp, x, attrs);
