import type { OpSpec } from '../op';
import { type Conv, filterShape } from './geometry';
import { weightGradOp } from './ops';
import { products, tries, yShape, zeros } from './reference';

export const spec: OpSpec<2, Conv> = {
  op: weightGradOp,
  linearIn: 1,
  reference([x, dy], conv) {
    const out = zeros(filterShape(conv.filter, 'tiles'));
    products(x.shape, conv, (y, k, i) => {
      out[k] = (out[k] ?? 0) + (dy.data[y] ?? 0) * (x.data[i] ?? 0);
    });
    return out;
  },
  cases: tries.map((t) => ({ name: t.name, shapes: [t.x, yShape(t)], attrs: t.conv })),
  rejects: [
    {
      name: 'a gradient of another map',
      shapes: [
        [2, 6, 6],
        [4, 6, 6],
      ],
      attrs: {
        filter: { out: 4, in: 2, ky: 3, kx: 3 },
        stride: [1, 1],
        pad: [0, 0, 0, 0],
        border: ['zeros', 'zeros'],
      },
      message: /the gradient of a map \[4, 4, 4\], got \[4, 6, 6\]/,
    },
  ],
};
