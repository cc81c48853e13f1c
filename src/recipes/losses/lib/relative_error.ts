import { EngineError } from '../../../base/errors';
import type { Graph } from '../../../graph/graph';
import { EPS } from '../../../nets/statistics';
import { meanSquare, mseLoss } from '../../../shaders/mse_loss';
import type { Ref } from '../../../shaders/op';
import { affine, div, scale, sqrt } from '../../../shaders/pointwise';
import type { LayerChoice } from './layers';
import type { LossContext, StylePair, Term } from './loss';

/** Mean of x^2, [1], never 0: what a term is divided by to be of the order of 1. */
export const power = (g: Graph, x: Ref): Ref => affine(g, meanSquare(g, x), 1, EPS);

/** Root of the mean of x^2, [1], never 0. */
export const rms = (g: Graph, x: Ref): Ref => sqrt(g, power(g, x));

/** mean(((a - target) / rms(target))^2), [1]: a and the target are of equal shape. */
export const relativeError = (g: Graph, a: Ref, target: Ref): Ref => div(g, mseLoss(g, a, target), power(g, target));

/** The styles at a layer, or none where the recipe has none: for losses that can do without. */
export function stylesIfAny(c: LossContext, layer: string): readonly StylePair[] {
  try {
    return c.styles(layer);
  } catch (error) {
    if (error instanceof EngineError && error.code === 'RecipeError') return [];
    throw error;
  }
}

/**
 * A term for each layer that has a weight, times that weight.
 * @throws EngineError `RecipeError` when none has.
 */
export function perLayer(c: LossContext, choice: LayerChoice, value: (layer: string) => Ref): readonly Term[] {
  const terms = [...c.layers(choice)]
    .filter(([, weight]) => weight !== 0)
    .map(([layer, weight]) => ({ name: layer, value: scale(c.g, value(layer), weight) }));
  if (terms.length > 0) return terms;
  throw new EngineError('RecipeError', 'no layer has a weight', 'Give one layer a weight other than 0.');
}
