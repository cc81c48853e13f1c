import { chw, type Shape } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import { type Launch, launch, type Ref } from '../op';
import { haloLaunch } from '../pad';
import wgsl from './conv2d.wgsl';
import fewChannelsWgsl from './conv2d_few_channels.wgsl';
import stridedWgsl from './conv2d_strided.wgsl';
import { gemmLaunches, multiplies } from './gemm';
import { type ConvLaunch, tileOf } from './geometry';
import store from './store.wgsl';

const uniforms = { c: 'u32', o: 'u32', h: 'u32', w: 'u32', row: 'u32', plane: 'u32' } as const;

const kernel = defineKernel({
  name: 'conv2d',
  wgsl,
  lib: [store],
  binds: ['read', 'read', 'read', 'write'],
  uniforms,
  variants: [
    { WG: 32, PIXELS: 8, CHANNELS: 8 },
    { WG: 64, PIXELS: 8, CHANNELS: 8 },
    { WG: 64, PIXELS: 8, CHANNELS: 4 },
    { WG: 64, PIXELS: 4, CHANNELS: 4 },
  ],
});

const fewChannelsKernel = defineKernel({
  name: 'conv2d_few_channels',
  wgsl: fewChannelsWgsl,
  lib: [store],
  binds: ['read', 'read', 'read', 'write'],
  uniforms,
  variants: [
    { WG: 32, PIXELS: 8 },
    { WG: 64, PIXELS: 8 },
    { WG: 64, PIXELS: 4 },
  ],
});

const stridedKernel = defineKernel({
  name: 'conv2d_strided',
  wgsl: stridedWgsl,
  binds: ['read', 'read', 'read', 'write'],
  uniforms: { ...uniforms, runs: 'u32', sy: 'u32', sx: 'u32' },
  variants: [{ WG: 32 }, { WG: 64 }],
});

/**
 * The launches that make y [O, H', W'] of x [C, H, W] and weights in tiles: x with its halo into scratch memory,
 * in rows that the runs of a thread fill, then the convolution, which so never meets a border. Or, for `sums` 'gemm',
 * those of gemm.ts.
 */
export function convLaunches(
  x: Ref,
  w: Ref,
  y: Ref,
  work: ConvLaunch,
  scratch: (shape: Shape) => Ref,
): readonly Launch[] {
  if (work.sums === 'gemm' && multiplies(work)) return gemmLaunches(x, w, y, work, scratch);
  const { filter, stride, halo, bias, relu = false } = work;
  const [C, H, W] = chw('conv2d', x.shape);
  const [o, h, wide] = chw('conv2d', y.shape);
  const [sy, sx] = stride;
  const unit = sy === 1 && sx === 1;
  const runs = Math.ceil(wide / (unit ? 8 : 4));
  const reach = unit ? 8 * runs + (filter.kx > 1 ? 4 * Math.ceil(filter.kx / 4) : 0) : 4 * runs * sx + filter.kx;
  const rows = (h - 1) * sy + filter.ky;
  // Reading past a row shows values that no pixel uses, so x serves as it is where it has no halo and whole vec4s.
  const bare = halo.top === 0 && halo.left === 0 && !halo.mask && (halo.spread ?? [1, 1]).every((s) => s === 1);
  const asIs = bare && rows <= H && (wide - 1) * sx + filter.kx <= W && (!unit || W % 4 === 0);
  const padded = asIs ? x : scratch([C, rows, 4 * Math.ceil(reach / 4)]);
  const [, ph, pw] = chw('conv2d', padded.shape);
  const V = tileOf(o);
  const scale = unit ? 4 : 1; // conv2d.wgsl counts in vec4s
  const overrides = { KY: filter.ky, KX: filter.kx, BIAS: bias ? 1 : 0, RELU: relu ? 1 : 0 };
  const threads = (WG: number, pixels: number, channels: number): readonly [number, number, number] => {
    const [gx, gz] = flatGrid(Math.ceil(wide / pixels) * h, WG);
    return [gx, Math.ceil(o / channels), gz];
  };
  const common = {
    bind: [padded, w, bias ?? w, y],
    flops: 2 * o * h * wide * C * filter.ky * filter.kx,
  };
  const values = { c: C, o, h, w: wide, row: pw / scale, plane: (ph * pw) / scale };
  const conv = !unit
    ? launch({
        ...common,
        kernel: stridedKernel,
        uniforms: { ...values, runs, sy, sx },
        overrides: { ...overrides, DEEP: V === 8 ? 1 : 0 },
        grid: ({ WG }) => threads(WG, 4, V),
      })
    : V === 8
      ? launch({
          ...common,
          kernel,
          uniforms: values,
          overrides,
          grid: ({ WG, PIXELS, CHANNELS }) => threads(WG, PIXELS, CHANNELS),
        })
      : launch({
          ...common,
          kernel: fewChannelsKernel,
          uniforms: values,
          overrides: { ...overrides, DEPTH: o },
          grid: ({ WG, PIXELS }) => threads(WG, PIXELS, V),
        });
  return asIs ? [conv] : [haloLaunch(x, padded, halo), conv];
}
