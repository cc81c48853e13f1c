// The product of two matrices, the fast way; for products over axes in front, as NumPy has them, see matmul_nd.
import { shapeError } from '../../base/errors';
import { checkOptions, flag } from '../../base/known_options';
import { rowsCols, type Shape } from '../../base/shape';
import { defineKernel } from '../../gpu/kernel';
import { tileClass, tileGrid, tileVariants } from '../grid';
import registerTile from '../lib/register_tile.wgsl';
import { type Builder, defineOp, launch, type Op, type Ref } from '../op';
import wgsl from './matmul.wgsl';

const source = {
  wgsl,
  lib: [registerTile],
  binds: ['read', 'read', 'write'],
  uniforms: { M: 'u32', N: 'u32', K: 'u32' },
} as const;
const kernels = {
  large: defineKernel({ name: 'matmul_large', ...source, variants: tileVariants.large }),
  medium: defineKernel({ name: 'matmul', ...source, variants: tileVariants.medium }),
  small: defineKernel({ name: 'matmul_small', ...source, variants: tileVariants.small }),
} as const;

export interface Transposed {
  /** a is given as [K, M]. */
  readonly ta?: boolean;
  /** b is given as [N, K]. */
  readonly tb?: boolean;
}

/** M, N and K of a product, or a ShapeError. */
function sides(a: Shape, b: Shape, { ta, tb }: Transposed): readonly [M: number, N: number, K: number] {
  const [a0, a1] = rowsCols('matmul', a);
  const [b0, b1] = rowsCols('matmul', b);
  const [M, K] = ta ? [a1, a0] : [a0, a1];
  const [L, N] = tb ? [b1, b0] : [b0, b1];
  if (K !== L) {
    throw shapeError('matmul', `${ta ? '[K, M]' : '[M, K]'} and ${tb ? '[N, K]' : '[K, N]'}`, a, b);
  }
  return [M, N, K];
}

export const matmulOp: Op<2, Transposed> = defineOp<2, Transposed>({
  name: 'matmul',
  infer([a, b], attrs) {
    const [M, N] = sides(a, b, attrs);
    return [M, N];
  },
  forward([a, b], y, attrs) {
    const [M, N, K] = sides(a.shape, b.shape, attrs);
    return [
      launch({
        kernel: kernels[tileClass(M, N)],
        bind: [a, b, y],
        overrides: { TA: attrs.ta ? 1 : 0, TB: attrs.tb ? 1 : 0 },
        uniforms: { M, N, K },
        grid: ({ S, R }) => tileGrid(M, N, 4 * S * R),
        flops: 2 * M * N * K,
      }),
    ];
  },
  // With A, B the factors as multiplied: dA = dY B', dB = A' dY, each transposed again where it was given so.
  backward: ({ g, x: [a, b], dy, attrs: { ta = false, tb = false }, needs }) => [
    needs(0) ? (ta ? matmul(g, b, dy, { ta: tb, tb: true }) : matmul(g, dy, b, { tb: !tb })) : null,
    needs(1) ? (tb ? matmul(g, dy, a, { ta: true, tb: ta }) : matmul(g, a, dy, { ta: !ta })) : null,
  ],
});

/**
 * Matrix product, [M, K] x [K, N] -> [M, N]. `ta`, `tb`: that factor is given transposed.
 * @throws EngineError `ShapeError` when a factor is no matrix or the inner sides differ.
 */
export function matmul(g: Builder, a: Ref, b: Ref, transposed: Transposed = {}): Ref {
  checkOptions('matmul', transposed, { ta: flag, tb: flag });
  return g.apply(matmulOp, [a, b], transposed);
}
