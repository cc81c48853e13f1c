import type { Raster } from '../../base/raster';
import type { Recipe } from '../recipe';
import { seamScore, verdictText } from './seam';
import { relativeDistance } from './sliced';
import { structureScore, tooSmall } from './structure';
import { type StructureLine, structureLines } from './structure_verdicts';

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
  const joins = axes.map(
    (axis): Score => ({
      label: `Join along ${axis}`,
      value: verdictText(seam[axis]),
      meaning: `${seam[axis].ratio.toFixed(2)} times as rough as the other lines on average, ${seam[axis].z.toFixed(1)} of their standard deviations from the mean.`,
    }),
  );
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

/**
 * How well a tile that was copied keeps the structure of its exemplar; nothing where no one exemplar is to be seen in it as it
 * is: of several styles, magnified ones, views, and what was pinned or sealed.
 */
export function structureOf(raster: Raster, recipe: Recipe, styles: readonly Raster[]): StructureLine[] {
  const [exemplar, ...others] = styles;
  const [style] = recipe.styles.filter((s) => s.weight > 0);
  const copying = recipe.stages.filter((s) => s.method === 'copy');
  const asItIs = style?.magnification === 1 && style.fit === 'native';
  const viewed = [recipe, ...copying].some((part) => (part.views ?? []).length > 0);
  if (!exemplar || others.length > 0 || copying.length === 0 || !asItIs || viewed) return [];
  if (recipe.pin || copying.some((s) => s.copy?.seal) || tooSmall(raster) || tooSmall(exemplar)) return [];
  return structureLines(structureScore(raster, exemplar, recipe.tile));
}
