import { Rng } from '../../base/rng';
import type { Case, OpSpec } from '../op';
import { type SparseMap, type SparseRemapAttrs, sparseRemapOp, transposed } from './index';

type Sides = readonly [H: number, W: number];

/** A map from `from` to `to` whose row i has taps(i) entries, of any weights, to any pixels. */
function anyMap([h, w]: Sides, [H, W]: Sides, taps: (i: number) => number, seed: number): SparseMap {
  const rng = new Rng(seed, 1);
  const start = new Uint32Array(H * W + 1);
  for (let i = 0; i < H * W; i++) start[i + 1] = (start[i] ?? 0) + taps(i);
  const entries = start[H * W] ?? 0;
  const index = Uint32Array.from({ length: entries }, () => rng.below(h * w));
  return { start, index, weight: Float32Array.from(index, () => 2 * rng.uniform() - 0.5) };
}

function mapped(
  name: string,
  C: number,
  from: Sides,
  to: Sides,
  taps: (i: number) => number,
): Case<7, SparseRemapAttrs> {
  const map = anyMap(from, to, taps, name.length);
  const back = transposed(map, from[0] * from[1]);
  const lists = [map, back].flatMap(({ start, index, weight }) => [start, index, weight]);
  return {
    name,
    shapes: [[C, ...from], ...lists.map((l) => [l.length])],
    attrs: { to },
    values: (k, i, u) => (k === 0 ? u : (lists[k - 1]?.[i] ?? Number.NaN)),
  };
}

const several = (
  name: string,
  lanes: readonly [number, number],
  c: Case<7, SparseRemapAttrs>,
): Case<7, SparseRemapAttrs> => ({
  ...c,
  name,
  attrs: { ...c.attrs, lanes },
});

const wrong = (
  name: string,
  message: RegExp,
  ...shapes: number[][]
): Case<7, SparseRemapAttrs> & { message: RegExp } => ({
  name,
  shapes,
  attrs: { to: [2, 2] },
  message,
});

export const spec: OpSpec<7, SparseRemapAttrs> = {
  op: sparseRemapOp,
  reference([x, start, index, weight], { to: [H, W] }) {
    if (!x || !start || !index || !weight) throw new Error('seven inputs');
    const [C = 1, h = 1, w = 1] = x.shape;
    const out = new Float64Array(C * H * W);
    for (let c = 0; c < C; c++) {
      for (let i = 0; i < H * W; i++) {
        let sum = 0;
        for (let k = start.data[i] ?? 0; k < (start.data[i + 1] ?? 0); k++) {
          sum += (weight.data[k] ?? Number.NaN) * (x.data[c * h * w + (index.data[k] ?? Number.NaN)] ?? Number.NaN);
        }
        out[c * H * W + i] = sum;
      }
    }
    return out;
  },
  cases: [
    mapped('one pixel', 1, [1, 1], [1, 1], () => 1),
    mapped('exactly one workgroup, an index map', 1, [8, 8], [8, 8], () => 1),
    mapped('ragged, four taps, several channels', 3, [5, 7], [5, 7], () => 4),
    mapped('to another size, many channels', 6, [4, 9], [11, 5], (i) => i % 4),
    mapped('long rows, and pixels nobody reads', 2, [9, 9], [3, 3], (i) => (i === 4 ? 70 : 1)),
    several(
      'several lanes',
      [1, 16],
      mapped('ragged', 3, [5, 7], [5, 7], () => 4),
    ),
    several(
      'several lanes for long rows',
      [16, 8],
      mapped('long', 2, [3, 3], [3, 11], (i) => (i === 4 ? 300 : i % 3)),
    ),
  ],
  rejects: [
    wrong('no map', /a feature map/, [4], [5], [4], [4], [5], [4], [4]),
    wrong(
      'starts of another size',
      /sparse_remap wants row starts \[5\], got \[4\]/,
      [3, 2, 2],
      [4],
      [4],
      [4],
      [5],
      [4],
      [4],
    ),
    wrong('weights of another length', /as many weights/, [3, 2, 2], [5], [4], [3], [5], [4], [4]),
    wrong(
      'a transpose of another size',
      /sparse_remap \(transposed\) wants row starts \[7\]/,
      [3, 2, 3],
      [5],
      [4],
      [4],
      [5],
      [4],
      [4],
    ),
    wrong('another transpose', /as many entries/, [3, 2, 2], [5], [4], [4], [5], [6], [6]),
  ],
  differentiable: [0],
  indices: [1, 2, 4, 5],
  linearIn: 0,
  rtol: 1e-6,
};
