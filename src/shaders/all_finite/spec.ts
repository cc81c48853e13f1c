import type { OpSpec } from '../op';
import { allFiniteOp } from './index';

const spec: OpSpec<1, Readonly<Record<string, never>>> = {
  op: allFiniteOp,
  // Finite inputs only: the kit compares numbers. What else there is, test/optimisers.test.ts tries.
  reference: () => Float64Array.of(0),
  cases: [
    { name: 'one element', shapes: [[1]], attrs: {}, values: () => 3e38 },
    { name: 'exactly one part', shapes: [[4, 32, 32]], attrs: {} },
    { name: 'ragged parts', shapes: [[3, 41, 43]], attrs: {}, values: (_, i, u) => (i % 2 === 0 ? 1e-42 : u) },
  ],
  differentiable: [],
};

export const specs: OpSpec[] = [spec];
