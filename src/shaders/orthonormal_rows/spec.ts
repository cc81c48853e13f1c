import type { OpSpec } from '../op';
import { orthonormalRowsOp } from './index';

const shapes = [
  [1, 1],
  [1, 64],
  [8, 64],
  [5, 7],
  [7, 65],
  [64, 67],
  [17, 130],
] as const;

export const spec: OpSpec<1, object> = {
  op: orthonormalRowsOp,
  reference([x]) {
    const [P = 1, K = 1] = x.shape;
    const rows: Float64Array[] = [];
    for (let i = 0; i < P; i++) {
      const row = x.data.slice(i * K, (i + 1) * K);
      const before = Math.hypot(...row);
      for (const other of [...rows, ...rows]) {
        const along = row.reduce((s, v, k) => s + v * (other[k] ?? 0), 0);
        for (let k = 0; k < K; k++) row[k] = (row[k] ?? 0) - along * (other[k] ?? 0);
      }
      const after = Math.hypot(...row);
      rows.push(row.map((v) => (after > 1e-5 * before ? v / after : 0)));
    }
    return Float64Array.from(rows.flatMap((r) => [...r]));
  },
  cases: [
    ...shapes.map((s) => ({ name: `[${s}]`, shapes: [s] as const, attrs: {} })),
    {
      // Almost parallel rows: one pass of Gram and Schmidt would leave them at an angle.
      name: 'rows far apart in length, close in direction',
      shapes: [[3, 16]] as const,
      attrs: {},
      values: (_: number, i: number, u: number) => 10 ** (2 - Math.floor(i / 16)) * (1 + 0.02 * u),
    },
    {
      name: 'a row twice, and a row of zeros',
      shapes: [[4, 8]] as const,
      attrs: {},
      values: (_: number, i: number) => [1, 1, 0, (i % 8) - 2][Math.floor(i / 8)] ?? 0,
    },
  ],
  rejects: [
    { name: 'a vector', shapes: [[4]], attrs: {}, message: /a matrix/ },
    { name: 'more rows than columns', shapes: [[4, 3]], attrs: {}, message: /P at most K and 256/ },
    { name: 'more rows than it keeps', shapes: [[257, 300]], attrs: {}, message: /P at most K and 256/ },
  ],
  differentiable: [],
  rtol: 3e-5,
};
