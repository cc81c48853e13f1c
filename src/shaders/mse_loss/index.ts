import { shapeError } from '../../base/errors';
import { sameShape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import { sign, sub } from '../pointwise';
import { dot, mulScalar, reduction } from '../sum';
import wgsl from './mse_loss_grad.wgsl';

const gradKernel = defineKernel({
  name: 'mse_loss_grad',
  wgsl,
  lib: [globalIndex],
  binds: ['read', 'read', 'read', 'write'],
  uniforms: { n: 'u32', scale: 'f32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

type None = Readonly<Record<string, never>>;
type Kind = 'squared' | 'absolute';

function error(name: string, kind: Kind): Op<2, None> {
  return defineOp<2, None>({
    name,
    f16Maps: { maps: [0, 1] },
    tiling: { rule: 'mean' },
    infer([a, b]) {
      if (!sameShape(a, b)) throw shapeError(name, 'two equal shapes', a, b);
      return [1];
    },
    // The first stage takes the difference as it sums: no map of differences is ever stored.
    forward: ([a, b], y, _, scratch) =>
      reduction(kind === 'squared' ? 'squaredDifference' : 'difference', 1, a, b, y, 1 / size(a.shape), scratch),
    backward({ g, x: [a, b], dy, needs }) {
      const op = gradientOps[kind];
      const scale = (kind === 'squared' ? 2 : 1) / size(a.shape);
      return [
        needs(0) ? g.apply(op, [a, b, dy], { scale }) : null,
        needs(1) ? g.apply(op, [b, a, dy], { scale }) : null,
      ];
    },
  });
}

function gradient(name: string, kind: Kind): Op<3, { scale: number }> {
  return defineOp<3, { scale: number }>({
    name,
    f16Maps: { maps: [0, 1], gain: ({ scale }, by) => ({ scale: by * scale }) },
    infer([a, b, s]) {
      if (!sameShape(a, b)) throw shapeError(name, 'two equal shapes', a, b);
      if (size(s) !== 1 || s.length !== 1) throw shapeError(name, 'a scalar [1] as third value', s);
      return a;
    },
    forward([a, b, s], y, { scale }) {
      const n = size(a.shape);
      return [
        launch({
          kernel: gradKernel,
          bind: [a, b, s, y],
          overrides: { SIGN: kind === 'absolute' ? 1 : 0 },
          uniforms: { n, scale },
          grid: ({ WG }) => flatGrid(n, WG),
          flops: 2 * n,
        }),
      ];
    },
    backward({ g, x: [a, b, s], dy, attrs: { scale }, needs }) {
      const difference = (): Ref => (kind === 'squared' ? sub(g, a, b) : sign(g, sub(g, a, b)));
      const smooth = kind === 'squared';
      return [
        smooth && needs(0) ? mulScalar(g, dy, s, scale) : null,
        smooth && needs(1) ? mulScalar(g, dy, s, -scale) : null,
        needs(2) ? dot(g, dy, difference(), scale) : null,
      ];
    },
  });
}

/** Gradients with respect to the first value; those of the second are the same with the two exchanged. */
export const gradientOps = {
  squared: gradient('mse_loss_grad', 'squared'),
  absolute: gradient('l1_loss_grad', 'absolute'),
} as const;

export const mseLossOp: Op<2, None> = error('mse_loss', 'squared');
export const l1LossOp: Op<2, None> = error('l1_loss', 'absolute');

/**
 * Mean of (a - b)^2 over all elements: [..] x [..] -> [1].
 * @throws EngineError `ShapeError` when the shapes differ.
 */
export const mseLoss = (g: Builder, a: Ref, b: Ref): Ref => g.apply(mseLossOp, [a, b], {});

/**
 * Mean of |a - b| over all elements: [..] x [..] -> [1]. Its gradient where a = b is 0.
 * @throws EngineError `ShapeError` when the shapes differ.
 */
export const l1Loss = (g: Builder, a: Ref, b: Ref): Ref => g.apply(l1LossOp, [a, b], {});

export const meanSquareOp: Op<1, None> = defineOp<1, None>({
  name: 'mean_square',
  f16Maps: { maps: [0] },
  tiling: { rule: 'mean' },
  infer: () => [1],
  forward: ([a], y, _, scratch) => reduction('product', 1, a, a, y, 1 / size(a.shape), scratch),
  backward: ({ g, x: [a], dy }) => [mulScalar(g, a, dy, 2 / size(a.shape))],
});

/** Mean of a^2 over all elements: [..] -> [1]. */
export const meanSquare = (g: Builder, a: Ref): Ref => g.apply(meanSquareOp, [a], {});
