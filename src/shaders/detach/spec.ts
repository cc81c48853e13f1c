import type { OpSpec } from '../op';
import { detachOp } from './index';

export const spec: OpSpec<1, Readonly<Record<string, never>>> = {
  op: detachOp,
  reference: ([x]) => x.data.slice(),
  cases: [
    { name: 'one element', shapes: [[1]], attrs: {} },
    { name: 'exactly one workgroup', shapes: [[4, 4, 4]], attrs: {} },
    { name: 'ragged', shapes: [[3, 5, 7]], attrs: {} },
  ],
  differentiable: [],
};
