import { shapeError } from '../../base/errors';
import { chw, type Shape, sameShape } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { expandChannels } from '../broadcast';
import { channelMean, channelSum } from '../channel_mean';
import { flatGrid, tileClass, tileGrid, tileVariants } from '../grid';
import flat from '../lib/flat.wgsl';
import registerTile from '../lib/register_tile.wgsl';
import { matmul } from '../matmul';
import { type Builder, defineOp, type Kind, type Launch, launch, type Op, type Ref } from '../op';
import { mix, sub } from '../pointwise';
import { reshape } from '../reshape';
import { transpose } from '../transpose';
import wgsl from './gram.wgsl';
import gradWgsl from './gram_grad.wgsl';
import totalWgsl from './gram_total.wgsl';

const source = {
  wgsl,
  lib: [registerTile],
  binds: ['read', 'read', 'write', 'write'],
  uniforms: { C: 'u32', N: 'u32', part: 'u32', scale: 'f32' },
} as const;
const kernels = {
  large: defineKernel({ name: 'gram_large', ...source, variants: tileVariants.large }),
  medium: defineKernel({ name: 'gram', ...source, variants: tileVariants.medium }),
  small: defineKernel({ name: 'gram_small', ...source, variants: tileVariants.small }),
} as const;
const totalKernel = defineKernel({
  name: 'gram_total',
  wgsl: totalWgsl,
  lib: [flat],
  binds: ['read', 'write'],
  uniforms: { C: 'u32', parts: 'u32', scale: 'f32' },
  variants: [{ WG: 64 }],
});
const gradSource = {
  wgsl: gradWgsl,
  lib: [registerTile],
  binds: ['read', 'read', 'read', 'write'],
  uniforms: { C: 'u32', N: 'u32', scale: 'f32' },
} as const;
const gradKernels = {
  large: defineKernel({ name: 'gram_grad_large', ...gradSource, variants: tileVariants.large }),
  medium: defineKernel({ name: 'gram_grad', ...gradSource, variants: tileVariants.medium }),
  small: defineKernel({ name: 'gram_grad_small', ...gradSource, variants: tileVariants.small }),
} as const;

/** Workgroups that fill a large GPU. */
const GROUPS = 256;
/** Fewest pixels of a part: below, writing and adding partial matrices costs more than it spreads. */
const PIXELS = 256;

function product(x: Ref, mu: Ref | null, y: Ref, scratch: (shape: Shape, kind?: Kind) => Ref): readonly Launch[] {
  const [C, H, W] = chw('gram', x.shape);
  const N = H * W;
  // Dividing the pixels makes as many workgroups as are wanted, so only the waste at the edges counts.
  const fit = C <= 32 ? 'small' : C <= 64 ? 'medium' : 'large';
  const tiles = Math.ceil(C / { small: 32, medium: 64, large: 128 }[fit]);
  const wanted = Math.max(1, Math.min(Math.floor(GROUPS / ((tiles * (tiles + 1)) / 2)), Math.floor(N / PIXELS)));
  const part = Math.ceil(N / wanted / 16) * 16; // whole steps of the kernel
  const parts = Math.ceil(N / part);
  // Four bytes an element in every plan: the shader keeps f32 in it.
  const partial = scratch(parts === 1 ? [1] : [parts, C, C], 'u32');
  const first = launch({
    kernel: kernels[fit],
    bind: [x, mu ?? x, partial, y],
    overrides: { CENTRED: mu ? 1 : 0, WHOLE: parts === 1 ? 1 : 0 },
    uniforms: { C, N, part, scale: 1 / N },
    grid: ({ S, R }) => {
      const t = Math.ceil(C / (4 * S * R));
      return [t, t, parts];
    },
    flops: C * (C + 1) * N,
  });
  if (parts === 1) return [first];
  const second = launch({
    kernel: totalKernel,
    bind: [partial, y],
    uniforms: { C, parts, scale: 1 / N },
    grid: ({ WG }) => flatGrid(C * C, WG),
    flops: (C * (C + 1) * parts) / 2,
  });
  return [first, second];
}

function gradient(x: Ref, d: Ref, mu: Ref | null, y: Ref): Launch {
  const [C, H, W] = chw('gram_grad', x.shape);
  const N = H * W;
  return launch({
    kernel: gradKernels[tileClass(C, N)],
    bind: [x, d, mu ?? x, y],
    overrides: { CENTRED: mu ? 1 : 0 },
    uniforms: { C, N, scale: 1 / N },
    grid: ({ S, R }) => tileGrid(C, N, 4 * S * R),
    flops: 2 * C * C * N,
  });
}

