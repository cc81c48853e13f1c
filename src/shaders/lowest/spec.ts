import type { Case, OpSpec } from '../op';
import { below, word } from '../patch_vote/spec';
import { type LowestAttrs, lowestOp } from './index';

const cases: Case<1, LowestAttrs>[] = (
  [
    ['one column', 1, 1, 1],
    ['one workgroup, all kept', 2, 64, 64],
    ['fewer than asked for', 2, 7, 32],
    ['ragged', 3, 211, 32],
  ] as const
).map(([name, rows, N, count]) => ({
  name,
  shapes: [[rows, N]] as const,
  attrs: { count },
  // In the last row many are equal, and some large.
  values: (_, i, u) => (i < (rows - 1) * N ? word(u) : i % 7 === 0 ? word(u) : below(9, u)),
}));

export const spec: OpSpec<1, LowestAttrs> = {
  op: lowestOp,
  indices: [0],
  reference([{ shape, data }], { count }) {
    const [rows = 0, N = 0] = shape;
    const at = (row: number, column: number): number => data[row * N + column] ?? 0;
    const columns = Array.from({ length: N }, (_, k) => k).sort((a, b) => at(rows - 1, a) - at(rows - 1, b) || a - b);
    const kept = columns.slice(0, count);
    return Float64Array.from({ length: rows * kept.length }, (_, i) =>
      at(Math.floor(i / kept.length), kept[i % kept.length] ?? 0),
    );
  },
  cases,
  rejects: [{ name: 'a list', shapes: [[9]], attrs: { count: 3 }, message: /rows of whole numbers \[rows, N\]/ }],
};
