// Squares of pixels as channels and back, and copies side by side: by transposing and by axis, so that it takes no table
// of as many places as the result has.
import { gatherAxis } from '../../../shaders/axis_linear';
import type { Ref } from '../../../shaders/op';
import { reshape } from '../../../shaders/reshape';
import { transpose } from '../../../shaders/transpose';
import type { NodeContext } from '../importer';
import { onnxError } from '../model';
import type { GraphValue } from '../value';

interface Squares {
  readonly x: Ref;
  readonly b: number;
  readonly sides: readonly [N: number, C: number, H: number, W: number];
}

function squaresOf(c: NodeContext, v: GraphValue): Squares {
  const [N, C, H, W, more] = v.shape;
  if (N === undefined || C === undefined || H === undefined || W === undefined || more !== undefined) {
    throw onnxError(`${c.who} takes maps [N, C, H, W], not [${v.shape.join(', ')}]`);
  }
  return { x: c.ndOf(v), b: c.a.int('blocksize', 1, 1, 4096), sides: [N, C, H, W] };
}

/** [N, C, H, W] -> [N, C / b^2, H b, W b] */
export function depthToSpace(c: NodeContext): GraphValue {
  const v = c.graph(0);
  const { x, b, sides } = squaresOf(c, v);
  const [N, C, H, W] = sides;
  const depth = C / (b * b);
  if (!Number.isInteger(depth)) throw onnxError(`${c.who} cannot make squares of ${b} from ${C} channels`);
  const isCrd = c.a.word('mode', 'DCR', ['DCR', 'CRD']) === 'CRD';
  // Columns first: the second b goes behind W; then rows: the first b goes behind H.
  const [lead, rows, outer] = isCrd ? [N * depth * b, H, N * depth] : [N * b, depth * H, N];
  const columns = transpose(c.g, reshape(c.g, x, [lead, b, rows, W]), [0, 2, 3, 1]);
  const y = transpose(c.g, reshape(c.g, columns, [outer, b, rows, W * b]), [0, 2, 1, 3]);
  return c.out(y, [N, depth, H * b, W * b], v.type);
}

/** [N, C, H, W] -> [N, C b^2, H / b, W / b] */
export function spaceToDepth(c: NodeContext): GraphValue {
  const v = c.graph(0);
  const { x, b, sides } = squaresOf(c, v);
  const [N, C, H, W] = sides;
  if (H % b !== 0 || W % b !== 0) throw onnxError(`${c.who} cannot cut ${H} x ${W} into squares of ${b}`);
  const [h, w] = [H / b, W / b];
  const rows = transpose(c.g, reshape(c.g, x, [N, C * h, b, W]), [0, 2, 1, 3]);
  const y = transpose(c.g, reshape(c.g, rows, [N * b, C * h, w, b]), [0, 3, 1, 2]);
  return c.out(y, [N, C * b * b, h, w], v.type);
}

/** Elements along an axis of copies, at most. */
const MOST_SIDE = 2 ** 16;

/** Copies side by side along each axis. */
export function tiled(c: NodeContext): GraphValue {
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