type None = Readonly<Record<string, never>>;

/** Second moments about the origin. */
export const gramOp: Op<1, None> = defineOp<1, None>({
  name: 'gram',
  infer([x]) {
    const [C] = chw('gram', x);
    return [C, C];
  },
  forward: ([x], y, _, scratch) => product(x, null, y, scratch),
  backward: ({ g, x: [x], dy }) => [g.apply(gramGradOp, [x, dy], {})],
});

interface About {
  /** The centre is the mean of x. Then the matrix does not change with it to first order, and it gets no gradient. */
  readonly mean: boolean;
}

/** Second moments about a centre: x [C, H, W], centre [C]. */
export const gramAboutOp: Op<2, About> = defineOp<2, About>({
  name: 'gram_about',
  infer([x, mu]) {
    const [C] = chw('gram', x);
    if (!sameShape(mu, [C])) throw shapeError('gram', `a centre [${C}]`, mu);
    return [C, C];
  },
  forward: ([x, mu], y, _, scratch) => product(x, mu, y, scratch),
  backward({ g, x: [x, mu], dy, attrs, needs }) {
    const dx = g.apply(gramAboutGradOp, [x, dy, mu], {});
    return [dx, !attrs.mean && needs(1) ? channelSum(g, dx, -1) : null];
  },
});

/** (D + D') X / N: x [C, H, W], D [C, C]. */
export const gramGradOp: Op<2, None> = defineOp<2, None>({
  name: 'gram_grad',
  infer([x, d]) {
    square(x, d);
    return x;
  },
  forward: ([x, d], y) => [gradient(x, d, null, y)],
  backward: ({ g, x: [x, d], dy, needs }) => [
    needs(0) ? g.apply(gramGradOp, [dy, d], {}) : null,
    needs(1) ? bothWays(g, dy, x) : null,
  ],
});

/** (D + D') (X - mu) / N: x [C, H, W], D [C, C], mu [C]. */
export const gramAboutGradOp: Op<3, None> = defineOp<3, None>({
  name: 'gram_about_grad',
  infer([x, d, mu]) {
    const C = square(x, d);
    if (!sameShape(mu, [C])) throw shapeError('gram_about_grad', `a centre [${C}]`, mu);
    return x;
  },
  forward: ([x, d, mu], y) => [gradient(x, d, mu, y)],
  backward({ g, x: [x, d, mu], dy, needs }) {
    const dx = needs(0) || needs(2) ? g.apply(gramGradOp, [dy, d], {}) : null;
    return [
      dx,
      needs(1) ? bothWays(g, dy, sub(g, x, expandChannels(g, mu, x.shape))) : null,
      dx && needs(2) ? channelSum(g, dx, -1) : null,
    ];
  },
});

function square(x: Shape, d: Shape): number {
  const [C] = chw('gram_grad', x);
  if (!sameShape(d, [C, C])) throw shapeError('gram_grad', `a matrix [${C}, ${C}]`, d);
  return C;
}

/** (a b' + b a') / N of two maps. */
function bothWays(g: Builder, a: Ref, b: Ref): Ref {
  const [C, H, W] = chw('gram_grad', a.shape);
  const m = matmul(g, reshape(g, a, [C, H * W]), reshape(g, b, [C, H * W]), { tb: true });
  return mix(g, m, transpose(g, m), 1 / (H * W), 1 / (H * W));
}

export interface GramOptions {
  /** Take the mean of each channel off first, with the gradient through the mean: G becomes the covariance. */
  readonly centred?: boolean;
  /** Take this vector [C] off instead: second moments about a given centre. */
  readonly centre?: Ref;
}

/**
 * Gram matrix of a feature map, [C, H, W] -> [C, C]: the mean over pixels of the products of two channels (divided by
 * the number of pixels only). Gatys, Ecker and Bethge, "Texture Synthesis Using Convolutional Neural Networks", 2015.
 * @throws EngineError `ShapeError` when x is no feature map.
 */
export function gram(g: Builder, x: Ref, { centred = false, centre }: GramOptions = {}): Ref {
  if (centre) return g.apply(gramAboutOp, [x, centre], { mean: false });
  if (centred) return g.apply(gramAboutOp, [x, channelMean(g, x)], { mean: true });
  return g.apply(gramOp, [x], {});
}
