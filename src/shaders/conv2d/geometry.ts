import { EngineError, shapeError } from '../../base/errors';
import { chw, type Shape, sameShape } from '../../base/shape';
import { type Bank, bankShape } from '../conv2d_layout';
import { type Borders, checkPads, type Pads } from '../pad/border';

/** Which kernels make the sums of a convolution: those that read memory directly, or a matrix product in workgroup memory. */
export type Sums = 'direct' | 'gemm';

/** What a convolution is, apart from its inputs. */
export interface Conv {
  readonly bank: Bank;
  readonly stride: readonly [sy: number, sx: number];
  readonly pad: Pads;
  readonly border: Borders;
  /** Default 'direct'. 'gemm' computes what it can: 3x3 filters at stride 1, more than 4 channels. */
  readonly sums?: Sums;
}

/** [O, H', W'] for a map [C, H, W]; H' = floor((H + top + bottom - Ky) / sy) + 1. */
export function convShape(op: string, x: Shape, { bank, stride, pad, border }: Conv): Shape {
  const [C, H, W] = chw(op, x);
  const { a, b, ky, kx } = bank;
  if (C !== b) {
    throw new EngineError(
      'ShapeError',
      `${op} wants as many channels as its filters: x is [${x.join(', ')}], but the filters [${a}, ${b}, ${ky}, ${kx}] take ${b}`,
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
  return [a, Math.floor((ph - ky) / stride[0]) + 1, Math.floor((pw - kx) / stride[1]) + 1];
}

export function checkBank(op: string, w: Shape, bank: Bank): void {
  if (!sameShape(w, bankShape(bank, 'tiles'))) {
    throw shapeError(op, `weights in tiles [${bankShape(bank, 'tiles').join(', ')}]`, w);
  }
}

/** The bank behind filters [O, C, Ky, Kx]. */
export function bankOf(op: string, w: Shape): Bank {
  const [a = 0, b = 0, ky = 0, kx = 0] = w;
  if (w.length !== 4 || w.some((d) => d < 1)) throw shapeError(op, 'filters [O, C, Ky, Kx]', w);
  return { a, b, ky, kx };
}
