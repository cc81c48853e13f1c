import { chw } from '../../../base/shape';
import type { Graph } from '../../../graph/graph';
import { fill } from '../../../shaders/fill';
import { matmul } from '../../../shaders/matmul';
import type { Ref } from '../../../shaders/op';
import { mul, sqrt } from '../../../shaders/pointwise';
import { reshape } from '../../../shaders/reshape';
import type { Region } from '../loss';

/**
 * Features times the root of their mask, [C, H, W]: second moments of the result, divided by the number of pixels, are
 * those of the region, since masks have mean 1.
 */
export function rootWeighted(g: Graph, { x, mask }: Region): Ref {
  if (!mask) return x;
  const [C, H, W] = chw('mask', x.shape);
  // One row of roots for each channel: from constants only, so computed once.
  const rows = matmul(g, fill(g, [C, 1], 1), reshape(g, sqrt(g, mask), [1, H * W]));
  return mul(g, x, reshape(g, rows, x.shape));
}
