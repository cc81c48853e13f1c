// The slow truth for the specs of the convolution family; nothing that ships imports it.
import { size } from '../../base/shape';
import type { Case } from '../op';
import { sourceOf } from '../pad/border';
import { type Conv, convShape, filterShape, flipped } from './geometry';
import { at } from './layout.spec';

export interface Sizes {
  readonly C: number;
  readonly H: number;
  readonly W: number;
  readonly O: number;
  readonly h: number;
  readonly w: number;
}

/** Calls `visit` with the indices (y, weight, x) of every product that a convolution sums. */
export function products(
  x: readonly number[],
  conv: Conv,
  visit: (y: number, weight: number, x: number) => void,
  flip = false,
): void {
  const [C = 0, H = 0, W = 0] = x;
  const [O = 0, h = 0, w = 0] = convShape('reference', x, conv);
  const { filter, stride, pad, border } = conv;
  const turned = flipped(filter);
  for (let ky = 0; ky < filter.ky; ky++)
    for (let kx = 0; kx < filter.kx; kx++)
      for (let i = 0; i < h; i++)
        for (let j = 0; j < w; j++) {
          const y = sourceOf(i * stride[0] + ky - pad[0], H, border[0]);
          const z = sourceOf(j * stride[1] + kx - pad[1], W, border[1]);
          if (y < 0 || z < 0) continue;
          for (let o = 0; o < O; o++)
            for (let c = 0; c < C; c++) {
              const weight = flip
                ? at(turned, 'tiles', c, o, filter.ky - 1 - ky, filter.kx - 1 - kx)
                : at(filter, 'tiles', o, c, ky, kx);
              visit((o * h + i) * w + j, weight, (c * H + y) * W + z);
            }
        }
}

/** Shapes and attributes that all members of the family are tried on. */
export interface Try {
  readonly name: string;
  readonly x: readonly [C: number, H: number, W: number];
  readonly conv: Conv;
}

type Text = 'zeros' | 'replicate' | 'reflect' | 'wrap';
function attempt(
  name: string,
  x: readonly [number, number, number],
  [out, ky, kx]: readonly [number, number, number],
  pad: readonly [number, number, number, number],
  v: Text = 'zeros',
  hz: Text = v,
  stride: readonly [number, number] = [1, 1],
): Try {
  return { name, x, conv: { filter: { out, in: x[0], ky, kx }, stride, pad, border: [v, hz] } };
}

export const tries: readonly Try[] = [
  attempt('one pixel', [1, 1, 1], [1, 1, 1], [0, 0, 0, 0]),
  attempt('1x1, exact tiles', [4, 4, 8], [8, 1, 1], [0, 0, 0, 0]),
  attempt('3x3 valid, exact tiles', [2, 6, 12], [4, 3, 3], [0, 0, 0, 0]),
  attempt('3x3 zeros, exact tiles', [3, 8, 16], [16, 3, 3], [1, 1, 1, 1]),
  attempt('3x3 zeros, ragged', [5, 7, 11], [9, 3, 3], [1, 1, 1, 1]),
  attempt('3x3 wrap, ragged', [3, 5, 13], [10, 3, 3], [1, 1, 1, 1], 'wrap'),
  attempt('3x3 wrap one axis', [2, 6, 9], [3, 3, 3], [1, 1, 1, 1], 'wrap', 'zeros'),
  attempt('3x3 reflect', [2, 5, 6], [3, 3, 3], [1, 1, 1, 1], 'reflect'),
  attempt('3x3 replicate and wrap', [2, 5, 6], [3, 3, 3], [1, 1, 1, 1], 'replicate', 'wrap'),
  attempt('3x3 more zeros than needed', [2, 4, 5], [2, 3, 3], [4, 0, 1, 5]),
  attempt('3x3 zeros below only', [2, 6, 8], [3, 3, 3], [0, 0, 2, 0]),
  attempt('2x4 kernel', [2, 6, 7], [5, 2, 4], [0, 1, 1, 2]),
  attempt('2x4 kernel, wrap', [2, 6, 7], [5, 2, 4], [0, 1, 1, 2], 'wrap'),
  attempt('5x5 wrap', [3, 8, 10], [4, 5, 5], [2, 2, 2, 2], 'wrap'),
  attempt('5x5 wrap, valid', [3, 8, 10], [4, 5, 5], [0, 0, 0, 0], 'wrap'),
  attempt('7x7 wrap, few channels', [3, 8, 9], [12, 7, 7], [3, 3, 3, 3], 'wrap'),
  attempt('7x7 valid, one channel', [1, 9, 12], [6, 7, 7], [0, 0, 0, 0]),
  attempt('7x7 wrap on a small torus', [2, 3, 4], [5, 7, 7], [3, 3, 3, 3], 'wrap'),
  attempt('11x11 zeros', [1, 12, 13], [2, 11, 11], [5, 5, 5, 5]),
  attempt('3x3 stride 2 zeros', [3, 9, 12], [5, 3, 3], [1, 1, 1, 1], 'zeros', 'zeros', [2, 2]),
  attempt('3x3 stride 2 wrap', [3, 6, 10], [9, 3, 3], [1, 1, 1, 1], 'wrap', 'wrap', [2, 2]),
  attempt('3x3 stride 2 wrap, odd sides', [2, 5, 7], [2, 3, 3], [1, 1, 1, 1], 'wrap', 'wrap', [2, 2]),
  attempt('7x7 stride 2 valid', [3, 15, 18], [6, 7, 7], [0, 0, 0, 0], 'zeros', 'zeros', [2, 2]),
  attempt('3x2 stride [1, 2] reflect', [2, 5, 8], [4, 3, 2], [1, 0, 1, 1], 'reflect', 'reflect', [1, 2]),
  attempt('1x1 stride 3', [2, 7, 8], [3, 1, 1], [0, 0, 0, 0], 'zeros', 'zeros', [3, 3]),
];

/** What the matrix product is tried on: some of the above, more channels than a tile has, and channels in shares. */
export const gemmTries: readonly Try[] = [
  ...tries.filter((t) => t.conv.filter.out > 4 && /^3x3 zeros, /.test(t.name)),
  attempt('3x3 reflect and replicate', [5, 6, 9], [8, 3, 3], [1, 2, 2, 1], 'reflect', 'replicate'),
  attempt('3x3 wrap, beyond a tile', [6, 10, 19], [70, 3, 3], [1, 1, 1, 1], 'wrap'),
  attempt('3x3 zeros, ragged, in shares', [69, 9, 5], [6, 3, 3], [1, 1, 1, 1]),
].map((t) => ({ ...t, name: `gemm ${t.name}`, conv: { ...t.conv, sums: 'gemm' } }));

export const yShape = ({ x, conv }: Try): readonly number[] => convShape('reference', x, conv);
export const wShape = ({ conv }: Try): readonly number[] => filterShape(conv.filter, 'tiles');
export const zeros = (shape: readonly number[]): Float64Array => new Float64Array(size(shape));

/** Rolls the input by a few strides and the output by as many pixels, on a torus that the stride divides. */
export function rolls(
  { stride: [sy, sx], pad: [t, l, b, r], border, filter }: Conv,
  divides = true,
): { rollIn: [number, number]; rollOut: [number, number] } | null {
  const whole = border.every((e) => e === 'wrap') && t + b === filter.ky - 1 && l + r === filter.kx - 1;
  return whole && divides ? { rollIn: [2 * sy, 3 * sx], rollOut: [2, 3] } : null;
}

export type Rejected<A> = Case<number, A> & { readonly message: RegExp };
