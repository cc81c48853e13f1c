import { EngineError, shapeError } from '../../base/errors';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import blockWords from '../lib/block_words.wgsl';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import chooseWgsl from './block_choose.wgsl';
import cutWgsl from './block_cut.wgsl';

const chooseKernel = defineKernel({
  name: 'block_choose',
  wgsl: chooseWgsl,
  lib: [blockWords],
  binds: ['read', 'read', 'read', 'write'],
  uniforms: { bh: 'u32', bw: 'u32', n: 'u32', deepest: 'u32' },
  variants: [{ WG: 64 }, { WG: 4 }],
});

const cutKernel = defineKernel({
  name: 'block_cut',
  wgsl: cutWgsl,
  lib: [globalIndex, blockWords],
  binds: ['read', 'read', 'read', 'write'],
  uniforms: { H: 'u32', W: 'u32', h: 'u32', w: 'u32', bh: 'u32', bw: 'u32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

/** Places, at most. */
const MOST = 256;

export interface CutAttrs {
  /** Width and height of the exemplar, and of a block. */
  readonly exemplar: readonly [width: number, height: number];
  readonly block: readonly [width: number, height: number];
}

export const blockCutOp: Op<4, CutAttrs> = defineOp<4, CutAttrs>({
  name: 'block_cut',
  dtype: 'u32',
  stopsGradient: true,
  infer([places, paths, laid], { block: [bw, bh] }) {
    const [rows = 0, n = 0] = places;
    if (rows !== 2 || paths.length !== 3 || paths[2] !== n || laid.length !== 3)
      throw shapeError('block_cut', 'places [2, n], cuts [steps, 4, n], a canvas [2, H, W]', places, paths, laid);
    if (n > MOST) throw new EngineError('ShapeError', `block_cut takes up to ${MOST} places, got ${n}`);
    return [1 + bh * bw];
  },
  forward([places, paths, laid, block], y, { exemplar: [w, h], block: [bw, bh] }, scratch) {
    const [, n = 1] = places.shape;
    const [, H = 1, W = 1] = laid.shape;
    const longest = Math.max(bw, bh);
    const cuts = scratch([1 + 4 * longest], 'u32');
    const deepest = ((paths.shape[0] ?? 2) - 2) / longest;
    return [
      launch({
        kernel: chooseKernel,
        bind: [places, paths, block, cuts],
        uniforms: { bh, bw, n, deepest },
        grid: () => [1],
      }),
      launch({
        kernel: cutKernel,
        bind: [laid, cuts, block, y],
        uniforms: { H, W, h, w, bh, bw },
        grid: ({ WG }) => flatGrid(bh * bw, WG),
      }),
    ];
  },
  backward: () => [null, null, null, null],
});

/**
 * Where a block is copied from, of some places the one that costs least with its cuts, and what stands in each of its pixels then.
 * @param x [2, n] places x | y << 16, and what they cost without cuts; their cuts, of `blockPaths`; [2, H, W] which pixel stands in each of the canvas, and
 *   of which block; the block (`BlockWords`)
 * @returns [1 + bh bw] u32: the place; of each pixel of the block the pixel of the exemplar, or what is known of the canvas
 * @throws EngineError `ShapeError` where the shapes do not go together
 */
export const blockCut = (
  g: Builder,
  x: readonly [places: Ref, paths: Ref, laid: Ref, block: Ref],
  attrs: CutAttrs,
): Ref => g.apply(blockCutOp, x, attrs);
