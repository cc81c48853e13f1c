import { type Shape, size } from '../../base/shape';
import type { Case, OpSpec, Tuple } from '../op';
import { type ConvNdAttrs, convNdOp, convNdTransposeOp, convNdWeightGradOp } from './index';
import { eachTap } from './reference';
import { type WindowOptions, windowOf } from './window';

interface Conv {
  readonly name: string;
  readonly x: Shape;
  readonly w: Shape;
  readonly y: Shape;
  readonly attrs: ConvNdAttrs;
}

/** A convolution of a map of three axes; those of fewer have 1 in front. */
function conv(
  name: string,
  N: number,
  C: number,
  O: number,
  groups: number,
  ...window: [Shape, Shape, WindowOptions]
): Conv {
  const w = windowOf('spec', ...window);
  return {
    name,
    x: [N, C, ...w.x],
    w: [O, C / groups, ...w.kernel],
    y: [N, O, ...w.y],
    attrs: { window: w, groups },
  };
}

const convs: Conv[] = [
  conv('one pixel', 1, 1, 1, 1, [1], [1], {}),
  conv('one workgroup', 1, 2, 4, 1, [4, 4], [3, 3], { pads: [1, 1, 1, 1] }),
  conv('ragged, batch, asymmetric', 2, 3, 5, 1, [7, 9], [3, 2], { strides: [2, 1], pads: [1, 0, 2, 3] }),
  conv('two groups, dilated', 1, 4, 6, 2, [9, 8], [3, 3], { dilations: [2, 1], pads: [2, 1, 2, 1] }),
  conv('depthwise with a multiplier, strided', 1, 3, 6, 3, [7, 7], [3, 3], { strides: [2, 3] }),
  conv('one axis', 2, 2, 3, 1, [17], [5], { strides: [2], dilations: [2], pads: [3, 1] }),
  conv('three axes', 1, 2, 2, 1, [4, 5, 3], [2, 3, 2], { strides: [1, 2, 1], pads: [0, 1, 1, 1, 0, 0] }),
];

/** Calls `step` with flat places in x, w and y of all that multiply. */
function each(
  { window, groups }: ConvNdAttrs,
  x: Shape,
  w: Shape,
  step: (x: number, w: number, y: number) => void,
): void {
  const [N = 0, C = 0] = x;
  const [O = 0, own = 0] = w;
  const [nx, ny, nk] = [size(window.x), size(window.y), size(window.kernel)];
  eachTap(window, (p, k, q) => {
    for (let n = 0; n < N; n++) {
      for (let o = 0; o < O; o++) {
        const first = Math.floor(o / (O / groups)) * own;
        for (let c = 0; c < own; c++) {
          step((n * C + first + c) * nx + q, (o * own + c) * nk + k, (n * O + o) * ny + p);
        }
      }
    }
  });
}

const add = (to: Float64Array, i: number, v: number): void => {
  to[i] = (to[i] ?? 0) + v;
};
const cases = (shapes: (c: Conv) => Tuple<Shape, 2>): Case<2, ConvNdAttrs>[] =>
  convs.map((c) => ({ name: c.name, shapes: shapes(c), attrs: c.attrs }));
const any = conv('', 1, 4, 6, 2, [5, 5], [3, 3], {});

const forward: OpSpec<2, ConvNdAttrs> = {
  op: convNdOp,
  reference([x, w], attrs) {
    const out = new Float64Array(size(convNdOp.infer([x.shape, w.shape], attrs)));
    each(attrs, x.shape, w.shape, (i, j, k) => add(out, k, (x.data[i] ?? 0) * (w.data[j] ?? 0)));
    return out;
  },
  cases: cases((c) => [c.x, c.w]),
  rejects: [
    { name: 'channels', shapes: [[1, 3, 1, 5, 5], any.w], attrs: any.attrs, message: /2 groups of filters.*\[1, 3, / },
    { name: 'sides', shapes: [[1, 4, 1, 5, 6], any.w], attrs: any.attrs, message: /a map \[N, C, 1, 5, 5\]/ },
  ],
  linearIn: 0,
};

const transpose: OpSpec<2, ConvNdAttrs> = {
  op: convNdTransposeOp,
  reference([y, w], attrs) {
    const shape = convNdTransposeOp.infer([y.shape, w.shape], attrs);
    const out = new Float64Array(size(shape));
    each(attrs, shape, w.shape, (i, j, k) => add(out, i, (y.data[k] ?? 0) * (w.data[j] ?? 0)));
    return out;
  },
  cases: cases((c) => [c.y, c.w]),
  rejects: [{ name: 'channels', shapes: [[1, 5, 1, 3, 3], any.w], attrs: any.attrs, message: /2 groups of filters/ }],
  linearIn: 0,
};

const weightGrad: OpSpec<2, ConvNdAttrs> = {
  op: convNdWeightGradOp,
  reference([x, dy], attrs) {
    const w = convNdWeightGradOp.infer([x.shape, dy.shape], attrs);
    const out = new Float64Array(size(w));
    each(attrs, x.shape, w, (i, j, k) => add(out, j, (x.data[i] ?? 0) * (dy.data[k] ?? 0)));
    return out;
  },
  cases: cases((c) => [c.x, c.y]),
  rejects: [{ name: 'batch', shapes: [any.x, [2, ...any.y.slice(1)]], attrs: any.attrs, message: /maps of one batch/ }],
};

export const specs: OpSpec[] = [forward, transpose, weightGrad] as OpSpec[];
