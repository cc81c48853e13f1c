import { type Shape, size } from '../../../base/shape';
import { slice } from '../../../shaders/concat';
import { fill } from '../../../shaders/fill';
import type { Ref } from '../../../shaders/op';
import { reshape } from '../../../shaders/reshape';
import { indexMap } from '../const_fold';
import { type OnnxTensor, onnxError } from '../model';
import { type GraphValue, inGraph, type NodeContext } from '../operator';
import { gatherRef } from './layout';

/** Numbers on their way into the graph, cut into equal parts along the first axis. */
export interface Parameters {
  readonly shape: Shape;
  /** Part k of `count`. */
  part(k: number, count: number): Ref;
}

/** Weights of the file, perhaps changed as they are loaded (`data`, and a `key` of its own for that). */
export function constantParameters(
  c: NodeContext,
  t: OnnxTensor,
  changed?: { readonly key: string; readonly data: () => Float32Array },
): Parameters {
  return {
    shape: t.shape,
    part(k, count) {
      const shape = [(t.shape[0] ?? 1) / count, ...t.shape.slice(1)];
      const n = size(shape);
      if (t.uniform !== undefined && !changed) return fill(c.g, shape, t.uniform);
      const key = count === 1 && !changed ? t : `${changed?.key ?? t.name} ${k} of ${count}`;
      return c.upload(
        key,
        shape,
        () => (changed ? changed.data().slice(k * n, (k + 1) * n) : t.floats(k * n, (k + 1) * n)),
        t.name || `${c.node.name} parameters`,
        true,
      );
    },
  };
}

/** Bytes of one binding that WebGPU guarantees; larger weights are uploaded in parts. */
const MOST_BYTES = 2 ** 27;

/** In how many equal parts weights of n rows have to be uploaded. */
export function partsFor(shape: Shape): number {
  const rows = shape[0] ?? 1;
  let count = 1;
  while (count < rows && (rows % count !== 0 || (4 * size(shape)) / count > MOST_BYTES)) count++;
  return count;
}

/** Weights that are computed, or inputs. */
function graphParameters(c: NodeContext, v: GraphValue): Parameters {
  return {
    shape: v.shape,
    part(k, count) {
      const n = (v.shape[0] ?? 1) / count;
      return count === 1 ? c.ndOf(v) : slice(c.g, c.ndOf(v), k * n, n);
    },
  };
}

export function parametersOf(c: NodeContext, k: number): Parameters {
  const v = c.value(k);
  return inGraph(v) ? graphParameters(c, v) : constantParameters(c, v);
}

/** Filters [O, C, K] or [O, C, Ky, Kx] as [O, C, Ky, Kx]. */
export function planar(c: NodeContext, w: Parameters): Parameters {
  const [a = 0, b = 0, ...kernel] = w.shape;
  if (kernel.length < 1 || kernel.length > 2 || size(w.shape) === 0) {
    throw kernel.length === 3
      ? c.unsupported(`in three dimensions (filters [${w.shape.join(', ')}])`)
      : onnxError(`${c.who} has filters [${w.shape.join(', ')}]`, 'They have one or two sides behind their channels.');
  }
  if (kernel.length === 2) return w;
  const shape = [a, b, 1, kernel[0] ?? 1];
  return {
    shape,
    part(k, count) {
      return reshape(c.g, w.part(k, count), [a / count, b, 1, kernel[0] ?? 1]);
    },
  };
}

/** Filters with zeros between their elements: a dilated convolution is a plain one with these. */
export function dilated(c: NodeContext, w: Ref, [dy, dx]: readonly [number, number]): Ref {
  if (dy === 1 && dx === 1) return w;
  const [a = 1, b = 1, ky = 1, kx = 1] = w.shape;
  const shape = [a, b, (ky - 1) * dy + 1, (kx - 1) * dx + 1];
  const step = [1, 1, dy, dx];
  return gatherRef(
    c,
    w,
    indexMap(w.shape, shape, (at, k) => {
      const s = step[k] ?? 1;
      return (at[k] ?? 0) % s === 0 ? (at[k] ?? 0) / s : -1;
    }),
  );
}

/** Batch, channels and spatial sides (one to three) of a value [N, C, ...]. */
export interface Spatial {
  readonly N: number;
  readonly C: number;
  readonly sides: readonly number[];
  /** The sides of a feature map: [1, L] or [H, W]; null where there are three. */
  readonly plane: readonly [H: number, W: number] | null;
}

export function spatialOf(c: NodeContext, shape: readonly number[]): Spatial {
  const [N = 1, C = 1, ...sides] = shape;
  if (sides.length < 1 || sides.length > 3) {
    throw onnxError(`${c.who} takes maps of one to three sides, not [${shape.join(', ')}]`);
  }
  const [a = 1, b = 1] = sides;
  return { N, C, sides, plane: sides.length === 3 ? null : sides.length === 2 ? [a, b] : [1, a] };
}
