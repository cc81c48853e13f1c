// How values are laid out: elements picked by a table, axes in another order, slices, and values joined.
import { size } from '../../../base/shape';
import { concat, slice } from '../../../shaders/concat';
import type { Ref } from '../../../shaders/op';
import { add } from '../../../shaders/pointwise';
import { reshape } from '../../../shaders/reshape';
import { type SparseMap, sparseRemap } from '../../../shaders/sparse_remap';
import { transpose } from '../../../shaders/transpose';
import { gatherConst, type IndexMap, indexMap, OUTSIDE } from '../const_fold';
import { OnnxUnsupported } from '../model';
import type { GraphValue, NodeContext, Operator } from '../operator';

/** Elements of a value in the graph by a table; what comes from nowhere is `value`. Any shapes, and exactly differentiable. */
export function gatherRef(c: NodeContext, x: Ref, { shape, from }: IndexMap, value = 0): Ref {
  const n = size(shape);
  if (n === 0) throw new OnnxUnsupported(`${c.who} makes a value without elements`, undefined, [c.node.op]);
  const flat = reshape(c.g, x, [1, 1, size(x.shape)]);
  const start = new Uint32Array(n + 1);
  const index = from.filter((k) => k !== OUTSIDE);
  from.forEach((k, i) => {
    start[i + 1] = (start[i] ?? 0) + (k === OUTSIDE ? 0 : 1);
  });
  if (index.length === 0) return c.g.constant(shape, new Float32Array(n).fill(value), `${c.node.name} padding`);
  const map: SparseMap = { start, index, weight: new Float32Array(index.length).fill(1) };
  const y = sparseRemap(c.g, flat, map, [1, n]);
  if (value === 0 || index.length === n) return reshape(c.g, y, shape);
  const margin = Float32Array.from(from, (k) => (k === OUTSIDE ? value : 0));
  return reshape(c.g, add(c.g, y, c.g.constant([1, 1, n], margin, `${c.node.name} padding`)), shape);
}

/** Axes in another order. */
export function transposeRef(c: NodeContext, x: Ref, perm: readonly number[]): Ref {
  const shape = perm.map((k) => x.shape[k] ?? 1);
  const real = perm.filter((k) => x.shape[k] !== 1);
  const ascending = [...real].sort((a, b) => a - b);
  if (real.every((k, i) => k === ascending[i])) return reshape(c.g, x, shape);
  if (real.length <= 4) {
    const small = reshape(
      c.g,
      x,
      ascending.map((k) => x.shape[k] ?? 1),
    );
    const order = real.map((k) => ascending.indexOf(k));
    return reshape(c.g, transpose(c.g, small, order), shape);
  }
  return gatherRef(
    c,
    x,
    indexMap(x.shape, shape, (at, axis) => at[perm.indexOf(axis)] ?? 0),
  );
}

/** `count` elements of an axis from `start` on. */
export function sliceAxis(c: NodeContext, v: GraphValue, axis: number, start: number, count: number): Ref {
  if (start === 0 && count === v.shape[axis]) return v.ref;
  // The kept form of one picture has its channels in front.
  const behind = v.shape.length - v.ref.shape.length;
  return axis >= behind ? slice(c.g, v.ref, start, count, axis - behind) : slice(c.g, c.ndOf(v), start, count, axis);
}

/** Values one behind the other along an axis. */
export function concatValues(c: NodeContext, values: readonly GraphValue[], axis: number): Ref {
  const [first] = values;
  if (!first) throw new OnnxUnsupported(`${c.who} joins nothing`);
  const behind = first.shape.length - first.ref.shape.length;
  const alike = values.every((v) => v.shape.length - v.ref.shape.length === behind);
  if (!alike || axis < behind)
    return concat(
      c.g,
      values.map((v) => c.ndOf(v)),
      axis,
    );
  return concat(
    c.g,
    values.map((v) => v.ref),
    axis - behind,
  );
}

/** An operator that picks elements of its first input by one table, for constants and in the graph. */
export const gatherOperator = (mapOf: (c: NodeContext, shape: readonly number[]) => IndexMap): Operator => ({
  fold: (c) => [gatherConst(c.node.name, c.tensor(0), mapOf(c, c.shape(0)))],
  graph: (c) => {
    const v = c.graph(0);
    const map = mapOf(c, v.shape);
    const known = v.known && gatherConst(c.node.name, v.known, map);
    if (known && size(map.shape) === 0) return [known];
    return [{ ...c.out(gatherRef(c, c.ndOf(v), map), map.shape, v.type), ...(known && { known }) }];
  },
});

/** The same with another way for what is computed; known numbers stay known. */
export const withoutTable = (
  mapOf: (c: NodeContext, shape: readonly number[]) => IndexMap,
  graph: (c: NodeContext) => GraphValue,
): Operator => {
  const byTable = gatherOperator(mapOf);
  return { ...byTable, graph: (c) => (c.graph(0).known ? (byTable.graph?.(c) ?? []) : [graph(c)]) };
};
