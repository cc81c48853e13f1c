// Products of matrices.
import { sameShape, size } from '../../../base/shape';
import * as binary from '../../../shaders/broadcast_binary';
import { concat, slice } from '../../../shaders/concat';
import { matmul } from '../../../shaders/matmul';
import { matmulNd } from '../../../shaders/matmul_nd';
import type { Ref } from '../../../shaders/op';
import { scale } from '../../../shaders/pointwise';
import { reshape } from '../../../shaders/reshape';
import { transpose } from '../../../shaders/transpose';
import { broadcastShape } from '../const_fold';
import { onnxError } from '../model';
import type { GraphValue, NodeContext, Operator } from '../operator';
import { type Parameters, parametersOf, partsFor } from './parameters';

const gemm: Operator = {
  graph: (c) => {
    const a = c.nd(0);
    const w = parametersOf(c, 1);
    const ta = c.a.int('transA', 0, 0, 1) === 1;
    const tb = c.a.int('transB', 0, 0, 1) === 1;
    const product = scale(c.g, timesParameters(c, a, w, ta, tb), c.a.number('alpha', 1));
    const beta = c.a.number('beta', 1);
    if (!c.has(2) || beta === 0) return [c.out(product, product.shape)];
    const bias = scale(c.g, c.nd(2), beta);
    const shape = broadcastShape(c.who, [product.shape, bias.shape]);
    if (!sameShape(shape, product.shape))
      throw onnxError(`${c.who} has a bias [${c.shape(2).join(', ')}] for [${product.shape.join(', ')}]`);
    return [c.out(binary.broadcastAdd(c.g, product, bias), product.shape)];
  },
};

/** A product with weights that may be too large for one buffer: rows of the result, or of what is summed, apart. */
function timesParameters(c: NodeContext, a: Ref, w: Parameters, ta: boolean, tb: boolean): Ref {
  const count = partsFor(w.shape);
  if (count === 1) return matmul(c.g, a, w.part(0, 1), { ta, tb });
  const [rows = 1] = w.shape;
  const parts = Array.from({ length: count }, (_, k) => w.part(k, count));
  if (tb) {
    // Each part makes columns of the result; made as rows, they can be joined.
    const columns = parts.map((p) => matmul(c.g, p, a, { tb: !ta }));
    return transpose(c.g, concat(c.g, columns));
  }
  const flipped = ta ? a : transpose(c.g, a);
  return parts
    .map((p, k) => matmul(c.g, slice(c.g, flipped, (k * rows) / count, rows / count), p, { ta: true }))
    .reduce((x, y) => binary.broadcastAdd(c.g, x, y));
}

const product: Operator = {
  graph: (c) => [matrixProduct(c, c.graph(0), c.graph(1))],
};

/** NumPy's matmul: a vector is a row on the left and a column on the right; axes before the last two are broadcast. */
export function matrixProduct(c: NodeContext, a: GraphValue, b: GraphValue): GraphValue {
  const sa = a.shape.length === 1 ? [1, a.shape[0] ?? 1] : a.shape;
  const sb = b.shape.length === 1 ? [b.shape[0] ?? 1, 1] : b.shape;
  const [M = 1, K = 1] = sa.slice(-2);
  const [L = 1, N = 1] = sb.slice(-2);
  if (sa.length < 2 || sb.length < 2 || K !== L) {
    throw onnxError(`${c.who} cannot multiply [${a.shape.join(', ')}] and [${b.shape.join(', ')}]`);
  }
  const [la, lb] = [sa.slice(0, -2), sb.slice(0, -2)];
  const lead = broadcastShape(c.who, [la, lb]);
  const shape = [...lead, ...(a.shape.length === 1 ? [] : [M]), ...(b.shape.length === 1 ? [] : [N])];
  const n = size(lead);
  if (size(lb) === 1) {
    const y = matmul(c.g, reshape(c.g, a.ref, [n * M, K]), reshape(c.g, b.ref, [K, N]));
    return c.out(y, shape, a.type);
  }
  return c.out(matmulNd(c.g, reshape(c.g, a.ref, sa), reshape(c.g, b.ref, sb)), shape, a.type);
}

export const matmulOperators: Readonly<Record<string, Operator>> = { Gemm: gemm, MatMul: product };
