import { EngineError, shapeError } from '../../base/errors';
import { type Shape, sameShape } from '../../base/shape';
import { convOp } from '../conv2d';
import { bankOf, type Conv, checkBank, convShape } from '../conv2d/geometry';
import { convLaunches } from '../conv2d/launches';
import { type Bank, flip, flippedTiles } from '../conv2d_layout';
import { weightGradOp } from '../conv2d_weight_grad';
import { type Applied, type Builder, defineOp, type Fused, type Op, type Ref } from '../op';
import { padGradOp } from '../pad';
import type { Borders, Pads } from '../pad/border';
import { ops } from '../pointwise';

/** The convolution whose adjoint this is, and the size of its input. */
export interface InputGradAttrs extends Conv {
  readonly size: readonly [H: number, W: number];
}

const flipped = ({ a, b, ky, kx }: Bank): Bank => ({ a: b, b: a, ky, kx });

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
    const dx: Shape = [conv.bank.b, ...size];
    const want = convShape('conv2d_input_grad', dx, conv);
    if (!sameShape(dy, want)) {
      throw shapeError('conv2d_input_grad', `the gradient of a map [${want.join(', ')}]`, dy);
    }
    if (mask && !sameShape(mask, dy)) throw shapeError('conv2d_input_grad', 'a mask like dy', mask, dy);
    checkBank('conv2d_input_grad', w, flipped(conv.bank));
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
  forward([dy, w, mask], y, { bank, stride, pad, border, sums }, scratch) {
    if (!dy || !w) throw new EngineError('ShapeError', 'conv2d_input_grad wants dy and weights');
    const halo = { top: bank.ky - 1 - pad[0], left: bank.kx - 1 - pad[1], border, spread: stride, mask };
    return convLaunches(dy, w, y, { bank: flipped(bank), stride: [1, 1], halo, sums }, scratch);
  },
  backward({ g, x: [dy, w, mask], dy: d, attrs: { size: _, ...conv }, needs }) {
    if (!dy || !w) return [];
    const masked = (r: Ref): Ref => (mask ? g.apply(ops.reluMask, [mask, r], {}) : r);
    return [
      needs(0) ? masked(g.apply(convOp, [d, flip(g, w, flipped(conv.bank))], conv)) : null,
      needs(1) ? flip(g, g.apply(weightGradOp, [d, masked(dy)], conv), conv.bank) : null,
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

export interface ConvTransposeOptions {
  /** Size of the result. Default: the smallest map whose convolution has the size of x. */
  readonly size?: readonly [H: number, W: number];
  readonly stride?: readonly [sy: number, sx: number];
  readonly pad?: Pads;
  readonly border?: Borders;
}

/**
 * Transposed convolution: the adjoint of `conv2d` with the same filters and options. x [O, H', W'] with
 * w [O, C, Ky, Kx] (ONNX's ConvTranspose calls these [C_in, C_out, Ky, Kx]) gives [C, H, W]; by default
 * H = sy (H' - 1) + Ky - top - bottom. Differentiable in x and w.
 * @throws EngineError `ShapeError` when conv2d of the result would not have the shape of x.
 */
export function convTranspose2d(g: Builder, x: Ref, w: Ref, options: ConvTransposeOptions = {}): Ref {
  const { stride = [1, 1], pad = [0, 0, 0, 0], border = ['zeros', 'zeros'] } = options;
  const bank = bankOf('convTranspose2d', w.shape);
  const [, h = 0, wide = 0] = x.shape;
  const size = options.size ?? [
    stride[0] * (h - 1) + bank.ky - pad[0] - pad[2],
    stride[1] * (wide - 1) + bank.kx - pad[1] - pad[3],
  ];
  const conv = { bank, stride, pad, border };
  const want = convShape('convTranspose2d', [bank.b, ...size], conv);
  if (!sameShape(x.shape, want)) throw shapeError('convTranspose2d', `a map [${want.join(', ')}]`, x.shape);
  return inputGrad(g, x, flippedTiles(g, w), conv, size);
}
