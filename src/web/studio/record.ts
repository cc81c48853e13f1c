// A picture that toroid made has its recipe inside: dropped on the page, it goes on from there.
import { isPng, readText } from '../../base/png';
import { findRecord } from '../../recipes/picture_record';
import { fillRecipe, type RecipeText } from '../../recipes/recipe';
import { type Settings, SIZES, usual } from './settings';

export interface Inside {
  readonly recipe: RecipeText;
  readonly settings: Settings;
}

/** Text chunks come before the pixels; more than this is no recipe. */
const HEAD = 1 << 20;

/**
 * The recipe inside a picture, changed to start from that picture, given as the input `canvas`, at its full size. Null for
 * pictures without one, or with one that this toroid cannot read: those are pictures like any other.
 */
export async function recipeInside(file: Blob): Promise<Inside | null> {
  const bytes = new Uint8Array(await file.slice(0, HEAD).arrayBuffer());
  if (!isPng(bytes)) return null;
  const found = findRecord(readText(bytes));
  if (!found) return null;
  try {
    const { zoom: _, inputs: __, ...recipe } = fillRecipe(found.recipe);
    const longer = typeof recipe.size === 'number' ? recipe.size : Math.max(...recipe.size);
    const { scales } = recipe;
    return {
      recipe: { ...recipe, canvas: 'picture(canvas)', inputs: { canvas: 'canvas' }, scales: { ...scales, count: 1 } },
      settings: {
        ...usual,
        preset: usual.preset,
        size: Math.min(SIZES.most, Math.max(SIZES.least, longer)),
        seed: recipe.seed,
        tile: recipe.tile,
      },
    };
  } catch {
    return null;
  }
}
