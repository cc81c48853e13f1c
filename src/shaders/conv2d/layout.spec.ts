import { size } from '../../base/shape';
import type { OpSpec } from '../op';
import { type Filter, filterShape, flipped, type Order, tileOf } from './geometry';
import { type LayoutAttrs, layoutOp } from './layout';

/** Where element (a, b, ky, kx) of filters [out, in, ky, kx] lies. */
export function at(filter: Filter, order: Order, a: number, b: number, ky: number, kx: number): number {
  const V = order === 'plain' ? 1 : tileOf(filter.out);
  return (((Math.floor(a / V) * filter.in + b) * filter.ky + ky) * filter.kx + kx) * V + (a % V);
}

const filters: Filter[] = [
  { out: 1, in: 1, ky: 1, kx: 1 },
  { out: 8, in: 4, ky: 1, kx: 2 },
  { out: 11, in: 3, ky: 3, kx: 5 },
  { out: 3, in: 9, ky: 2, kx: 3 },
];
const orders: readonly (readonly [Order, Order])[] = [
  ['plain', 'tiles'],
  ['tiles', 'plain'],
  ['tiles', 'tiles'],
];

export const spec: OpSpec<1, LayoutAttrs> = {
  op: layoutOp,
  linearIn: 0,
  reference: ([x], { filter, from, to, flip }) => {
    const out = new Float64Array(size(filterShape(filter, to)));
    for (let a = 0; a < filter.out; a++)
      for (let b = 0; b < filter.in; b++)
        for (let ky = 0; ky < filter.ky; ky++)
          for (let kx = 0; kx < filter.kx; kx++) {
            const source = flip
              ? at(flipped(filter), from, b, a, filter.ky - 1 - ky, filter.kx - 1 - kx)
              : at(filter, from, a, b, ky, kx);
            out[at(filter, to, a, b, ky, kx)] = x.data[source] ?? 0;
          }
    return out;
  },
  cases: filters.flatMap((filter) =>
    orders.flatMap(([from, to]) =>
      [false, true].map((flip) => ({
        name: `${Object.values(filter)} ${from} to ${to}${flip ? ', flipped' : ''}`,
        shapes: [filterShape(flip ? flipped(filter) : filter, from)] as const,
        attrs: { filter, from, to, flip },
      })),
    ),
  ),
  rejects: [
    {
      name: 'other weights',
      shapes: [[4, 4, 3]],
      attrs: { filter: { out: 4, in: 4, ky: 3, kx: 3 }, from: 'plain', to: 'tiles', flip: false },
      message: /conv2d_layout wants weights \[4, 4, 3, 3\], got \[4, 4, 3\]/,
    },
  ],
};
