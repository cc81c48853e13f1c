import { EngineError } from '../../base/errors';
import type { AdapterFacts } from '../../gpu/adapter';
import type { Builder } from '../op';
import type { Conv } from './geometry';

/**
 * How a convolution is computed: sums as written, each thread reading memory for itself ('direct') or workgroups sharing
 * what they read ('gemm', made for GPUs), or Winograd's F(2x2, 3x3) or F(4x4, 3x3) (`winogradOp` says what they cost in
 * accuracy and memory), or cooperative matrices ('matrix': values in f16 only, on adapters that have them, where asked for;
 * see `useMatrices`).
 */
export type Algorithm = 'direct' | 'gemm' | 'winograd2' | 'winograd4' | 'matrix';

/** A convolution that Winograd's algorithms can compute: from C to O channels, an output of H x W. */
export interface ConvSize {
  readonly C: number;
  readonly O: number;
  readonly H: number;
  readonly W: number;
}

/**
 * The algorithm that convolutions of a size take where nobody chose or measured one. The only place that decides it.
 * Without an adapter, direct sums. On GPUs, where nothing is measured yet, the matrix product in workgroup memory from 16
 * channels up, by the prediction in bench/NOTES.md: rolls of a torus are exact with both, not only those by whole tiles. On
 * software adapters what was fastest there (2026-11, lavapipe and SwiftShader, bench/NOTES.md):
 * F(4x4) takes half the time of direct sums and less from 32 channels at 16 x 16 up, a little less at 16 channels and at
 * 8 x 8, and loses with 3 channels. Tuning (graph/tune_conv.ts) takes what it finds faster.
 */
export function algorithmFor({ C, O, H, W }: ConvSize, adapter?: Pick<AdapterFacts, 'software'>): Algorithm {
  if (!adapter || Math.min(C, O) < 16) return 'direct';
  if (!adapter.software) return 'gemm';
  return H * W >= 64 ? 'winograd4' : 'direct';
}

const choosers = new WeakMap<Builder, (size: ConvSize) => Algorithm>();

/** Lets `choose` say how convolutions that are appended to `g` from now on are computed, and their gradients. */
export function chooseConvolutions(g: Builder, choose: (size: ConvSize) => Algorithm): void {
  choosers.set(g, choose);
}

/** Whether Winograd's algorithms can compute a convolution: 3x3 filters, stride 1, pads of 0 to 2. */
const minimal = ({ filter, stride, pad }: Conv): boolean =>
  filter.ky === 3 && filter.kx === 3 && stride.every((s) => s === 1) && pad.every((p) => p <= 2);

/**
 * What to compute a convolution by, given what was asked for.
 * @throws EngineError `ShapeError` where that cannot compute it.
 */
export function chosen(
  g: Builder,
  conv: Conv,
  [O, H, W]: readonly [number, number, number],
  asked: Algorithm | 'auto',
): Algorithm {
  if (asked === 'auto') {
    const size = { C: conv.filter.in, O, H, W };
    return minimal(conv) ? (choosers.get(g)?.(size) ?? algorithmFor(size)) : 'direct';
  }
  if (asked !== 'direct' && !minimal(conv)) {
    const { filter, stride, pad } = conv;
    throw new EngineError(
      'ShapeError',
      `${asked} wants 3 x 3 filters, stride 1 and pads of 0 to 2, got ${filter.ky} x ${filter.kx}, [${stride.join(', ')}] and [${pad.join(', ')}]`,
      "Use algorithm 'direct', or 'auto'.",
    );
  }
  return asked;
}
