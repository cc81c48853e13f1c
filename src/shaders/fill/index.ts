import { EngineError } from '../../base/errors';
import { checkValues, numbers } from '../../base/known_options';
import { type Shape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { flatGrid } from '../grid';
import globalIndex from '../lib/global_index.wgsl';
import { type Builder, defineOp, launch, type Ref, type RuntimeScalar, scalar } from '../op';
import wgsl from './fill.wgsl';

const kernel = defineKernel({
  name: 'fill',
  wgsl,
  lib: [globalIndex],
  binds: ['write'],
  uniforms: { n: 'u32', value: 'f32' },
  variants: [{ WG: 64 }],
});

export const fillOp = defineOp<0, { shape: Shape; value: number | RuntimeScalar }>({
  name: 'fill',
  infer(_, { shape }) {
    if (size(shape) < 1)
      throw new EngineError('ShapeError', `fill wants at least one element, got [${shape.join(', ')}]`);
    return shape;
  },
  forward(_, y, { value }) {
    const n = size(y.shape);
    return [launch({ kernel, bind: [y], uniforms: { n, value }, grid: ({ WG }) => flatGrid(n, WG) })];
  },
  backward: () => [],
});

/** A value of the given shape, the same number everywhere. */
export const fill = (g: Builder, shape: Shape, value: number | RuntimeScalar): Ref =>
  g.apply(fillOp, [], checkValues('fill', { shape, value }, { shape: numbers(0), value: scalar }));
