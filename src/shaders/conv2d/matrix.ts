import { EngineError, invariant, shapeError } from '../../base/errors';
import { chw, type Shape, sameShape } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { type Applied, type Builder, defineOp, type Fused, launch, type Op, type Ref } from '../op';
import { padGradOp } from '../pad';
import { BORDER, type Borders, type Pads } from '../pad/border';
import { ops } from '../pointwise';
import { channelSum } from '../sum';
import wgsl from './conv2d_matrix.wgsl';
import { type Conv, convShape, filter3x3, window3x3 } from './geometry';
import { matrixFilter, matrixFilterShape, type Side } from './matrix_filter';
import { filterGrad } from './ops';
import pixel from './pixel.wgsl';
import type { MatrixUnit } from './policy';

export type { Side };

/** The feature of an adapter that has cooperative matrices, as Dawn calls it; browsers and types do not know it yet. */
export const MATRICES = 'chromium-experimental-subgroup-matrix' as GPUFeatureName;

const source = {
  lib: [pixel],
  binds: ['read', 'read', 'read', 'read', 'write'],
  uniforms: { c: 'u32', o: 'u32', oh: 'u32', ow: 'u32', h: 'i32', w: 'i32', top: 'i32', left: 'i32' },
  variants: [{ TEAMS: 4 }, { TEAMS: 2 }, { TEAMS: 1 }],
  needs: () => ({ features: [MATRICES] }),
} as const;
// The size of a matrix is part of its type, and so of the text.
const kernels = {
  8: defineKernel({ name: 'conv2d_matrix', wgsl, ...source }),
  16: defineKernel({ name: 'conv2d_matrix16', wgsl: wgsl.replace('const SIDE = 8;', 'const SIDE = 16;'), ...source }),
} as const;

export interface MatrixAttrs extends MatrixUnit {
  /** Convolve with the filters turned round and their channel axes exchanged, as gradients do. */
  readonly flip: boolean;
  /** Each 0 to 2. */
  readonly pad: Pads;
  readonly border: Borders;
  /** What the fourth input is: a bias [O] to add, or a mask of x's shape: x counts only where it is positive. */
  readonly extra?: 'bias' | 'mask';
  /** max(y, 0) before it is stored. Only fusion sets it: the op as such has no derivative then. */
  readonly relu?: boolean;
}

const convOf = (w: Shape, { flip, pad, border }: MatrixAttrs): Conv => ({
  filter: filter3x3('conv2d_matrix', w, flip),
  stride: [1, 1],
  pad,
  border,
});

/**
 * y [O, H', W'] = conv(x, w) + bias by cooperative matrices: factors and results f16, sums f32. Only in f16, and only
 * where asked for. Inputs: x [C, H, W]; w [O, C, 3, 3], whose derivative this gives, though the kernel never reads it; the
 * same filters in blocks (`matrixFilter`); and perhaps a bias or a mask. In one order at every pixel, so rolls of a torus
 * are exact.
 */
