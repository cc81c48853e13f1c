import { shapeError } from '../../base/errors';
import { checkValues, numbers } from '../../base/known_options';
import { type Shape, size } from '../../base/shape';
import { type Builder, defineOp, type Op, type Ref } from '../op';

export const reshapeOp: Op<1, { shape: Shape }> = defineOp<1, { shape: Shape }>({
  name: 'reshape',
  infer([x], { shape }) {
    if (size(x) !== size(shape) || shape.some((d) => !Number.isInteger(d) || d < 1)) {
      throw shapeError('reshape', `as many elements as [${shape.join(', ')}] has`, x);
    }
    return shape;
  },
  forward: () => [], // a view
  backward: ({ g, x: [x], dy }) => [reshape(g, dy, x.shape)],
});

/**
 * The same elements in the same order under another shape. Costs nothing: it is a view.
 * @throws EngineError `ShapeError` when the numbers of elements differ.
 */
export const reshape = (g: Builder, x: Ref, shape: Shape): Ref =>
  g.apply(reshapeOp, [x], checkValues('reshape', { shape }, { shape: numbers(0) }));
