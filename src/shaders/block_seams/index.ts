import { shapeError } from '../../base/errors';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import blockDistance from '../lib/block_distance.wgsl';
import blockWords from '../lib/block_words.wgsl';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import seamsWgsl from './block_seams.wgsl';
import underWgsl from './block_under.wgsl';

const underKernel = defineKernel({
  name: 'block_under',
  wgsl: underWgsl,
  lib: [globalIndex, blockWords, blockDistance],
  binds: ['read', 'read', 'read', 'read', 'write'],
  uniforms: { H: 'u32', W: 'u32', bh: 'u32', bw: 'u32', n: 'u32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

const seamsKernel = defineKernel({
  name: 'block_seams',
  wgsl: seamsWgsl,
  lib: [blockDistance],
  binds: ['read', 'read', 'read', 'read', 'write'],
  uniforms: { n: 'u32', w: 'u32', bh: 'u32', bw: 'u32', soft: 'u32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

export interface SeamsAttrs {
  /** Width and height of a block. */
  readonly block: readonly [width: number, height: number];
  /** A difference counts half beside what hides it by this, as `distance_of` counts, 1 at least. */
  readonly soft: number;
  /** What hides a cut in what lies below is read from `hides` as well, and not how far neighbours there are apart. */
  readonly lines?: boolean;
}

export const blockSeamsOp: Op<5, SeamsAttrs> = defineOp<5, SeamsAttrs>({
  name: 'block_seams',
  dtype: 'u32',
  stopsGradient: true,
  infer([, hides = [], laid = [], block = [], places = []], { block: [bw, bh] }) {
    if (hides.length !== 3 || laid.length !== 3 || block.length !== 1 || places.length !== 2)
      throw shapeError(
        'block_seams',
        'what hides cuts [2, h, w], a canvas [2, H, W], a block, places [rows, n]',
        hides,
        laid,
        block,
        places,
      );
    return [bh, bw, places[1] ?? 0];
  },
  forward(x, y, { soft, lines = false }, scratch) {
    const [pixels, hides, laid, block, places] = x as readonly [Ref, Ref, Ref, Ref, Ref];
    const [, h = 1, w = 1] = hides.shape;
    const [, H = 1, W = 1] = laid.shape;
    const [bh = 1, bw = 1, N = 1] = y.shape;
    const under = scratch([3, bh, bw], 'u32');
    return [
      launch({
        kernel: underKernel,
        bind: [pixels, hides, laid, block, under],
        overrides: { LINES: Number(lines) },
        uniforms: { H, W, bh, bw, n: h * w },
        grid: ({ WG }) => flatGrid(bh * bw, WG),
      }),
      launch({
        kernel: seamsKernel,
        bind: [pixels, hides, under, places, y],
        overrides: { N },
        uniforms: { n: h * w, w, bh, bw, soft },
        grid: ({ WG }) => [Math.ceil((bw * N) / WG), bh],
      }),
    ];
  },
  backward: () => [null, null, null, null, null],
});

/**
 * How much a cut would be seen between each pixel of a block and the next one, for copies of some places in the exemplar: the difference of the block
 * and what it overlaps on both sides of the cut, over that of neighbours in either (Kwatra et al., "Graphcut textures", SIGGRAPH 2003), in 256ths.
 * @param x pixels, RGBA8, the exemplar's first; [h, w] how far each of the exemplar is from the next one to the right | below << 16; [2, H, W] which of them stands in each pixel of the canvas, and of which block; the block (`BlockWords`);
 *   [rows, n] places x | y << 16 in the first row
 * @returns [bh, bw, n] u32: to the right | below << 16
 * @throws EngineError `ShapeError` where the shapes do not go together
 */
export const blockSeams = (
  g: Builder,
  x: readonly [pixels: Ref, hides: Ref, laid: Ref, block: Ref, places: Ref],
  attrs: SeamsAttrs,
): Ref => g.apply(blockSeamsOp, x, attrs);
