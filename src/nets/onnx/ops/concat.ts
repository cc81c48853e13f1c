import { size } from '../../../base/shape';
import { constTensor, elementAt, numbers } from '../const_fold';
import { onnxError } from '../model';
import type { NodeContext, Operator } from '../operator';
import { concatValues } from './layout';

const concatenation: Operator = {
  fold: (c) => {
    const parts = c.node.inputs.map((_, k) => c.tensor(k));
    const rank = parts[0]?.shape.length ?? 1;
    const axis = c.axis(c.a.int('axis', 1, -rank, rank - 1), rank);
    const shape = joinedShape(c, parts, axis);
    const inner = size(shape.slice(axis + 1));
    const data: number[] = [];
    for (let o = 0; o < size(shape.slice(0, axis)); o++) {
      for (const p of parts) {
        const run = (p.shape[axis] ?? 1) * inner;
        const from = numbers(p);
        for (let i = 0; i < run; i++) data.push(elementAt(from, o * run + i));
      }
    }
    return [constTensor(c.node.name, parts[0]?.type ?? 'float32', shape, data)];
  },
  graph: (c) => {
    const rank = c.shape(0).length;
    const axis = c.axis(c.a.int('axis', 1, -rank, rank - 1), rank);
    const values = c.node.inputs.map((_, k) => c.value(k));
    const shape = joinedShape(c, values, axis);
    const parts = values.flatMap((v, k) => (size(v.shape) === 0 ? [] : [c.graph(k)]));
    return [c.out(concatValues(c, parts, axis), shape)];
  },
};

function joinedShape(c: NodeContext, parts: readonly { shape: readonly number[] }[], axis: number): readonly number[] {
  const [first, ...rest] = parts.map((p) => p.shape);
  if (!first) throw onnxError(`${c.who} joins nothing`);
  for (const s of rest) {
    if (s.length !== first.length || s.some((d, k) => k !== axis && d !== first[k])) {
      throw onnxError(`${c.who} cannot join [${first.join(', ')}] and [${s.join(', ')}] along axis ${axis}`);
    }
  }
  return first.map((d, k) => (k === axis ? parts.reduce((n, p) => n + (p.shape[axis] ?? 1), 0) : d));
}

export const concatOperators: Readonly<Record<string, Operator>> = { Concat: concatenation };
