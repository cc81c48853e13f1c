// Operators that repeat a value: along axes of 1, and as copies side by side.
import { size } from '../../../base/shape';
import { gatherAxis } from '../../../shaders/axis_linear/moves';
import { expandTo } from '../../../shaders/reduce_axes';
import { broadcastIndex, broadcastShape, constTensor, type IndexMap, indexMap } from '../const_fold';
import { onnxError } from '../model';
import type { GraphValue, NodeContext, Operator } from '../operator';
import { gatherOperator, withoutTable } from './layout';

function expanded(c: NodeContext, shape: readonly number[]): IndexMap {
  const to = broadcastShape(c.who, [shape, c.numbers(1, 'shape')]);
  return { shape: to, from: broadcastIndex(shape, to) };
}

const expanding: Operator = {
  ...gatherOperator(expanded),
  graph: (c) => {
    const v = c.graph(0);
    const shape = broadcastShape(c.who, [v.shape, c.numbers(1, 'shape')]);
    if (size(shape) === 0) return [constTensor(c.node.name, v.type, shape, [])];
    return [c.out(expandTo(c.g, c.ndOf(v), shape.length === 0 ? [1] : shape), shape, v.type)];
  },
};

function tileMap(c: NodeContext, shape: readonly number[]): IndexMap {
  const times = c.numbers(1, 'repeats');
  const out = shape.map((d, k) => d * (times[k] ?? 1));
  return indexMap(shape, out, (at, k) => (at[k] ?? 0) % (shape[k] ?? 1));
}

/** Elements along an axis of copies, at most. */
const MOST_SIDE = 2 ** 16;

/** Copies side by side along each axis. */
function tiled(c: NodeContext): GraphValue {
  const v = c.graph(0);
  const times = c.numbers(1, 'repeats');
  if (times.length !== v.shape.length || times.some((t) => !Number.isInteger(t) || t < 1)) {
    throw onnxError(`${c.who} has repeats [${times.slice(0, 9).join(', ')}] for [${v.shape.join(', ')}]`);
  }
  let y = c.ndOf(v);
  v.shape.forEach((n, axis) => {
    const count = n * (times[axis] ?? 1);
    if (count === n) return;
    if (count > MOST_SIDE)
      throw onnxError(`${c.who} makes an axis of ${count}`, 'Export the net for smaller pictures.');
    y = gatherAxis(
      c.g,
      y,
      axis,
      Array.from({ length: count }, (_, k) => k % n),
    );
  });
  return c.out(y, v.shape.length === 0 ? v.shape : y.shape, v.type);
}

export const expandOperators: Readonly<Record<string, Operator>> = {
  Expand: expanding,
  Tile: withoutTable(tileMap, tiled),
};
