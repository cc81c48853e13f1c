import type { Conv } from '../conv2d/geometry';
import { products, tries, yShape, zeros } from '../conv2d/reference';
import { bankShape } from '../conv2d_layout';
import type { OpSpec } from '../op';
import { weightGradOp } from './index';

export const spec: OpSpec<2, Conv> = {
  op: weightGradOp,
  linearIn: 1,
  reference([x, dy], conv) {
    const out = zeros(bankShape(conv.bank, 'tiles'));
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
        bank: { a: 4, b: 2, ky: 3, kx: 3 },
        stride: [1, 1],
        pad: [0, 0, 0, 0],
        border: ['zeros', 'zeros'],
      },
      message: /the gradient of a map \[4, 4, 4\], got \[4, 6, 6\]/,
    },
  ],
};
