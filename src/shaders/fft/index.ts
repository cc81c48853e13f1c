import { EngineError, shapeError } from '../../base/errors';
import { checkOptions, number, type OptionNames, pairOf } from '../../base/known_options';
import { type Shape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import complex from '../lib/complex.wgsl';
import globalIndex from '../lib/global_index.wgsl';
import unitRoot from '../lib/unit_root.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import wgsl from './fft.wgsl';
import { CAP, fftSizes, isFftSize, LONGEST, passes } from './sizes';

export { fftSide, fftSizes, isFftSize } from './sizes';

const kernel = defineKernel({
  name: 'fft',
  wgsl,
  lib: [complex, globalIndex, unitRoot],
  binds: ['read', 'read', 'write', 'write'],
  uniforms: {
    count: 'u32',
    f: 'u32',
    done: 'u32',
    inner: 'u32',
    step: 'u32',
    width: 'u32',
    plane: 'u32',
    sign: 'f32',
    scale: 'f32',
  },
  variants: [{ WG: 64 }, { WG: 256 }],
  gpu: 1,
});

export interface Fourier {
  /** exp(+2 pi i j k / n) rather than exp(-2 pi i j k / n). */
  readonly inverse: boolean;
  /** Axes that are transformed: [vertical, horizontal]. */
  readonly axes: readonly [boolean, boolean];
  /** Real part only of the result, [C, H, W]. */
  readonly real: boolean;
  /** Factor of the result. */
  readonly scale: number;
}

/** [C, H, W] of a real or complex feature map. */
function planes(x: Shape): readonly [C: number, H: number, W: number] {
  const [C, H, W] = x.slice(-3);
  if (C === undefined || H === undefined || W === undefined || !(x.length === 3 || (x.length === 4 && x[0] === 2))) {
    throw shapeError('fft', 'a feature map [C, H, W], or a complex one [2, C, H, W]', x);
  }
  return [C, H, W];
}

export const fftOp: Op<1, Fourier> = defineOp<1, Fourier>({
  name: 'fft',
  infer([x], { axes, real }) {
    const [C, H, W] = planes(x);
    if (!axes[0] && !axes[1]) throw new EngineError('ShapeError', 'fft wants at least one axis to transform');
    for (const [side, n, used] of [
      ['height', H, axes[0]],
      ['width', W, axes[1]],
    ] as const) {
      if (!used || isFftSize(n)) continue;
      if (n > LONGEST) throw new EngineError('ShapeError', `fft wants a ${side} of at most ${LONGEST}, got ${n}`);
      throw new EngineError(
        'ShapeError',
        `fft wants a ${side} with no prime factor above 5, got ${n}`,
        `The nearest are ${fftSizes(n).join(' and ')}.`,
      );
    }
    return real ? [C, H, W] : [2, C, H, W];
  },
  forward([x], y, { inverse, axes, real, scale }, scratch) {
    const [C, H, W] = planes(x.shape);
    const plane = C * H * W;
    const todo: { n: number; inner: number; f: number; done: number }[] = [];
    for (const [n, inner, used] of [
      [W, 1, axes[1]],
      [H, W, axes[0]],
    ] as const) {
      let done = 1;
      for (const f of used && n > 1 ? passes(n) : []) {
        todo.push({ n, inner, f, done });
        done *= f;
      }
    }
    if (todo.length === 0) todo.push({ n: 1, inner: 1, f: 1, done: 1 }); // nothing to add up, but a plane to make
    // Between passes everything is f32, whatever the plan stores: dtype u32 has four bytes in every plan.
    const between = todo.slice(1, 3).map(() => scratch([2, plane], 'u32'));
    const none = scratch([1], 'u32');
    return todo.map(({ n, inner, f, done }, k) => {
      const last = k === todo.length - 1;
      const step = (inner * n) / f;
      const count = plane / f;
      const width = Math.min(Math.floor(CAP / f), count);
      return launch({
        kernel,
        // Each pass reads what the one before it wrote; what it does not use has to be bound all the same.
        bind: [x, (k > 0 && between[(k - 1) % 2]) || x, (!last && between[k % 2]) || none, y],
        overrides: {
          REAL: x.shape.length === 3 ? 1 : 0,
          FROM: k === 0 ? 1 : 0,
          TO: last ? 1 : 0,
          DROP: real ? 1 : 0,
        },
        uniforms: { count, f, done, inner, step, width, plane, sign: inverse ? 1 : -1, scale: last ? scale : 1 },
        grid: () => flatGrid(count, width),
        flops: Math.round((x.shape.length === 3 && k === 0 ? 2.5 : 5) * plane * Math.log2(f)),
      });
    });
  },
  // The matrix is symmetric and its adjoint is its conjugate; taking a real map for a complex one and taking the
  // real part are each other's adjoints.
  backward: ({ g, x: [x], dy, attrs }) => [
    g.apply(fftOp, [dy], { ...attrs, inverse: !attrs.inverse, real: x.shape.length === 3 }),
  ],
});

export interface FourierOptions {
  /** Axes that are transformed: [vertical, horizontal]. Default: both. */
  readonly axes?: readonly [boolean, boolean];
  /** Factor of the result. Default: 1 forward; 1 / (number of elements summed) back, so that it undoes `fft`. */
  readonly scale?: number;
}

const FOURIER_OPTIONS: OptionNames<FourierOptions> = { axes: pairOf([true, false]), scale: number };

/**
 * Discrete Fourier transform of each channel, X[v, u] = scale * sum over y, x of x[y, x] exp(-2 pi i (u x/W + v y/H)).
 * @param x a feature map [C, H, W], or a complex one [2, C, H, W]: planes of real and of imaginary parts.
 * @returns [2, C, H, W]; frequency 0 comes first. The error in f32 is some 1e-6 of the largest element.
 * @throws EngineError `ShapeError` when a transformed side has a prime factor above 5, or is longer than 2^20.
 */
export function fft(g: Builder, x: Ref, options: FourierOptions = {}): Ref {
  checkOptions('fft', options, FOURIER_OPTIONS);
  const { axes = [true, true], scale = 1 } = options;
  return g.apply(fftOp, [x], { inverse: false, axes, real: false, scale });
}

/** Inverse of `fft`: [2, C, H, W] to [2, C, H, W]. Same errors. */
export const ifft = (g: Builder, x: Ref, options: FourierOptions = {}): Ref => inverse(g, x, 'ifft', options, false);

/** Real part of the inverse of `fft`: [2, C, H, W] to [C, H, W]. Same errors. */
export const ifftReal = (g: Builder, x: Ref, options: FourierOptions = {}): Ref =>
  inverse(g, x, 'ifftReal', options, true);

function inverse(g: Builder, x: Ref, call: string, options: FourierOptions, real: boolean): Ref {
  checkOptions(call, options, FOURIER_OPTIONS);
  const { axes = [true, true], scale = 1 / summed(g.node(x), axes) } = options;
  return g.apply(fftOp, [x], { inverse: true, axes, real, scale });
}

const summed = (x: Ref, axes: readonly [boolean, boolean]): number => size(x.shape.slice(-2).filter((_, k) => axes[k]));
