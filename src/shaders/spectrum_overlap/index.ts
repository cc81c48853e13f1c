import { EngineError, shapeError } from '../../base/errors';
import { checkValues, flag } from '../../base/known_options';
import { type Shape, sameShape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import complex from '../lib/complex.wgsl';
import globalIndex from '../lib/global_index.wgsl';
import bins from '../lib/spectrum_bins.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import wgsl from './spectrum_overlap.wgsl';
import gradWgsl from './spectrum_overlap_grad.wgsl';

const lib = [bins, complex, globalIndex];
const uniforms = { C: 'u32', H: 'i32', W: 'i32', h: 'i32', w: 'i32' } as const;
const variants = [{ WG: 64 }, { WG: 256 }];
const kernel = defineKernel({
  name: 'spectrum_overlap',
  wgsl,
  lib,
  binds: ['read', 'read', 'write'],
  uniforms,
  variants,
});
const gradKernel = defineKernel({
  name: 'spectrum_overlap_grad',
  wgsl: gradWgsl,
  lib,
  binds: ['read', 'read', 'read', 'read', 'write'],
  uniforms,
  variants,
});

interface Comparison {
  /** Channels for themselves: their phases against each other do not count. */
  readonly each: boolean;
}
interface Sides {
  readonly C: number;
  readonly H: number;
  readonly W: number;
  readonly h: number;
  readonly w: number;
}

/** Longest side: bins are compared in whole numbers of 32 bits. */
const LONGEST = 2 ** 14;

function sides(name: string, x: Shape, y: Shape): Sides {
  const [two, C = 0, H = 0, W = 0] = x;
  const [dos, D, h = 0, w = 0] = y;
  if (x.length !== 4 || y.length !== 4 || two !== 2 || dos !== 2 || C !== D || h > H || w > W) {
    throw shapeError(name, 'a spectrum [2, C, H, W] and one as large or smaller [2, C, h, w]', x, y);
  }
  if (Math.max(H, W) > LONGEST)
    throw new EngineError('ShapeError', `${name} wants sides up to ${LONGEST}, got ${H}x${W}`);
  return { C, H, W, h, w };
}

const resultShape = ({ C, h, w }: Sides, each: boolean): Shape => [each ? C : 1, h, w];

export const spectrumOverlapOp: Op<2, Comparison> = defineOp<2, Comparison>({
  name: 'spectrum_overlap',
  infer: ([x, y], { each }) => resultShape(sides('spectrum_overlap', x, y), each),
  forward([x, y], s, { each }) {
    const { C, H, W, h, w } = sides('spectrum_overlap', x.shape, y.shape);
    const n = size(s.shape);
    return [
      launch({
        kernel,
        bind: [x, y, s],
        overrides: { EACH: each ? 1 : 0 },
        uniforms: { C, H, W, h, w },
        grid: ({ WG }) => flatGrid(n, WG),
        flops: 12 * C * H * W,
      }),
    ];
  },
  backward: ({ g, x: [x, y], y: s, dy, attrs }) => [g.apply(spectrumOverlapGradOp, [x, y, s, dy], attrs), null],
});

/** Gradient of spectrum_overlap with respect to x, from x, y, the overlap and its gradient. Linear in the latter. */
export const spectrumOverlapGradOp: Op<4, Comparison> = defineOp<4, Comparison>({
  name: 'spectrum_overlap_grad',
  infer([x, y, s, ds], { each }) {
    const want = resultShape(sides('spectrum_overlap_grad', x, y), each);
    if (!sameShape(s, want) || !sameShape(ds, want)) {
      throw shapeError('spectrum_overlap_grad', `an overlap and its gradient [${want.join(', ')}]`, s, ds);
    }
    return x;
  },
  forward([x, y, s, ds], dx, { each }) {
    const { C, H, W, h, w } = sides('spectrum_overlap_grad', x.shape, y.shape);
    return [
      launch({
        kernel: gradKernel,
        bind: [x, y, s, ds, dx],
        overrides: { EACH: each ? 1 : 0 },
        uniforms: { C, H, W, h, w },
        grid: ({ WG }) => flatGrid(H * W, WG),
        flops: 16 * C * H * W,
      }),
    ];
  },
  backward: () => [null, null, null, null],
});

/**
 * How much a spectrum x has of another y, which may be on a coarser grid: for each frequency n of y
 *
 *     S[n] = sqrt(mean over the frequencies k in the bin of n of |sum over c of x[c, k] conj(y[c, n])|^2)
 *
 * so that sum of |x|^2 + |y|^2 - 2 S is the squared distance of x from the nearest spectrum that has in each bin the power
 * of y, and the phases of its channels against each other. On equal grids S = |<x, y>|, and that is the distance of
 * section 3.2 of Liu, Gousseau and Xia, "Texture Synthesis Through Convolutional Neural Networks and Spectrum
 * Constraints", 2016. Bins that straddle a border count in parts. Frequency 0 of x does not count.
 * @param x [2, C, H, W], planes of real and of imaginary parts, frequency 0 first. Differentiable, once.
 * @param y [2, C, h, w], h <= H <= 2^14, w <= W <= 2^14. Has no gradient.
 * @param each Every channel by itself. Default false.
 * @returns [1, h, w], or [C, h, w] for each channel.
 * @throws EngineError `ShapeError` when these are not such spectra.
 */
export const spectrumOverlap = (g: Builder, x: Ref, y: Ref, each = false): Ref =>
  g.apply(spectrumOverlapOp, [x, y], checkValues('spectrumOverlap', { each }, { each: flag }));
