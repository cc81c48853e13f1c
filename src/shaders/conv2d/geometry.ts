import { EngineError, shapeError } from '../../base/errors';
import { chw, type Shape, sameShape } from '../../base/shape';
import type { Ref, SlidingWindow } from '../op';
import type { Halo } from '../pad';
import { type Borders, checkPads, type Pads } from '../pad/border';

/** The size of a bank of filters: `out` output and `in` input channels, kernels of ky x kx. */
export interface Filter {
  readonly out: number;
  readonly in: number;
  readonly ky: number;
  readonly kx: number;
}

/** How filters lie in memory: plain [out, in, ky, kx], or in tiles of some output channels each. */
export type Order = 'plain' | 'tiles';

/** Output channels that one thread makes: 8 where there are enough of them, else 4. */
export const tileOf = (channels: number): number => (channels > 4 ? 8 : 4);

/** [out, in, ky, kx], or [ceil(out / V), in, ky, kx, V]. */
export function filterShape({ out, in: from, ky, kx }: Filter, order: Order): Shape {
  return order === 'plain' ? [out, from, ky, kx] : [Math.ceil(out / tileOf(out)), from, ky, kx, tileOf(out)];
}

/** The filters of the transposed convolution. */
export const flipped = (f: Filter): Filter => ({ out: f.in, in: f.out, ky: f.ky, kx: f.kx });

/** Which kernels make the sums of a convolution: those that read memory directly, or a matrix product in workgroup memory. */
export type Sums = 'direct' | 'gemm';

/** The size of filters w [O, C, 3, 3]; with `flip`, of those of the transposed convolution. */
export function filter3x3(op: string, w: Shape, flip: boolean): Filter {
  const [out = 0, from = 0, ky, kx] = w;
  if (w.length !== 4 || ky !== 3 || kx !== 3 || out < 1 || from < 1) throw shapeError(op, 'filters [O, C, 3, 3]', w);
  return flip ? { out: from, in: out, ky, kx } : { out, in: from, ky, kx };
}

/** What 3x3 filters at stride 1 see of a map; null where a mask, the map's size, says which pixels count. */
export const window3x3 = (a: {
  readonly pad: Pads;
  readonly border: Borders;
  readonly extra?: 'bias' | 'mask';
}): SlidingWindow | null =>
  a.extra === 'mask' ? null : { size: [3, 3], stride: [1, 1], pad: a.pad, border: a.border };

/** What a convolution is, apart from its inputs. */
export interface Conv {
  readonly filter: Filter;
  readonly stride: readonly [sy: number, sx: number];
  readonly pad: Pads;
  readonly border: Borders;
  /** Default 'direct'. 'gemm' computes what it can: 3x3 filters at stride 1, more than 4 channels. */
  readonly sums?: Sums;
}

/** [O, H', W'] for a map [C, H, W]; H' = floor((H + top + bottom - Ky) / sy) + 1. */
export function convShape(op: string, x: Shape, { filter, stride, pad, border }: Conv): Shape {
  const [C, H, W] = chw(op, x);
  const { out, in: from, ky, kx } = filter;
  if (C !== from) {
    throw new EngineError(
      'ShapeError',
      `${op} wants as many channels as its filters: x is [${x.join(', ')}], but the filters [${out}, ${from}, ${ky}, ${kx}] take ${from}`,
    );
  }
  if (stride.length !== 2 || !stride.every((s) => Number.isInteger(s) && s >= 1)) {
    throw new EngineError('ShapeError', `${op} wants stride = [sy, sx] of whole numbers, got [${stride.join(', ')}]`);
  }
  checkPads(op, [H, W], pad, border);
  const [t, l, b2, r] = pad;
  const [ph, pw] = [H + t + b2, W + l + r];
  if (ky > ph || kx > pw) {
    throw new EngineError(
      'ShapeError',
      `${op} has a kernel of ${ky} x ${kx}, larger than its padded map of ${ph} x ${pw}`,
      'Give it a larger map, or more padding.',
    );
  }
  return [out, Math.floor((ph - ky) / stride[0]) + 1, Math.floor((pw - kx) / stride[1]) + 1];
}

export function checkFilter(op: string, w: Shape, filter: Filter): void {
  if (!sameShape(w, filterShape(filter, 'tiles'))) {
    throw shapeError(op, `weights in tiles [${filterShape(filter, 'tiles').join(', ')}]`, w);
  }
}

/** The size of filters [O, C, Ky, Kx]. */
export function filterOf(op: string, w: Shape): Filter {
  const [out = 0, from = 0, ky = 0, kx = 0] = w;
  if (w.length !== 4 || w.some((d) => d < 1)) throw shapeError(op, 'filters [O, C, Ky, Kx]', w);
  return { out, in: from, ky, kx };
}

/** A convolution as the kernels see it. */
export interface ConvLaunch {
  readonly filter: Filter;
  readonly stride: readonly [sy: number, sx: number];
  readonly halo: Halo;
  readonly bias?: Ref | undefined;
  readonly relu?: boolean;
  /** Default 'direct', which is also what computes that of which 'gemm' is not capable. */
  readonly sums?: Sums | undefined;
}
