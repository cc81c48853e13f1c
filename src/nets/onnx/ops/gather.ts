// Operators that pick elements by indices.
import { size } from '../../../base/shape';
import { gatherAxis } from '../../../shaders/axis_linear/moves';
import { constTensor, type IndexMap, indexMap, strides } from '../const_fold';
import { onnxError } from '../model';
import type { NodeContext, Operator } from '../operator';
import { gatherOperator } from './layout';

function gathered(c: NodeContext, shape: readonly number[]): IndexMap {
  const axis = c.axis(c.a.int('axis', 0, -shape.length, shape.length - 1), shape.length);
  const n = shape[axis] ?? 0;
  const at = c.numbers(1, 'indices').map((v) => (v < 0 ? v + n : v));
  if (at.some((v) => v < 0 || v >= n)) throw onnxError(`${c.who} takes an index beyond ${n} elements`);
  const indices = c.shape(1);
  const out = [...shape.slice(0, axis), ...indices, ...shape.slice(axis + 1)];
  const inner = size(shape.slice(axis + 1));
  const outer = size(shape.slice(0, axis));
  const from = new Uint32Array(size(out));
  let to = 0;
  for (let o = 0; o < outer; o++)
    for (const index of at) for (let i = 0; i < inner; i++) from[to++] = (o * n + index) * inner + i;
  return { shape: out, from };
}

/** Indices of an axis of n, by element; negative ones count from the end. */
function indicesOf(c: NodeContext, of: (i: number) => number): Int32Array {
  return Int32Array.from(c.numbers(1, 'indices'), (v, i) => {
    const n = of(i);
    const at = v < 0 ? v + n : v;
    if (at < 0 || at >= n) throw onnxError(`${c.who} takes element ${v} of ${n}`);
    return at;
  });
}

/** At every place of the indices, the element there but for one axis, where the index says. */
function gatheredElements(c: NodeContext, shape: readonly number[]): IndexMap {
  const axis = c.axis(c.a.int('axis', 0, -shape.length, shape.length - 1), shape.length);
  const to = c.shape(1);
  if (to.length !== shape.length || to.some((d, k) => k !== axis && d > (shape[k] ?? 0))) {
    throw onnxError(`${c.who} has indices [${to.join(', ')}] for [${shape.join(', ')}]`);
  }
  const at = indicesOf(c, () => shape[axis] ?? 0);
  const step = strides(to);
  return indexMap(shape, to, (p, k) =>
    k === axis ? (at[p.reduce((n, v, j) => n + v * (step[j] ?? 0), 0)] ?? -1) : (p[k] ?? 0),
  );
}

/** The last axis of the indices lists coordinates of the first axes behind those of the batch. */
function gatheredParts(c: NodeContext, shape: readonly number[]): IndexMap {
  const batch = c.a.int('batch_dims', 0, 0, shape.length);
  const own = c.shape(1);
  const count = own.at(-1) ?? 0;
  const isAlike = own.slice(0, batch).every((d, k) => d === shape[k]);
  if (own.length <= batch || count < 1 || batch + count > shape.length || !isAlike) {
    throw onnxError(`${c.who} has indices [${own.join(', ')}] for [${shape.join(', ')}]`);
  }
  const at = indicesOf(c, (i) => shape[batch + (i % count)] ?? 0);
  const lead = own.slice(0, -1);
  const step = strides(lead);
  const behind = lead.length - batch - count;
  return indexMap(shape, [...lead, ...shape.slice(batch + count)], (p, k) => {
    if (k < batch) return p[k] ?? 0;
    if (k >= batch + count) return p[k + behind] ?? 0;
    const first = step.reduce((n, s, j) => n + (p[j] ?? 0) * s, 0);
    return at[first * count + k - batch] ?? -1;
  });
}

const gathering: Operator = {
  ...gatherOperator(gathered),
  graph: (c) => {
    const v = c.graph(0);
    const axis = c.axis(c.a.int('axis', 0, -v.shape.length, v.shape.length - 1), v.shape.length);
    const out = [...v.shape.slice(0, axis), ...c.shape(1), ...v.shape.slice(axis + 1)];
    if (size(out) === 0) return [constTensor(c.node.name, v.type, out, [])];
    return [c.out(gatherAxis(c.g, c.ndOf(v), axis, c.numbers(1, 'indices')), out, v.type)];
  },
};

export const gatherOperators: Readonly<Record<string, Operator>> = {
  Gather: gathering,
  GatherElements: gatherOperator(gatheredElements),
  GatherND: gatherOperator(gatheredParts),
};
