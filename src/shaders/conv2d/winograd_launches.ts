import { chw, type Shape } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { type Dtype, type Launch, launch, type Ref } from '../op';
import { BORDER, type Borders } from '../pad/border';
import pixel from './pixel.wgsl';
import broadcastLoad from './winograd_load.wgsl';
import broadcastLoadSubgroup from './winograd_load_subgroup.wgsl';
import multiplyWgsl from './winograd_multiply.wgsl';
import input2Wgsl from './winograd2_input.wgsl';
import output2Wgsl from './winograd2_output.wgsl';
import input4Wgsl from './winograd4_input.wgsl';
import output4Wgsl from './winograd4_output.wgsl';

/** Outputs that a tile has each way: Winograd's F(2x2, 3x3) or F(4x4, 3x3). */
export type Tile = 2 | 4;

const input = {
  lib: [pixel],
  binds: ['read', 'read', 'write'],
  // Borders are numbers and no overrides, for one pipeline to serve the exemplar and the canvas: lavapipe compiles it in 0.5 s.
  uniforms: {
    c: 'u32',
    h: 'i32',
    w: 'i32',
    top: 'i32',
    left: 'i32',
    across: 'u32',
    first: 'u32',
    count: 'u32',
    row: 'u32',
    span: 'u32',
    bv: 'u32',
    bh: 'u32',
  },
  variants: [{ WG: 64 }],
} as const;
const output = {
  binds: ['read', 'read', 'write'],
  // Numbers and no overrides, for one pipeline to serve there and back: it takes lavapipe 0.3 s to compile.
  uniforms: {
    oh: 'u32',
    ow: 'u32',
    across: 'u32',
    first: 'u32',
    count: 'u32',
    row: 'u32',
    span: 'u32',
    bias: 'u32',
    relu: 'u32',
    scale: 'f32',
  },
  variants: [{ WG: 64 }],
} as const;
const kernels = {
  2: {
    input: defineKernel({ name: 'winograd2_input', wgsl: input2Wgsl, ...input }),
    output: defineKernel({ name: 'winograd2_output', wgsl: output2Wgsl, ...output }),
  },
  4: {
    input: defineKernel({ name: 'winograd4_input', wgsl: input4Wgsl, ...input }),
    output: defineKernel({ name: 'winograd4_output', wgsl: output4Wgsl, ...output }),
  },
} as const;
const multiply = defineKernel({
  name: 'winograd_multiply',
  wgsl: multiplyWgsl,
  subgroupLib: [broadcastLoad, broadcastLoadSubgroup],
  binds: ['read', 'read', 'write'],
  uniforms: { quads: 'u32', o: 'u32', blocks: 'u32', row: 'u32', span: 'u32', spots: 'u32' },
  variants: [
    { WG: 32, BLOCKS: 2, RUNS: 2, BROADCAST: 0 },
    { WG: 64, BLOCKS: 1, RUNS: 2, BROADCAST: 0 },
    { WG: 64, BLOCKS: 1, RUNS: 1, BROADCAST: 0 },
    { WG: 32, BLOCKS: 2, RUNS: 2, BROADCAST: 8 },
    { WG: 32, BLOCKS: 1, RUNS: 2, BROADCAST: 4 },
    { WG: 32, BLOCKS: 1, RUNS: 2, BROADCAST: 8 },
  ],
  needs: ({ BROADCAST }) => (BROADCAST > 0 ? { features: ['subgroups'] } : {}),
  gpu: 1,
});

/** Multiply-adds of a tile's two transforms, counted as 2, per channel. */
const WORK: Readonly<Record<Tile, readonly [there: number, back: number]>> = { 2: [32, 24], 4: [156, 124] };

/** Transformed values, 4 bytes each, that a convolution keeps at a time: 64 MiB. */
export const SCRATCH = 16 * 2 ** 20;

/** So few tiles lie all in one block. */
const SMALL = 512;

/** Tiles of a map, and into how many launches of `size` tiles they are cut so that scratch memory stays bounded. */
export interface Chunks {
  readonly tiles: number;
  /** A multiple of `span`. */
  readonly size: number;
  /** Tiles that lie beside each other in memory: 64, what 8 threads of the products take, or all those of a small map. */
  readonly span: number;
  readonly count: number;
}

