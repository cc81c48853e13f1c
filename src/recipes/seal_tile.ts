import type { Raster } from '../base/raster';
import { rolled, type Sealed, type SealOptions, sealPicture } from '../copy/seal';
import { alreadyTiles, lineGradients, ordinaryShift } from './scores/seam';

/** A join that is more unusual than this is moved to a line that is not. */
const UNUSUAL = 1.5;

export interface SealedTile extends Sealed {
  /** Axes that were sealed; none: the picture tiles as it is. */
  readonly axes: readonly ('x' | 'y')[];
}

/**
 * Seals a picture along the axes, of those wanted, that do not tile yet, and rolls the result so that its border runs along an
 * ordinary line.
 * @param place false: it is not rolled
 */
export function sealTile(
  picture: Raster,
  wanted: { readonly x: boolean; readonly y: boolean },
  options: Omit<SealOptions, 'x' | 'y' | 'tiles'>,
  place = true,
): SealedTile {
  const tiles = alreadyTiles(picture);
  const axes = (['x', 'y'] as const).filter((axis) => wanted[axis] && !tiles[axis]);
  const [x, y] = [axes.includes('x'), axes.includes('y')];
  const made = sealPicture(picture, { ...options, x, y, tiles });
  const lines = lineGradients(made.raster);
  const shift = (along: Float64Array, moves: boolean): number => (place && moves ? ordinaryShift([along], UNUSUAL) : 0);
  return { ...rolled(made, shift(lines.x, x), shift(lines.y, y)), axes };
}
