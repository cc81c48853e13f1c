// Operators that move elements: each is one table of where elements come from, for the host and for the graph.
import { size } from '../../../base/shape';
import { gatherAxis } from '../../../shaders/axis_linear';
import { expandTo } from '../../../shaders/binary';
import { broadcastIndex, broadcastShape, hostTensor, type Move, moveBy, moved, numbers, strides } from '../const_fold';
import type { NodeContext, Operator } from '../importer';
import { onnxError } from '../model';
import type { GraphValue } from '../value';
import { joinedAlong, movedRef, permuted } from './moving';
import * as squares from './squares';

/** An operator that is one move of its first input. */
const moving = (moveOf: (c: NodeContext, shape: readonly number[]) => Move): Operator => ({
  host: (c) => [moved(c.node.name, c.tensor(0), moveOf(c, c.shape(0)))],
  graph: (c) => {
    const v = c.graph(0);
    const move = moveOf(c, v.shape);
    const known = v.known && moved(c.node.name, v.known, move);
    if (known && size(move.shape) === 0) return [known];
    return [{ ...c.out(movedRef(c, c.ndOf(v), move), move.shape, v.type), ...(known && { known }) }];
  },
});

/** The same with another way for what is computed; known numbers stay known. */
const withoutTable = (
  moveOf: (c: NodeContext, shape: readonly number[]) => Move,
  graph: (c: NodeContext) => GraphValue,
): Operator => {
  const byTable = moving(moveOf);
  return { ...byTable, graph: (c) => (c.graph(0).known ? (byTable.graph?.(c) ?? []) : [graph(c)]) };
};

function permutation(c: NodeContext, rank: number): readonly number[] {
  const perm = c.a.list('perm') ?? Array.from({ length: rank }, (_, k) => rank - 1 - k);
  const axes = perm.map((k) => c.axis(k, rank));
  if (axes.length !== rank || new Set(axes).size !== rank) {
    throw onnxError(`${c.who} has perm [${perm.join(', ')}] for ${rank} axes`);
  }
  return axes;
}

const transposing: Operator = {
  host: (c) => {
    const shape = c.shape(0);
    const perm = permutation(c, shape.length);
    const at = perm.map((_, axis) => perm.indexOf(axis));
    const out = perm.map((k) => shape[k] ?? 1);
    return [
      moved(
        c.node.name,
        c.tensor(0),
        moveBy(shape, out, (p, axis) => p[at[axis] ?? 0] ?? 0),
      ),
    ];
  },
  graph: (c) => {
    const v = c.graph(0);
    const perm = permutation(c, v.shape.length);
    if (perm.length === 0) return [v];
    const shape = perm.map((k) => v.shape[k] ?? 1);
    return [c.out(permuted(c, c.ndOf(v), perm), shape, v.type)];
  },
};

