import type { Case, OpSpec } from '../op';
import type { Borders, Pads } from '../pad/border';
import { type Conv, filter3x3 } from './geometry';
import { type MatrixAttrs, type MatrixFilterAttrs, matrixFilterOp, matrixFilterShape, matrixOp } from './matrix';
import type { MatrixUnit } from './policy';
import { rolls } from './reference';
import { spec as winograd } from './winograd.spec';

type Shape = readonly number[];

/** Numbers that an f16 holds exactly: what is tested is the sums, not the rounding of what goes in. */
const exact = (u: number): number => Math.round(u * 512) / 512;
/** Element i of the filters of every case: those in blocks must be of the same. */
const weight = (i: number): number => exact(((i * 7919 + 13) % 1009) / 504.5 - 1);

/** Filters in blocks, element by element. */
function blocked(w: Shape, at: (i: number) => number, { side, flip }: MatrixFilterAttrs): Float64Array {
  const filter = filter3x3('reference', w, flip);
  const { out: a, in: b } = filter;
  const [rows = 0, columns = 0] = matrixFilterShape(filter, { side });
  return Float64Array.from({ length: rows * columns * 9 * side * side }, (_, i) => {
    const [c, o, tap] = [i % side, Math.floor(i / side) % side, Math.floor(i / side ** 2) % 9];
    const block = Math.floor(i / (9 * side ** 2));
    const [p, q] = [Math.floor(block / columns) * side + o, (block % columns) * side + c];
    if (p >= a || q >= b) return 0;
    return at(flip ? (q * a + p) * 9 + 8 - tap : (p * b + q) * 9 + tap);
  });
}

interface Options {
  readonly pad?: Pads;
  readonly border?: Borders;
  readonly flip?: boolean;
  readonly extra?: 'bias' | 'mask';
  readonly relu?: boolean;
}

function attempt(
  unit: MatrixUnit,
  name: string,
  x: readonly [C: number, H: number, W: number],
  other: number,
  options: Options = {},
): Case<number, MatrixAttrs> {
  const { pad = [1, 1, 1, 1], border = ['zeros', 'zeros'], flip = false, ...rest } = options;
  const w = flip ? [x[0], other, 3, 3] : [other, x[0], 3, 3];
  const filter = blocked(w, weight, { side: unit.side, flip });
  const extra = rest.extra === 'bias' ? [[other]] : rest.extra === 'mask' ? [x] : [];
  return {
    name,
    shapes: [x, w, matrixFilterShape({ out: other, in: x[0], ky: 3, kx: 3 }, unit), ...extra],
    attrs: { ...unit, pad, border, flip, ...rest },
    values: (k, i, u) => (k === 1 ? weight(i) : k === 2 ? (filter[i] ?? 0) : exact(u)),
  };
}

const wrap: Borders = ['wrap', 'wrap'];

function specOf(unit: MatrixUnit): OpSpec<number, MatrixAttrs> {
  const { side } = unit;
  const tried = attempt.bind(null, unit);
  return {
    op: matrixOp,
    matrices: unit,
    f16: { inputs: [0, 1, 2, 3] },
    differentiable: [0, 1],
    // The sums are f32; what is stored is rounded to 11 bits, and so are gradients and their seeds.
    rtol: 6e-4,
    reference: (x, attrs) => winograd.reference(x, { ...attrs, tile: 2 }),
    cases: [
      tried('one pixel', [1, 1, 1], 1),
      tried('exact tiles, wrap', [side, 4, 2 * side], 2 * side, { border: wrap }),
      tried('ragged', [5, 7, 11], 9),
      tried('ragged, wrap, several blocks', [side + 3, 5, side + 5], 3 * side + 1, { border: wrap }),
      tried('several workgroups of channels', [2, 5, 3], 8 * side + 3),
      tried('valid', [3, 6, 9], 4, { pad: [0, 0, 0, 0] }),
      tried('flipped', [5, 6, 7], 9, { flip: true }),
      tried('flipped, masked', [4, 5, 8], 5, { flip: true, extra: 'mask' }),
      tried('bias, uneven pads', [2, 4, 5], 9, { pad: [2, 0, 1, 2], extra: 'bias' }),
      tried('reflect and wrap', [3, 5, 6], 3, { border: ['reflect', 'wrap'] }),
      tried('replicate and reflect', [2, 5, 6], 3, { border: ['replicate', 'reflect'] }),
    ],
    torus({ pad, border, extra }) {
      const conv: Conv = { filter: { out: 1, in: 1, ky: 3, kx: 3 }, stride: [1, 1], pad, border };
      return extra === 'mask' || pad.some((p) => p !== 1) ? null : rolls(conv);
    },
    rejects: [
      {
        ...tried('channels that differ', [2, 8, 8], 4),
        shapes: [[3, 8, 8], [4, 2, 3, 3], matrixFilterShape({ out: 4, in: 2, ky: 3, kx: 3 }, { side })],
        message: /x is \[3, 8, 8\], but the filters \[4, 2, 3, 3\] take 2/,
      },
      {
        ...tried('large pads', [2, 8, 8], 4, { pad: [3, 0, 0, 0] }),
        message: /wants pads of 0 to 2, got \[3, 0, 0, 0\]/,
      },
      {
        ...tried('filters that are not in blocks', [2, 8, 8], 4),
        shapes: [
          [2, 8, 8],
          [4, 2, 3, 3],
          [4, 2, 3, 3],
        ],
        message: /wants filters in blocks \[1, 1, 9/,
      },
      {
        ...tried('another bias', [2, 8, 8], 4, { extra: 'bias' }),
        shapes: [[2, 8, 8], [4, 2, 3, 3], matrixFilterShape({ out: 4, in: 2, ky: 3, kx: 3 }, { side }), [5]],
        message: /wants a bias \[4\], got \[5\]/,
      },
    ],
  };
}

const filter: OpSpec<1, MatrixFilterAttrs> = {
  op: matrixFilterOp,
  differentiable: [],
  reference: ([w], attrs) => blocked(w.shape, (i) => w.data[i] ?? 0, attrs),
  cases: [
    { name: 'tiny', shapes: [[1, 1, 3, 3]], attrs: { side: 8, flip: false } },
    { name: 'exact blocks', shapes: [[16, 8, 3, 3]], attrs: { side: 8, flip: false } },
    { name: 'exact blocks, flipped', shapes: [[16, 32, 3, 3]], attrs: { side: 16, flip: true } },
    { name: 'ragged, flipped', shapes: [[9, 17, 3, 3]], attrs: { side: 8, flip: true } },
    { name: 'ragged', shapes: [[17, 5, 3, 3]], attrs: { side: 16, flip: false } },
  ],
  rejects: [
    { name: '5 x 5', shapes: [[4, 4, 5, 5]], attrs: { side: 8, flip: false }, message: /filters \[O, C, 3, 3\]/ },
  ],
};

/** Newer llvmpipes have the first kind of matrices, NVIDIA's GPUs the second: what the adapter lacks is skipped. */
export const specs: OpSpec[] = [specOf({ side: 8, lanes: 8 }), specOf({ side: 16, lanes: 32 }), filter];
