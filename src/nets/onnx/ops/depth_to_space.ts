// Blocks of pixels as channels and back. In the graph by transposing, so that it takes no table of as many places as the
// result has elements.
import type { Ref } from '../../../shaders/op';
import { reshape } from '../../../shaders/reshape';
import { transpose } from '../../../shaders/transpose';
import { type IndexMap, indexMap } from '../const_fold';
import { onnxError } from '../model';
import type { GraphValue, NodeContext, Operator } from '../operator';
import { withoutTable } from './layout';

function depthToSpaceMap(c: NodeContext, shape: readonly number[]): IndexMap {
  const b = c.a.int('blocksize', 1, 1, 4096);
  const [N = 1, C = 1, H = 1, W = 1] = shape;
  const depth = C / (b * b);
  if (!Number.isInteger(depth)) throw onnxError(`${c.who} cannot make blocks of ${b} x ${b} from ${C} channels`);
  const isCrd = c.a.word('mode', 'DCR', ['DCR', 'CRD']) === 'CRD';
  return indexMap(shape, [N, depth, H * b, W * b], ([n = 0, d = 0, y = 0, x = 0], k) => {
    const inner = (y % b) * b + (x % b);
    if (k === 1) return isCrd ? d * b * b + inner : inner * depth + d;
    return k === 0 ? n : Math.floor((k === 2 ? y : x) / b);
  });
}

function spaceToDepthMap(c: NodeContext, shape: readonly number[]): IndexMap {
  const b = c.a.int('blocksize', 1, 1, 4096);
  const [N = 1, C = 1, H = 1, W = 1] = shape;
  if (H % b !== 0 || W % b !== 0) throw onnxError(`${c.who} cannot cut ${H} x ${W} into blocks of ${b} x ${b}`);
  return indexMap(shape, [N, C * b * b, H / b, W / b], ([n = 0, d = 0, y = 0, x = 0], k) => {
    const inner = Math.floor(d / C);
    if (k === 1) return d % C;
    return k === 0 ? n : k === 2 ? y * b + Math.floor(inner / b) : x * b + (inner % b);
  });
}

interface Blocks {
  readonly x: Ref;
  readonly b: number;
  readonly sides: readonly [N: number, C: number, H: number, W: number];
}

function blocksOf(c: NodeContext, v: GraphValue): Blocks {
  const [N, C, H, W, more] = v.shape;
  if (N === undefined || C === undefined || H === undefined || W === undefined || more !== undefined) {
    throw onnxError(`${c.who} takes maps [N, C, H, W], not [${v.shape.join(', ')}]`);
  }
  return { x: c.ndOf(v), b: c.a.int('blocksize', 1, 1, 4096), sides: [N, C, H, W] };
}

/** [N, C, H, W] -> [N, C / b^2, H b, W b] */
function depthToSpace(c: NodeContext): GraphValue {
  const v = c.graph(0);
  const { x, b, sides } = blocksOf(c, v);
  const [N, C, H, W] = sides;
  const depth = C / (b * b);
  if (!Number.isInteger(depth)) throw onnxError(`${c.who} cannot make blocks of ${b} x ${b} from ${C} channels`);
  const isCrd = c.a.word('mode', 'DCR', ['DCR', 'CRD']) === 'CRD';
  // Columns first: the second b goes behind W; then rows: the first b goes behind H.
  const [lead, rows, outer] = isCrd ? [N * depth * b, H, N * depth] : [N * b, depth * H, N];
  const columns = transpose(c.g, reshape(c.g, x, [lead, b, rows, W]), [0, 2, 3, 1]);
  const y = transpose(c.g, reshape(c.g, columns, [outer, b, rows, W * b]), [0, 2, 1, 3]);
  return c.out(y, [N, depth, H * b, W * b], v.type);
}

/** [N, C, H, W] -> [N, C b^2, H / b, W / b] */
function spaceToDepth(c: NodeContext): GraphValue {
  const v = c.graph(0);
  const { x, b, sides } = blocksOf(c, v);
  const [N, C, H, W] = sides;
  if (H % b !== 0 || W % b !== 0) throw onnxError(`${c.who} cannot cut ${H} x ${W} into blocks of ${b} x ${b}`);
  const [h, w] = [H / b, W / b];
  const rows = transpose(c.g, reshape(c.g, x, [N, C * h, b, W]), [0, 2, 1, 3]);
  const y = transpose(c.g, reshape(c.g, rows, [N * b, C * h, w, b]), [0, 3, 1, 2]);
  return c.out(y, [N, C * b * b, h, w], v.type);
}

export const depthToSpaceOperators: Readonly<Record<string, Operator>> = {
  DepthToSpace: withoutTable(depthToSpaceMap, depthToSpace),
  SpaceToDepth: withoutTable(spaceToDepthMap, spaceToDepth),
};
