// Pooling of maps [C, H, W], with borders that wrap and the mean and L2 norm too; any rank, as ONNX has it: pool_nd.
import { shapeError } from '../../base/errors';
import { checkOptions, flag, number, numbers, type OptionNames, pairOf } from '../../base/known_options';
import { chw, type Shape, sameShape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, type Dtype, defineOp, type Launch, launch, type Op, type Ref } from '../op';
import { div, mul } from '../pointwise';
import wgsl from './pool2d.wgsl';
import argmaxWgsl from './pool2d_argmax.wgsl';
import gradWgsl from './pool2d_grad.wgsl';
import nonoverlappingWgsl from './pool2d_grad_nonoverlapping.wgsl';
import { type Pair, type PoolOptions, pooledShape, reachesAround, sideBySide, type Window, windowOf } from './window';
import windowWgsl from './window.wgsl';

export type { PoolBorder, PoolOptions } from './window';

const variants = [{ WG: 64 }, { WG: 256 }] as const;
const binds = ['read', 'read', 'write'] as const;
const edges = { top: 'i32', left: 'i32', bottom: 'i32', right: 'i32', scale: 'f32' } as const;
const kernel = defineKernel({
  name: 'pool2d',
  wgsl,
  lib: [globalIndex, windowWgsl],
  binds,
  uniforms: { n: 'u32', H: 'i32', W: 'i32', OH: 'u32', OW: 'u32', ...edges },
  variants,
});
const gradKernel = defineKernel({
  name: 'pool2d_grad',
  wgsl: gradWgsl,
  lib: [globalIndex, windowWgsl],
  binds,
  uniforms: { n: 'u32', H: 'i32', W: 'i32', OH: 'i32', OW: 'i32', ...edges },
  variants,
});
const argmaxKernel = defineKernel({
  name: 'pool2d_argmax',
  wgsl: argmaxWgsl,
  lib: [globalIndex, windowWgsl],
  binds: ['read', 'write'],
  uniforms: { n: 'u32', H: 'i32', W: 'i32', OH: 'u32', OW: 'u32', top: 'i32', left: 'i32' },
  variants,
});
const nonoverlappingKernel = defineKernel({
  name: 'pool2d_grad_nonoverlapping',
  wgsl: nonoverlappingWgsl,
  lib: [globalIndex],
  binds,
  uniforms: { n: 'u32', H: 'u32', W: 'u32', OH: 'u32', OW: 'u32', cells_y: 'u32', cells_x: 'u32', scale: 'f32' },
  variants,
});

const KIND = { max: 0, average: 1, l2: 2, pick: 3 } as const;

function overridesOf(kind: number, w: Window, x: Shape, y: Shape): Record<string, number> {
  return {
    KIND: kind,
    KH: w.size[0],
    KW: w.size[1],
    SY: w.stride[0],
    SX: w.stride[1],
    WRAP_Y: reachesAround(0, w, x, y) ? 1 : 0,
    WRAP_X: reachesAround(1, w, x, y) ? 1 : 0,
    COUNT_PAD: kind === KIND.average && w.countPad ? 1 : 0,
  };
}

function pooling(kind: keyof typeof KIND, x: Ref, v: Ref, y: Ref, w: Window): Launch {
  const [, H, W] = chw('pool2d', x.shape);
  const [, OH, OW] = chw('pool2d', y.shape);
  const [top, left, bottom, right] = w.pad;
  const n = size(y.shape);
  return launch({
    kernel,
    bind: [x, v, y],
    overrides: overridesOf(KIND[kind], w, x.shape, y.shape),
    uniforms: { n, H, W, OH, OW, top, left, bottom, right, scale: w.scale },
    grid: ({ WG }) => flatGrid(n, WG),
    flops: n * size(w.size),
  });
}

/** Launches for the gradient of a map, given that of its windows; x is where the maximum is, and null for means. */
function gradient(x: Ref | null, dy: Ref, dx: Ref, w: Window, scratch: (shape: Shape, dtype: Dtype) => Ref): Launch[] {
  const [C, H, W] = chw('pool2d', dx.shape);
  const [, OH, OW] = chw('pool2d', dy.shape);
  const flops = size(dy.shape) * size(w.size);
  const kind = x ? KIND.max : KIND.average;
  if (sideBySide(dx.shape, w)) {
    const [KH, KW] = w.size;
    const cells_y = Math.ceil(H / KH);
    const cells_x = Math.ceil(W / KW);
    const n = C * cells_y * cells_x;
    const nonoverlapping = launch({
      kernel: nonoverlappingKernel,
      bind: [x ?? dy, dy, dx],
      overrides: { KIND: kind, KH, KW },
      uniforms: { n, H, W, OH, OW, cells_y, cells_x, scale: w.scale },
      grid: ({ WG }) => flatGrid(n, WG),
      flops,
    });
    return [nonoverlapping];
  }
  const [top, left, bottom, right] = w.pad;
  const n = size(dx.shape);
  const launches: Launch[] = [];
  let chosen = dy; // any readable value may stand where means do not look
  const { KIND: _, ...overrides } = overridesOf(kind, w, dx.shape, dy.shape);
  if (x) {
    const outputs = size(dy.shape);
    chosen = scratch(dy.shape, 'u32');
    launches.push(
      launch({
        kernel: argmaxKernel,
        bind: [x, chosen],
        overrides,
        uniforms: { n: outputs, H, W, OH, OW, top, left },
        grid: ({ WG }) => flatGrid(outputs, WG),
        flops,
      }),
    );
  }
  const step = (axis: 0 | 1, side: number): number =>
    w.border[axis] === 'none' || side % w.stride[axis] === 0 ? w.stride[axis] : 1;
  launches.push(
    launch({
      kernel: gradKernel,
      bind: [chosen, dy, dx],
      overrides: { ...overrides, KIND: kind, STEP_Y: step(0, H), STEP_X: step(1, W) },
      uniforms: { n, H, W, OH, OW, top, left, bottom, right, scale: w.scale },
      grid: ({ WG }) => flatGrid(n, WG),
      flops,
    }),
  );
  return launches;
}

