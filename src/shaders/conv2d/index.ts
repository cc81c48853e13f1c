import { EngineError, shapeError } from '../../base/errors';
import { chw, sameShape } from '../../base/shape';
import { channelSum } from '../channel_mean';
import { inputGrad } from '../conv2d_input_grad';
import { flip, tiles } from '../conv2d_layout';
import { matrixConv } from '../conv2d_matrix';
import { weightGradOp } from '../conv2d_weight_grad';
import { winograd } from '../conv2d_winograd';
import { type Applied, type Builder, defineOp, type Fused, type Op, type Ref } from '../op';
import type { Border, Borders, Pads } from '../pad/border';
import { ops, relu } from '../pointwise';
import { type Algorithm, chosen } from './algorithm';
import { bankOf, type Conv, checkBank, convShape } from './geometry';
import { convLaunches } from './launches';

export { convTranspose2d } from '../conv2d_input_grad';
export { algorithmFor, chooseConvolutions } from './algorithm';
export type { Algorithm, Border, Borders, Pads };

export interface ConvAttrs extends Conv {
  /** max(y, 0) before it is stored. Only fusion sets it: the op as such has no derivative then. */
  readonly relu?: boolean;
}

/** y = conv(x, w in tiles) + bias. Inputs: x [C, H, W], w (conv2d_layout), and perhaps bias [O]. */
export const convOp: Op<number, ConvAttrs> = defineOp<number, ConvAttrs>({
  name: 'conv2d',
  infer([x = [], w = [], bias], attrs) {
    const y = convShape('conv2d', x, attrs);
    checkBank('conv2d', w, attrs.bank);
    if (bias && !sameShape(bias, [attrs.bank.a])) throw shapeError('conv2d', `a bias [${attrs.bank.a}]`, bias);
    return y;
  },
  forward([x, w, bias], y, { bank, stride, pad, border, sums, relu: clip }, scratch) {
    if (!x || !w) throw new EngineError('ShapeError', 'conv2d wants a map and filters');
    const halo = { top: pad[0], left: pad[1], border };
    return convLaunches(x, w, y, { bank, stride, halo, bias, relu: clip ?? false, sums }, scratch);
  },
  backward({ g, x: [x, w, bias], dy, attrs, needs }) {
    if (!x || !w) return [];
    const { bank, stride, pad, border, sums } = attrs;
    const conv = { bank, stride, pad, border, ...(sums && { sums }) };
    return [
      needs(0) ? inputGrad(g, dy, flip(g, w, bank), conv, [x.shape[1] ?? 0, x.shape[2] ?? 0]) : null,
      needs(1) ? g.apply(weightGradOp, [x, dy], conv) : null,
      ...(bias ? [needs(2) ? channelSum(g, dy) : null] : []),
    ];
  },
  fuseNext(self: Applied<ConvAttrs>, next): Fused | null {
    if (next.op !== ops.relu || self.attrs.relu) return null;
    return { op: convOp, x: self.x, attrs: { ...self.attrs, relu: true } };
  },
});

function summed(g: Builder, x: Ref, w: Ref, bias: Ref | undefined, attrs: Conv): Ref {
  const laid = tiles(g, w);
  return g.apply(convOp, bias ? [x, laid, bias] : [x, laid], attrs);
}

export interface ConvOptions {
  /** [O], added to every pixel. */
  readonly bias?: Ref;
  /** Rows and columns from one output to the next. Default [1, 1]. */
  readonly stride?: readonly [sy: number, sx: number];
  /** Pixels added at [top, left, bottom, right]. Default none. */
  readonly pad?: Pads;
  /** What is added, [vertical, horizontal]. Default zeros. */
  readonly border?: Borders;
  /** Followed by max(y, 0), in the same launch where plans fuse. */
  readonly relu?: boolean;
  /** How it and its gradients are computed. Default 'auto': as `chooseConvolutions` says for the graph, else direct. */
  readonly algorithm?: Algorithm | 'auto';
}

/**
 * Convolution as networks mean it (cross-correlation): x [C, H, W] with filters w [O, C, Ky, Kx] in ONNX order gives
 * [O, H', W'], H' = floor((H + top + bottom - Ky) / sy) + 1. Any kernel size and stride, one group. With border
 * 'wrap' and pad (K - 1) / 2 it commutes exactly with rolling the map (Winograd's algorithms: with rolls by whole tiles).
 * @throws EngineError `ShapeError`: channels that differ, a kernel larger than the padded map, a pad that its border
 * cannot supply (reflect wants pad < size, wrap wants pad <= size), an algorithm that cannot compute it.
 */
export function conv2d(g: Builder, x: Ref, w: Ref, options: ConvOptions = {}): Ref {
  const { bias, stride = [1, 1], pad = [0, 0, 0, 0], border = ['zeros', 'zeros'] } = options;
  const attrs = { bank: bankOf('conv2d', w.shape), stride, pad, border };
  const shape = convShape('conv2d', x.shape, attrs); // before any node is made
  const algorithm = chosen(g, attrs, chw('conv2d', shape), options.algorithm ?? 'auto');
  const common = { pad, border, ...(bias && { bias }) };
  const y =
    algorithm === 'matrix'
      ? matrixConv(g, x, w, common)
      : algorithm === 'direct' || algorithm === 'gemm'
        ? summed(g, x, w, bias, algorithm === 'gemm' ? { ...attrs, sums: 'gemm' } : attrs)
        : winograd(g, x, w, { tile: algorithm === 'winograd2' ? 2 : 4, ...common });
  return options.relu ? relu(g, y) : y;
}
