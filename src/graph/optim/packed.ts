import { graphError } from '../../base/errors';
import { checkValues, list, numbers } from '../../base/known_options';
import { type Shape, size } from '../../base/shape';
import { slice } from '../../shaders/concat';
import type { Ref } from '../../shaders/op';
import { reshape } from '../../shaders/reshape';
import { aGraph, type Graph, type Node } from '../graph';

export interface Packed {
  /** All numbers one after another: a state [N]. */
  readonly param: Node;
  /** The parameters within `x`, a value [N] such as `param`, in order and of their shapes. */
  unpacked(x: Ref): Ref[];
}

/**
 * Many parameters as one state, for the optimisers that change one: `lbfgs({ g, param, objective: (x) => loss(unpacked(x)) })`.
 * @throws EngineError `ShapeError` when a parameter has not as many numbers as its shape; `GraphError` when there is none.
 */
export function packed(g: Graph, parts: readonly (readonly [shape: Shape, data: Float32Array])[]): Packed {
  checkValues('packed', { g, parts }, { g: aGraph, parts: list });
  if (parts.length === 0) throw graphError('packed wants one parameter or more', 'Give [shape, data] of each.');
  const starts: number[] = [];
  let n = 0;
  if (!parts.every((p) => Array.isArray(p) && numbers(0).is(p[0])))
    throw graphError('packed wants [shape, data] of each parameter', 'Such as [[[3, 4], new Float32Array(12)]].');
  for (const [shape] of parts) {
    starts.push(n);
    n += size(shape);
  }
  const all = new Float32Array(n);
  for (const [k, [shape, data]] of parts.entries()) {
    const label = `parameter ${k}`;
    if (data?.length !== size(shape)) g.state(shape, data, label); // which says so
    all.set(data, starts[k]);
  }
  return {
    param: g.state([n], all, 'parameters'),
    unpacked: (x) => parts.map(([shape], k) => reshape(g, slice(g, x, starts[k] ?? 0, size(shape)), shape)),
  };
}
