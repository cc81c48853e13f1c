import type { Raster } from '../../base/raster';
import { Rng } from '../../base/rng';
import type { Recipe } from '../recipe';
import { seamScore, verdict } from './seam';
import { slicedDistance } from './sliced';

/** A number about a picture, and what it says. */
export interface Score {
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
  const looks = styles.map((style, k): Score => {
    const near = slicedDistance(raster, style, { projections: 24 });
    const far = slicedDistance(shuffled(style), style, { projections: 24 });
    return {
      label: styles.length > 1 ? `Distance to style ${k + 1}` : 'Distance to the style',
      value: (near / far).toFixed(3),
      meaning:
        'Between patches, on directions the run never used: 0 is the same look, 1 as far as its shuffled pixels.',
    };
  });
  return [...joins, ...looks];
}

/** The same pixels in random places. */
function shuffled({ width, height, data }: Raster): Raster {
  const n = width * height;
  const rng = new Rng(0x5c0e, 7);
  const out = Float32Array.from(data);
  for (let i = n - 1; i > 0; i--) {
    const j = rng.below(i + 1);
    for (let c = 0; c < 3; c++) {
      const kept = out[c * n + i] ?? 0;
      out[c * n + i] = out[c * n + j] ?? 0;
      out[c * n + j] = kept;
    }
  }
  return { width, height, data: out };
}
