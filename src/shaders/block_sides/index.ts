import { shapeError } from '../../base/errors';
import { size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import blockWords from '../lib/block_words.wgsl';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import nearWgsl from './block_near.wgsl';
import sidesWgsl from './block_sides.wgsl';
import sumsWgsl from './block_sums.wgsl';
import usesWgsl from './block_uses.wgsl';

const nearKernel = defineKernel({
  name: 'block_near',
  wgsl: nearWgsl,
  lib: [globalIndex, blockWords],
  binds: ['read', 'read', 'read', 'write'],
  uniforms: { H: 'u32', W: 'u32', n: 'u32', half_w: 'u32', half_h: 'u32', reach_x: 'u32', reach_y: 'u32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

const usesKernel = defineKernel({
  name: 'block_uses',
  wgsl: usesWgsl,
  lib: [globalIndex, blockWords],
  binds: ['read', 'read', 'read', 'read', 'write'],
  uniforms: { n: 'u32', far: 'u32', near: 'u32', again: 'u32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

const sumsKernel = defineKernel({
  name: 'block_sums',
  wgsl: sumsWgsl,
  lib: [globalIndex],
  binds: ['read', 'write'],
  uniforms: { h: 'u32', w: 'u32', length: 'u32' },
  variants: [{ WG: 32 }, { WG: 64 }],
  gpu: 1,
});

const sidesKernel = defineKernel({
  name: 'block_sides',
  wgsl: sidesWgsl,
  lib: [globalIndex, blockWords],
  binds: ['read', 'read', 'read', 'write'],
  uniforms: { w: 'u32', down: 'u32', across: 'u32', stride: 'u32', area: 'u32', price: 'u32', seed: 'u32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

/** Sums that a thread of `block_sums` makes. */
const SPAN = 16;

export interface SidesAttrs {
  /** Width and height of a block. */
  readonly block: readonly [width: number, height: number];
  /** From one place that is tried to the next, pixels. */
  readonly stride: number;
  /** What a use counts, in 32nds, anywhere and, besides, near the block. */
  readonly far: number;
  readonly near: number;
  /** The same for a use of what is conspicuous. */
  readonly again: number;
  /** What it costs, in 4096ths, that each pixel of a block is used once. */
  readonly price: number;
  readonly seed: number;
}

/** Places of a block in an exemplar, every `stride`th: [down, across]. */
export const placesOf = (exemplar: readonly [h: number, w: number], [bw, bh]: SidesAttrs['block'], stride: number) =>
  [Math.ceil((exemplar[0] - bh + 1) / stride), Math.ceil((exemplar[1] - bw + 1) / stride)] as const;

export const blockSidesOp: Op<6, SidesAttrs> = defineOp<6, SidesAttrs>({
  name: 'block_sides',
  dtype: 'u32',
  stopsGradient: true,
  infer([, uses, , always], { block, stride }) {
    const [h = 0, w = 0] = uses;
    const [down, across] = placesOf([h, w], block, stride);
    if (always[0] !== down || always[1] !== across)
      throw shapeError('block_sides', `costs of ${down} x ${across} places`, always);
    return always;
  },
  forward([laid, uses, salience, always, weights, block], y, attrs, scratch) {
    const [, H = 1, W = 1] = laid.shape;
    const [h = 1, w = 1] = uses.shape;
    const [down = 1, across = 1] = always.shape;
    const [bw, bh] = attrs.block;
    const { stride, far, near, again, price, seed } = attrs;
    const found = scratch([h, w], 'u32');
    const values = scratch([h, w], 'u32');
    const rows = scratch([h, w], 'u32');
    const sums = scratch([h, w], 'u32');
    const most = size(weights.shape) - 1;
    const reach = (n: number): number => Math.min(most, Math.floor(n / 2));
    const count = (CLEAR: number) =>
      launch({
        kernel: nearKernel,
        bind: [laid, weights, block, found],
        overrides: { CLEAR },
        uniforms: {
          ...{ H, W, n: h * w, reach_x: reach(W), reach_y: reach(H) },
          ...{ half_w: Math.round(bw / 2), half_h: Math.round(bh / 2) },
        },
        grid: ({ WG }) => (CLEAR === 1 ? flatGrid(Math.ceil((h * w) / 8), WG) : [Math.ceil(reach(W) / WG), reach(H)]),
      });
    const sum = (DOWN: number, from: Ref, to: Ref) =>
      launch({
        kernel: sumsKernel,
        bind: [from, to],
        overrides: { DOWN },
        uniforms: { h, w, length: DOWN === 1 ? bh : bw },
        grid: ({ WG }) => flatGrid((DOWN === 1 ? w : h) * Math.ceil((DOWN === 1 ? h : w) / SPAN), WG),
      });
    return [
      count(1),
      count(0),
      launch({
        kernel: usesKernel,
        bind: [uses, found, salience, block, values],
        uniforms: { n: h * w, far, near, again },
        grid: ({ WG }) => flatGrid(h * w, WG),
      }),
      sum(0, values, rows),
      sum(1, rows, sums),
      launch({
        kernel: sidesKernel,
        bind: [sums, always, block, y],
        uniforms: { w, down, across, stride, area: Math.ceil((bw * bh) / 8), price, seed },
        grid: ({ WG }) => flatGrid(down * across, WG),
      }),
    ];
  },
  backward: () => [null, null, null, null, null, null],
});

/**
 * What a block costs at each place of the exemplar but for what it overlaps: what it always does, earlier use of what is there, more so
 * near by and where it is conspicuous, and chance. Whole numbers, see `COST`.
 * @param x [2, H, W] which pixel of the exemplar stands in each of the canvas, and of which block; [h, w] how often each stands there; [h, w] how
 *   conspicuous it is, in 16ths; [down, across] what a block always costs; [n] 256 x what a use counts at 0, 1 .. pixels along an axis; the block (`BlockWords`)
 * @returns [down, across] u32
 * @throws EngineError `ShapeError` where the shapes do not go together
 */
export const blockSides = (
  g: Builder,
  x: readonly [laid: Ref, uses: Ref, salience: Ref, always: Ref, weights: Ref, block: Ref],
  attrs: SidesAttrs,
): Ref => g.apply(blockSidesOp, x, attrs);
