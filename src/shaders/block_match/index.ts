import { EngineError, shapeError } from '../../base/errors';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import blockSample from '../lib/block_sample.wgsl';
import blockWords from '../lib/block_words.wgsl';
import globalIndex from '../lib/global_index.wgsl';
import patch from '../lib/patch.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import matchWgsl from './block_match.wgsl';
import scanWgsl from './block_scan.wgsl';

const scanKernel = defineKernel({
  name: 'block_scan',
  wgsl: scanWgsl,
  lib: [globalIndex, patch, blockWords, blockSample],
  binds: ['read', 'read', 'read', 'read', 'write'],
  uniforms: {
    ...({ H: 'u32', W: 'u32', w: 'u32', stride: 'u32', down: 'u32', across: 'u32' } as const),
    ...({ tx: 'u32', ty: 'u32', mul: 'u32', shift: 'u32' } as const),
  },
  variants: [{ WG: 32 }, { WG: 64 }],
  gpu: 1,
});

const matchKernel = defineKernel({
  name: 'block_match',
  wgsl: matchWgsl,
  lib: [globalIndex, patch, blockWords, blockSample],
  binds: ['read', 'read', 'read', 'read', 'read', 'read', 'read', 'write'],
  uniforms: {
    ...({ H: 'u32', W: 'u32', w: 'u32', h: 'u32', stride: 'u32', across: 'u32' } as const),
    ...({ tiles: 'u32', mul: 'u32', shift: 'u32', goes_on: 'u32', piece: 'u32' } as const),
  },
  variants: [{ WG: 32 }, { WG: 64 }],
  gpu: 1,
});

export interface MatchAttrs {
  /** From one place that is tried to the next, pixels. */
  readonly stride: number;
  /** Places of which the best one is looked at closely, across and down: even numbers. */
  readonly tile: readonly [x: number, y: number];
  /** Of the exemplar's colours: a mean square difference as large as that costs `COST`. */
  readonly variance: number;
  /** What it costs that a copy goes on where one beside it ends. */
  readonly goesOn: number;
  /** Blocks that a piece of the exemplar may be of. */
  readonly piece: number;
}

/** Tiles of which the best place is kept. */
const GROUP = 4;
const tilesOf = (down: number, across: number, [x, y]: MatchAttrs['tile']): number =>
  Math.ceil(down / y) * Math.ceil(across / x);

/** 2^16 / 4 / variance as a whole number below 2^12 over a power of two. */
function perSquare(variance: number): { mul: number; shift: number } {
  const shift = Math.max(0, Math.floor(Math.log2((2 ** 12 * variance) / 2 ** 14)));
  return { mul: Math.max(1, Math.min(4095, Math.round(2 ** (14 + shift) / variance))), shift };
}

export const blockMatchOp: Op<6, MatchAttrs> = defineOp<6, MatchAttrs>({
  name: 'block_match',
  dtype: 'u32',
  stopsGradient: true,
  infer([sides, , laid, , lags, placed], { tile }) {
    const [down = 0, across = 0] = sides;
    if (sides.length !== 2 || laid.length !== 3 || lags.length !== 2 || placed[0] !== 3)
      throw shapeError(
        'block_match',
        'costs [down, across], a canvas [2, H, W], lags, blocks [3, n]',
        sides,
        laid,
        lags,
        placed,
      );
    if (tile.some((side) => side % 2 !== 0))
      throw new EngineError('ShapeError', `block_match wants tiles of even sides, got ${tile.join('x')}`);
    return [2, Math.ceil(tilesOf(down, across, tile) / GROUP)];
  },
  forward([sides, pixels, laid, block, lags, placed], y, { stride, tile, variance, goesOn, piece }, scratch) {
    const [down = 1, across = 1] = sides.shape;
    const [, H = 1, W = 1] = laid.shape;
    const [lagsDown = 1, lagsAcross = 1] = lags.shape;
    const [h, w] = [(lagsDown + 1) / 2, (lagsAcross + 1) / 2];
    const tiles = tilesOf(down, across, tile);
    const best = scratch([tiles], 'u32');
    const square = perSquare(variance);
    return [
      launch({
        kernel: scanKernel,
        bind: [sides, pixels, laid, block, best],
        uniforms: { H, W, w, stride, down, across, tx: tile[0], ty: tile[1], ...square },
        grid: ({ WG }) => flatGrid(tiles, WG),
      }),
      launch({
        kernel: matchKernel,
        bind: [sides, pixels, laid, block, lags, placed, best, y],
        uniforms: { H, W, w, h, stride, across, tiles, ...square, goes_on: goesOn, piece },
        grid: ({ WG }) => flatGrid(tiles / GROUP, WG),
      }),
    ];
  },
  backward: () => [null, null, null, null, null, null],
});

/**
 * Of each tile of places in the exemplar the one where a block agrees best, by few pixels, with what it overlaps (Efros and Freeman, "Image
 * quilting", SIGGRAPH 2001); and of every four of those the one where it costs least, by many pixels and beside the blocks around it.
 * @param x [down, across] what it costs at each place for other reasons; pixels, RGBA8, the exemplar's first; [2, H, W] which of them stands in each
 *   pixel of the canvas, and of which block; the block (`BlockWords`); [2h - 1, 2w - 1] what lags between copies cost; [3, n] of
 *   each block its place x | y << 16, a block of the same piece, and how many are in that
 * @returns [2, ceil(tiles / 4)] u32: places x | y << 16, costs
 * @throws EngineError `ShapeError` where the shapes do not go together
 */
export const blockMatch = (
  g: Builder,
  x: readonly [sides: Ref, pixels: Ref, laid: Ref, block: Ref, lags: Ref, placed: Ref],
  attrs: MatchAttrs,
): Ref => g.apply(blockMatchOp, x, attrs);
