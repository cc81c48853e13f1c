// conv2d, its gradient in x and its gradient in the weights, as ops on weights in tiles. The gradients of each are the
// other two, so they stand together. All three go by the kernels of direct.ts or gemm.ts.
import { EngineError, shapeError } from '../../base/errors';
import { chw, type Shape, sameShape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Applied, type Builder, defineOp, type Fused, launch, type Op, type Ref } from '../op';
import { haloLaunch, padGradOp } from '../pad';
import { ops } from '../pointwise';
import { channelSum } from '../sum';
import weightGradWgsl from './conv2d_weight_grad.wgsl';
import { convLaunches } from './direct';
import { type Conv, checkFilter, convShape, filterShape, flipped, tileOf } from './geometry';
import { flip, layoutOp } from './layout';

const weightGradKernel = defineKernel({
  name: 'conv2d_weight_grad',
  wgsl: weightGradWgsl,
  lib: [globalIndex],
  binds: ['read', 'read', 'write'],
  uniforms: {
    n: 'u32',
    c: 'u32',
    o: 'u32',
    ky: 'u32',
    kx: 'u32',
    v: 'u32',
    h: 'u32',
    w: 'u32',
    row: 'u32',
    plane: 'u32',
    sy: 'u32',
    sx: 'u32',
  },
  variants: [{ WG: 64 }],
});

export interface ConvAttrs extends Conv {
  /** max(y, 0) before it is stored. Only fusion sets it: the op as such has no derivative then. */
  readonly relu?: boolean;
}

/** y = conv(x, w in tiles) + bias. Inputs: x [C, H, W], w (conv2d_layout), and perhaps bias [O]. */
export const convOp: Op<number, ConvAttrs> = defineOp<number, ConvAttrs>({
  name: 'conv2d',
  tiling: {
    rule: 'window',
    maps: [0],
    window: ({ filter, stride, pad, border }) => ({ size: [filter.ky, filter.kx], stride, pad, border }),
  },
  infer([x = [], w = [], bias], attrs) {
    const y = convShape('conv2d', x, attrs);
    checkFilter('conv2d', w, attrs.filter);
    if (bias && !sameShape(bias, [attrs.filter.out])) throw shapeError('conv2d', `a bias [${attrs.filter.out}]`, bias);
    return y;
  },
  forward([x, w, bias], y, { filter, stride, pad, border, sums, relu: clip }, scratch) {
    if (!x || !w) throw new EngineError('ShapeError', 'conv2d wants a map and filters');
    const halo = { top: pad[0], left: pad[1], border };
    return convLaunches(x, w, y, { filter, stride, halo, bias, relu: clip ?? false, sums }, scratch);
  },
  backward({ g, x: [x, w, bias], dy, attrs, needs }) {
    if (!x || !w) return [];
    const { filter, stride, pad, border, sums } = attrs;
    const conv = { filter, stride, pad, border, ...(sums && { sums }) };
    return [
      needs(0) ? inputGrad(g, dy, flip(g, w, filter), conv, [x.shape[1] ?? 0, x.shape[2] ?? 0]) : null,
      needs(1) ? g.apply(weightGradOp, [x, dy], conv) : null,
      ...(bias ? [needs(2) ? channelSum(g, dy) : null] : []),
    ];
  },
  fuseNext(self: Applied<ConvAttrs>, next): Fused | null {
    if (next.op !== ops.relu || self.attrs.relu) return null;
    return { op: convOp, x: self.x, attrs: { ...self.attrs, relu: true } };
  },
});

/** The convolution whose adjoint this is, and the size of its input. */
export interface InputGradAttrs extends Conv {
  readonly size: readonly [H: number, W: number];
}

/** Whether the adjoint is itself one convolution of dy along an axis: with zeros, and on a torus that stride divides. */
const direct = ({ border, stride }: Conv, axis: 0 | 1, size: number, out: number): boolean =>
  border[axis] === 'zeros' || (border[axis] === 'wrap' && size === out * stride[axis]);

/**
 * dx [C, H, W] = adjoint of conv2d at dy [O, H', W'], given the flipped weights in tiles: a convolution of dy, spread
 * by the stride, with the kernels turned round. A third input M, of the shape of dy, lets dy count only where M > 0:
 * the derivative of a relu, which fusion puts here.
 */
