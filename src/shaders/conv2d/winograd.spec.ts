import { size } from '../../base/shape';
import type { Case, OpSpec } from '../op';
import { type Borders, type Pads, sourceOf } from '../pad/border';
import { type Conv, convShape, filter3x3 } from './geometry';
import { type Tile, type WinogradAttrs, winogradFilterShape, winogradOp } from './winograd';
import { transformed } from './winograd_filter.spec';

type Border = Borders[number];

/** Element i of the filters of every case: the transformed filters must be of the same. */
const weight = (i: number): number => Math.fround(((i * 7919 + 13) % 1009) / 504.5 - 1);

interface Options {
  readonly pad?: Pads;
  readonly border?: Borders;
  readonly flip?: boolean;
  readonly extra?: 'bias' | 'mask';
  readonly relu?: boolean;
  readonly most?: number;
}

function attempt(
  name: string,
  x: readonly [C: number, H: number, W: number],
  other: number,
  tile: Tile,
  options: Options = {},
): Case<number, WinogradAttrs> {
  const { pad = [1, 1, 1, 1], border = ['zeros', 'zeros'], flip = false, ...rest } = options;
  const w = flip ? [x[0], other, 3, 3] : [other, x[0], 3, 3];
  const filter = transformed(w, weight, { tile, flip });
  const extra = rest.extra === 'bias' ? [[other]] : rest.extra === 'mask' ? [x] : [];
  return {
    name: `F(${tile}) ${name}`,
    shapes: [x, w, winogradFilterShape({ out: other, in: x[0], ky: 3, kx: 3 }, { tile }), ...extra],
    attrs: { tile, pad, border, flip, ...rest },
    values: (k, i, u) => (k === 1 ? weight(i) : k === 2 ? (filter[i] ?? 0) : u),
  };
}

const both = (v: Border): Borders => [v, v];
// Each border and each kind of input with one of the tiles at least: a pipeline takes a software adapter its time.
const cases = ([2, 4] as const).flatMap((tile) => [
  attempt('one pixel', [1, 1, 1], 1, tile),
  attempt('exact tiles, wrap', [4, 8, 12], 8, tile, { border: both('wrap') }),
  attempt('ragged', [5, 7, 11], 9, tile),
  attempt('ragged, wrap', [6, 5, 13], 10, tile, { border: both('wrap') }),
  attempt('valid', [3, 6, 9], 4, tile, { pad: [0, 0, 0, 0] }),
  attempt('flipped', [5, 6, 7], 9, tile, { flip: true }),
  attempt('flipped, masked', [4, 5, 8], 5, tile, { flip: true, extra: 'mask' }),
  attempt('in chunks', [3, 9 * tile, 8 * tile - 1], 5, tile, { most: 1 }),
  attempt('several blocks of tiles', [1, 23 * tile, 24 * tile - 1], 2, tile),
]);
cases.push(
  attempt('wrap, smaller than a tile', [2, 2, 1], 5, 4, { border: both('wrap') }),
  attempt('bias, uneven pads', [2, 4, 5], 9, 4, { pad: [2, 0, 1, 2], extra: 'bias' }),
  attempt('reflect and wrap', [3, 5, 6], 3, 4, { border: ['reflect', 'wrap'] }),
  attempt('replicate and reflect', [2, 5, 6], 3, 2, { border: ['replicate', 'reflect'] }),
);

const attrs: WinogradAttrs = { tile: 2, flip: false, pad: [1, 1, 1, 1], border: both('zeros') };
const reject = (
  name: string,
  shapes: readonly (readonly number[])[],
  given: Partial<WinogradAttrs>,
  message: RegExp,
): Case<number, WinogradAttrs> & { readonly message: RegExp } => ({
  name,
  shapes,
  attrs: { ...attrs, ...given },
  message,
});
const w = [4, 2, 3, 3];
const filter = winogradFilterShape({ out: 4, in: 2, ky: 3, kx: 3 }, { tile: 2 });

export const spec: OpSpec<number, WinogradAttrs> = {
  op: winogradOp,
  linearIn: 0,
  differentiable: [0, 1],
  // The convolution itself, from the filters as they were: what the transforms are for is what they must not change.
  reference([x, w, , extra], { flip, pad, border, extra: kind, relu }) {
    if (!x || !w) return new Float64Array();
    const own = filter3x3('reference', w.shape, flip);
    const conv: Conv = { filter: own, stride: [1, 1], pad, border };
    const [, H = 0, W = 0] = x.shape;
    const shape = convShape('reference', x.shape, conv);
    const [, h = 0, wide = 0] = shape;
    const out = new Float64Array(size(shape));
    for (let at = 0; at < out.length; at++) {
      const [o, i, j] = [Math.floor(at / (h * wide)), Math.floor(at / wide) % h, at % wide];
      let sum = kind === 'bias' ? (extra?.data[o] ?? 0) : 0;
      for (let tap = 0; tap < 9; tap++) {
        const y = sourceOf(i + Math.floor(tap / 3) - pad[0], H, border[0]);
        const z = sourceOf(j + (tap % 3) - pad[1], W, border[1]);
        if (y < 0 || z < 0) continue;
        for (let c = 0; c < own.in; c++) {
          const from = (c * H + y) * W + z;
          if (kind === 'mask' && !((extra?.data[from] ?? 0) > 0)) continue;
          sum +=
            (x.data[from] ?? 0) * (w.data[flip ? (c * own.out + o) * 9 + 8 - tap : (o * own.in + c) * 9 + tap] ?? 0);
        }
      }
      out[at] = relu ? Math.max(sum, 0) : sum;
    }
    return out;
  },
  cases,
  // Tiles stay tiles only when rolled by whole ones on a torus that they divide.
  torus({ tile, pad, border, extra }, [x = []]) {
    const [, H = 0, W = 0] = x;
    const whole = H % tile === 0 && W % tile === 0 && pad.every((p) => p === 1) && extra !== 'mask';
    const roll = [tile, 2 * tile] as const;
    return whole && border.every((e) => e === 'wrap') ? { rollIn: roll, rollOut: roll } : null;
  },
  rejects: [
    reject(
      'channels that differ',
      [[3, 8, 8], w, filter],
      {},
      /x is \[3, 8, 8\], but the filters \[4, 2, 3, 3\] take 2/,
    ),
    reject('large pads', [[2, 8, 8], w, filter], { pad: [3, 0, 0, 0] }, /wants pads of 0 to 2, got \[3, 0, 0, 0\]/),
    reject('other filters', [[2, 8, 8], [4, 2, 1, 1], filter], {}, /wants filters \[O, C, 3, 3\], got \[4, 2, 1, 1\]/),
    reject('filters of another tile', [[2, 8, 8], w, filter], { tile: 4 }, /transformed filters \[36, 1, 1, 8, 4\]/),
    reject('another bias', [[2, 8, 8], w, filter, [5]], { extra: 'bias' }, /wants a bias \[4\], got \[5\]/),
    reject('another mask', [[2, 8, 8], w, filter, [2, 8, 7]], { extra: 'mask' }, /wants a mask like x/),
  ],
};
