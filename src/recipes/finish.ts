import { invariant } from '../base/errors';
import { type Raster, rolledPlanes } from '../base/raster';
import { resample } from '../base/resample';
import { type ResolvedRecipe, sizeOf } from './resolve';
import { lineGradients, ordinaryShift } from './scores/seam';

/**
 * What becomes of a run's picture when the last stage is over: its colours locked to a palette, the content's opacity
 * given back, and the border laid along an ordinary line where nothing depends on positions.
 */
export async function finish(picture: Raster, resolved: ResolvedRecipe): Promise<ChosenSeam> {
  const finished = withAlpha(await withPalette(picture, resolved), resolved.content);
  const { raster, moved } = resolved.positionDependent
    ? { raster: finished, moved: [0, 0] as const }
    : chooseSeam(finished, resolved.torus);
  return { raster: isGrey(resolved) ? { ...raster, grey: true } : raster, moved };
}

/** Whether all pictures that give colours are grey: what is made of them then is, whatever rounding leaves in its planes. */
function isGrey({ recipe, inputs }: ResolvedRecipe): boolean {
  const { styles, content, pin, color } = recipe;
  const used = styles.filter((s) => s.weight !== 0).flatMap((s) => [s.input, s.match?.to]);
  const names = [...used, content, pin?.picture, color.palette?.input].filter((name) => name !== undefined);
  return used.length > 0 && names.every((name) => inputs.get(name)?.grey === true);
}

async function withPalette(raster: Raster, { recipe, inputs }: ResolvedRecipe): Promise<Raster> {
  const { palette } = recipe.color;
  if (!palette) return raster;
  const from = inputs.get(palette.input);
  if (!from) throw invariant(`a palette's input ${palette.input} that was not looked up`);
  const { lockPalette, paletteOf } = await import('./colour/palette');
  return lockPalette(raster, paletteOf([from], palette.colors, recipe.seed), { softness: palette.softness });
}

function withAlpha(raster: Raster, content: Raster | null): Raster {
  if (!content?.alpha) return raster;
  return { ...raster, alpha: resample(content.alpha, sizeOf(content), sizeOf(raster), 'soft') };
}

/** A join further from the mean of the lines than this, in their standard deviations, is moved. */
const UNUSUAL = 2.5;

export interface ChosenSeam {
  readonly raster: Raster;
  /** By how much the tile was rolled, pixels. [0, 0] for most tiles. */
  readonly moved: readonly [dx: number, dy: number];
}

/**
 * Where a torus is cut open is nobody's choice, so about one tile in 26 has a strong line of its own (the edge of a
 * brick) just at its border, where an editor's eye looks for seams: 1.9 % of the lines of 19 tiles of 128 px were
 * further than 2.5 deviations from the mean. Such a tile is rolled, exactly, until the border runs along the nearest
 * ordinary line. All others are left alone.
 */
export function chooseSeam(raster: Raster, torus: readonly [vertical: boolean, horizontal: boolean]): ChosenSeam {
  const { width, height } = raster;
  if (Math.min(width, height) < 4) return { raster, moved: [0, 0] };
  const { x, y } = lineGradients(raster);
  const dx = torus[1] ? ordinaryShift([x], UNUSUAL) : 0;
  const dy = torus[0] ? ordinaryShift([y], UNUSUAL) : 0;
  if (dx === 0 && dy === 0) return { raster, moved: [0, 0] };
  return { raster: { width, height, data: rolledPlanes(raster.data, [width, height], [dx, dy]) }, moved: [dx, dy] };
}
