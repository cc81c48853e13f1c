// What times kernels and stages is much code, which few need: it comes when it is called.
import type * as rest from './rest';

/** Measures what an adapter does at most, to compare with. See `gpu/roofline.ts`. */
export const measureRoofline: typeof rest.measureRoofline = async (...given) =>
  (await import('./rest')).measureRoofline(...given);

/** Profiles a stage of a recipe: the very plan that a run would replay. See `profile_stage.ts`. */
export const profileStage: typeof rest.profileStage = async (...given) =>
  (await import('./rest')).profileStage(...given);

/** Tunes the kernels of a recipe, stage after stage. See `tune_recipe.ts`. */
export const tuneRecipe: typeof rest.tuneRecipe = async (...given) => (await import('./rest')).tuneRecipe(...given);
