import { EngineError, shapeError } from '../../base/errors';
import { type Shape, sameShape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import elementaryLib from '../lib/elementary.wgsl';
import treeSum from '../lib/tree_sum.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import wgsl from './softmax.wgsl';
import gradWgsl from './softmax_grad.wgsl';

const shared = {
  lib: [treeSum, elementaryLib],
  uniforms: { rows: 'u32', K: 'u32', inner: 'u32' },
  variants: [{ WG: 64 }, { WG: 256 }],
} as const;
const kernel = defineKernel({ name: 'softmax', wgsl, binds: ['read', 'write'], ...shared });
const gradKernel = defineKernel({ name: 'softmax_grad', wgsl: gradWgsl, binds: ['read', 'read', 'write'], ...shared });

export interface SoftmaxAttrs {
  readonly axis: number;
  /** The logarithm of it. */
  readonly log?: boolean;
}

function uniformsOf(x: Shape, axis: number): { rows: number; K: number; inner: number } {
  const K = x[axis] ?? 1;
  return { rows: size(x) / K, K, inner: size(x.slice(axis + 1)) };
}

export const softmaxOp: Op<1, SoftmaxAttrs> = defineOp<1, SoftmaxAttrs>({
  name: 'softmax',
  infer([x], { axis }) {
    if (x[axis] === undefined) throw shapeError('softmax', `an axis ${axis}`, x);
    return x;
  },
  forward([x], y, { axis, log }) {
    const uniforms = uniformsOf(x.shape, axis);
    return [
      launch({
        kernel,
        bind: [x, y],
        overrides: { LOG: log ? 1 : 0 },
        uniforms,
        grid: () => flatGrid(uniforms.rows, 1),
        flops: 20 * size(x.shape),
      }),
    ];
  },
  backward: ({ g, y, dy, attrs }) => [g.apply(softmaxGradOp, [y, dy], attrs)],
});

/** From the softmax (or its logarithm) itself; linear in dy. */
export const softmaxGradOp: Op<2, SoftmaxAttrs> = defineOp<2, SoftmaxAttrs>({
  name: 'softmax_grad',
  infer([y, dy]) {
    if (!sameShape(y, dy)) throw shapeError('softmax_grad', 'two equal shapes', y, dy);
    return y;
  },
  forward([y, dy], dx, { axis, log }) {
    const uniforms = uniformsOf(y.shape, axis);
    return [
      launch({
        kernel: gradKernel,
        bind: [y, dy, dx],
        overrides: { LOG: log ? 1 : 0 },
        uniforms,
        grid: () => flatGrid(uniforms.rows, 1),
        flops: 5 * size(y.shape),
      }),
    ];
  },
  backward() {
    throw new EngineError('GradError', 'softmax has no second derivative');
  },
});

const along = (g: Builder, x: Ref, axis: number, log: boolean): Ref =>
  g.apply(softmaxOp, [x], { axis: axis < 0 ? axis + g.node(x).shape.length : axis, ...(log && { log }) });

/**
 * e^x divided by its sum along an axis; negative axes count from the end. Does not overflow.
 * @throws EngineError `ShapeError` when there is no such axis.
 */
export const softmax = (g: Builder, x: Ref, axis = -1): Ref => along(g, x, axis, false);

/** The logarithm of `softmax`, computed without the detour: finite where softmax is 0. */
export const logSoftmax = (g: Builder, x: Ref, axis = -1): Ref => along(g, x, axis, true);