type Pool = Op<1, Window>;

export const maxPoolOp: Pool = defineOp<1, Window>({
  name: 'max_pool',
  tiling: { rule: 'window', maps: [0], window: (w) => w },
  infer: ([x], w) => pooledShape('pool2d', x, w),
  forward: ([x], y, w) => [pooling('max', x, x, y, w)],
  backward: ({ g, x: [x], dy, attrs }) => [g.apply(maxPoolGradOp, [x, dy], attrs)],
});

export const averagePoolOp: Pool = defineOp<1, Window>({
  name: 'average_pool',
  tiling: { rule: 'window', maps: [0], window: (w) => w },
  infer: ([x], w) => pooledShape('pool2d', x, w),
  forward: ([x], y, w) => [pooling('average', x, x, y, w)],
  backward({ g, x: [x], dy, attrs }) {
    const [, H, W] = chw('pool2d', x.shape);
    return [g.apply(averagePoolGradOp, [dy], { ...attrs, map: [H, W] })];
  },
});

export const l2PoolOp: Pool = defineOp<1, Window>({
  name: 'l2_pool',
  tiling: { rule: 'window', maps: [0], window: (w) => w },
  infer: ([x], w) => pooledShape('pool2d', x, w),
  forward: ([x], y, w) => [pooling('l2', x, x, y, w)],
  // y = s sqrt(mean x^2): dx = x * (adjoint of the mean)(dy s / root), and the root is y / s.
  backward({ g, x: [x], y, dy, attrs }) {
    const [, H, W] = chw('pool2d', x.shape);
    const mean = { ...attrs, countPad: false, scale: attrs.scale ** 2, map: [H, W] as const };
    return [mul(g, x, g.apply(averagePoolGradOp, [div(g, dy, y)], mean))];
  },
});

/** Each output's gradient, to the first maximum of its window: x [C, H, W], dy [C, H', W'] -> [C, H, W]. */
export const maxPoolGradOp: Op<2, Window> = defineOp<2, Window>({
  name: 'max_pool_grad',
  infer([x, dy], w) {
    const pooled = pooledShape('max_pool_grad', x, w);
    if (!sameShape(dy, pooled)) throw shapeError('max_pool_grad', `a gradient [${pooled.join(', ')}]`, dy);
    return x;
  },
  forward: ([x, dy], dx, w, scratch) => gradient(x, dy, dx, w, scratch),
  // A step function of x, linear in dy.
  backward: ({ g, x: [x], dy, attrs, needs }) => [null, needs(1) ? g.apply(maxPoolPickOp, [x, dy], attrs) : null],
});

/** v where x is the first maximum of each window: x, v [C, H, W] -> [C, H', W']. */
export const maxPoolPickOp: Op<2, Window> = defineOp<2, Window>({
  name: 'max_pool_pick',
  infer([x, v], w) {
    if (!sameShape(x, v)) throw shapeError('max_pool_pick', 'two equal shapes', x, v);
    return pooledShape('max_pool_pick', x, w);
  },
  forward: ([x, v], y, w) => [pooling('pick', x, v, y, w)],
  backward: ({ g, x: [x], dy, attrs, needs }) => [null, needs(1) ? g.apply(maxPoolGradOp, [x, dy], attrs) : null],
});

/** Each output's gradient, spread over its window: dy [C, H', W'] -> [C, ...map]. */
export const averagePoolGradOp: Op<1, Window & { readonly map: Pair<number> }> = defineOp({
  name: 'average_pool_grad',
  infer([dy]: readonly [Shape], w: Window & { readonly map: Pair<number> }) {
    const [C] = chw('average_pool_grad', dy);
    const x = [C, ...w.map];
    const pooled = pooledShape('average_pool_grad', x, w);
    if (!sameShape(dy, pooled)) throw shapeError('average_pool_grad', `a gradient [${pooled.join(', ')}]`, dy);
    return x;
  },
  forward: ([dy]: readonly [Ref], dx, w, scratch) => gradient(null, dy, dx, w, scratch),
  backward: ({ g, dy, attrs }) => [g.apply(averagePoolOp, [dy], attrs)],
});

const poolOps = { max: maxPoolOp, average: averagePoolOp, l2: l2PoolOp } as const;

const POOL_OPTIONS: OptionNames<PoolOptions & { readonly kind: keyof typeof poolOps }> = {
  kind: ['max', 'average', 'l2'],
  ...{
    size: numbers(2),
    stride: numbers(2),
    pad: numbers(4),
    border: pairOf(['none', 'wrap']),
    ceil: flag,
    countPad: flag,
    scale: number,
  },
};

/**
 * Pooling, [C, H, W] -> [C, H', W']: the maximum, the mean or the root of the mean square (plus 1e-12) of each window.
 * Sizes, ceil mode and uneven padding follow ONNX's MaxPool and AveragePool since opset 19; outside the map there is
 * nothing (minus infinity for the maximum, not counted by means) unless the border wraps. The maximum's gradient goes
 * to the first maximum in row order.
 * @throws EngineError `ShapeError` when no window fits, or padding could fill a window.
 */
export function pool2d(g: Builder, x: Ref, options: PoolOptions & { readonly kind: keyof typeof poolOps }): Ref {
  checkOptions('pool2d', options, POOL_OPTIONS, ['kind', 'size', 'stride']);
  return g.apply(poolOps[options.kind], [x], windowOf(options));
}
