import { shapeError } from '../../base/errors';
import { type Shape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { channelSum } from '../channel_mean';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import { dot, sumOp } from '../reduce';
import expandWgsl from './expand.wgsl';
import mulWgsl from './mul_scalar.wgsl';

const expandKernel = defineKernel({
  name: 'expand',
  wgsl: expandWgsl,
  lib: [globalIndex],
  binds: ['read', 'write'],
  uniforms: { n: 'u32', inner: 'u32', scale: 'f32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});
const mulKernel = defineKernel({
  name: 'mul_scalar',
  wgsl: mulWgsl,
  lib: [globalIndex],
  binds: ['read', 'read', 'write'],
  uniforms: { n: 'u32', scale: 'f32' },
  variants: [{ WG: 64 }, { WG: 256 }],
});

export interface Expansion {
  readonly shape: Shape;
  readonly scale: number;
}

function spread(s: Ref, y: Ref, scale: number): ReturnType<typeof launch> {
  const n = size(y.shape);
  const inner = n / size(s.shape);
  return launch({
    kernel: expandKernel,
    bind: [s, y],
    uniforms: { n, inner, scale },
    grid: ({ WG }) => flatGrid(n, WG),
    flops: n,
  });
}

/** scale * s[0], everywhere. */
export const expandOp: Op<1, Expansion> = defineOp<1, Expansion>({
  name: 'expand',
  f16Maps: { maps: [], gain: ({ scale, shape }, by) => ({ shape, scale: by * scale }) },
  infer([s], { shape }) {
    if (size(s) !== 1) throw shapeError('expand', 'a scalar [1]', s);
    return shape;
  },
  forward: ([s], y, { scale }) => [spread(s, y, scale)],
  backward: ({ g, dy, attrs }) => [g.apply(sumOp, [dy], { scale: attrs.scale })],
});

/** scale * v[c] at every pixel of channel c. */
export const expandChannelsOp: Op<1, Expansion> = defineOp<1, Expansion>({
  name: 'expand_channels',
  f16Maps: { maps: [], gain: ({ scale, shape }, by) => ({ shape, scale: by * scale }) },
  infer([v], { shape }) {
    if (v.length !== 1 || v[0] !== shape[0]) {
      throw shapeError('expandChannels', `one number for each channel of [${shape.join(', ')}]`, v);
    }
    return shape;
  },
  forward: ([v], y, { scale }) => [spread(v, y, scale)],
  backward: ({ g, dy, attrs }) => [channelSum(g, dy, attrs.scale)],
});

export const mulScalarOp: Op<2, { scale: number }> = defineOp<2, { scale: number }>({
  name: 'mul_scalar',
  f16Maps: { maps: [0], gain: ({ scale }, by) => ({ scale: by * scale }) },
  infer([x, s]) {
    if (size(s) !== 1 || s.length !== 1) throw shapeError('mulScalar', 'a scalar [1] as second value', s);
    return x;
  },
  forward([x, s], y, { scale }) {
    const n = size(y.shape);
    return [
      launch({
        kernel: mulKernel,
        bind: [x, s, y],
        uniforms: { n, scale },
        grid: ({ WG }) => flatGrid(n, WG),
        flops: n,
      }),
    ];
  },
  backward: ({ g, x: [x, s], dy, attrs: { scale }, needs }) => [
    needs(0) ? mulScalar(g, dy, s, scale) : null,
    needs(1) ? dot(g, dy, x, scale) : null,
  ],
});

/**
 * A scalar [1] spread over a shape, times a constant: the adjoint of `sum`.
 * @throws EngineError `ShapeError` when s is no scalar.
 */
export const expand = (g: Builder, s: Ref, shape: Shape, scale = 1): Ref => g.apply(expandOp, [s], { shape, scale });

/**
 * A vector [C] spread over the pixels of a map [C, H, W], times a constant: the adjoint of `channelSum`.
 * @throws EngineError `ShapeError` when v has not one number per channel.
 */
export const expandChannels = (g: Builder, v: Ref, shape: Shape, scale = 1): Ref =>
  g.apply(expandChannelsOp, [v], { shape, scale });

/**
 * x s[0] times a constant: a value of any shape times a scalar [1] of the graph. Differentiable in both.
 * @throws EngineError `ShapeError` when s is no scalar.
 */
export const mulScalar = (g: Builder, x: Ref, s: Ref, scale = 1): Ref => g.apply(mulScalarOp, [x, s], { scale });
