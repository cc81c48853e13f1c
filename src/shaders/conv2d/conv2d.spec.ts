import type { OpSpec } from '../op';
import { type ConvAttrs, convOp } from './ops';
import { gemmTries, products, type Rejected, rolls, tries, wShape, yShape, zeros } from './reference';

const filter = { out: 4, in: 2, ky: 3, kx: 3 };
const tile = [1, 2, 3, 3, 4];
const base: ConvAttrs = { filter, stride: [1, 1], pad: [0, 0, 0, 0], border: ['zeros', 'zeros'] };
const reject = (
  name: string,
  shapes: readonly (readonly number[])[],
  attrs: Partial<ConvAttrs>,
  message: RegExp,
): Rejected<ConvAttrs> => ({ name, shapes, attrs: { ...base, ...attrs }, message });

export const spec: OpSpec<number, ConvAttrs> = {
  op: convOp,
  linearIn: 0,
  reference([x, w, bias], attrs) {
    const out = zeros(yShape({ name: '', x: (x?.shape ?? []) as never, conv: attrs }));
    if (!x || !w) return out;
    products(x.shape, attrs, (y, k, i) => {
      out[y] = (out[y] ?? 0) + (w.data[k] ?? 0) * (x.data[i] ?? 0);
    });
    const plane = out.length / attrs.filter.out;
    return bias ? out.map((v, i) => v + (bias.data[Math.floor(i / plane)] ?? 0)) : out;
  },
  cases: [
    ...[...tries, ...gemmTries].map((t) => ({ name: t.name, shapes: [t.x, wShape(t)], attrs: t.conv })),
    ...[...tries, ...gemmTries]
      .filter((t) => /ragged|stride 2 zeros|1x1, exact/.test(t.name))
      .map((t) => ({ name: `${t.name}, bias`, shapes: [t.x, wShape(t), [t.conv.filter.out]], attrs: t.conv })),
  ],
  // A stride on odd sides is no map of one torus to another; the stride-2 case with odd sides is left out by its kernel.
  torus: (attrs) => rolls(attrs, attrs.stride[0] === 1 || attrs.filter.out === 9),
  rejects: [
    reject('channels that differ', [[3, 8, 8], tile], {}, /x is \[3, 8, 8\], but the filters \[4, 2, 3, 3\] take 2/),
    reject('a kernel larger than the map', [[2, 8, 2], tile], {}, /3 x 3, larger than its padded map of 8 x 2/),
    reject(
      'too much reflection',
      [[2, 3, 4], tile],
      { pad: [3, 0, 0, 0], border: ['reflect', 'zeros'] },
      /conv2d with border reflect wants a pad smaller than the height/,
    ),
    reject(
      'too much wrap',
      [[2, 3, 4], tile],
      { pad: [0, 5, 0, 0], border: ['zeros', 'wrap'] },
      /conv2d with border wrap wants a pad no larger than the width/,
    ),
    reject('a stride of nothing', [[2, 8, 8], tile], { stride: [0, 1] }, /whole numbers, got \[0, 1\]/),
    reject('no map', [[8, 8], tile], {}, /conv2d wants a feature map \[C, H, W\], got \[8, 8\]/),
    reject(
      'plain weights',
      [
        [2, 8, 8],
        [4, 2, 3, 3],
      ],
      {},
      /weights in tiles \[1, 2, 3, 3, 4\]/,
    ),
    reject('another bias', [[2, 8, 8], tile, [5]], {}, /conv2d wants a bias \[4\], got \[5\]/),
  ],
};
