import { sameShape, size } from '../../../base/shape';
import {
  broadcastAdd,
  broadcastDiv,
  broadcastMul,
  broadcastSub,
  max,
  min,
  pow,
  prelu,
} from '../../../shaders/broadcast_binary';
import type { Ref } from '../../../shaders/op';
import { affine } from '../../../shaders/pointwise';
import { powConst } from '../../../shaders/unary';
import { broadcastShape, numbers } from '../const_fold';
import type { NodeContext } from '../operator';
import type { GraphValue } from '../value';

const functions = {
  add: broadcastAdd,
  sub: broadcastSub,
  mul: broadcastMul,
  div: broadcastDiv,
  pow,
  max,
  min,
  prelu,
} as const;
export type BinaryName = keyof typeof functions;

/** Two values, element by element, either repeated along the axes that it lacks. */
export function broadcastBinary(c: NodeContext, fn: BinaryName, a: GraphValue, b: GraphValue): GraphValue {
  const shape = broadcastShape(c.who, [a.shape, b.shape]);
  const { g } = c;
  const s = numberOf(c, b);
  if (s !== undefined && sameShape(a.shape, shape)) {
    if (fn === 'add') return c.out(affine(g, a.ref, 1, s), shape);
    if (fn === 'sub') return c.out(affine(g, a.ref, 1, -s), shape);
    if (fn === 'mul') return c.out(affine(g, a.ref, s, 0), shape);
    if (fn === 'pow') return c.out(powConst(g, a.ref, s), shape);
  }
  // Equal shapes stay feature maps, which fuse with what made them.
  const alike = sameShape(a.shape, b.shape) && sameShape(a.ref.shape, b.ref.shape);
  const [x, y]: readonly [Ref, Ref] = alike ? [a.ref, b.ref] : [c.ndOf(a), c.ndOf(b)];
  return c.out(functions[fn](g, x, y), shape);
}

/** A single number of the file; undefined for all else, also for an input that only happens to be known. */
const numberOf = (c: NodeContext, v: GraphValue): number | undefined =>
  v.known && size(v.shape) === 1 && c.g.node(v.ref).source.from === 'constant' ? numbers(v.known)[0] : undefined;
