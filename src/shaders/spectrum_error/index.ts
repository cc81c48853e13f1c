import { shapeError } from '../../base/errors';
import { type Shape, sameShape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import complex from '../lib/complex.wgsl';
import flat from '../lib/flat.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import wgsl from './spectrum_error.wgsl';
import gradWgsl from './spectrum_error_grad.wgsl';

const lib = [flat, complex];
const uniforms = { C: 'u32', N: 'u32' } as const;
const variants = [{ WG: 64 }, { WG: 256 }];
const kernel = defineKernel({
  name: 'spectrum_error',
  wgsl,
  lib,
  binds: ['read', 'read', 'write'],
  uniforms,
  variants,
});
const gradKernel = defineKernel({
  name: 'spectrum_error_grad',
  wgsl: gradWgsl,
  lib,
  binds: ['read', 'read', 'read', 'write'],
  uniforms,
  variants,
});

interface Comparison {
  /** Channels for themselves: their phases against each other do not count. */
  readonly each: boolean;
}

/** [C, H, W] of two complex feature maps. */
function planes(name: string, x: Shape, y: Shape): readonly [C: number, H: number, W: number] {
  const [two, C, H, W] = x;
  if (x.length !== 4 || two !== 2 || C === undefined || H === undefined || W === undefined || !sameShape(x, y)) {
    throw shapeError(name, 'two equal complex feature maps [2, C, H, W]', x, y);
  }
  return [C, H, W];
}

export const spectrumErrorOp: Op<2, Comparison> = defineOp<2, Comparison>({
  name: 'spectrum_error',
  infer: ([x, y]) => planes('spectrum_error', x, y).slice(1),
  forward([x, y], e, { each }) {
    const [C, H, W] = planes('spectrum_error', x.shape, y.shape);
    return [
      launch({
        kernel,
        bind: [x, y, e],
        overrides: { EACH: each ? 1 : 0 },
        uniforms: { C, N: H * W },
        grid: ({ WG }) => flatGrid(H * W, WG),
        flops: 20 * C * H * W,
      }),
    ];
  },
  // It is symmetric in x and y: either may turn.
  backward: ({ g, x: [x, y], dy, attrs, needs }) => [
    needs(0) ? g.apply(spectrumErrorGradOp, [x, y, dy], attrs) : null,
    needs(1) ? g.apply(spectrumErrorGradOp, [y, x, dy], attrs) : null,
  ],
});

/** Gradient with respect to x, from x, y [2, C, H, W] and that of the error [H, W]. It has no derivative itself. */
export const spectrumErrorGradOp: Op<3, Comparison> = defineOp<3, Comparison>({
  name: 'spectrum_error_grad',
  infer([x, y, de]) {
    const [, H, W] = planes('spectrum_error_grad', x, y);
    if (!sameShape(de, [H, W])) throw shapeError('spectrum_error_grad', `a third value [${H}, ${W}]`, de);
    return x;
  },
  forward([x, y, de], dx, { each }) {
    const C = x.shape[1] ?? 1;
    const N = size(de.shape);
    return [
      launch({
        kernel: gradKernel,
        bind: [x, y, de, dx],
        overrides: { EACH: each ? 1 : 0 },
        uniforms: { C, N },
        grid: ({ WG }) => flatGrid(N, WG),
        flops: 20 * C * N,
      }),
    ];
  },
  backward: () => [null, null, null],
});

/**
 * At each frequency but 0 the squared distance of a spectrum x from y, times the number of modulus 1 that makes it
 * least: the distance to all pictures with the moduli of y, and its channels' phases against each other (section 3.2
 * of Liu, Gousseau and Xia, "Texture Synthesis Through Convolutional Neural Networks and Spectrum Constraints", 2016).
 * Where x and y are orthogonal the gradient is that of the phases of y. Both differentiable, once.
 * @param x, y [2, C, H, W]: planes of real and of imaginary parts, frequency 0 first.
 * @param each Every channel by itself: moduli only. Default false.
 * @returns [H, W].
 * @throws EngineError `ShapeError` when these are not two equal complex maps.
 */
export const spectrumError = (g: Builder, x: Ref, y: Ref, each = false): Ref =>
  g.apply(spectrumErrorOp, [x, y], { each });
