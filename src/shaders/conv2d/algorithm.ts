import { EngineError } from '../../base/errors';
import type { AdapterFacts } from '../../gpu/adapter';
import type { Builder } from '../op';
import type { Conv } from './geometry';
import type { Algorithm, ConvSize } from './policy';

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
    return minimal(conv) ? (g.policy.convolutions?.(size) ?? algorithmFor(size)) : 'direct';
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
