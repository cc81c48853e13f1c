import type { AnchorSettings } from './anchor';
import type { LossContext, Term } from './loss';
import { perLayer, relativeError } from './relative_error';

/** The formula is in anchor.ts. */
export function anchorTerms(c: LossContext, { layers }: AnchorSettings): readonly Term[] {
  return perLayer(c, layers, (layer) => relativeError(c.g, c.canvas(layer), c.start(layer)));
}
