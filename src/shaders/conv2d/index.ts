// Convolution of maps [C, H, W] with filters [O, C, Ky, Kx], one group; conv_nd is the plain kernel for all else.
//
//   algorithm.ts              which of the algorithms below a convolution takes
//   geometry.ts               sizes: filters, a convolution, its result
//   layout.ts                 filters in the order that the kernels read
//   ops.ts                    conv2d and its two gradients as ops, by
//     direct.ts               sums as written, each thread reading memory for itself, or by
//     gemm.ts                 a matrix product in workgroup memory
//   winograd.ts               the same by Winograd's minimal filtering: winograd_filter.ts transforms the filters,
//                             winograd_launches.ts cuts the map into tiles
//   matrix.ts                 the same by cooperative matrices, in f16; matrix_filter.ts lays out the filters
//
// Winograd and matrices are ops of their own; their gradient in the weights is that of ops.ts. Each file has its spec
// beside it, and spec.ts gathers them.
import { shapeError } from '../../base/errors';
import { checkOptions, flag, numbers, type OptionNames, pairOf } from '../../base/known_options';
import { chw, sameShape } from '../../base/shape';
import type { Builder, Ref } from '../op';
import { BORDERS, type Border, type Borders, type Pads } from '../pad/border';
import { relu } from '../pointwise';
import { chosen } from './algorithm';
import { type Conv, convShape, filterOf } from './geometry';
import { flippedTiles, tiles } from './layout';
import { matrixConv } from './matrix';
import { convOp, inputGrad } from './ops';
import type { Algorithm } from './policy';
import { winograd } from './winograd';

export { algorithmFor } from './algorithm';
export type { Algorithm, Border, Borders, Pads };

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
  /** How it and its gradients are computed. Default 'auto': as the graph's policy says, else direct. */
  readonly algorithm?: Algorithm | 'auto';
}

const CONV_OPTIONS: OptionNames<ConvOptions> = {
  bias: true,
  stride: numbers(2),
  pad: numbers(4),
  border: pairOf(BORDERS),
  relu: flag,
  algorithm: ['auto', 'direct', 'gemm', 'winograd2', 'winograd4', 'matrix'],
};

/**
 * Convolution as networks mean it (cross-correlation): x [C, H, W] with filters w [O, C, Ky, Kx] in ONNX order gives
 * [O, H', W'], H' = floor((H + top + bottom - Ky) / sy) + 1. Any kernel size and stride, one group. With border
 * 'wrap' and pad (K - 1) / 2 it commutes exactly with rolling the map (Winograd's algorithms: with rolls by whole tiles).
 * @throws EngineError `ShapeError`: channels that differ, a kernel larger than the padded map, a pad that its border
 * cannot supply (reflect wants pad < size, wrap wants pad <= size), an algorithm that cannot compute it.
 */
export function conv2d(g: Builder, x: Ref, w: Ref, options: ConvOptions = {}): Ref {
  checkOptions('conv2d', options, CONV_OPTIONS);
  const { bias, stride = [1, 1], pad = [0, 0, 0, 0], border = ['zeros', 'zeros'] } = options;
  const attrs = { filter: filterOf('conv2d', g.node(w).shape), stride, pad, border };
  const shape = convShape('conv2d', g.node(x).shape, attrs); // before any node is made
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
  checkOptions('convTranspose2d', options, {
    size: numbers(2),
    stride: numbers(2),
    pad: numbers(4),
    border: pairOf(BORDERS),
  });
  const { stride = [1, 1], pad = [0, 0, 0, 0], border = ['zeros', 'zeros'] } = options;
  const filter = filterOf('convTranspose2d', g.node(w).shape);
  const [, h = 0, wide = 0] = g.node(x).shape;
  const size = options.size ?? [
    stride[0] * (h - 1) + filter.ky - pad[0] - pad[2],
    stride[1] * (wide - 1) + filter.kx - pad[1] - pad[3],
  ];
  const conv = { filter, stride, pad, border };
  const want = convShape('convTranspose2d', [filter.in, ...size], conv);
  if (!sameShape(x.shape, want)) throw shapeError('convTranspose2d', `a map [${want.join(', ')}]`, x.shape);
  return inputGrad(g, x, flippedTiles(g, w), conv, size);
}
