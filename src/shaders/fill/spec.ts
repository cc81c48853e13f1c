import { size } from '../../base/shape';
import type { OpSpec } from '../op';
import { fillOp } from './index';

export const spec: OpSpec<0, { shape: readonly number[]; value: number }> = {
  op: fillOp,
  reference: (_, { shape, value }) => new Float64Array(size(shape)).fill(value),
  cases: [
    { name: 'one element', shapes: [], attrs: { shape: [1], value: 3 } },
    { name: 'exactly one workgroup', shapes: [], attrs: { shape: [8, 8], value: -0.25 } },
    { name: 'ragged', shapes: [], attrs: { shape: [3, 5, 7], value: 0 } },
  ],
  rejects: [{ name: 'nothing', shapes: [], attrs: { shape: [0, 4], value: 1 }, message: /at least one element/ }],
};
