import { size } from '../../../base/shape';
import { concat, slice0 } from '../../../shaders/concat';
import type { Ref } from '../../../shaders/op';
import { add } from '../../../shaders/pointwise';
import { reshape } from '../../../shaders/reshape';
import { transpose } from '../../../shaders/transpose';
import { type SparseMap, warp } from '../../../shaders/warp';
import { type Move, moveBy, OUTSIDE } from '../host';
import type { NodeContext } from '../importer';
import { OnnxUnsupported } from '../model';
import type { GraphValue } from '../value';

/** Moves elements of a value in the graph; what comes from nowhere is `value`. Any shapes, and exactly differentiable. */
export function movedRef(c: NodeContext, x: Ref, { shape, from }: Move, value = 0): Ref {
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
  const y = warp(c.g, flat, map, [1, n]);
  if (value === 0 || index.length === n) return reshape(c.g, y, shape);
  const margin = Float32Array.from(from, (k) => (k === OUTSIDE ? value : 0));
  return reshape(c.g, add(c.g, y, c.g.constant([1, 1, n], margin, `${c.node.name} padding`)), shape);
}

/** Axes in another order. */
export function permuted(c: NodeContext, x: Ref, perm: readonly number[]): Ref {
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
  return movedRef(
    c,
    x,
    moveBy(x.shape, shape, (at, axis) => at[perm.indexOf(axis)] ?? 0),
  );
}

/** `count` elements of an axis from `start` on. */
export function taken(c: NodeContext, v: GraphValue, axis: number, start: number, count: number): Ref {
  const { shape } = v;
  const n = shape[axis] ?? 1;
  const out = shape.map((d, k) => (k === axis ? count : d));
  if (start === 0 && count === n) return c.ndOf(v);
  if (size(shape.slice(0, axis)) === 1 && count > 0) {
    // The kept form of one picture has its channels in front.
    const rows = v.ref.shape[0] === n ? v.ref : reshape(c.g, v.ref, [n, Math.max(1, size(shape.slice(axis + 1)))]);
    return reshape(c.g, slice0(c.g, rows, start, count), out);
  }
  return movedRef(
    c,
    c.ndOf(v),
    moveBy(shape, out, (at, k) => (at[k] ?? 0) + (k === axis ? start : 0)),
  );
}

/** Values one behind the other along an axis. */
export function joinedAlong(c: NodeContext, values: readonly GraphValue[], axis: number): Ref {
  const [first] = values;
  if (!first) throw new OnnxUnsupported(`${c.who} joins nothing`);
  const total = values.reduce((n, v) => n + (v.shape[axis] ?? 1), 0);
  const out = first.shape.map((d, k) => (k === axis ? total : d));
  if (size(out.slice(0, axis)) === 1) {
    const inner = Math.max(1, size(out.slice(axis + 1)));
    const plain = values.every((v) => v.ref.shape.length > 1 && v.ref.shape[0] === v.shape[axis]);
    const parts = values.map((v) => (plain ? v.ref : reshape(c.g, v.ref, [v.shape[axis] ?? 1, inner])));
    const y = concat(c.g, parts);
    return plain ? y : reshape(c.g, y, out);
  }
  // Laid one behind the other as they are, then put in order.
  const begins: number[] = [];
  let end = 0;
  for (const v of values) {
    begins.push(end);
    end += size(v.shape);
  }
  const flat = concat(
    c.g,
    values.map((v) => reshape(c.g, v.ref, [size(v.shape)])),
  );
  const from = new Uint32Array(size(out));
  const inner = size(out.slice(axis + 1));
  const outer = size(out.slice(0, axis));
  let at = 0;
  for (let o = 0; o < outer; o++) {
    values.forEach((v, k) => {
      const run = (v.shape[axis] ?? 1) * inner;
      for (let i = 0; i < run; i++) from[at++] = (begins[k] ?? 0) + o * run + i;
    });
  }
  return movedRef(c, flat, { shape: out, from });
}
