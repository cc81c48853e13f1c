import { chw, type Shape } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Launch, launch, type Ref } from '../op';
import { BORDER } from '../pad/border';
import wgsl from './conv2d_gemm.wgsl';
import sumWgsl from './conv2d_gemm_sum.wgsl';
import type { ConvLaunch } from './geometry';
import pixel from './pixel.wgsl';

/** Override values of conv2d_gemm, as `variants` names them. */
type Tile = Readonly<Record<'RM' | 'RN' | 'TEAMS' | 'COLS' | 'ROWS' | 'DEPTH', number>>;

/** Bytes of workgroup memory: two stages of weights and pixels. */
const memoryOf = ({ RM, RN, TEAMS, COLS, ROWS, DEPTH }: Tile): number =>
  2 * (((16 * TEAMS * RM) / 8) * (18 * DEPTH + 1) + 4 * DEPTH * (ROWS + 2) * (COLS * RN + 2));

// What a tile has to fetch per multiply-add falls with its sides, what it leaves idle on small maps rises: 64 channels
// x 64 pixels first, 128 x 128 for large maps, 32 x 64 and 32 x 32 where there is little to do.
export const gemmVariants: readonly Tile[] = [
  { RM: 8, RN: 8, TEAMS: 8, COLS: 1, ROWS: 8, DEPTH: 2 },
  { RM: 8, RN: 8, TEAMS: 16, COLS: 2, ROWS: 8, DEPTH: 2 },
  { RM: 8, RN: 4, TEAMS: 8, COLS: 2, ROWS: 8, DEPTH: 2 },
  { RM: 4, RN: 4, TEAMS: 8, COLS: 2, ROWS: 8, DEPTH: 2 },
  { RM: 8, RN: 8, TEAMS: 4, COLS: 1, ROWS: 4, DEPTH: 1 },
];

const kernel = defineKernel({
  name: 'conv2d_gemm',
  wgsl,
  lib: [pixel],
  binds: ['read', 'read', 'read', 'read', 'write'],
  uniforms: {
    c: 'u32',
    o: 'u32',
    oh: 'u32',
    ow: 'u32',
    h: 'i32',
    w: 'i32',
    top: 'i32',
    left: 'i32',
    share: 'u32',
    parts: 'u32',
  },
  variants: gemmVariants,
  needs: (v) => ({ invocations: v.TEAMS * v.COLS * v.ROWS, workgroupBytes: memoryOf(v) }),
});

const sumKernel = defineKernel({
  name: 'conv2d_gemm_sum',
  wgsl: sumWgsl,
  lib: [globalIndex],
  binds: ['read', 'read', 'write'],
  uniforms: { n: 'u32', parts: 'u32', plane: 'u32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

/** Workgroups that keep a large GPU busy (some four for each of about 130 processors), and least channels of a part. */
const ENOUGH = 512;
const LEAST = 32;

/** Into how many sums over shares of the C input channels the convolution to [O, h, w] is cut. */
export function partsOf(C: number, [O, h, w]: readonly [number, number, number]): number {
  const tiles = Math.ceil(O / 64) * Math.ceil(h / 8) * Math.ceil(w / 8);
  return Math.max(1, Math.min(Math.ceil(ENOUGH / tiles), Math.floor(C / LEAST)));
}

/** Whether the kernel computes it: 3x3 filters at stride 1 in tiles of 8 channels. */
export const multiplies = ({ filter, stride, halo: { spread = [1, 1] } }: ConvLaunch): boolean =>
  filter.ky === 3 && filter.kx === 3 && filter.out > 4 && [...stride, ...spread].every((s) => s === 1);

/** The launches that make y [O, h, w] of x [C, H, W] and weights in tiles by a matrix product in workgroup memory. */
export function gemmLaunches(
  x: Ref,
  w: Ref,
  y: Ref,
  { halo, bias, relu = false }: ConvLaunch,
  scratch: (shape: Shape) => Ref,
): readonly Launch[] {
  const [c, h, wide] = chw('conv2d', x.shape);
  const [o, oh, ow] = chw('conv2d', y.shape);
  const parts = partsOf(c, [o, oh, ow]);
  const whole = parts === 1;
  const end = { BIAS: bias ? 1 : 0, RELU: relu ? 1 : 0 };
  const out = whole ? y : scratch([parts, o, oh, ow]);
  const n = o * oh * ow;
  // A multiple of every variant's DEPTH.
  const share = 2 * Math.ceil(c / parts / 2);
  const product = launch({
    kernel,
    bind: [x, halo.mask ?? x, w, bias ?? w, out],
    overrides: {
      BV: BORDER[halo.border[0]],
      BH: BORDER[halo.border[1]],
      MASK: halo.mask ? 1 : 0,
      ...(whole ? end : {}),
    },
    uniforms: { c, o, oh, ow, h, w: wide, top: halo.top, left: halo.left, share, parts },
    grid: ({ RM, RN, TEAMS, COLS, ROWS }) => [
      Math.ceil(ow / (COLS * RN)),
      Math.ceil(oh / ROWS),
      Math.ceil(o / (TEAMS * RM)) * parts,
    ],
    flops: 2 * n * c * 9,
  });
  if (whole) return [product];
  const sum = launch({
    kernel: sumKernel,
    bind: [out, bias ?? w, y],
    overrides: end,
    uniforms: { n, parts, plane: oh * ow },
    grid: ({ WG }) => flatGrid(n, WG),
    flops: n * parts,
  });
  return [product, sum];
}
