import { EngineError } from '../../../base/errors';
import type { Graph } from '../../../graph/graph';
import type { Ref } from '../../../shaders/op';
import { add, scale } from '../../../shaders/pointwise';
import type { LayerChoice } from './layers';
import type { LossContext, Region, StylePair, Term } from './loss';

/** A distance between statistics of two regions. */
export interface Comparison<T> {
  /** What is known of a region. `torus`: axes on which it goes round; the target has none. */
  measure(region: Region, torus: readonly [boolean, boolean]): T;
  /** Parts of the distance, [1] each, and what follows the layer in the names of their terms: '' or ' mean'. */
  compare(canvas: T, target: T): readonly (readonly [suffix: string, value: Ref])[];
}

/**
 * Terms of a loss that compares statistics with those of every style: at each layer, and for each part of the
 * distance, layer weight * sum over styles of style weight * distance.
 * @throws EngineError `RecipeError` when no layer has a weight.
 */
export function styleTerms<T>(
  c: LossContext,
  choice: LayerChoice,
  at: (layer: string, pairs: readonly StylePair[]) => Comparison<T>,
): readonly Term[] {
  const terms: Term[] = [];
  for (const [layer, weight] of c.layers(choice)) {
    if (weight === 0) continue;
    const pairs = c.styles(layer);
    const { measure, compare } = at(layer, pairs);
    // Styles without guides look at the same canvas: it is measured once.
    const measured = new Map<Ref | undefined, T>();
    const parts = new Map<string, { weight: number; value: Ref }[]>();
    for (const pair of pairs) {
      const canvas = measured.get(pair.canvas.mask) ?? measure(pair.canvas, c.torus);
      measured.set(pair.canvas.mask, canvas);
      for (const [suffix, value] of compare(canvas, measure(pair.target, [false, false]))) {
        const part = parts.get(suffix) ?? [];
        part.push({ weight: pair.weight, value });
        parts.set(suffix, part);
      }
    }
    for (const [suffix, part] of parts) {
      terms.push({ name: `${layer}${suffix}`, value: scale(c.g, weightedSum(c.g, part), weight) });
    }
  }
  if (terms.length === 0) {
    throw new EngineError('RecipeError', 'no layer has a weight', 'Give one layer a weight other than 0.');
  }
  return terms;
}

/** Sum of weight * value over at least one part. */
export function weightedSum(g: Graph, parts: readonly { readonly weight: number; readonly value: Ref }[]): Ref {
  const [first, ...rest] = parts.map(({ weight, value }) => (weight === 1 ? value : scale(g, value, weight)));
  if (!first) throw new EngineError('RecipeError', 'a loss without a style', 'Give the recipe a style.');
  return rest.reduce((total, part) => add(g, total, part), first);
}
