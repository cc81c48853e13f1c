import { invariant } from '../base/errors';
import type { Raster } from '../base/raster';
import { resample } from '../base/resample';
import { type ChosenSeam, chooseSeam } from './choose_seam';
import { lockPalette, paletteOf } from './colour/palette';
import { type ResolvedRecipe, sizeOf } from './resolve';

/**
 * What becomes of a run's picture when the last stage is over: its colours locked to a palette, the content's opacity
 * given back, and the border laid along an ordinary line where nothing depends on positions.
 */
export function finish(picture: Raster, resolved: ResolvedRecipe): ChosenSeam {
  const raster = withAlpha(withPalette(picture, resolved), resolved.content);
  return resolved.positionDependent ? { raster, moved: [0, 0] } : chooseSeam(raster, resolved.torus);
}

function withPalette(raster: Raster, { recipe, inputs }: ResolvedRecipe): Raster {
  const { palette } = recipe.color;
  if (!palette) return raster;
  const from = inputs.get(palette.input);
  if (!from) throw invariant(`a palette's input ${palette.input} that was not looked up`);
  return lockPalette(raster, paletteOf([from], palette.colors, recipe.seed), { softness: palette.softness });
}

function withAlpha(raster: Raster, content: Raster | null): Raster {
  if (!content?.alpha) return raster;
  return { ...raster, alpha: resample(content.alpha, sizeOf(content), sizeOf(raster), 'soft') };
}
