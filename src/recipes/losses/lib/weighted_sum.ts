import { EngineError } from '../../../base/errors';
import type { Graph } from '../../../graph/graph';
import type { Ref } from '../../../shaders/op';
import { add, scale } from '../../../shaders/pointwise';

/** Sum of weight * value over at least one part. */
export function weightedSum(g: Graph, parts: readonly { readonly weight: number; readonly value: Ref }[]): Ref {
  const [first, ...rest] = parts.map(({ weight, value }) => (weight === 1 ? value : scale(g, value, weight)));
  if (!first) throw new EngineError('RecipeError', 'a loss without a style', 'Give the recipe a style.');
  return rest.reduce((total, part) => add(g, total, part), first);
}
