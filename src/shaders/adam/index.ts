import { EngineError, shapeError } from '../../base/errors';
import { type Shape, sameShape, size } from '../../base/shape';
import { defineKernel, type KernelSource } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import operand from '../lib/operand.wgsl';
import operandInplace from '../lib/operand_inplace.wgsl';
import { defineOp, launch, type Op, type RuntimeScalar } from '../op';
import wgsl from './adam.wgsl';
import momentsWgsl from './adam_moments.wgsl';

const momentsKernel = defineKernel({
  name: 'adam_moments',
  wgsl: momentsWgsl,
  lib: [globalIndex, operand],
  binds: ['read', 'read', 'write'],
  uniforms: { n: 'u32', b1: 'f32', b2: 'f32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

const kernel = defineKernel({
  name: 'adam',
  wgsl,
  lib: [globalIndex, operand],
  binds: ['read', 'read', 'read', 'read', 'write'],
  uniforms: { n: 'u32', channel: 'u32', bounds: 'u32', log_b1: 'f32', log_b2: 'f32', rate: 'f32', eps: 'f32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});
export interface Betas {
  readonly beta1: number;
  readonly beta2: number;
}

function checkBetas({ beta1, beta2 }: Betas): void {
  if (![beta1, beta2].every((b) => b > 0 && b < 1)) {
    throw new EngineError('ShapeError', `adam wants beta1 and beta2 between 0 and 1, got ${beta1} and ${beta2}`);
  }
}

const isMoments = (moments: Shape, x: Shape): boolean => sameShape(moments, [2, ...x]);

/**
 * Running means of the gradient and of its square, side by side: ([2, ...X], [...X]) -> [2, ...X]. No gradient.
 * Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, algorithm 1.
 */
export const adamMomentsOp: Op<2, Betas> = defineOp<2, Betas>({
  name: 'adam_moments',
  infer([moments, gradient], betas) {
    checkBetas(betas);
    if (!isMoments(moments, gradient)) throw shapeError('adam', 'moments [2, ...gradient]', moments, gradient);
    return moments;
  },
  forward([moments, gradient], y, { beta1, beta2 }) {
    const n = size(gradient.shape);
    return [
      launch({
        kernel: momentsKernel,
        bind: [moments, gradient, y],
        uniforms: { n, b1: beta1, b2: beta2 },
        grid: ({ WG }) => flatGrid(n, WG),
        flops: 7 * n,
      }),
    ];
  },
  backward: () => [null, null],
});

export interface AdamAttrs extends Betas {
  /** Step length. */
  readonly rate: number | RuntimeScalar;
  readonly eps: number;
  /** Whether to keep the result within the bounds. */
  readonly box: boolean;
}

/**
 * x after one step, from x [C, ...], its moments [2, C, ...] (this step's already in them), the number of steps done
 * before [1] and bounds [2, C] or [2, 1]: lowest and highest value, by channel or for all. No gradient.
 */
export const adamOp: Op<4, AdamAttrs> = defineOp<4, AdamAttrs>({
  name: 'adam',
  infer([x, moments, step, bounds], attrs) {
    checkBetas(attrs);
    if (!isMoments(moments, x)) throw shapeError('adam', 'a value and moments [2, ...value]', x, moments);
    if (size(step) !== 1) throw shapeError('adam', 'a number of steps [1]', step);
    if (!sameShape(bounds, [2, 1]) && !sameShape(bounds, [2, x[0] ?? 1])) {
      throw shapeError('adam', 'a value [C, ...] and bounds [2, C] or [2, 1]', x, bounds);
    }
    return x;
  },
  forward([x, moments, step, bounds], y, { beta1, beta2, rate, eps, box }) {
    const n = size(x.shape);
    const count = bounds.shape[1] ?? 1;
    return [
      launch({
        kernel,
        bind: [x, moments, step, bounds, y],
        overrides: { BOX: box ? 1 : 0 },
        uniforms: {
          n,
          channel: n / count,
          bounds: count,
          log_b1: Math.log(beta1),
          log_b2: Math.log(beta2),
          rate,
          eps,
        },
        grid: ({ WG }) => flatGrid(n, WG),
        flops: 8 * n,
      }),
    ];
  },
  backward: () => [null, null, null, null],
});

/** The same two, each over its first input, a state: half the memory. */
export const adamInplace: { readonly moments: typeof adamMomentsOp; readonly step: typeof adamOp } = {
  moments: overFirst(adamMomentsOp, momentsKernel),
  step: overFirst(adamOp, kernel),
};

/** An op of one launch whose kernel has its first input as `operand`, over that input. */
function overFirst<N extends number, A>(op: Op<N, A>, separate: KernelSource): Op<N, A> {
  const inplace = defineKernel({
    ...separate,
    name: `${separate.name}_inplace`,
    lib: [globalIndex, operandInplace],
    binds: separate.binds.slice(1),
    firstBinding: 1,
  });
  return {
    ...op,
    name: inplace.name,
    inplace: true,
    forward: (...given) => op.forward(...given).map((l) => ({ ...l, kernel: inplace, bind: l.bind.slice(1) })),
  };
}
