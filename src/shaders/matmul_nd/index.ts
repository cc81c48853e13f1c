// Products of matrices one by one, over axes in front that are broadcast, as NumPy and ONNX have them; two matrices alone: matmul.
import { shapeError } from '../../base/errors';
import { type Shape, sameShape, size } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { broadcastShape } from '../broadcast_binary/axes';
import { flatGrid } from '../grid';
import { matmul, type Transposed } from '../matmul';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import { expandTo } from '../reduce_axes';
import { reshape } from '../reshape';
import wgsl from './matmul_batch.wgsl';

const kernel = defineKernel({
  name: 'matmul_batch',
  wgsl,
  binds: ['read', 'read', 'write'],
  uniforms: { batches: 'u32', M: 'u32', N: 'u32', K: 'u32' },
  variants: [{ S: 8 }, { S: 16 }],
});

interface Sides {
  readonly batches: number;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

function sides(a: Shape, b: Shape, { ta, tb }: Transposed): Sides {
  const [batches = 0, a0 = 0, a1 = 0] = a;
  const [others = 0, b0 = 0, b1 = 0] = b;
  const [M, K] = ta ? [a1, a0] : [a0, a1];
  const [L, N] = tb ? [b1, b0] : [b0, b1];
  if (a.length !== 3 || b.length !== 3 || batches !== others || K !== L) {
    throw shapeError('matmul_batch', `${ta ? '[B, K, M]' : '[B, M, K]'} and ${tb ? '[B, N, K]' : '[B, K, N]'}`, a, b);
  }
  return { batches, M, N, K };
}

/** Products of matrices one by one: [B, M, K] x [B, K, N] -> [B, M, N]. */
export const matmulBatchOp: Op<2, Transposed> = defineOp<2, Transposed>({
  name: 'matmul_batch',
  infer([a, b], attrs) {
    const { batches, M, N } = sides(a, b, attrs);
    return [batches, M, N];
  },
  forward([a, b], y, attrs) {
    const { batches, M, N, K } = sides(a.shape, b.shape, attrs);
    return [
      launch({
        kernel,
        bind: [a, b, y],
        overrides: { TA: attrs.ta ? 1 : 0, TB: attrs.tb ? 1 : 0 },
        uniforms: { batches, M, N, K },
        grid: ({ S }) => flatGrid(batches * Math.ceil(M / S) * Math.ceil(N / S), 1),
        flops: 2 * batches * M * N * K,
      }),
    ];
  },
  // As for `matmul`: dA = dY B', dB = A' dY, each transposed again where it was given so.
  backward({ g, x: [a, b], dy, attrs: { ta = false, tb = false }, needs }) {
    const product = (p: Ref, q: Ref, t: Transposed): Ref => g.apply(matmulBatchOp, [p, q], t);
    return [
      needs(0) ? (ta ? product(b, dy, { ta: tb, tb: true }) : product(dy, b, { tb: !tb })) : null,
      needs(1) ? (tb ? product(dy, a, { ta: true, tb: ta }) : product(a, dy, { ta: !ta })) : null,
    ];
  },
});

/**
 * Matrix products as NumPy's and ONNX's matmul has them: a [.., M, K] and b [.., K, N], the axes in front broadcast, give
 * [.., M, N]. One matrix b for all takes a single product, the fast way.
 * @throws EngineError `ShapeError` when a factor has fewer than 2 axes, or sides do not go together.
 */
export function matmulNd(g: Builder, a: Ref, b: Ref): Ref {
  const [M, K] = g.node(a).shape.slice(-2);
  const [L, N] = g.node(b).shape.slice(-2);
  if (a.shape.length < 2 || b.shape.length < 2 || M === undefined || K === undefined || N === undefined || K !== L) {
    throw shapeError('matmulNd', '[.., M, K] and [.., K, N]', a.shape, b.shape);
  }
  const front = [a.shape.slice(0, -2), b.shape.slice(0, -2)] as const;
  const batch = broadcastShape('matmulNd', ...front);
  if (size(front[1]) === 1) {
    const y = matmul(g, reshape(g, a, [size(front[0]) * M, K]), reshape(g, b, [K, N]));
    return reshape(g, y, [...batch, M, N]);
  }
  const three = (x: Ref, own: Shape, rows: number, columns: number): Ref => {
    const all = sameShape(own, batch) ? x : expandTo(g, x, [...batch, rows, columns]);
    return reshape(g, all, [size(batch), rows, columns]);
  };
  const y = g.apply(matmulBatchOp, [three(a, front[0], M, K), three(b, front[1], K, N)], {});
  return reshape(g, y, [...batch, M, N]);
}