export const matrixOp: Op<number, MatrixAttrs> = defineOp<number, MatrixAttrs>({
  name: 'conv2d_matrix',
  tiling: { rule: 'window', maps: [0], window: window3x3 },
  infer([x = [], w = [], filter = [], extra], attrs) {
    const conv = convOf(w, attrs);
    const y = convShape('conv2d_matrix', x, conv);
    if (attrs.pad.some((p) => p > 2)) {
      throw new EngineError('ShapeError', `conv2d_matrix wants pads of 0 to 2, got [${attrs.pad.join(', ')}]`);
    }
    const want = matrixFilterShape(conv.filter, attrs.side);
    if (!sameShape(filter, want)) throw shapeError('conv2d_matrix', `filters in blocks [${want.join(', ')}]`, filter);
    if (!extra !== !attrs.extra)
      throw invariant(`conv2d_matrix with ${attrs.extra ?? 'no'} extra, and ${extra ?? 'none'}`);
    if (extra && !sameShape(extra, attrs.extra === 'bias' ? [conv.filter.out] : x)) {
      throw attrs.extra === 'bias'
        ? shapeError('conv2d_matrix', `a bias [${conv.filter.out}]`, extra)
        : shapeError('conv2d_matrix', 'a mask like x', extra, x);
    }
    return y;
  },
  forward([x, , filter, extra], y, { side, lanes, pad, border, extra: kind, relu = false }) {
    if (!x || !filter) throw new EngineError('ShapeError', 'conv2d_matrix wants a map and filters');
    const [c, h, w] = chw('conv2d_matrix', x.shape);
    const [o, oh, ow] = chw('conv2d_matrix', y.shape);
    const bias = kind === 'bias' ? extra : undefined;
    const mask = kind === 'mask' ? extra : undefined;
    return [
      launch({
        kernel: kernels[side],
        bind: [x, mask ?? x, filter, bias ?? x, y],
        overrides: {
          LANES: lanes,
          BV: BORDER[border[0]],
          BH: BORDER[border[1]],
          MASK: mask ? 1 : 0,
          BIAS: bias ? 1 : 0,
          RELU: relu ? 1 : 0,
        },
        uniforms: { c, o, oh, ow, h, w, top: pad[0], left: pad[1] },
        grid: ({ TEAMS }) => [Math.ceil(ow / side), Math.ceil(oh / 4), Math.ceil(o / (2 * side * TEAMS))],
        flops: 2 * o * oh * ow * c * 9,
      }),
    ];
  },
  backward({ g, x: [x, w, , extra], dy, attrs, needs }) {
    if (!x || !w) return [];
    const masked = (r: Ref): Ref => (extra && attrs.extra === 'mask' ? g.apply(ops.reluMask, [extra, r], {}) : r);
    return [
      needs(0) ? masked(inputGrad(g, dy, w, attrs, [x.shape[1] ?? 0, x.shape[2] ?? 0])) : null,
      needs(1) ? filterGrad(g, masked(x), dy, convOf(w.shape, attrs), attrs.flip) : null,
      null, // the filters again: their derivative has gone to w
      ...(extra ? [attrs.extra === 'bias' && needs(3) ? channelSum(g, dy) : null] : []),
    ];
  },
  fuseNext(self: Applied<MatrixAttrs>, next): Fused | null {
    if (next.op !== ops.relu || self.attrs.relu) return null;
    return { op: matrixOp, x: self.x, attrs: { ...self.attrs, relu: true } };
  },
  fusePrevious(self: Applied<MatrixAttrs>, k, previous): Fused | null {
    const [mask, dy] = previous.x;
    const [, w, filter] = self.x;
    if (k !== 0 || previous.op !== ops.reluMask || self.attrs.extra || !mask || !dy || !w || !filter) return null;
    return { op: matrixOp, x: [dy, w, filter, mask], attrs: { ...self.attrs, extra: 'mask' } };
  },
});

/** The adjoint at dy, for an input of H x W: again a convolution, perhaps of the padded map. */
function inputGrad(g: Builder, dy: Ref, w: Ref, attrs: MatrixAttrs, [H, W]: readonly [number, number]): Ref {
  const { side, lanes, border } = attrs;
  const flip = !attrs.flip;
  const filter = matrixFilter(g, w, { side, flip });
  const convolved = (pad: Pads, borders: Borders): Ref =>
    g.apply(matrixOp, [dy, w, filter], { side, lanes, flip, pad, border: borders });
  const [t, l, b, r] = attrs.pad;
  // With zeros, and round a torus, what is taken from where is the same either way.
  const same = [H === dy.shape[1], W === dy.shape[2]];
  if (border.every((e, axis) => e === 'zeros' || (e === 'wrap' && same[axis]))) {
    return convolved([2 - t, 2 - l, 2 - b, 2 - r], border);
  }
  return g.apply(padGradOp, [convolved([2, 2, 2, 2], ['zeros', 'zeros'])], { pad: attrs.pad, border });
}

/**
 * 3x3 convolution at stride 1 by cooperative matrices: x [C, H, W], stored as f16, with filters w [O, C, 3, 3] and
 * perhaps a bias [O] gives [O, H', W'], H' = H + top + bottom - 2. Pads of 0 to 2. Differentiable in all.
 * @throws EngineError `ShapeError` as conv2d, and for other filters or larger pads.
 */
export function matrixConv(
  g: Builder,
  x: Ref,
  w: Ref,
  { bias, ...attrs }: { pad: Pads; border: Borders; bias?: Ref },
): Ref {
  const unit = g.policy.matrices;
  if (!unit || x.dtype !== 'f16')
    throw invariant(`matrices of ${x.dtype} values, on ${unit ? 'an' : 'no'} adapter with them`);
  const filter = matrixFilter(g, w, { side: unit.side, flip: false });
  return bias
    ? g.apply(matrixOp, [x, w, filter, bias], { ...unit, ...attrs, flip: false, extra: 'bias' })
    : g.apply(matrixOp, [x, w, filter], { ...unit, ...attrs, flip: false });
}
