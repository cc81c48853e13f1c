import type { Raster } from '../base/raster';
import { analyse } from '../copy/analyse';
import { flatten } from '../copy/flatten';
import { matchColour } from './colour/match';
import type { Retouch } from './recipe';

/**
 * A picture with its light evened out, and then in the colours of another.
 * @param colours the picture that `match` names
 */
export function retouched(picture: Raster, { flatten: share, match }: Retouch, colours: Raster | undefined): Raster {
  const lit = share > 0 ? flatten(picture, analyse(picture), share) : picture;
  if (!match || !colours) return lit;
  const { grey: _, ...matched } = matchColour(lit, colours, match.how); // what was grey may have colours now
  const { strength } = match;
  if (strength === 1) return matched;
  return { ...matched, data: matched.data.map((v, i) => strength * v + (1 - strength) * (lit.data[i] ?? 0)) };
}
