import { size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import blockLaid from '../lib/block_laid.wgsl';
import blockWords from '../lib/block_words.wgsl';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import countWgsl from './block_count.wgsl';
import joinWgsl from './block_join.wgsl';
import layWgsl from './block_lay.wgsl';

const sizes = { H: 'u32', W: 'u32', bh: 'u32', bw: 'u32' } as const;

const countKernel = defineKernel({
  name: 'block_count',
  wgsl: countWgsl,
  lib: [globalIndex, blockWords, blockLaid],
  binds: ['read', 'read', 'read', 'read', 'write'],
  uniforms: { ...sizes, n: 'u32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

const joinKernel = defineKernel({
  name: 'block_join',
  wgsl: joinWgsl,
  lib: [blockWords, blockLaid],
  binds: ['read', 'read', 'read', 'write'],
  uniforms: {},
  variants: [{ WG: 1 }, { WG: 32 }],
});

const layKernel = defineKernel({
  name: 'block_lay',
  wgsl: layWgsl,
  lib: [globalIndex, blockWords, blockLaid],
  binds: ['read', 'read', 'read', 'write'],
  uniforms: sizes,
  variants: [{ WG: 64 }, { WG: 256 }],
});

export interface LayAttrs {
  /** Width and height of a block. */
  readonly block: readonly [width: number, height: number];
}

/** How often each pixel of the exemplar stands in the canvas, a state [h, w], in place: ([h, w], [2, H, W], [1 + bh bw], [1, 2], block) -> [h, w]. */
export const blockCountOp: Op<5, LayAttrs> = defineOp<5, LayAttrs>({
  name: 'block_count',
  dtype: 'u32',
  inplace: true,
  stopsGradient: true,
  infer: ([uses]) => uses as readonly number[],
  forward([, laid, laying, seen, block], y, { block: [bw, bh] }) {
    const [, H = 1, W = 1] = laid?.shape ?? [];
    return [
      launch({
        kernel: countKernel,
        bind: [laid, laying, seen, block, y] as readonly Ref[],
        uniforms: { H, W, n: size(y.shape), bh, bw },
        grid: ({ WG }) => flatGrid(bw * bh, WG),
      }),
    ];
  },
  backward: () => [null, null, null, null, null],
});

/** Where blocks were copied from, a state [3, blocks], in place: ([3, blocks], [1 + bh bw], [1, 2], block) -> [3, blocks]. */
export const blockJoinOp: Op<4, null> = defineOp<4, null>({
  name: 'block_join',
  dtype: 'u32',
  inplace: true,
  stopsGradient: true,
  infer: ([placed]) => placed,
  forward: ([, laying, seen, block], y) => [
    launch({ kernel: joinKernel, bind: [laying, seen, block, y], uniforms: {}, grid: () => [1] }),
  ],
  backward: () => [null, null, null, null],
});

/** Which pixel stands in each of the canvas, and of which block, a state [2, H, W], in place: ([2, H, W], [1 + bh bw], [1, 2], block) -> [2, H, W]. */
export const blockLayOp: Op<4, LayAttrs> = defineOp<4, LayAttrs>({
  name: 'block_lay',
  dtype: 'u32',
  inplace: true,
  stopsGradient: true,
  infer: ([laid]) => laid,
  forward([, laying, seen, block], y, { block: [bw, bh] }) {
    const [, H = 1, W = 1] = y.shape;
    return [
      launch({
        kernel: layKernel,
        bind: [laying, seen, block, y],
        uniforms: { H, W, bh, bw },
        grid: ({ WG }) => flatGrid(bw * bh, WG),
      }),
    ];
  },
  backward: () => [null, null, null, null],
});

/** What has been laid: three states. */
export interface LaidStates {
  /** [2, H, W] which pixel stands in each of the canvas, and of which block. */
  readonly laid: Ref;
  /** [h, w] how often each pixel of the exemplar stands there. */
  readonly uses: Ref;
  /** [3, blocks] of each block its place x | y << 16, a block of the same piece of the exemplar, and, of one that names itself, how many are in it. */
  readonly placed: Ref;
}

/**
 * Lays a block where at most nine tenths are seen of cuts then, or where it must, in place: nothing may read the states any more.
 * @param x what stands in the block then, of `blockCut`; what is seen before and after, of `blockSeen`; the block (`BlockWords`)
 * @returns the states after it
 */
export function blockLay(
  g: Builder,
  { laid, uses, placed }: LaidStates,
  [laying, seen, block]: readonly [laying: Ref, seen: Ref, block: Ref],
  attrs: LayAttrs,
): LaidStates {
  return {
    uses: g.apply(blockCountOp, [uses, laid, laying, seen, block], attrs),
    placed: g.apply(blockJoinOp, [placed, laying, seen, block], null),
    laid: g.apply(blockLayOp, [laid, laying, seen, block], attrs),
  };
}