/**
 * Cuts the tiles of a convolution [C, ..] -> [O, h, w] so that their transforms take no more than `most` values,
 * (tile + 2)^2 (C + O) each. Never fewer than 64 tiles: 9 MiB with F(4x4) at 512 -> 512 channels.
 */
export function chunksOf(C: number, [O, h, w]: readonly [number, number, number], tile: Tile, most = SCRATCH): Chunks {
  const tiles = Math.ceil(h / tile) * Math.ceil(w / tile);
  const each = (tile + 2) ** 2 * (4 * Math.ceil(C / 4) + O);
  if (tiles <= SMALL) {
    const all = 8 * Math.ceil(tiles / 8);
    if (each * all <= most) return { tiles, size: all, span: all, count: 1 };
  }
  const fit = Math.max(64, Math.floor(most / each / 64) * 64);
  const count = Math.ceil(tiles / fit);
  return { tiles, size: Math.ceil(tiles / count / 64) * 64, span: 64, count };
}

/** The maximum or the mean of 2 x 2 pixels that lie side by side, times a number. */
export interface Pooled {
  readonly of: 'max' | 'average';
  readonly scale: number;
}

/** A convolution as the kernels see it. */
export interface WinogradLaunch {
  readonly tile: Tile;
  readonly top: number;
  readonly left: number;
  readonly border: Borders;
  readonly bias?: Ref | undefined;
  /** Shape of x: x counts only where this is positive. */
  readonly mask?: Ref | undefined;
  readonly relu: boolean;
  /** y is this of 2 x 2 pixels each, of a map of even sides. */
  readonly pool?: Pooled | undefined;
  readonly most?: number | undefined;
}

/** The launches that make y [O, h, w], or [O, h / 2, w / 2] if pooled, of x and transformed filters: three a chunk of tiles. */
export function winogradLaunches(
  x: Ref,
  filter: Ref,
  y: Ref,
  work: WinogradLaunch,
  scratch: (shape: Shape, dtype: Dtype) => Ref,
): readonly Launch[] {
  const { tile, top, left, border, bias, mask, relu, pool, most } = work;
  const [c, h, w] = chw('conv2d_winograd', x.shape);
  const [o, ...sides] = chw('conv2d_winograd', y.shape);
  const [oh, ow] = [(pool ? 2 : 1) * sides[0], (pool ? 2 : 1) * sides[1]];
  const chunks = chunksOf(c, [o, oh, ow], tile, most);
  const quads = Math.ceil(c / 4);
  const blocks = Math.ceil(o / 8);
  const spots = (tile + 2) ** 2;
  const { size: row, span } = chunks;
  // 4 bytes whatever the plan stores: in f16 the transforms would lose what the sums keep.
  const v = scratch([spots, row / span, 4 * quads, span], 'u32');
  const p = scratch([spots, row / span, o, span], 'u32');
  const across = Math.ceil(ow / tile);
  return Array.from({ length: chunks.count }, (_, k): readonly Launch[] => {
    const first = k * row;
    const count = Math.min(row, chunks.tiles - first);
    return [
      launch({
        kernel: kernels[tile].input,
        bind: [x, mask ?? x, v],
        overrides: { MASK: mask ? 1 : 0 },
        uniforms: {
          ...{ c, h, w, top, left, across, first, count, row, span },
          ...{ bv: BORDER[border[0]], bh: BORDER[border[1]] },
        },
        grid: ({ WG }) => [Math.ceil(count / WG), 4 * quads],
        flops: WORK[tile][0] * c * count,
      }),
      launch({
        kernel: multiply,
        bind: [filter, v, p],
        uniforms: { quads, o, blocks, row: row / 4, span: span / 4, spots },
        grid: ({ WG, BLOCKS, RUNS }) => [Math.ceil((spots * row) / (4 * RUNS * WG)), Math.ceil(blocks / BLOCKS)],
        flops: 2 * spots * o * c * count,
      }),
      launch({
        kernel: kernels[tile].output,
        bind: [p, bias ?? filter, y],
        overrides: { POOL: pool ? { max: 1, average: 2 }[pool.of] : 0 },
        uniforms: {
          ...{ oh, ow, across, first, count, row, span, bias: bias ? 1 : 0, relu: relu ? 1 : 0 },
          scale: pool?.scale ?? 1,
        },
        grid: ({ WG }) => [Math.ceil(count / WG), o],
        flops: (WORK[tile][1] + (pool ? tile ** 2 : 0)) * o * count,
      }),
    ];
  }).flat();
}
