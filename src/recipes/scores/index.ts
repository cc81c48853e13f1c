import type { Raster } from '../../base/raster';
import type { Recipe } from '../recipe';
import { seamScore, verdict } from './seam';
import { relativeDistance } from './sliced';

/** A number about a picture, and what it says. */
interface Score {
  readonly label: string;
  readonly value: number | string;
  readonly meaning: string;
}

/** What can be said of a result: no one of these ranks pictures as a person does, so they are shown together. */
export function scoresOf(raster: Raster, tile: Recipe['tile'], styles: readonly Raster[]): Score[] {
  const seam = seamScore(raster);
  const axes = ({ both: ['x', 'y'], x: ['x'], y: ['y'], none: [] } as const)[tile];
  const joins = axes.map((axis): Score => {
    const { ratio, z } = seam[axis];
    return {
      label: `Join along ${axis}`,
      value: `${verdict(seam[axis])} (ratio ${ratio.toFixed(2)}, z ${z.toFixed(1)})`,
      meaning:
        'Roughness across the border over that of any other line: 1 is ideal; |z| below 3 is a line like others.',
    };
  });
  const distances = styles.map((style, k): Score => {
    return {
      label: styles.length > 1 ? `Distance to style ${k + 1}` : 'Distance to the style',
      value: relativeDistance(raster, style, { projections: 24 }).toFixed(3),
      meaning:
        'Between patches, on directions the run never used: 0 is the style itself, 1 as far as its shuffled pixels.',
    };
  });
  return [...joins, ...distances];
}
