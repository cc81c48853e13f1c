import { size } from '../../base/shape';
import type { OpSpec } from '../op';
import { type Bank, bankShape, type LayoutAttrs, layoutOp, type Order, tileOf } from './index';

/** Where (a, b, ky, kx) lies. */
export function at(bank: Bank, order: Order, a: number, b: number, ky: number, kx: number): number {
  const V = order === 'plain' ? 1 : tileOf(bank.a);
  return (((Math.floor(a / V) * bank.b + b) * bank.ky + ky) * bank.kx + kx) * V + (a % V);
}

const swap = ({ a, b, ky, kx }: Bank): Bank => ({ a: b, b: a, ky, kx });
const banks: Bank[] = [
  { a: 1, b: 1, ky: 1, kx: 1 },
  { a: 8, b: 4, ky: 1, kx: 2 },
  { a: 11, b: 3, ky: 3, kx: 5 },
  { a: 3, b: 9, ky: 2, kx: 3 },
];
const orders: readonly (readonly [Order, Order])[] = [
  ['plain', 'tiles'],
  ['tiles', 'plain'],
  ['tiles', 'tiles'],
];

export const spec: OpSpec<1, LayoutAttrs> = {
  op: layoutOp,
  linearIn: 0,
  reference: ([x], { bank, from, to, flip }) => {
    const out = new Float64Array(size(bankShape(bank, to)));
    for (let a = 0; a < bank.a; a++)
      for (let b = 0; b < bank.b; b++)
        for (let ky = 0; ky < bank.ky; ky++)
          for (let kx = 0; kx < bank.kx; kx++) {
            const source = flip
              ? at(swap(bank), from, b, a, bank.ky - 1 - ky, bank.kx - 1 - kx)
              : at(bank, from, a, b, ky, kx);
            out[at(bank, to, a, b, ky, kx)] = x.data[source] ?? 0;
          }
    return out;
  },
  cases: banks.flatMap((bank) =>
    orders.flatMap(([from, to]) =>
      [false, true].map((flip) => ({
        name: `${Object.values(bank)} ${from} to ${to}${flip ? ', flipped' : ''}`,
        shapes: [bankShape(flip ? swap(bank) : bank, from)] as const,
        attrs: { bank, from, to, flip },
      })),
    ),
  ),
  rejects: [
    {
      name: 'other weights',
      shapes: [[4, 4, 3]],
      attrs: { bank: { a: 4, b: 4, ky: 3, kx: 3 }, from: 'plain', to: 'tiles', flip: false },
      message: /conv2d_layout wants weights \[4, 4, 3, 3\], got \[4, 4, 3\]/,
    },
  ],
};
