import { gatherConst, indexMap } from '../const_fold';
import { onnxError } from '../model';
import type { NodeContext, Operator } from '../operator';
import { transposeRef } from './layout';

function permutation(c: NodeContext, rank: number): readonly number[] {
  const perm = c.a.list('perm') ?? Array.from({ length: rank }, (_, k) => rank - 1 - k);
  const axes = perm.map((k) => c.axis(k, rank));
  if (axes.length !== rank || new Set(axes).size !== rank) {
    throw onnxError(`${c.who} has perm [${perm.join(', ')}] for ${rank} axes`);
  }
  return axes;
}

const transposing: Operator = {
  fold: (c) => {
    const shape = c.shape(0);
    const perm = permutation(c, shape.length);
    const at = perm.map((_, axis) => perm.indexOf(axis));
    const out = perm.map((k) => shape[k] ?? 1);
    return [
      gatherConst(
        c.node.name,
        c.tensor(0),
        indexMap(shape, out, (p, axis) => p[at[axis] ?? 0] ?? 0),
      ),
    ];
  },
  graph: (c) => {
    const v = c.graph(0);
    const perm = permutation(c, v.shape.length);
    if (perm.length === 0) return [v];
    const shape = perm.map((k) => v.shape[k] ?? 1);
    return [c.out(transposeRef(c, c.ndOf(v), perm), shape, v.type)];
  },
};

export const transposeOperators: Readonly<Record<string, Operator>> = { Transpose: transposing };
