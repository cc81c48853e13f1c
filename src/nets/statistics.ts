import { chw } from '../base/shape';
import type { Graph } from '../graph/graph';
import { detach } from '../shaders/detach';
import { gram } from '../shaders/gram';
import { matmul } from '../shaders/matmul';
import { mulMask } from '../shaders/mul_mask';
import type { Ref } from '../shaders/op';
import { mul, sqrt, sub } from '../shaders/pointwise';
import { reshape } from '../shaders/reshape';
import { channelMean, dot, expandChannels } from '../shaders/sum';

/**
 * Added to what divides, a mean square of activations: a layer that is silent on the target then asks for silence, and
 * not for the impossible. Activations are of the order of 1 (normalised nets) or above.
 */
export const EPS = 1e-12;

/** A feature map [C, H, W], and how much each of its pixels counts where that differs. */
export interface Region {
  readonly x: Ref;
  /** [1, H, W], not negative, of mean 1; from constants only. Without it every pixel counts the same. */
  readonly mask?: Ref | undefined;
  /**
   * With every mask: the pixels (y W + x, ascending, at least one) where it is at least half of its largest value. For
   * losses that sort, which cannot count a pixel in part; on the host, as their number is part of a shape.
   */
  readonly pick?: Uint32Array | undefined;
}

/** Mean over the pixels of a region, [C]. */
export const regionMean = (g: Graph, { x, mask }: Region): Ref => channelMean(g, mask ? mulMask(g, x, mask) : x);

/** Features times the root of their mask, [C, H, W]: their second moments, divided by H W, are those of the region. */
export const rootWeighted = (g: Graph, { x, mask }: Region): Ref => (mask ? mulMask(g, x, sqrt(g, mask)) : x);

/**
 * Second moments of a region, [C, C], divided by its pixels only: about the origin, or about a centre [C]. The gradient
 * goes through the centre.
 */
export function regionGram(g: Graph, region: Region, centre?: Ref): Ref {
  const { x, mask } = region;
  if (!centre) return gram(g, rootWeighted(g, region));
  if (!mask) return gram(g, x, { centre });
  // Centred before it is multiplied: the difference of large moments would lose what f32 has.
  return gram(g, rootWeighted(g, { x: sub(g, x, expandChannels(g, centre, x.shape)), mask }));
}

/** Covariance of a region, [C, C]: second moments about its own mean, the same as without the mean's gradient. */
export function regionCovariance(g: Graph, region: Region): Ref {
  if (!region.mask) return gram(g, region.x, { centred: true });
  return regionGram(g, region, detach(g, regionMean(g, region)));
}

/** The unit matrix [n, n], a constant. */
export function unit(g: Graph, n: number): Ref {
  const data = new Float32Array(n * n);
  for (let i = 0; i < n; i++) data[i * (n + 1)] = 1;
  return g.constant([n, n], data, 'unit matrix');
}

/** Sum of the diagonal of a square matrix [n, n], [1]. */
export const trace = (g: Graph, a: Ref): Ref => dot(g, a, unit(g, a.shape[0] ?? 1));

/** The diagonal of a square matrix [n, n], as a column [n, 1]. */
export function diagonal(g: Graph, a: Ref): Ref {
  const n = a.shape[0] ?? 1;
  const ones = g.constant([n, 1], new Float32Array(n).fill(1), 'ones');
  return matmul(g, mul(g, a, unit(g, n)), ones);
}

/** A feature map as a row of pixels for each channel, [C, N]. */
export function rowsOf(g: Graph, x: Ref): Ref {
  const [C, H, W] = chw('rowsOf', x.shape);
  return reshape(g, x, [C, H * W]);
}
