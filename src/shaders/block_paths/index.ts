import { EngineError, shapeError } from '../../base/errors';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import blockWords from '../lib/block_words.wgsl';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import wgsl from './block_paths.wgsl';

const kernel = defineKernel({
  name: 'block_paths',
  wgsl,
  lib: [globalIndex, blockWords],
  binds: ['read', 'read', 'write'],
  uniforms: { bh: 'u32', bw: 'u32', n: 'u32', deep_x: 'u32', deep_y: 'u32' },
  variants: [{ WG: 16 }, { WG: 64 }],
  gpu: 1,
});

/** How far in from an edge a cut may run, at most. */
export const DEEPEST = 96;

export interface PathsAttrs {
  /** How far in from left and right, and from top and bottom, cuts may run: pixels, 2 at least. */
  readonly band: readonly [x: number, y: number];
}

export const blockPathsOp: Op<2, PathsAttrs> = defineOp<2, PathsAttrs>({
  name: 'block_paths',
  dtype: 'u32',
  stopsGradient: true,
  infer([seams, block], { band: [x, y] }) {
    const [bh = 0, bw = 0, n = 0] = seams;
    if (seams.length !== 3 || block.length !== 1)
      throw shapeError('block_paths', 'what is seen [bh, bw, n], a block', seams, block);
    if (Math.min(x, y) < 2 || Math.max(x, y) > DEEPEST)
      throw new EngineError(
        'ShapeError',
        `block_paths wants cuts that run 2 to ${DEEPEST} pixels in, got ${x} and ${y}`,
      );
    return [2 + Math.max(bh, bw) * Math.max(x, y), 4, n];
  },
  forward([seams, block], y, { band: [deep_x, deep_y] }) {
    const [bh = 1, bw = 1, n = 1] = seams.shape;
    const uniforms = { bh, bw, n, deep_x, deep_y };
    return [launch({ kernel, bind: [seams, block, y], uniforms, grid: ({ WG }) => flatGrid(4 * n, WG) })];
  },
  backward: () => [null, null],
});

/**
 * The cheapest cut along each edge of a block below which something lies, for copies of some places (dynamic programming; Efros and Freeman, "Image
 * quilting", SIGGRAPH 2001). Cuts run between pixels, so that they can keep to a joint around a corner.
 * @param x [bh, bw, n] what is seen of cuts, of `blockSeams`; the block (`BlockWords`)
 * @returns [2 + max(bh, bw) max(band), 4, n] u32: for left, right, top, bottom what the cut costs, 0 where nothing lies below; how far in it ends; and, for each
 *   step along the edge and each pixel in from it, how far in the path is a step before; 0 elsewhere
 * @throws EngineError `ShapeError` where the shapes do not go together
 */
export const blockPaths = (g: Builder, x: readonly [seams: Ref, block: Ref], attrs: PathsAttrs): Ref =>
  g.apply(blockPathsOp, x, attrs);