export const inputGradOp: Op<number, InputGradAttrs> = defineOp<number, InputGradAttrs>({
  name: 'conv2d_input_grad',
  infer([dy = [], w = [], mask], { size, ...conv }) {
    const dx: Shape = [conv.filter.in, ...size];
    const want = convShape('conv2d_input_grad', dx, conv);
    if (!sameShape(dy, want)) {
      throw shapeError('conv2d_input_grad', `the gradient of a map [${want.join(', ')}]`, dy);
    }
    if (mask && !sameShape(mask, dy)) throw shapeError('conv2d_input_grad', 'a mask like dy', mask, dy);
    checkFilter('conv2d_input_grad', w, flipped(conv.filter));
    for (const axis of [0, 1] as const) {
      if (!direct(conv, axis, size[axis], want[axis + 1] ?? 0)) {
        throw new EngineError(
          'ShapeError',
          `conv2d_input_grad has border ${conv.border[axis]} on a side of ${size[axis]} at stride ${conv.stride[axis]}`,
          'Take the gradient of the padded map and fold it with pad_grad, as inputGrad() does.',
        );
      }
    }
    return dx;
  },
  forward([dy, w, mask], y, { filter, stride, pad, border, sums }, scratch) {
    if (!dy || !w) throw new EngineError('ShapeError', 'conv2d_input_grad wants dy and weights');
    const halo = { top: filter.ky - 1 - pad[0], left: filter.kx - 1 - pad[1], border, spread: stride, mask };
    return convLaunches(dy, w, y, { filter: flipped(filter), stride: [1, 1], halo, sums }, scratch);
  },
  backward({ g, x: [dy, w, mask], dy: d, attrs: { size: _, ...conv }, needs }) {
    if (!dy || !w) return [];
    const masked = (r: Ref): Ref => (mask ? g.apply(ops.reluMask, [mask, r], {}) : r);
    return [
      needs(0) ? masked(g.apply(convOp, [d, flip(g, w, flipped(conv.filter))], conv)) : null,
      needs(1) ? flip(g, g.apply(weightGradOp, [d, masked(dy)], conv), conv.filter) : null,
      ...(mask ? [null] : []),
    ];
  },
  fusePrevious(self: Applied<InputGradAttrs>, k, previous): Fused | null {
    const [m, dy] = previous.x;
    const w = self.x[1];
    if (k !== 0 || previous.op !== ops.reluMask || self.x.length !== 2 || !m || !dy || !w) return null;
    return { op: inputGradOp, x: [dy, w, m], attrs: self.attrs };
  },
});

/** dx [C, H, W] from dy and flipped tiles, whatever the border: what is no convolution goes by way of the padded map. */
export function inputGrad(g: Builder, dy: Ref, w: Ref, conv: Conv, size: readonly [H: number, W: number]): Ref {
  const [H, W] = size;
  if (direct(conv, 0, H, dy.shape[1] ?? 0) && direct(conv, 1, W, dy.shape[2] ?? 0)) {
    return g.apply(inputGradOp, [dy, w], { ...conv, size });
  }
  const [t, l, b, r] = conv.pad;
  const padded = g.apply(inputGradOp, [dy, w], {
    ...conv,
    pad: [0, 0, 0, 0],
    border: ['zeros', 'zeros'],
    size: [H + t + b, W + l + r],
  });
  return g.apply(padGradOp, [padded], { pad: conv.pad, border: conv.border });
}

/** Gradient of conv2d's weights, in tiles: from x [C, H, W] and dy [O, H', W']. Simple and exact, not fast. */
export const weightGradOp: Op<2, Conv> = defineOp<2, Conv>({
  name: 'conv2d_weight_grad',
  infer([x, dy], conv) {
    const want = convShape('conv2d_weight_grad', x, conv);
    if (!sameShape(dy, want)) {
      throw shapeError('conv2d_weight_grad', `the gradient of a map [${want.join(', ')}]`, dy);
    }
    return filterShape(conv.filter, 'tiles');
  },
  forward([x, dy], y, { filter, stride, pad, border }, scratch) {
    const [C, H, W] = chw('conv2d_weight_grad', x.shape);
    const [o, h, w] = chw('conv2d_weight_grad', dy.shape);
    const bare = pad.every((p) => p === 0);
    const padded = bare ? x : scratch([C, H + pad[0] + pad[2], W + pad[1] + pad[3]]);
    const [, ph, pw] = chw('conv2d_weight_grad', padded.shape);
    const n = size(y.shape);
    const grad = launch({
      kernel: weightGradKernel,
      bind: [padded, dy, y],
      uniforms: {
        n,
        c: C,
        o,
        ky: filter.ky,
        kx: filter.kx,
        v: tileOf(o),
        h,
        w,
        row: pw,
        plane: ph * pw,
        sy: stride[0],
        sx: stride[1],
      },
      grid: ({ WG }) => flatGrid(n, WG),
      flops: 2 * o * h * w * C * filter.ky * filter.kx,
    });
    return bare ? [grad] : [haloLaunch(x, padded, { top: pad[0], left: pad[1], border }), grad];
  },
  backward({ g, x: [x, dy], dy: d, attrs, needs }) {
    const [, H = 0, W = 0] = x.shape;
    return [
      needs(0) ? inputGrad(g, dy, flip(g, d, attrs.filter), attrs, [H, W]) : null,
      needs(1) ? g.apply(convOp, [x, d], attrs) : null,
    ];
  },
});

/**
 * The gradient in filters w [O, C, Ky, Kx] of a convolution with them, or, with `flip`, with those of the transposed
 * convolution.
 */
export function filterGrad(g: Builder, x: Ref, dy: Ref, conv: Conv, flip: boolean): Ref {
  const filter = flip ? flipped(conv.filter) : conv.filter;
  return g.apply(layoutOp, [g.apply(weightGradOp, [x, dy], conv)], { filter, from: 'tiles', to: 'plain', flip });
}
