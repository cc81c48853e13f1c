import { EngineError } from '../../base/errors';
import { chw } from '../../base/shape';
import type { Graph } from '../../graph/graph';
import { matmul } from '../../shaders/matmul';
import type { Ref } from '../../shaders/op';
import { reshape } from '../../shaders/reshape';
import type { ContentSettings } from './content';
import type { LossContext, Term } from './loss';
import { principalComponents } from './pca';
import { perLayer, relativeError } from './relative_error';

/** The formula is in content.ts. */
export function contentTerms(c: LossContext, { layers, pca }: ContentSettings): readonly Term[] {
  const { g } = c;
  return perLayer(c, layers, (layer) => {
    const a = c.canvas(layer);
    const target = c.content(layer);
    if (pca === undefined) return relativeError(g, a, target);
    const [C] = chw('content', target.shape);
    if (pca > C) {
      throw new EngineError(
        'RecipeError',
        `content: layer ${layer} has ${C} channels, so no ${pca} principal components`,
        `Use a pca up to ${C}.`,
      );
    }
    const axes = principalComponents(g, c.content(layer, true), pca);
    return relativeError(g, project(g, a, axes), project(g, target, axes));
  });
}

/** Coordinates [n, H W] of a map [C, H, W] along the rows of `axes` [n, C]. */
function project(g: Graph, x: Ref, axes: Ref): Ref {
  const [C, H, W] = chw('content', x.shape);
  return matmul(g, axes, reshape(g, x, [C, H * W]));
}
