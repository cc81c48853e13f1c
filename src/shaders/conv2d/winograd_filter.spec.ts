import { size } from '../../base/shape';
import type { OpSpec } from '../op';
import { filter3x3 } from './geometry';
import { type Tile, type WinogradFilterAttrs, winogradFilterOp, winogradFilterShape } from './winograd';

const [h, q] = [Math.SQRT1_2, Math.SQRT2];
/** The matrices G of F(2, 3) and F(4, 3): [1, p, p^2] over the product of p's distances to the other points. */
const G: Readonly<Record<Tile, readonly (readonly number[])[]>> = {
  2: [0, 1, -1].map((p) => gRow(p, [0, 1, -1])).concat([[0, 0, 1]]),
  4: [0, h, -h, q, -q].map((p) => gRow(p, [0, h, -h, q, -q])).concat([[0, 0, 1]]),
};

function gRow(p: number, points: readonly number[]): number[] {
  const n = points.reduce((product, other) => (other === p ? product : product * (p - other)), 1);
  // By custom F(2, 3) has a positive first row; the sign moves to the other transform.
  const sign = points.length === 3 && p === 0 ? -1 : 1;
  return [1, p, p * p].map((v) => (sign * v) / n);
}

/** U in f64, of filters given by their elements. */
export function transformed(
  shape: readonly number[],
  w: (i: number) => number,
  { tile, flip }: WinogradFilterAttrs,
): Float64Array {
  const filter = filter3x3('reference', shape, flip);
  const { out: a, in: b } = filter;
  const out = new Float64Array(size(winogradFilterShape(filter, { tile })));
  const n = tile + 2;
  const blocks = Math.ceil(a / 8);
  const quads = Math.ceil(b / 4);
  for (let k = 0; k < n * n; k++)
    for (let o = 0; o < a; o++)
      for (let c = 0; c < b; c++) {
        let sum = 0;
        for (let i = 0; i < 3; i++)
          for (let j = 0; j < 3; j++) {
            const at = flip ? (c * a + o) * 9 + 8 - (3 * i + j) : (o * b + c) * 9 + 3 * i + j;
            sum += (G[tile][Math.floor(k / n)]?.[i] ?? 0) * (G[tile][k % n]?.[j] ?? 0) * w(at);
          }
        out[(((k * blocks + Math.floor(o / 8)) * quads + Math.floor(c / 4)) * 8 + (o % 8)) * 4 + (c % 4)] = sum;
      }
  return out;
}

const cases: readonly (readonly [name: string, shape: readonly number[], tile: Tile, flip: boolean])[] = [
  ['one filter', [1, 1, 3, 3], 2, false],
  ['one filter, tiles of 4', [1, 1, 3, 3], 4, false],
  ['exact blocks', [8, 4, 3, 3], 4, false],
  ['exact blocks, flipped', [4, 8, 3, 3], 2, true],
  ['ragged', [11, 6, 3, 3], 2, false],
  ['ragged, flipped', [11, 6, 3, 3], 4, true],
];

export const spec: OpSpec<1, WinogradFilterAttrs> = {
  op: winogradFilterOp,
  differentiable: [],
  reference: ([w], attrs) => transformed(w.shape, (i) => w.data[i] ?? 0, attrs),
  cases: cases.map(([name, shape, tile, flip]) => ({ name, shapes: [shape] as const, attrs: { tile, flip } })),
  rejects: [
    {
      name: 'larger filters',
      shapes: [[4, 4, 5, 5]],
      attrs: { tile: 2, flip: false },
      message: /winograd_filter wants filters \[O, C, 3, 3\], got \[4, 4, 5, 5\]/,
    },
  ],
};
