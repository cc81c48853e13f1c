import type { OpSpec } from '../op';
import { mulMaskOp } from './index';

export const spec: OpSpec<2, Readonly<Record<string, never>>> = {
  op: mulMaskOp,
  reference: ([x, m]) => x.data.map((v, i) => v * (m.data[i % m.data.length] ?? 0)),
  cases: [
    {
      name: 'one pixel',
      shapes: [
        [2, 1, 1],
        [1, 1, 1],
      ],
      attrs: {},
    },
    {
      name: 'exactly one workgroup',
      shapes: [
        [4, 4, 4],
        [1, 4, 4],
      ],
      attrs: {},
    },
    {
      name: 'ragged',
      shapes: [
        [3, 5, 19],
        [1, 5, 19],
      ],
      attrs: {},
    },
  ],
  rejects: [
    {
      name: 'a mask of another size',
      shapes: [
        [3, 4, 5],
        [1, 5, 4],
      ],
      attrs: {},
      message: /mulMask wants one number for each pixel, \[1, 4, 5\], got \[1, 5, 4\]/,
    },
  ],
  linearIn: 0,
};