const concatenation: Operator = {
  host: (c) => {
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
        for (let i = 0; i < run; i++) data.push(from[o * run + i] ?? 0);
      }
    }
    return [hostTensor(c.node.name, parts[0]?.type ?? 'float32', shape, data)];
  },
  graph: (c) => {
    const rank = c.shape(0).length;
    const axis = c.axis(c.a.int('axis', 1, -rank, rank - 1), rank);
    const values = c.node.inputs.map((_, k) => c.value(k));
    const shape = joinedShape(c, values, axis);
    const parts = values.flatMap((v, k) => (size(v.shape) === 0 ? [] : [c.graph(k)]));
    return [c.out(joinedAlong(c, parts, axis), shape)];
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

function gathered(c: NodeContext, shape: readonly number[]): Move {
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
function gatheredElements(c: NodeContext, shape: readonly number[]): Move {
  const axis = c.axis(c.a.int('axis', 0, -shape.length, shape.length - 1), shape.length);
  const to = c.shape(1);
  if (to.length !== shape.length || to.some((d, k) => k !== axis && d > (shape[k] ?? 0))) {
    throw onnxError(`${c.who} has indices [${to.join(', ')}] for [${shape.join(', ')}]`);
  }
  const at = indicesOf(c, () => shape[axis] ?? 0);
  const step = strides(to);
  return moveBy(shape, to, (p, k) =>
    k === axis ? (at[p.reduce((n, v, j) => n + v * (step[j] ?? 0), 0)] ?? -1) : (p[k] ?? 0),
  );
}

/** The last axis of the indices lists coordinates of the first axes behind those of the batch. */
function gatheredParts(c: NodeContext, shape: readonly number[]): Move {
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
  return moveBy(shape, [...lead, ...shape.slice(batch + count)], (p, k) => {
    if (k < batch) return p[k] ?? 0;
    if (k >= batch + count) return p[k + behind] ?? 0;
    const first = step.reduce((n, s, j) => n + (p[j] ?? 0) * s, 0);
    return at[first * count + k - batch] ?? -1;
  });
}

function expanded(c: NodeContext, shape: readonly number[]): Move {
  const to = broadcastShape(c.who, [shape, c.numbers(1, 'shape')]);
  return { shape: to, from: broadcastIndex(shape, to) };
}

const gathering: Operator = {
  ...moving(gathered),
  graph: (c) => {
    const v = c.graph(0);
    const axis = c.axis(c.a.int('axis', 0, -v.shape.length, v.shape.length - 1), v.shape.length);
    const out = [...v.shape.slice(0, axis), ...c.shape(1), ...v.shape.slice(axis + 1)];
    if (size(out) === 0) return [hostTensor(c.node.name, v.type, out, [])];
    return [c.out(gatherAxis(c.g, c.ndOf(v), axis, c.numbers(1, 'indices')), out, v.type)];
  },
};

const expanding: Operator = {
  ...moving(expanded),
  graph: (c) => {
    const v = c.graph(0);
    const shape = broadcastShape(c.who, [v.shape, c.numbers(1, 'shape')]);
    if (size(shape) === 0) return [hostTensor(c.node.name, v.type, shape, [])];
    return [c.out(expandTo(c.g, c.ndOf(v), shape.length === 0 ? [1] : shape), shape, v.type)];
  },
};

function tiled(c: NodeContext, shape: readonly number[]): Move {
  const times = c.numbers(1, 'repeats');
  const out = shape.map((d, k) => d * (times[k] ?? 1));
  return moveBy(shape, out, (at, k) => (at[k] ?? 0) % (shape[k] ?? 1));
}

function depthToSpace(c: NodeContext, shape: readonly number[]): Move {
  const b = c.a.int('blocksize', 1, 1, 4096);
  const [N = 1, C = 1, H = 1, W = 1] = shape;
  const depth = C / (b * b);
  if (!Number.isInteger(depth)) throw onnxError(`${c.who} cannot make squares of ${b} from ${C} channels`);
  const isCrd = c.a.word('mode', 'DCR', ['DCR', 'CRD']) === 'CRD';
  return moveBy(shape, [N, depth, H * b, W * b], ([n = 0, d = 0, y = 0, x = 0], k) => {
    const inner = (y % b) * b + (x % b);
    if (k === 1) return isCrd ? d * b * b + inner : inner * depth + d;
    return k === 0 ? n : Math.floor((k === 2 ? y : x) / b);
  });
}

function spaceToDepth(c: NodeContext, shape: readonly number[]): Move {
  const b = c.a.int('blocksize', 1, 1, 4096);
  const [N = 1, C = 1, H = 1, W = 1] = shape;
  if (H % b !== 0 || W % b !== 0) throw onnxError(`${c.who} cannot cut ${H} x ${W} into squares of ${b}`);
  return moveBy(shape, [N, C * b * b, H / b, W / b], ([n = 0, d = 0, y = 0, x = 0], k) => {
    const inner = Math.floor(d / C);
    if (k === 1) return d % C;
    return k === 0 ? n : k === 2 ? y * b + Math.floor(inner / b) : x * b + (inner % b);
  });
}

export const moveOperators: Readonly<Record<string, Operator>> = {
  Transpose: transposing,
  Concat: concatenation,
  Gather: gathering,
  GatherElements: moving(gatheredElements),
  GatherND: moving(gatheredParts),
  Expand: expanding,
  Tile: withoutTable(tiled, squares.tiled),
  DepthToSpace: withoutTable(depthToSpace, squares.depthToSpace),
  SpaceToDepth: withoutTable(spaceToDepth, squares.spaceToDepth),
};
