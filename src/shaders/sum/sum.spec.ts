import { size } from '../../base/shape';
import type { OpSpec } from '../op';
import { dotOp, sumOp } from './index';

const plain = (x: Float64Array): number => x.reduce((s, v) => s + v, 0);
/** Not centred on zero, so that the sum is as large as its parts and the tolerance means something. */
const values = (_: number, __: number, u: number): number => 0.6 + u;
const shapes = [
  ['one element', [1]],
  ['exactly one workgroup', [4, 8, 8]],
  ['ragged', [3, 7, 11]],
  ['one long part', [2, 1500]],
  ['exactly four parts', [16, 32, 32]],
  ['several ragged parts', [3, 101, 109]],
] as const;

const ofSum: OpSpec<1, { scale: number }> = {
  op: sumOp,
  reference: ([x], { scale }) => Float64Array.of(scale * plain(x.data)),
  cases: shapes.map(([name, s]) => ({ name, shapes: [s], attrs: { scale: 1 / size(s) }, values })),
  linearIn: 0,
  rtol: 1e-6,
};

const ofDot: OpSpec<2, { scale: number }> = {
  op: dotOp,
  reference: ([a, b], { scale }) => Float64Array.of(scale * plain(a.data.map((v, i) => v * (b.data[i] ?? 0)))),
  cases: shapes.map(([name, s]) => ({ name, shapes: [s, s], attrs: { scale: 0.5 }, values })),
  rejects: [
    {
      name: 'unequal shapes',
      shapes: [[2, 3], [6]],
      attrs: { scale: 1 },
      message: /dot wants two equal shapes, got \[2/,
    },
  ],
  linearIn: 1,
  rtol: 2e-6,
};

export const specs: OpSpec[] = [ofSum, ofDot];
